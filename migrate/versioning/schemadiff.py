"""How two models differ, or a model and a database."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.schema import Column
from sqlalchemy.schema import Table

from migrate.versioning.models.comparison.columns import differences
from migrate.versioning.models.comparison.keys import Key
from migrate.versioning.models.comparison.keys import keys_of
from migrate.versioning.models.comparison.keys import unmatched
from migrate.versioning.models.comparison.reading import read
from migrate.versioning.session.database import left_missing

__all__ = [
    "ColDiff",
    "SchemaDiff",
    "TableDiff",
    "getDiffOfModelAgainstDatabase",
    "getDiffOfModelAgainstModel",
]

# A table of SQLite's own, which reflection of some versions lists.
_ALWAYS_EXCLUDED = ("sqlite_sequence",)


def getDiffOfModelAgainstDatabase(  # noqa: N802  # public since 0.5
    metadata: MetaData,
    engine: Engine | Connection,
    excludeTables: Iterable[str] | None = None,  # noqa: N803
) -> SchemaDiff:
    """Compare a model with a database, of which it only reads.

    :param excludeTables: names of tables that are not compared.

    Looked at are the schemas that the model has tables in, and the one
    where the database finds tables without a schema's name.
    """
    exclude = (*(excludeTables or ()), *_ALWAYS_EXCLUDED)
    with _connected(engine) as connection:
        dialect = connection.dialect
        schemas = _schemas(metadata, dialect)
        database = read(connection, schemas, exclude)
    elsewhere = [
        key
        for key, table in database.tables.items()
        if table.schema not in schemas  # a foreign key led there
    ]
    return SchemaDiff(
        metadata,
        database,
        labelA="model",
        labelB="database",
        excludeTables=[*exclude, *elsewhere],
        dialect=dialect,
    )


def getDiffOfModelAgainstModel(  # noqa: N802  # public since 0.5
    metadataA: MetaData,  # noqa: N803
    metadataB: MetaData,  # noqa: N803
    excludeTables: Iterable[str] | None = None,  # noqa: N803
    dialect: Dialect | None = None,
) -> SchemaDiff:
    """Compare two models.

    :param dialect: of the database that both are for.  Without it types are
        compared by their kind and length, and server defaults not at all.
    """
    return SchemaDiff(
        metadataA,
        metadataB,
        labelA="metadataA",
        labelB="metadataB",
        excludeTables=excludeTables,
        dialect=dialect,
    )


class ColDiff:
    """In which ways two columns of the same name differ; false if in none.

    :ivar differences: names of attributes: ``type``, ``nullable``,
        ``server_default``, ``comment``, ``computed``, ``identity``,
        ``autoincrement``.
    """

    def __init__(
        self,
        col_A: Column[Any],  # noqa: N803
        col_B: Column[Any],  # noqa: N803
        dialect: Dialect | None = None,
    ) -> None:
        self.col_A = col_A
        self.col_B = col_B
        self.type_A = col_A.type
        self.type_B = col_B.type
        self.affinity_A = self.type_A._type_affinity
        self.affinity_B = self.type_B._type_affinity
        self.differences = differences(col_A, col_B, dialect)
        self.diff = bool(self.differences)

    def __bool__(self) -> bool:
        return self.diff


class TableDiff:
    """In which ways two tables of the same name differ; false if in none.

    :ivar columns_missing_from_A: names, sorted; and ``_B``.
    :ivar columns_different: {name: :class:`ColDiff`}.
    :ivar keys_missing_from_A: constraints and indexes; and ``_B``.
    :ivar comments: of both tables, if they differ, else None.
    """

    def __init__(
        self,
        table_A: Table,  # noqa: N803
        table_B: Table,  # noqa: N803
        dialect: Dialect | None = None,
    ) -> None:
        self.table_A, self.table_B = table_A, table_B
        a, b = _by_name(table_A), _by_name(table_B)
        self.columns_missing_from_A = sorted(b.keys() - a.keys())
        self.columns_missing_from_B = sorted(a.keys() - b.keys())
        self.columns_different: dict[str, ColDiff] = {}
        for name in sorted(a.keys() & b.keys()):
            difference = ColDiff(a[name], b[name], dialect)
            if difference:
                self.columns_different[name] = difference
        known = dialect or DefaultDialect()
        self.keys_missing_from_B, self.keys_missing_from_A = unmatched(
            keys_of(table_A, known), keys_of(table_B, known)
        )
        self.comments: tuple[str | None, str | None] | None = None
        if (
            dialect is not None
            and dialect.supports_comments
            and (table_A.comment or None) != (table_B.comment or None)
        ):
            self.comments = table_A.comment, table_B.comment

    def __len__(self) -> int:
        return (
            len(self.columns_missing_from_A)
            + len(self.columns_missing_from_B)
            + len(self.columns_different)
            + len(self.keys_missing_from_A)
            + len(self.keys_missing_from_B)
            + (self.comments is not None)
        )


class SchemaDiff:
    """In which ways two models differ; false if in none.

    :ivar tables_missing_from_A: keys of tables, sorted; and ``_B``.
    :ivar tables_different: {key: :class:`TableDiff`}.

    Its length is the number of tables that differ, its text tells how.
    """

    def __init__(
        self,
        metadataA: MetaData,  # noqa: N803
        metadataB: MetaData,  # noqa: N803
        labelA: str = "metadataA",  # noqa: N803
        labelB: str = "metadataB",  # noqa: N803
        excludeTables: Iterable[str] | None = None,  # noqa: N803
        dialect: Dialect | None = None,
    ) -> None:
        self.metadataA, self.metadataB = metadataA, metadataB
        self.labelA, self.labelB = labelA, labelB
        self.label_width = max(len(labelA), len(labelB))
        self.dialect = dialect
        exclude = {*(excludeTables or ()), *_ALWAYS_EXCLUDED}
        a, b = (
            {
                key: table
                for key, table in metadata.tables.items()
                if not {key, table.name} & exclude
            }
            for metadata in (metadataA, metadataB)
        )
        self.tables_missing_from_A = sorted(b.keys() - a.keys())
        self.tables_missing_from_B = sorted(a.keys() - b.keys())
        self.tables_different: dict[str, TableDiff] = {}
        for key in sorted(a.keys() & b.keys()):
            difference = TableDiff(a[key], b[key], dialect)
            if difference:
                self.tables_different[key] = difference

    def __len__(self) -> int:
        return (
            len(self.tables_missing_from_A)
            + len(self.tables_missing_from_B)
            + len(self.tables_different)
        )

    def __str__(self) -> str:
        if not self:
            return "No schema diffs"
        return "\n".join(["Schema diffs:", *self._lines()])

    def _lines(self) -> Iterator[str]:
        for label, keys in (
            (self.labelA, self.tables_missing_from_A),
            (self.labelB, self.tables_missing_from_B),
        ):
            if keys:
                yield f"  tables missing from {label}: {', '.join(keys)}"
        for key, table in self.tables_different.items():
            yield f"  table with differences: {key}"
            yield from self._lines_of(table)

    def _lines_of(self, table: TableDiff) -> Iterator[str]:
        for label, names in (
            (self.labelA, table.columns_missing_from_A),
            (self.labelB, table.columns_missing_from_B),
        ):
            if names:
                yield f"    {label} missing these columns: {', '.join(names)}"
        for name, column in table.columns_different.items():
            yield f"    column with differences: {name}"
            yield self._labelled(self.labelA, repr(column.col_A))
            yield self._labelled(self.labelB, repr(column.col_B))
            others = sorted(column.differences - {"type"})
            if others:
                yield f"      differs in: {', '.join(others)}"
        for label, keys in (
            (self.labelA, table.keys_missing_from_A),
            (self.labelB, table.keys_missing_from_B),
        ):
            for key in keys:
                yield f"    {label} missing this: {_text(key)}"
        if table.comments is not None:
            yield "    comment with differences"
            yield self._labelled(self.labelA, repr(table.comments[0]))
            yield self._labelled(self.labelB, repr(table.comments[1]))

    def _labelled(self, label: str, text: str) -> str:
        return f"{label:>{self.label_width + 6}}: {text}"


def _text(key: Key) -> str:
    return str(key) if key.kind != "index" else key.text


def _by_name(table: Table) -> dict[str, Column[Any]]:
    return {str(column.name): column for column in table.columns}


def _schemas(metadata: MetaData, dialect: Dialect) -> list[str | None]:
    """Return the schemas to read; the model may name the usual one."""
    named = {table.schema for table in metadata.tables.values()}
    if dialect.default_schema_name in named and None not in named:
        return [*sorted(map(str, named))]
    return [None, *sorted(str(each) for each in named if each is not None)]


@contextmanager
def _connected(bind: Engine | Connection) -> Iterator[Connection]:
    if isinstance(bind, Connection):
        yield bind
        return
    with left_missing(bind), bind.connect() as connection:
        yield connection
