"""The changes that lead from one model to another, in order."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Table
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.schema import sort_tables_and_constraints

from migrate.versioning.models.comparison.keys import Key
from migrate.versioning.models.comparison.keys import keys_of
from migrate.versioning.models.generation.change import POST
from migrate.versioning.models.generation.change import PRE
from migrate.versioning.models.generation.change import Change
from migrate.versioning.models.generation.columnchanges import ColumnChanges
from migrate.versioning.models.generation.enumerations import (
    enumeration_changes,
)
from migrate.versioning.models.generation.source import Source
from migrate.versioning.models.generation.tables import key_call
from migrate.versioning.models.generation.tables import looked_up
from migrate.versioning.models.generation.tables import mentions_dots
from migrate.versioning.schemadiff import SchemaDiff
from migrate.versioning.schemadiff import TableDiff

__all__ = ["Changes"]


class Changes:
    """What turns the database (B) of a diff into its model (A).

    :ivar created: the tables that the model has alone, those first that
        others refer to.
    :ivar dropped: the tables that the database has alone, in the same order.
    :ivar late: foreign keys of these tables that are made when all tables
        and columns are there.
    """

    def __init__(self, diff: SchemaDiff, source: Source) -> None:
        self._diff = diff
        self._source = source
        after, before = diff.metadataA.tables, diff.metadataB.tables
        self._new = [after[key] for key in diff.tables_missing_from_B]
        self._old = [before[key] for key in diff.tables_missing_from_A]
        self.late: list[ForeignKeyConstraint] = []
        self._stated: dict[str, list[Key]] = {PRE: [], POST: []}
        self.created = self._sorted(self._new, is_new=True)
        self.dropped = self._sorted(self._old, is_new=False)

    def all(self) -> list[Change]:
        """Return all changes, in the order of the upgrade."""
        tables = self._diff.tables_different.values()
        parts = [ColumnChanges(each, self._source) for each in tables]
        first, last = self._enumerations()
        lost, gained, meanwhile = self._keys(tables)
        return [
            *first,
            *(c for each in parts for c in each.counting(is_wanted=False)),
            *lost,
            *(
                self._table(PRE, table).reversed()
                for table in self.dropped[::-1]
            ),
            *(self._table(POST, table) for table in self.created),
            *(change for each in parts for change in each.all()),
            *gained,
            *(c for each in parts for c in each.counting(is_wanted=True)),
            *meanwhile,
            *(self._comment(each) for each in tables if each.comments),
            *last,
        ]

    def stated(self, metadata: str, kind: str) -> list[Key]:
        """Return the keys of a kind that the changes state by themselves."""
        return [key for key in self._stated[metadata] if key.kind == kind]

    # -- tables

    def _sorted(self, tables: list[Table], *, is_new: bool) -> list[Table]:
        """Put tables before those that refer to them; note late keys."""
        for table in tables:
            keys_of(table, self._source.dialect)  # refuses a target not there
        ordered = []
        graph: Any = sort_tables_and_constraints  # has no types
        for table, constraints in graph(tables):
            if table is None:
                self.late += constraints
            else:
                ordered.append(table)
        for table in ordered:
            self.late += [
                each
                for each in table.foreign_key_constraints
                if each not in self.late and self._is_late(each, is_new=is_new)
            ]
        return ordered

    def _is_late(self, item: ForeignKeyConstraint, *, is_new: bool) -> bool:
        """Tell whether its target is there only after, or before, a change."""
        table = self._diff.tables_different.get(item.referred_table.key)
        key = Key("foreign key", item.table, None, (), "", item)
        if table is None:
            return mentions_dots(key)
        missing, keys = (
            (table.columns_missing_from_B, table.keys_missing_from_B)
            if is_new
            else (table.columns_missing_from_A, table.keys_missing_from_A)
        )
        return (
            mentions_dots(key)
            or any(
                each.column.name in (*missing, *table.columns_different)
                for each in item.elements
            )
            or any(each.kind in ("primary key", "unique") for each in keys)
        )

    def _table(self, metadata: str, table: Table) -> Change:
        found = looked_up(metadata, table)
        return Change.of(f"{found}.create()", f"{found}.drop()")

    # -- keys

    def _keys(
        self, tables: Iterable[TableDiff]
    ) -> tuple[list[Change], list[Change], list[Change]]:
        """Return how keys go, how they come, and how some go after that."""
        lost: list[Key] = []
        gained: list[Key] = []
        meanwhile: list[Key] = []
        for table in tables:
            old, new = self._keys_of(table)
            gained += new
            for key in old:
                is_needed = _is_needed_meanwhile(key, table, self._source)
                (meanwhile if is_needed else lost).append(key)
        for item in self.late:
            late = [
                key
                for key in keys_of(item.table, self._source.dialect)
                if key.item is item
            ]
            if any(table is item.table for table in self.created):
                gained += late
            else:
                lost += late
        return (
            [self._key(PRE, key).reversed() for key in _ordered(lost)[::-1]],
            [self._key(POST, key) for key in _ordered(gained)],
            [self._key_if_there(key).reversed() for key in meanwhile],
        )

    def _keys_of(self, diff: TableDiff) -> tuple[list[Key], list[Key]]:
        """Return the keys that go and come, of a table that stays.

        Those of a column that is replaced go with it, and come again.
        """
        replaced = {
            name
            for name, column in diff.columns_different.items()
            if "computed" in column.differences
        }
        sides = []
        for table, missing in (
            (diff.table_B, diff.keys_missing_from_A),
            (diff.table_A, diff.keys_missing_from_B),
        ):
            items = [key.item for key in missing]
            again = [
                key
                for key in keys_of(table, self._source.dialect)
                if key.item not in items
                and replaced & {c.name for c in _columns(key)}
            ]
            sides.append(
                [
                    key
                    for key in (*missing, *again)
                    if not self._goes_with_column(key, diff)
                ]
            )
        return sides[0], sides[1]

    def _goes_with_column(self, key: Key, diff: TableDiff) -> bool:
        columns = ColumnChanges(diff, self._source)
        return key.kind == "primary key" and any(
            columns.is_key_with(column)
            for column in key.item.columns
            if column.name
            in (*diff.columns_missing_from_A, *diff.columns_missing_from_B)
        )

    def _key(self, metadata: str, key: Key) -> Change:
        self._stated[metadata].append(key)
        code = key_call(key, self._source, metadata)
        return Change.of(f"{code}.create()", f"{code}.drop()")

    def _key_if_there(self, key: Key) -> Change:
        """Drop an index that may be gone.

        One that MySQL has made for a foreign key goes unasked when another
        comes that can be used (manual, FOREIGN KEY Constraints).
        """
        change = self._key(PRE, key)
        is_constraint = isinstance(key.item, UniqueConstraint)
        option = "if_exists" if is_constraint else "checkfirst"
        code = change.down[0].removesuffix("drop()")
        return Change.of(change.up, f"{code}drop({option}=True)")

    def _comment(self, diff: TableDiff) -> Change:
        return Change.of(
            _comment_line(POST, diff.table_A), _comment_line(PRE, diff.table_B)
        )

    def _enumerations(self) -> tuple[list[Change], list[Change]]:
        if self._source.dialect.name != "postgresql":
            return [], []
        tables = self._diff.tables_different.values()
        # Those of tables that stay as they are stay as well.
        same = [
            table
            for key, table in self._diff.metadataB.tables.items()
            if key in self._diff.metadataA.tables
            and key not in self._diff.tables_different
        ]
        return enumeration_changes(
            [*self._old, *(each.table_B for each in tables), *same],
            [*self._new, *(each.table_A for each in tables), *same],
            self._source,
        )


def _columns(key: Key) -> list[Any]:
    return [*getattr(key.item, "columns", ())]


def _ordered(keys: Sequence[Key]) -> list[Key]:
    """Put keys in the order in which they are made."""
    ranks = ["primary key", "unique", "check", "index", "foreign key"]
    return sorted(keys, key=lambda key: ranks.index(key.kind))


def _is_needed_meanwhile(key: Key, diff: TableDiff, source: Source) -> bool:
    """Tell whether an index may go only when another is there.

    MySQL refuses to drop the last one that a foreign key can use.
    """
    if source.dialect.name not in ("mysql", "mariadb") or key.kind not in (
        "index",
        "unique",
    ):
        return False
    names = [column.name for column in _columns(key)]
    if {*names} & {*diff.columns_missing_from_A} or any(
        key.name == other.name for other in diff.keys_missing_from_B
    ):
        return False
    changed = [key.item for key in diff.keys_missing_from_B]
    return any(
        names[: len(item.columns)] == [column.name for column in item.columns]
        for item in diff.table_A.foreign_key_constraints
        if item not in changed
    )


def _comment_line(metadata: str, table: Table) -> str:
    statement = "SetTableComment" if table.comment else "DropTableComment"
    found = looked_up(metadata, table)
    return f"migrate_engine.execute(schema.{statement}({found}))"
