"""How each database spells each statement, side by side."""

from __future__ import annotations

import pytest
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.url import make_url

from migrate.changeset import operations as ops
from migrate.changeset.databases import editor_for


def dialect(name: str) -> Dialect:
    if name == "ansi":
        return DefaultDialect()
    made: Dialect = make_url(f"{name}://").get_dialect()()
    return made


def spelled(operation: ops.Operation, name: str) -> list[str]:
    """The SQL of ``operation``, where nothing is asked of the catalogue."""
    speaker = dialect(name)
    statements = editor_for(speaker).statements(operation, None)  # type: ignore[arg-type]
    return [
        " ".join(str(each.compile(dialect=speaker)).split())
        for each in statements
    ]


@pytest.fixture
def table() -> Table:
    metadata = MetaData()
    Table("other", metadata, Column("id", Integer, primary_key=True))
    return Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", String(10)),
    )


@pytest.mark.parametrize("name", ["ansi", "postgresql", "mysql"])
def test_add_column_with_foreign_key(table: Table, name: str) -> None:
    column = Column("b", Integer, ForeignKey("other.id", name="fk"))
    table.append_column(column)

    assert spelled(ops.AddColumn(table, column), name) == [
        "ALTER TABLE t ADD b INTEGER",
        "ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY(b) REFERENCES other (id)",
    ]
