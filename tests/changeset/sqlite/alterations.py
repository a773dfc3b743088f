"""Every alteration of a neutral column, and of the feature's own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.schema import DefaultClause

from migrate.changeset import operations as ops
from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite.alteration import Features
from migrate.changeset.sqlite.createtable import CreateTable

Operations = Iterator[ops.Operation]
Change = Callable[[CreateTable], CreateTable]


class Old(SQLiteEditor):
    """Can do little: the twelve steps."""

    features = Features(drop_column=False, write_schema=False)


def run(
    connection: Connection,
    operations: Operations,
    editor: type[SQLiteEditor] = SQLiteEditor,
) -> None:
    for operation in operations:
        editor().run(connection, operation)


def model(column: str = "c") -> Table:
    """The table as a script knows it: less than what there is."""
    metadata = MetaData()
    Table("other", metadata, Column("id", Integer), Column("x", Integer))
    names = ("id", "n", "m", "u", "k", "f", column)
    return Table("t", metadata, *(Column(name, Integer) for name in names))


def alter(table: Table, column: str, /, **changes: object) -> Operations:
    before = table.c[column]
    after = before._copy()
    for attribute, value in changes.items():
        setattr(after, attribute, value)
    yield ops.AlterColumn(table, before, after, frozenset(changes))


def added(table: Table, constraint: object) -> Operations:
    table.append_constraint(constraint)  # type: ignore[arg-type]
    yield ops.AddConstraint(constraint)  # type: ignore[arg-type]


def dropped(table: Table, constraint: object) -> Operations:
    table.append_constraint(constraint)  # type: ignore[arg-type]
    yield ops.DropConstraint(constraint)  # type: ignore[arg-type]


def add_column(table: Table) -> Operations:
    column = Column("z", String(9), server_default="it's", nullable=False)
    table.append_column(column)
    yield ops.AddColumn(table, column)


def five(table: Table) -> Operations:
    yield from alter(table, "n", type=String(9), nullable=False)
    yield from added(table, UniqueConstraint("k", "u", name="ku"))
    yield from alter(table, "m", nullable=True)
    yield from add_column(table)
    yield from dropped(table, CheckConstraint("k > 0", name="ck"))


@dataclass(frozen=True)
class Alteration:
    name: str
    operations: Callable[[Table], Operations]
    expected: Change | None = None
    table: str = "t"

    def __str__(self) -> str:
        return self.name


def clause(column: str, added: str) -> Change:
    return lambda table: edits.with_clause(table, table.column(column), added)


def constraint(added: str) -> Change:
    return lambda table: edits.with_constraint(table, added)


def without(name: str) -> Change:
    return lambda table: edits.without(
        table,
        next(each for each in table.constraints if each.name == name),
    )


def typed(name: str) -> Change:
    return lambda table: edits.with_type(table, table.column("n"), name)


def five_at_once(table: CreateTable) -> CreateTable:
    table = clause("n", "NOT NULL")(typed("VARCHAR(9)")(table))
    table = constraint("CONSTRAINT ku UNIQUE (k, u)")(table)
    table = edits.without_clauses(table, table.column("m"), "not null")
    table = edits.with_column(table, "z VARCHAR(9) DEFAULT 'it''s' NOT NULL")
    return without("ck")(table)


FK = ("f",), ("other.id",)
NEUTRAL = [
    Alteration(
        "set not null",
        lambda table: alter(table, "n", nullable=False),
        clause("n", "NOT NULL"),
    ),
    Alteration(
        "drop not null",
        lambda table: alter(table, "m", nullable=True),
        lambda table: edits.without_clauses(
            table, table.column("m"), "not null"
        ),
    ),
    Alteration(
        "set default",
        lambda table: alter(
            table, "n", server_default=DefaultClause(text("7"))
        ),
        lambda table: edits.with_default(table, table.column("n"), "7"),
    ),
    Alteration(
        "drop default",
        lambda table: alter(table, "n", server_default=None),
        lambda table: edits.without_clauses(
            table, table.column("n"), "default"
        ),
    ),
    Alteration(
        "type of the same affinity",
        lambda table: alter(table, "n", type=BigInteger()),
        typed("BIGINT"),
    ),
    Alteration(
        "type of another affinity",
        lambda table: alter(table, "n", type=String(5)),
        typed("VARCHAR(5)"),
    ),
    Alteration("rename column", lambda table: alter(table, "n", name="nn")),
    Alteration("add column", add_column),
    Alteration(
        "drop column",
        lambda table: iter([ops.DropColumn(table, table.c.n)]),
    ),
    Alteration(
        "add unique",
        lambda table: added(table, UniqueConstraint("u", "k", name="new")),
        constraint("CONSTRAINT new UNIQUE (u, k)"),
    ),
    Alteration(
        "drop unique",
        lambda table: dropped(table, UniqueConstraint("u", name="uq")),
        without("uq"),
    ),
    Alteration(
        "add check",
        lambda table: added(table, CheckConstraint("n > 2", name="new")),
        constraint("CONSTRAINT new CHECK (n > 2)"),
    ),
    Alteration(
        "drop check",
        lambda table: dropped(table, CheckConstraint("k>0", name="ck")),
        without("ck"),
    ),
    Alteration(
        "add foreign key",
        lambda table: added(
            table, ForeignKeyConstraint(["u"], ["other.id"], name="new")
        ),
        constraint("CONSTRAINT new FOREIGN KEY(u) REFERENCES other (id)"),
    ),
    Alteration(
        "drop foreign key",
        lambda table: dropped(table, ForeignKeyConstraint(*FK, name="fk")),
        without("fk"),
    ),
    Alteration(
        "rename index",
        lambda table: iter(
            [ops.RenameIndex(Index("by_k", table.c.k), "by k")]
        ),
        lambda table: table,
    ),
    Alteration(
        "add index",
        lambda table: iter([ops.AddIndex(Index("by_u", table.c.u))]),
        lambda table: table,
    ),
    Alteration(
        "rename table",
        lambda table: iter([ops.RenameTable(table, "t2")]),
        table="t2",
    ),
    Alteration(
        "five at once",
        lambda table: iter([ops.Batch(table, tuple(five(table)))]),
        five_at_once,
    ),
]
