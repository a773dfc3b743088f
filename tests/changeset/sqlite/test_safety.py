"""What fails leaves nothing behind; what is done, all connections see."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import DefaultClause

from migrate.changeset import operations as ops
from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.sqlite.alteration import Features
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError
from tests.changeset.sqlite.alterations import Old
from tests.changeset.sqlite.alterations import Operations
from tests.changeset.sqlite.alterations import added
from tests.changeset.sqlite.alterations import alter
from tests.changeset.sqlite.alterations import dropped
from tests.changeset.sqlite.alterations import model
from tests.changeset.sqlite.alterations import run
from tests.changeset.sqlite.conftest import Connect
from tests.changeset.sqlite.conftest import digest


def add_column(table: Table) -> Operations:
    column = Column("z", Integer, nullable=False)
    table.append_column(column)
    yield ops.AddColumn(table, column)


def unique_index(table: Table) -> Operations:
    yield ops.AddIndex(Index("one", table.c.u, unique=True))


FAILING: list[tuple[Callable[[Table], Operations], str]] = [
    (
        lambda table: alter(table, "n", nullable=False),
        "table 't' has 5 rows with NULL in column 'n' (rowid 10, 20, 30, 40, "
        "50): give them a value first",
    ),
    (
        lambda table: alter(table, "n", nullable=False, type=String(5)),
        "table 't' has 5 rows with NULL in column 'n' (rowid 10, 20, 30, 40, "
        "50): give them a value first",
    ),
    (
        lambda table: added(table, UniqueConstraint("u")),
        "table 't' has 48 rows with duplicate values in 'u' (rowid 2, 3, 4, "
        "5, 6, ...): change or delete all but one of each first",
    ),
    (
        unique_index,
        "table 't' has 48 rows with duplicate values in 'u' (rowid 2, 3, 4, "
        "5, 6, ...): change or delete all but one of each first",
    ),
    (
        lambda table: added(table, CheckConstraint("k > 1")),
        "table 't' has 1 row for which CHECK (k > 1) is false (rowid "
        "1): change or delete them first",
    ),
    (
        lambda table: added(table, ForeignKeyConstraint(["f"], ["other.id"])),
        "table 't' has 48 rows that refer to no row of table 'other' (rowid "
        "3, 4, 5, 6, 7, ...): change or delete them first",
    ),
    (
        add_column,
        "table 't' has rows (50) which would have no value in the new column "
        "'z', that is NOT NULL: give it a server_default, or add it nullable "
        "and fill it first",
    ),
]


@pytest.mark.parametrize(("operations", "message"), FAILING)
@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_failing_alteration_names_rows_and_leaves_every_byte(
    path: Path,
    connection: Connection,
    editor: type[SQLiteEditor],
    operations: Callable[[Table], Operations],
    message: str,
) -> None:
    before = digest(path)

    with pytest.raises(ExistingRowsError) as raised:
        run(connection, operations(model()), editor)
    connection.rollback()

    assert str(raised.value) == message
    assert digest(path) == before


def test_failing_alteration_keeps_what_the_caller_did_before(
    connect: Connect, path: Path, connection: Connection
) -> None:
    connection.exec_driver_sql("BEGIN")
    connection.exec_driver_sql("DELETE FROM t WHERE id = 1")
    (operation,) = alter(model(), "n", nullable=False)
    with pytest.raises(ExistingRowsError):
        SQLiteEditor().run(connection, operation)
    connection.commit()

    rows = connect(path).execute("SELECT count(*) FROM t")

    assert rows.fetchone() == (49,)


EDITS: dict[str, Callable[[Table], Operations]] = {
    "text": lambda table: alter(table, "m", nullable=False),
    "exchange": lambda table: alter(table, "m", type=String(5)),
    "unique": lambda table: added(table, UniqueConstraint("id")),
}


@pytest.mark.parametrize("operations", EDITS.values(), ids=EDITS)
def test_rollback_by_the_caller_undoes_all(
    path: Path,
    connection: Connection,
    operations: Callable[[Table], Operations],
) -> None:
    before = digest(path)
    connection.exec_driver_sql("BEGIN")
    (operation,) = operations(model())
    SQLiteEditor().run(connection, operation)
    connection.exec_driver_sql("INSERT INTO t (id, m) VALUES (99, 1)")

    connection.rollback()

    assert digest(path) == before
    connection.exec_driver_sql("INSERT INTO t (m, id) VALUES (NULL, 99)")
    assert connection.exec_driver_sql(
        "SELECT count(*), sum(typeof(m) = 'integer') FROM t"
    ).one() == (51, 50)


@pytest.mark.parametrize("operations", EDITS.values(), ids=EDITS)
def test_rolled_back_schema_is_not_taken_for_a_later_one(
    connect: Connect,
    path: Path,
    connection: Connection,
    operations: Callable[[Table], Operations],
) -> None:
    """The version of the schema may come out the same as ours was."""
    other = connect(path)
    for _ in range(12):
        connection.exec_driver_sql("BEGIN")
        (operation,) = operations(model())
        SQLiteEditor().run(connection, operation)
        ours = connection.exec_driver_sql("PRAGMA schema_version").scalar()
        connection.rollback()

        add_columns(other, until=ours)

        width = "SELECT count(*) FROM pragma_table_info('t')"
        seen = connection.exec_driver_sql("SELECT * FROM t").keys()
        assert len([*seen]) == connection.exec_driver_sql(width).scalar()
        connection.exec_driver_sql("INSERT INTO t (m) VALUES (NULL)")
        connection.rollback()


def add_columns(other: sqlite3.Connection, until: int | None) -> None:
    """Change the schema until it has this version."""
    while True:
        (version,) = other.execute("PRAGMA schema_version").fetchone()
        if version == until:
            return
        other.execute(f"ALTER TABLE t ADD COLUMN z{version}")
        other.commit()


@pytest.mark.parametrize("operations", EDITS.values(), ids=EDITS)
def test_other_connection_notices(
    connect: Connect,
    path: Path,
    connection: Connection,
    operations: Callable[[Table], Operations],
) -> None:
    other = connect(path)
    insert = "INSERT INTO t (id, m) VALUES (99, NULL)"
    other.execute(insert)
    other.rollback()
    (before,) = other.execute("PRAGMA schema_version").fetchone()

    (operation,) = operations(model())
    SQLiteEditor().run(connection, operation)
    connection.commit()

    assert other.execute("PRAGMA schema_version").fetchone()[0] > before
    (text_,) = other.execute(
        "SELECT sql FROM sqlite_master WHERE name = 't'"
    ).fetchone()
    if "NOT NULL" in text_:
        with pytest.raises(sqlite3.IntegrityError):
            other.execute(insert)
    else:
        other.execute(insert)
    assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_reader_of_the_old_schema_goes_on_after_the_commit(
    connect: Connect, path: Path, connection: Connection
) -> None:
    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    reader = connect(path, isolation_level=None)
    reader.execute("BEGIN")
    before = reader.execute("SELECT * FROM t").fetchall()

    (operation,) = alter(model(), "m", type=String(5))
    SQLiteEditor().run(connection, operation)

    assert reader.execute("SELECT * FROM t").fetchall() == before
    reader.execute("COMMIT")
    assert reader.execute("SELECT typeof(m) FROM t").fetchone() == ("text",)


# The trap: a row that ends before the column reads its default.


@pytest.mark.parametrize("default", [None, DefaultClause(text("7"))])
@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_default_of_old_rows_stays(
    connection: Connection,
    editor: type[SQLiteEditor],
    default: DefaultClause | None,
) -> None:
    connection.exec_driver_sql("ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 5")
    table = model()
    table.append_column(Column("b", Integer))

    (operation,) = alter(table, "b", server_default=default)
    editor().run(connection, operation)
    connection.exec_driver_sql("INSERT INTO t (id) VALUES (99)")

    values = connection.exec_driver_sql("SELECT DISTINCT b FROM t")
    assert [value for (value,) in values] == [5, 7 if default else None]


@pytest.mark.parametrize("key", [UniqueConstraint, PrimaryKeyConstraint])
def test_key_given_later_is_no_proof_of_complete_rows(
    connection: Connection, key: type[UniqueConstraint]
) -> None:
    connection.exec_driver_sql("CREATE TABLE late (k INTEGER)")
    connection.exec_driver_sql("INSERT INTO late VALUES (1), (2)")
    connection.exec_driver_sql("ALTER TABLE late ADD b INTEGER DEFAULT 5")
    table = Table("late", model().metadata, Column("k"), Column("b", Integer))

    for operation in (
        *added(table, key("b", "k")),
        *alter(table, "b", server_default=DefaultClause(text("7"))),
    ):
        SQLiteEditor().run(connection, operation)

    assert connection.exec_driver_sql("SELECT b FROM late").all() == [
        *((5,), (5,)),
    ]
    assert connection.exec_driver_sql("PRAGMA integrity_check").all() == [
        ("ok",)
    ]


@pytest.mark.parametrize("default", ["k", '"k"', "`k`", "[k]", "missing"])
def test_default_that_is_a_word_is_no_column(
    connection: Connection, default: str
) -> None:
    connection.exec_driver_sql(f"ALTER TABLE t ADD b TEXT DEFAULT {default}")
    rows = "SELECT DISTINCT b FROM t"
    before = connection.exec_driver_sql(rows).all()
    table = model()
    table.append_column(Column("b", String))

    (operation,) = alter(table, "b", server_default=DefaultClause("7"))
    SQLiteEditor().run(connection, operation)

    assert connection.exec_driver_sql(rows).all() == before


def test_build_that_trims_rows_proves_nothing_by_the_definition(
    connection: Connection,
) -> None:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.create_function("sqlite_compileoption_used", 1, lambda option: True)  # type: ignore[attr-defined]  # of sqlite3
    connection.exec_driver_sql("CREATE TABLE o (a, b INTEGER NOT NULL)")
    connection.exec_driver_sql("INSERT INTO o VALUES (NULL, 1)")
    connection.commit()
    table = Table("o", model().metadata, Column("a", Integer))
    before = rootpage(connection, "o")

    (operation,) = alter(table, "a", server_default=DefaultClause("7"))
    SQLiteEditor().run(connection, operation)

    assert rootpage(connection, "o") != before


def rootpage(connection: Connection, table: str = "t") -> int:
    return int(
        connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).scalar_one()
    )


@pytest.mark.parametrize(
    ("column", "proof"),
    [
        ("c", "UPDATE t SET c = 6 WHERE c = 5"),
        ("c", "DELETE FROM t"),
        ("m", "UPDATE t SET m = 0 WHERE m IS NULL"),
    ],
)
def test_default_is_text_where_no_row_reads_it(
    connection: Connection, column: str, proof: str
) -> None:
    connection.exec_driver_sql(proof)
    before = rootpage(connection)

    (operation,) = alter(
        model(), column, server_default=DefaultClause(text("8"))
    )
    SQLiteEditor().run(connection, operation)

    assert rootpage(connection) == before
    connection.exec_driver_sql("INSERT INTO t (id) VALUES (99)")
    assert (
        connection.exec_driver_sql(
            f"SELECT {column} FROM t WHERE id = 99"
        ).scalar()
        == 8
    )


@pytest.mark.parametrize(
    ("column", "default"), [("c", DefaultClause(text("5"))), ("m", None)]
)
def test_same_default_again_copies_nothing(
    connection: Connection, column: str, default: DefaultClause | None
) -> None:
    connection.exec_driver_sql("DROP TABLE t")
    connection.exec_driver_sql("CREATE TABLE t (m INTEGER, c DEFAULT 5)")
    connection.exec_driver_sql("INSERT INTO t VALUES (NULL, 5)")
    before = rootpage(connection)

    (operation,) = alter(model(), column, server_default=default)
    SQLiteEditor().run(connection, operation)

    assert rootpage(connection) == before


CHEAP: dict[str, Callable[[Table], Operations]] = {
    "set not null": lambda table: alter(table, "m", nullable=False),
    "same affinity": lambda table: alter(table, "m", type=Integer()),
    "add check": lambda table: added(table, CheckConstraint("k > 0")),
    "add foreign key": lambda table: added(
        table, ForeignKeyConstraint(["u"], ["t.id"])
    ),
    "add unique": lambda table: added(table, UniqueConstraint("k", "id")),
    "rename column": lambda table: alter(table, "m", name="mm"),
    "drop column": lambda table: iter([ops.DropColumn(table, table.c.k)]),
}


@pytest.mark.parametrize("operations", CHEAP.values(), ids=CHEAP)
def test_table_is_not_copied(
    connection: Connection, operations: Callable[[Table], Operations]
) -> None:
    connection.exec_driver_sql("UPDATE t SET u = NULL")
    connection.exec_driver_sql("DROP VIEW v")
    before = rootpage(connection)

    for operation in operations(model()):
        SQLiteEditor().run(connection, operation)

    assert rootpage(connection) == before


def test_batch_copies_once(engine: Engine) -> None:
    copies = []

    @event.listens_for(engine, "before_cursor_execute")
    def count(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("INSERT OR ABORT INTO"):
            copies.append(statement)

    table = model()
    operations = [
        *alter(table, "m", type=String(5)),
        *alter(table, "u", name="uu"),
        *added(table, UniqueConstraint("k")),
        ops.DropColumn(table, table.c.f),
        *alter(table, "c", type=String(9), nullable=False),
        ops.AddIndex(Index("by_m", table.c.m)),
    ]
    with engine.connect() as connection:
        SQLiteEditor().run(connection, ops.Batch(table, tuple(operations)))
        columns = connection.exec_driver_sql("SELECT * FROM t").keys()

    assert len(copies) == 1
    assert [*columns] == ["id", "n", "m", "uu", "k", "c"]


def test_tables_that_a_vacuum_moves_stay_whole(
    tmp_path: Path, connect: Connect
) -> None:
    """With ``auto_vacuum`` a dropped b-tree's page gets the last b-tree."""
    path = tmp_path / "vacuumed.db"
    raw = connect(path)
    raw.executescript(
        "PRAGMA auto_vacuum = FULL; CREATE TABLE first (x);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, k INTEGER);"
        "CREATE INDEX by_n ON t (n); DROP TABLE first;"
        "INSERT INTO t VALUES (1, 2, 3);"
    )
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    table = model()
    operations = (
        *alter(table, "k", type=String(5)),
        ops.DropIndex(Index("by_n", table.c.n)),
    )

    with engine.connect() as connection:
        SQLiteEditor().run(connection, ops.Batch(table, operations))

    assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert raw.execute("SELECT * FROM t").fetchall() == [(1, 2, "3")]


