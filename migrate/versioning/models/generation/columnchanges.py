"""The changes of the columns of one table."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from sqlalchemy import String
from sqlalchemy.schema import Column

from migrate.versioning.models.comparison.defaults import is_counting
from migrate.versioning.models.generation.change import POST
from migrate.versioning.models.generation.change import PRE
from migrate.versioning.models.generation.change import Change
from migrate.versioning.models.generation.enumerations import (
    has_same_enumeration,
)
from migrate.versioning.models.generation.source import Source
from migrate.versioning.models.generation.source import call
from migrate.versioning.models.generation.tables import looked_up
from migrate.versioning.schemadiff import TableDiff

__all__ = ["ColumnChanges"]


class ColumnChanges:
    """What turns the columns of a diff's B into those of its A."""

    def __init__(self, diff: TableDiff, source: Source) -> None:
        self._diff = diff
        self._source = source

    def all(self) -> Iterator[Change]:
        """Yield what becomes of the columns, but for their counting."""
        diff = self._diff
        added = [diff.table_A.columns[n] for n in _names(diff, "B")]
        dropped = [diff.table_B.columns[n] for n in _names(diff, "A")]
        gone = [
            self._column(PRE, column).reversed()
            for column in reversed(_computed_last(dropped))
        ]
        come = [self._column(POST, column) for column in _computed_last(added)]
        # No database but PostgreSQL has tables without columns.
        leaves_none = len(gone) == len(diff.table_B.columns)
        yield from (*come, *gone) if leaves_none else (*gone, *come)
        for name, column in diff.columns_different.items():
            yield from self._alteration(name, column.differences)

    def _column(self, metadata: str, column: Column[Any]) -> Change:
        found = looked_up(metadata, column.table, column)
        key = (
            f"primary_key_name={f'{column.table.name}_pkey'!r}"
            if self.is_key_with(column)
            else ""
        )
        return Change.of(f"{call(f'{found}.create', key)}", f"{found}.drop()")

    def is_key_with(self, column: Column[Any]) -> bool:
        """Tell whether a column comes and goes with its key.

        One that counts is refused without it (MySQL).
        """
        diff = self._diff
        return any(
            key.kind == "primary key" and [*key.item.columns] == [column]
            for key in (*diff.keys_missing_from_A, *diff.keys_missing_from_B)
        )

    def _alteration(
        self, name: str, differences: frozenset[str]
    ) -> Iterator[Change]:
        found = self._diff.columns_different[name]
        old, new = found.col_B, found.col_A
        if has_same_enumeration(old, new, self._source):
            differences = differences - {"type"}
        if "computed" in differences and new.computed is not None:
            # No database computes a column that was an ordinary one.
            yield self._column(PRE, old).reversed()
            yield self._column(POST, new)
            return
        if "computed" in differences:
            up = self._altered(PRE, old, new, frozenset({"computed"}))
            gone = looked_up(POST, new.table, new)
            back = looked_up(PRE, old.table, old)
            yield Change.of(up, [f"{gone}.drop()", f"{back}.create()"])
            differences = differences - {"computed"}
        differences = differences - {"autoincrement"}
        if differences:
            yield Change.of(
                self._alterations(PRE, old, new, differences),
                self._alterations(POST, new, old, differences),
            )

    def _alterations(
        self,
        metadata: str,
        start: Column[Any],
        end: Column[Any],
        differences: frozenset[str],
    ) -> list[str]:
        """An identity is NOT NULL as long as it is one."""
        alone = differences & {"identity"}
        parts = [alone, differences - alone]
        ordered = parts if end.identity is None else parts[::-1]
        return [
            self._altered(metadata, start, end, part)
            for part in ordered
            if part
        ]

    def counting(self, *, is_wanted: bool) -> Iterator[Change]:
        """Let columns count, or count no more: only those of a key can."""
        only = frozenset({"autoincrement"})
        for column in self._diff.columns_different.values():
            old, new = column.col_B, column.col_A
            if only <= column.differences and is_counting(new) is is_wanted:
                yield Change.of(
                    self._altered(PRE, old, new, only),
                    self._altered(POST, new, old, only),
                )

    def _altered(
        self,
        metadata: str,
        start: Column[Any],
        end: Column[Any],
        differences: frozenset[str],
    ) -> str:
        """Write what makes the column ``start`` the column ``end``."""
        source = self._source
        is_postgresql = source.dialect.name == "postgresql"
        defaults = {start.server_default, end.server_default} - {None}
        stated = {}
        if "type" in differences:
            stated["type"] = source.type(end.type)
            if is_postgresql and _is_cast(start, end):
                quoted = source.dialect.identifier_preparer.quote(end.name)
                spelling = source.dialect.type_compiler_instance.process(
                    end.type
                )
                stated["postgresql_using"] = repr(f"{quoted}::{spelling}")
        if "nullable" in differences:
            stated["nullable"] = str(bool(end.nullable))
        if "server_default" in differences or (
            # It may not fit the type.
            "type" in differences and is_postgresql and defaults
        ):
            stated["server_default"] = source.server_default(end)
        if "comment" in differences:
            stated["comment"] = repr(end.comment)
        if "autoincrement" in differences:
            stated["autoincrement"] = str(is_counting(end))
        for name in ("computed", "identity"):
            if name in differences:
                stated[name] = getattr(source, name)(end) or "None"
        options = [f"{name}={value}" for name, value in stated.items()]
        return call(
            f"{looked_up(metadata, start.table, start)}.alter", *options
        )


def _names(diff: TableDiff, side: str) -> list[str]:
    """Return the columns that a side lacks, in the order of the other."""
    table, missing = (
        (diff.table_A, diff.columns_missing_from_B)
        if side == "B"
        else (diff.table_B, diff.columns_missing_from_A)
    )
    return [c.name for c in table.columns if c.name in missing]


def _computed_last(columns: Iterable[Column[Any]]) -> list[Column[Any]]:
    return sorted(columns, key=lambda column: column.computed is not None)


def _is_cast(start: Column[Any], end: Column[Any]) -> bool:
    """Tell whether PostgreSQL has to be told to convert the values.

    Not to text: it does that unasked, and cuts nothing off.
    """
    kinds = start.type._type_affinity, end.type._type_affinity
    return kinds[0] is not kinds[1] and not issubclass(
        kinds[1] or object, String
    )
