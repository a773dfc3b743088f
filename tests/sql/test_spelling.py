"""How each database spells each operation, side by side.

Nothing is asked of a catalogue here: MySQL, which reads the column first,
goes by the Column.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import ForeignKey
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Identity
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.url import make_url

from migrate import ColumnDelta
from migrate.changeset import operations as ops
from migrate.changeset.databases import editor_for
from migrate.exceptions import NotSupportedError

#: Dialects that come with packages of their own; their SQL is near to ANSI.
ELSEWHERE = {"ansi", "firebird", "firebird.firebird", "ibm_db_sa"}


def dialect(name: str) -> Dialect:
    if name not in ELSEWHERE:
        made: Dialect = make_url(f"{name}://").get_dialect()()
        made.default_schema_name = "dbo"  # a connection would tell
        return made
    speaker = DefaultDialect()
    speaker.name = name
    return speaker


def spelled(operation: ops.Operation, name: str) -> list[str]:
    speaker = dialect(name)
    nobody: Any = SimpleNamespace(dialect=speaker)  # as in a preview
    statements = editor_for(speaker).statements(operation, nobody)
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


def add_column(table: Table) -> ops.Operation:
    column = Column("b", Integer, server_default="5", nullable=False)
    table.append_column(column)
    return ops.AddColumn(table, column)


def add_foreign_key_column(table: Table) -> ops.Operation:
    column = Column("b", Integer, ForeignKey("other.id", name="fk"))
    table.append_column(column)
    return ops.AddColumn(table, column)


def add_checked_column(table: Table) -> ops.Operation:
    column = Column("b", Integer, CheckConstraint("b > 4"))
    table.append_column(column)
    return ops.AddColumn(table, column)


def drop_column(table: Table) -> ops.Operation:
    Index("ix", table.c.a)
    return ops.DropColumn(table, table.c.a)


def drop_constrained_column(table: Table) -> ops.Operation:
    table.append_constraint(CheckConstraint("a > 3", name="ck"))
    table.append_constraint(UniqueConstraint("a", name="u"))
    return drop_column(table)


def altered(**changes: Any) -> Callable[[Table], ops.Operation]:
    def make(table: Table) -> ops.Operation:
        operation = ColumnDelta(table.c.a, **changes).operation
        assert operation is not None
        return operation

    return make


def rename_table(table: Table) -> ops.Operation:
    return ops.RenameTable(table, "u")


def rename_index(table: Table) -> ops.Operation:
    return ops.RenameIndex(Index("ix", table.c.a), "iy")


def primary_key(table: Table) -> PrimaryKeyConstraint:
    table.primary_key.name = "t_pkey"
    return table.primary_key


def unique(table: Table) -> UniqueConstraint:
    return UniqueConstraint(table.c.a, name="u")


def foreign_key(table: Table) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        [table.c.a], ["other.id"], name="f", ondelete="CASCADE"
    )


def check(table: Table) -> CheckConstraint:
    constraint = CheckConstraint("a > 4", name="c")
    table.append_constraint(constraint)
    return constraint


def add(constraint: Callable[[Table], Any]) -> Callable[[Table], Any]:
    return lambda table: ops.AddConstraint(constraint(table))


def drop(
    constraint: Callable[[Table], Any], *, cascade: bool = False
) -> Callable[[Table], Any]:
    return lambda table: ops.DropConstraint(constraint(table), cascade)


def batch(table: Table) -> ops.Operation:
    column: Column[Any] = Column("b", Integer)
    table.append_column(column)
    return ops.Batch(
        table,
        (
            ops.AddColumn(table, column),
            altered(nullable=False)(table),
            ops.AddConstraint(unique(table)),
        ),
    )


REORG = "CALL SYSPROC.ADMIN_CMD('REORG TABLE t')"
DROP_DEFAULT = (
    "DECLARE @name sysname SELECT @name = QUOTENAME(name) FROM "
    "sys.default_constraints WHERE parent_object_id = OBJECT_ID('t') AND "
    "COL_NAME(parent_object_id, parent_column_id) = 'a' IF @name IS NOT NULL "
    "EXEC('ALTER TABLE t DROP CONSTRAINT ' + @name)"
)

#: Operation -> dialect -> statements; a dialect left out speaks as ANSI.
SPELLINGS: list[tuple[str, Callable[[Table], Any], dict[str, list[str]]]] = [
    (
        "add column",
        add_column,
        {
            "ansi": ["ALTER TABLE t ADD b INTEGER DEFAULT '5' NOT NULL"],
            "ibm_db_sa": [
                "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT '5' NOT NULL",
                REORG,
            ],
            "mssql": ["ALTER TABLE t ADD b INTEGER NOT NULL DEFAULT '5'"],
            "mysql": ["ALTER TABLE t ADD b INTEGER NOT NULL DEFAULT '5'"],
        },
    ),
    (
        "add column with foreign key",
        add_foreign_key_column,
        {
            "ansi": [
                "ALTER TABLE t ADD b INTEGER",
                "ALTER TABLE t ADD CONSTRAINT fk "
                "FOREIGN KEY(b) REFERENCES other (id)",
            ],
            "mssql": [
                "ALTER TABLE t ADD b INTEGER NULL",
                "ALTER TABLE t ADD CONSTRAINT fk "
                "FOREIGN KEY(b) REFERENCES other (id)",
            ],
            "ibm_db_sa": [
                "ALTER TABLE t ADD COLUMN b INTEGER",
                "ALTER TABLE t ADD CONSTRAINT fk "
                "FOREIGN KEY(b) REFERENCES other (id)",
                REORG,
            ],
        },
    ),
    (
        "add column with check",
        add_checked_column,
        {
            "ansi": ["ALTER TABLE t ADD b INTEGER CHECK (b > 4)"],
            "mssql": ["ALTER TABLE t ADD b INTEGER NULL CHECK (b > 4)"],
            "ibm_db_sa": [
                "ALTER TABLE t ADD COLUMN b INTEGER CHECK (b > 4)",
                REORG,
            ],
        },
    ),
    (
        "drop column",
        drop_column,
        {
            "ansi": ["ALTER TABLE t DROP COLUMN a"],
            "firebird": ["DROP INDEX ix", "ALTER TABLE t DROP a"],
            "mssql": [
                "DROP INDEX ix ON t",
                DROP_DEFAULT,
                "ALTER TABLE t DROP COLUMN a",
            ],
            "ibm_db_sa": ["ALTER TABLE t DROP COLUMN a", REORG],
        },
    ),
    (
        "drop column of constraints",
        drop_constrained_column,
        {
            "ansi": ["ALTER TABLE t DROP COLUMN a"],
            "firebird": [
                "ALTER TABLE t DROP CONSTRAINT ck",
                "ALTER TABLE t DROP CONSTRAINT u",
                "DROP INDEX ix",
                "ALTER TABLE t DROP a",
            ],
            "mssql": [
                "ALTER TABLE t DROP CONSTRAINT ck",
                "ALTER TABLE t DROP CONSTRAINT u",
                "DROP INDEX ix ON t",
                DROP_DEFAULT,
                "ALTER TABLE t DROP COLUMN a",
            ],
            "ibm_db_sa": ["ALTER TABLE t DROP COLUMN a", REORG],
        },
    ),
    (
        "name",
        altered(name="b"),
        {
            "ansi": ["ALTER TABLE t RENAME COLUMN a TO b"],
            "firebird": ["ALTER TABLE t ALTER COLUMN a TO b"],
            "mssql": ["EXEC sp_rename 't.a', 'b', 'COLUMN'"],
            "ibm_db_sa": ["ALTER TABLE t RENAME COLUMN a TO b", REORG],
        },
    ),
    (
        "type",
        altered(type=Integer),
        {
            "ansi": ["ALTER TABLE t ALTER COLUMN a TYPE INTEGER"],
            "mysql": ["ALTER TABLE t CHANGE COLUMN a a INTEGER"],
            "oracle": ["ALTER TABLE t MODIFY (a INTEGER)"],
            "mssql": ["ALTER TABLE t ALTER COLUMN a INTEGER NULL"],
            "ibm_db_sa": [
                "ALTER TABLE t ALTER COLUMN a SET DATA TYPE INTEGER",
                REORG,
            ],
        },
    ),
    (
        "nullable",
        altered(nullable=False),
        {
            "ansi": ["ALTER TABLE t ALTER COLUMN a SET NOT NULL"],
            "mysql": ["ALTER TABLE t CHANGE COLUMN a a VARCHAR(10) NOT NULL"],
            "oracle": ["ALTER TABLE t MODIFY (a NOT NULL)"],
            "mssql": ["ALTER TABLE t ALTER COLUMN a VARCHAR(10) NOT NULL"],
            "ibm_db_sa": ["ALTER TABLE t ALTER COLUMN a SET NOT NULL", REORG],
        },
    ),
    (
        "server default",
        altered(server_default="x"),
        {
            "ansi": ["ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'"],
            "mysql": [
                "ALTER TABLE t CHANGE COLUMN a a VARCHAR(10) DEFAULT 'x'"
            ],
            "oracle": ["ALTER TABLE t MODIFY (a DEFAULT 'x')"],
            "mssql": [DROP_DEFAULT, "ALTER TABLE t ADD DEFAULT 'x' FOR a"],
            "ibm_db_sa": [
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'",
                REORG,
            ],
        },
    ),
    (
        "no server default",
        altered(server_default=None),
        {
            "ansi": ["ALTER TABLE t ALTER COLUMN a DROP DEFAULT"],
            "mysql": ["ALTER TABLE t CHANGE COLUMN a a VARCHAR(10)"],
            "oracle": ["ALTER TABLE t MODIFY (a DEFAULT NULL)"],
            "mssql": [DROP_DEFAULT],
            "ibm_db_sa": ["ALTER TABLE t ALTER COLUMN a DROP DEFAULT", REORG],
        },
    ),
    (
        "several",
        altered(name="b", type=String(9), nullable=False, server_default="x"),
        {
            "ansi": [
                "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(9)",
                "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'",
                "ALTER TABLE t RENAME COLUMN a TO b",
            ],
            "postgresql": [
                "ALTER TABLE t ALTER COLUMN a DROP DEFAULT",
                "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(9)",
                "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'",
                "ALTER TABLE t RENAME COLUMN a TO b",
            ],
            "mysql": [
                "ALTER TABLE t CHANGE COLUMN a b "
                "VARCHAR(9) NOT NULL DEFAULT 'x'"
            ],
            "oracle": [
                "ALTER TABLE t RENAME COLUMN a TO b",
                "ALTER TABLE t MODIFY (b VARCHAR2(9 CHAR) "
                "DEFAULT 'x' NOT NULL)",
            ],
            "firebird": [
                "ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(9)",
                "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'",
                "ALTER TABLE t ALTER COLUMN a TO b",
            ],
            "mssql": [
                DROP_DEFAULT,
                "ALTER TABLE t ALTER COLUMN a VARCHAR(9) NOT NULL",
                "ALTER TABLE t ADD DEFAULT 'x' FOR a",
                "EXEC sp_rename 't.a', 'b', 'COLUMN'",
            ],
            "ibm_db_sa": [
                "ALTER TABLE t ALTER COLUMN a SET DATA TYPE VARCHAR(9)",
                "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
                "ALTER TABLE t ALTER COLUMN a SET DEFAULT 'x'",
                "ALTER TABLE t RENAME COLUMN a TO b",
                REORG,
            ],
        },
    ),
    (
        "comment",
        altered(comment="it's"),
        {
            "ansi": ["COMMENT ON COLUMN t.a IS 'it''s'"],
            "mysql": [
                "ALTER TABLE t CHANGE COLUMN a a VARCHAR(10) COMMENT 'it''s'"
            ],
            "mssql": [
                "execute sp_addextendedproperty 'MS_Description', "
                "N'it''s', 'schema', dbo, 'table', t, 'column', a"
            ],
            "ibm_db_sa": ["COMMENT ON COLUMN t.a IS 'it''s'", REORG],
        },
    ),
    (
        "rename table",
        rename_table,
        {
            "ansi": ["ALTER TABLE t RENAME TO u"],
            "mssql": ["EXEC sp_rename 't', 'u', 'OBJECT'"],
            "ibm_db_sa": ["RENAME TABLE t TO u"],
            "firebird": [],
        },
    ),
    (
        "rename index",
        rename_index,
        {
            "ansi": ["ALTER INDEX ix RENAME TO iy"],
            "mysql": ["ALTER TABLE t RENAME INDEX ix TO iy"],
            "mssql": ["EXEC sp_rename 't.ix', 'iy', 'INDEX'"],
            "ibm_db_sa": ["RENAME INDEX ix TO iy"],
            "firebird": [],
        },
    ),
    (
        "add primary key",
        add(primary_key),
        {"ansi": ["ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id)"]},
    ),
    (
        "drop primary key",
        drop(primary_key),
        {
            "ansi": ["ALTER TABLE t DROP CONSTRAINT t_pkey"],
            "mysql": ["ALTER TABLE t DROP PRIMARY KEY"],
            "ibm_db_sa": ["ALTER TABLE t DROP PRIMARY KEY"],
        },
    ),
    (
        "add foreign key",
        add(foreign_key),
        {
            "ansi": [
                "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY(a) "
                "REFERENCES other (id) ON DELETE CASCADE"
            ]
        },
    ),
    (
        "drop foreign key",
        drop(foreign_key),
        {
            "ansi": ["ALTER TABLE t DROP CONSTRAINT f"],
            "mysql": ["ALTER TABLE t DROP FOREIGN KEY f"],
        },
    ),
    (
        "add unique constraint",
        add(unique),
        {
            "ansi": ["ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)"],
            "ibm_db_sa": ["CREATE UNIQUE INDEX u ON t (a) EXCLUDE NULL KEYS"],
        },
    ),
    (
        "drop unique constraint",
        drop(unique),
        {
            "ansi": ["ALTER TABLE t DROP CONSTRAINT u"],
            "mysql": ["ALTER TABLE t DROP INDEX u"],
            "ibm_db_sa": ["DROP INDEX u"],
        },
    ),
    (
        "drop with cascade",
        drop(unique, cascade=True),
        {
            "ansi": ["ALTER TABLE t DROP CONSTRAINT u CASCADE"],
            "mysql": ["ALTER TABLE t DROP INDEX u"],
            "mssql": ["ALTER TABLE t DROP CONSTRAINT u"],
            "firebird": ["ALTER TABLE t DROP CONSTRAINT u"],
            "ibm_db_sa": ["DROP INDEX u"],
        },
    ),
    (
        "add check",
        add(check),
        {"ansi": ["ALTER TABLE t ADD CONSTRAINT c CHECK (a > 4)"]},
    ),
    (
        "drop check",
        drop(check),
        {"ansi": ["ALTER TABLE t DROP CONSTRAINT c"]},
    ),
    (
        "rename constraint",
        lambda table: ops.RenameConstraint(check(table), "d"),
        {
            "ansi": ["ALTER TABLE t RENAME CONSTRAINT c TO d"],
            "mssql": ["EXEC sp_rename 'c', 'd', 'OBJECT'"],
            "mysql": [],
            "firebird": [],
            "ibm_db_sa": [],
        },
    ),
    (
        "batch",
        batch,
        {
            "postgresql": [
                "ALTER TABLE t ADD b INTEGER, "
                "ALTER COLUMN a SET NOT NULL, ADD CONSTRAINT u UNIQUE (a)"
            ],
            "mysql": [
                "ALTER TABLE t ADD b INTEGER, "
                "CHANGE COLUMN a a VARCHAR(10) NOT NULL, "
                "ADD CONSTRAINT u UNIQUE (a)"
            ],
            "oracle": [
                "ALTER TABLE t ADD b INTEGER",
                "ALTER TABLE t MODIFY (a NOT NULL)",
                "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a)",
            ],
        },
    ),
]

DIALECTS = [
    "ansi",
    "postgresql",
    "mysql",
    "mariadb",
    "oracle",
    "mssql",
    "firebird",
    "firebird.firebird",
    "ibm_db_sa",
]

#: Who speaks as another where nothing is said of them.
AS = {"mariadb": "mysql", "firebird.firebird": "firebird"}

CASES = [
    pytest.param(
        make,
        name,
        by_dialect.get(
            name, by_dialect.get(AS.get(name, "ansi"), by_dialect.get("ansi"))
        ),
        id=f"{what}-{name}",
    )
    for what, make, by_dialect in SPELLINGS
    for name in DIALECTS
    if "ansi" in by_dialect or name in by_dialect
]


@pytest.mark.parametrize(("make", "name", "expected"), CASES)
def test_spelling(
    table: Table,
    make: Callable[[Table], Any],
    name: str,
    expected: list[str],
) -> None:
    operation = make(table)

    if not expected and name != "mysql" and name != "mariadb":
        with pytest.raises(NotSupportedError, match="cannot"):
            spelled(operation, name)
    else:
        assert spelled(operation, name) == expected


def test_every_dialect_has_its_editor() -> None:
    editors = {name: type(editor_for(dialect(name))) for name in DIALECTS}

    assert editors["mariadb"] is editors["mysql"]
    assert editors["firebird.firebird"] is editors["firebird"]
    assert len({*editors.values()}) == len(DIALECTS) - 2


@pytest.mark.parametrize(
    ("name", "operation", "way_round"),
    [
        ("postgresql", altered(computed=Computed("1")), "drop the column"),
        ("mysql", altered(identity=Identity()), "autoincrement=True"),
        ("oracle", altered(identity=Identity()), "create it anew"),
        ("firebird", rename_table, "INSERT ... SELECT"),
    ],
)
def test_refusal_tells_the_way_round(
    table: Table,
    name: str,
    operation: Callable[[Table], Any],
    way_round: str,
) -> None:
    made = operation(table)

    with pytest.raises(NotSupportedError, match=way_round):
        spelled(made, name)


def test_names_are_quoted_as_the_database_does() -> None:
    table = Table("my table", MetaData(), Column("select", Integer))
    operation = ops.DropColumn(table, table.c.select)

    assert spelled(operation, "ansi") == [
        'ALTER TABLE "my table" DROP COLUMN "select"'
    ]
    assert spelled(operation, "mysql") == [
        "ALTER TABLE `my table` DROP COLUMN `select`"
    ]