# Where it cannot be done.


@pytest.mark.parametrize("parent", ["t", '"T"', "'t'", "[t](id)", "'t'('id')"])
def test_twelve_steps_refuse_to_delete_children(
    connect: Connect, path: Path, connection: Connection, parent: str
) -> None:
    connection.exec_driver_sql(
        f"CREATE TABLE child (p REFERENCES {parent} ON DELETE CASCADE)"
    )
    connection.exec_driver_sql("INSERT INTO child VALUES (1)")
    connection.commit()
    connection.exec_driver_sql("BEGIN")
    (operation,) = alter(model(), "m", type=String(5))

    with pytest.raises(NotSupportedError, match="referred to by 'child'"):
        Old().run(connection, operation)

    connection.commit()
    assert connect(path).execute("SELECT count(*) FROM child").fetchone() == (
        1,
    )


@pytest.mark.skipif(
    not hasattr(sqlite3.Connection, "setconfig"),
    reason="the sqlite3 module cannot set defensive mode before Python 3.12",
)
def test_defensive_mode_gets_the_same_result(
    connect: Connect, path: Path, connection: Connection
) -> None:
    raw = connection.connection.dbapi_connection
    raw.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)  # type: ignore[union-attr,attr-defined]  # Python 3.12
    for operation in alter(model(), "m", nullable=False):
        SQLiteEditor().run(connection, operation)
    connection.commit()

    other = connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        other.execute("INSERT INTO t (id, m) VALUES (99, NULL)")


def test_views_broken_before_are_nobodys_fault(
    connection: Connection,
) -> None:
    connection.exec_driver_sql("CREATE VIEW bad AS SELECT missing FROM t")
    for operations in EDITS.values():
        run(connection, operations(model()))


@pytest.mark.parametrize(
    "operations",
    [
        lambda table: alter(table, "n", type=String(5)),
        lambda table: alter(table, "c", type=String(5)),
        lambda table: added(
            table, CheckConstraint("n IN (SELECT id FROM other)")
        ),
        lambda table: added(table, CheckConstraint("gone > 2")),
        lambda table: added(table, UniqueConstraint("f")),
    ],
)
@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_definition_that_sqlite_does_not_take(
    connection: Connection,
    editor: type[SQLiteEditor],
    operations: Callable[[Table], Operations],
) -> None:
    connection.exec_driver_sql("DROP TABLE t")
    connection.exec_driver_sql("CREATE TABLE t (n TEXT, c INT) STRICT")
    before = connection.exec_driver_sql("SELECT * FROM sqlite_master").all()

    with pytest.raises(NotSupportedError, match="does not take the new"):
        run(connection, operations(model()), editor)

    after = connection.exec_driver_sql("SELECT * FROM sqlite_master").all()
    assert after == before
    connection.exec_driver_sql("INSERT INTO t VALUES ('x', 1)")


@pytest.mark.parametrize("operations", EDITS.values(), ids=EDITS)
def test_function_of_the_application_need_not_be_there(
    connect: Connect,
    path: Path,
    connection: Connection,
    operations: Callable[[Table], Operations],
) -> None:
    raw = connect(path)
    raw.create_function("good", 1, lambda value: True, deterministic=True)
    raw.execute("DROP TABLE t")
    raw.execute("CREATE TABLE t (id, m, n CHECK (good(n)))")
    raw.execute("INSERT INTO t VALUES (1, 2, 3)")
    raw.commit()
    connection.exec_driver_sql("DROP VIEW v")
    connection.commit()

    run(connection, operations(model()))

    rows = connection.exec_driver_sql("SELECT id, n FROM t").all()
    assert rows == [(1, 3)]


@pytest.mark.parametrize(
    "pragma", ["ignore_check_constraints", "legacy_alter_table"]
)
@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("operations", [each for each, _ in FAILING])
def test_settings_are_given_back_after_an_error(
    connection: Connection,
    operations: Callable[[Table], Operations],
    value: int,
    pragma: str,
) -> None:
    connection.exec_driver_sql(f"PRAGMA {pragma} = {value}")

    with pytest.raises(ExistingRowsError):
        run(connection, operations(model()), Old)

    after = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
    assert after == value


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
@pytest.mark.parametrize("check", ["z < 5", '"z" < 5', "abs(t.z) < 5"])
def test_check_of_a_new_column_is_asked_of_the_rows(
    connection: Connection, editor: type[SQLiteEditor], check: str
) -> None:
    for default, taken in (("(abs(-4))", True), ("(abs(-5))", False)):
        column = Column(
            f"z{taken}",
            Integer,
            CheckConstraint(check.replace("z", f"z{taken}")),
            server_default=text(default),
        )
        table = model()
        table.append_column(column)
        try:
            run(connection, iter([ops.AddColumn(table, column)]), editor)
            was_taken = True
        except ExistingRowsError:
            was_taken = False

        assert was_taken == taken


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_key_that_is_the_rowid_takes_no_null(
    connection: Connection, editor: type[SQLiteEditor]
) -> None:
    connection.exec_driver_sql("CREATE TABLE o (i INTEGER)")
    connection.exec_driver_sql("INSERT INTO o VALUES (NULL), (5)")
    table = Table("o", model().metadata, Column("i", Integer))

    with pytest.raises(ExistingRowsError, match="1 row with NULL"):
        run(connection, added(table, PrimaryKeyConstraint("i")), editor)


def test_column_in_the_place_of_a_dropped_one_is_asked_for_itself(
    connection: Connection,
) -> None:
    connection.exec_driver_sql("CREATE TABLE o (a, n UNIQUE)")
    connection.exec_driver_sql("INSERT INTO o VALUES (1, NULL)")
    table = Table("o", model().metadata, Column("a"), Column("n"))
    new = Column("n", Integer, server_default="7", nullable=False)
    after = Table("o", model().metadata, Column("a"), new)
    operations = ops.DropColumn(table, table.c.n), ops.AddColumn(after, new)

    run(connection, iter([ops.Batch(table, operations)]))

    rows = connection.exec_driver_sql("SELECT * FROM o").all()
    assert rows == [(1, 7)]


def test_setting_of_renames_is_given_back(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
    for operation in alter(model(), "k", name="kk"):
        SQLiteEditor().run(connection, operation)

    pragma = connection.exec_driver_sql("PRAGMA legacy_alter_table")
    assert pragma.scalar() == 1
    assert connection.exec_driver_sql("SELECT kk FROM v").all()


def test_rename_needs_a_sqlite_that_has_it(connection: Connection) -> None:
    class Older(SQLiteEditor):
        features = Features.of((3, 24))

    (operation,) = alter(model(), "k", name="kk")
    with pytest.raises(NotSupportedError, match=r"before 3\.25"):
        Older().run(connection, operation)


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
@pytest.mark.parametrize("schema", ["temp", "aux"])
def test_table_of_another_database(
    tmp_path: Path,
    connection: Connection,
    schema: str,
    editor: type[SQLiteEditor],
) -> None:
    connection.exec_driver_sql(f"ATTACH '{tmp_path / 'aux.db'}' AS aux")
    connection.exec_driver_sql(
        f"CREATE TABLE {schema}.t (id INTEGER PRIMARY KEY AUTOINCREMENT, "
        "m INTEGER UNIQUE, n DEFAULT 3)"
    )
    connection.exec_driver_sql(f"CREATE INDEX {schema}.by_m ON t (m)")
    connection.exec_driver_sql(
        f"CREATE TRIGGER {schema}.r AFTER INSERT ON t BEGIN "
        "UPDATE t SET n = 7; END"
    )
    connection.exec_driver_sql(f"INSERT INTO {schema}.t (m) VALUES (1)")
    connection.commit()
    table = model().to_metadata(model().metadata, schema=schema, name="t")

    for operation in (
        *alter(table, "m", nullable=False),
        *alter(table, "m", type=String(5)),
        *added(table, CheckConstraint("m <> '0'")),
        ops.RenameIndex(Index("by_m", table.c.m), "by m"),
        *alter(table, "m", name="mm"),
    ):
        editor().run(connection, operation)
    connection.exec_driver_sql(f"INSERT INTO {schema}.t (mm) VALUES (2)")

    assert connection.exec_driver_sql(
        f"SELECT id, mm, n, typeof(mm) FROM {schema}.t"
    ).all() == [(1, "1", 7, "text"), (2, "2", 7, "text")]
    assert connection.exec_driver_sql("SELECT max(m) FROM main.t").all() == [
        (50,)
    ]


# Constraints and names.


def test_foreign_key_to_what_is_no_key(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE plain (x INTEGER)")
    connection.exec_driver_sql("INSERT INTO plain SELECT id FROM t")
    table = model()
    Table("plain", table.metadata, Column("x", Integer))

    with pytest.raises(NotSupportedError, match="foreign key mismatch"):
        run(
            connection,
            added(table, ForeignKeyConstraint(["k"], ["plain.x"])),
        )


@pytest.mark.parametrize(
    ("parent", "child", "key", "value", "is_there"),
    [
        ("TEXT COLLATE NOCASE", "TEXT", "A", "a", True),
        ("TEXT", "TEXT COLLATE NOCASE", "A", "a", False),
        ("TEXT", "INTEGER", "1", 1, True),
        ("TEXT", "INTEGER", "01", 1, False),
        ("INTEGER", "TEXT", 1, "1", True),
        ("INTEGER", "TEXT", 1, "x", False),
        ("INTEGER", "", 1, "1", True),
        ("INTEGER", "TEXT", 1, None, True),
    ],
)
def test_foreign_key_compares_as_sqlite_does(
    connection: Connection,
    parent: str,
    child: str,
    key: object,
    value: object,
    is_there: bool,
) -> None:
    for statement in (
        f"CREATE TABLE parent (x {parent} UNIQUE)",
        f"CREATE TABLE child (y {child})",
    ):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO parent VALUES (?)", (key,))
    connection.exec_driver_sql("INSERT INTO child VALUES (?)", (value,))
    connection.commit()
    table = Table("child", model().metadata, Column("y", Integer))
    Table("parent", table.metadata, Column("x", Integer))
    constraint = ForeignKeyConstraint(["y"], ["parent.x"])

    try:
        run(connection, added(table, constraint))
        taken = True
    except ExistingRowsError:
        taken = False

    assert taken == is_there
    if taken:
        connection.exec_driver_sql("INSERT INTO child VALUES (?)", (value,))


@pytest.mark.parametrize("editor", [SQLiteEditor, Old])
def test_index_cannot_take_a_name_of_sqlite(
    connection: Connection, editor: type[SQLiteEditor]
) -> None:
    index = Index("by_k", model().c.k)

    with pytest.raises(NotSupportedError, match="'sqlite_' for itself"):
        editor().run(connection, ops.RenameIndex(index, "SQLite_k"))


def test_virtual_table_is_renamed(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE VIRTUAL TABLE f USING fts5 (x)")
    connection.exec_driver_sql("INSERT INTO f VALUES ('found')")
    table = Table("f", model().metadata)

    SQLiteEditor().run(connection, ops.RenameTable(table, "g"))

    found = "SELECT x FROM g WHERE g MATCH 'found'"
    assert connection.exec_driver_sql(found).all() == [("found",)]


def test_unknown_constraint_is_named(connection: Connection) -> None:
    with pytest.raises(
        NotSupportedError, match="has no check constraint 'nothing'"
    ):
        run(
            connection,
            dropped(model(), CheckConstraint("k > 7", name="nothing")),
        )


def test_constraint_is_renamed(connection: Connection) -> None:
    table = model()
    check = CheckConstraint("k > 0", name="before")
    for operation in (
        *added(table, check),
        ops.RenameConstraint(check, "the after"),
    ):
        SQLiteEditor().run(connection, operation)

    with pytest.raises(Exception, match="the after"):
        connection.exec_driver_sql("INSERT INTO t (k) VALUES (0)")
