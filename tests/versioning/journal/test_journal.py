"""Steps that cannot be rolled back: what a next run knows and does."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import InvalidScriptError
from migrate.versioning.control.marker import Marker
from migrate.versioning.control.table import ControlTable
from migrate.versioning.repository import Repository
from migrate.versioning.schema import ControlledSchema

NO_TRANSACTION = "-- migrate: no-transaction\n"
THREE = "CREATE TABLE a (x INTEGER);\n{0};\nINSERT INTO a VALUES (2);\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    Repository.create(tmp_path / "shop", "shop")
    versions = tmp_path / "shop" / "versions"
    (versions / "001_a_default_downgrade.sql").touch()
    return versions / "001_a_default_upgrade.sql"


def controlled(engine: Engine, script: Path) -> ControlledSchema:
    return ControlledSchema.create(engine, str(script.parent.parent))


def run(schema: ControlledSchema) -> None:
    """Upgrade with the files as they are now."""
    ControlledSchema(schema.engine, schema.repository.path).upgrade()


def values(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [*connection.scalars(text("SELECT x FROM a ORDER BY x"))]


def test_sql_script_goes_on_after_the_statements_that_are_done(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + THREE.format("INSERT INTO nosuch"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(
        NO_TRANSACTION + THREE.format("INSERT INTO a VALUES (1)")
    )
    run(schema)

    assert values(engine) == [1, 2]
    schema.load()
    assert schema.version == 1


def test_sql_script_edited_where_it_is_done_is_refused(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + THREE.format("INSERT INTO nosuch"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(NO_TRANSACTION + "CREATE TABLE b (x INTEGER);")
    with pytest.raises(HalfDoneStepError, match="1 statement"):
        run(schema)

    assert not inspect(engine).has_table("b")


def test_rows_changed_one_after_the_other_are_done_together(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    first = "CREATE TABLE a (x INTEGER);\nINSERT INTO a VALUES (1);\n"
    script.write_text(NO_TRANSACTION + first + "INSERT INTO nosuch VALUES (1)")
    with pytest.raises(DBAPIError):
        run(schema)

    # Where rows commit one by one, the first stays as it was.
    if engine.name == "mysql":
        first = first.replace("(1)", "(3)")
    script.write_text(NO_TRANSACTION + first + "INSERT INTO a VALUES (2)")
    run(schema)

    assert values(engine) == ([2, 3] if engine.name == "mysql" else [1, 2])


def test_rows_that_no_rollback_takes_back_are_done_one_by_one(
    engine: Engine, script: Path
) -> None:
    if engine.name != "mysql":
        pytest.skip("has one kind of tables")
    schema = controlled(engine, script)
    first = (
        NO_TRANSACTION + "CREATE TABLE a (x INTEGER) ENGINE=MyISAM;\n"
        "INSERT INTO a VALUES (1);\n"
    )
    script.write_text(first + "INSERT INTO nosuch VALUES (1)")
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(first + "INSERT INTO a VALUES (2)")
    with pytest.raises(HalfDoneStepError, match="done or not: INSERT INTO no"):
        run(schema)

    assert values(engine) == [1]


GROUP = (
    NO_TRANSACTION + "CREATE TABLE a (x INTEGER);\nBEGIN;\n"
    "INSERT INTO a VALUES (1);\n{0};\n{1};\nINSERT INTO a VALUES (3);\n"
)


@pytest.mark.parametrize(
    ("end", "expected"), [("COMMIT", [1, 2, 3]), ("ROLLBACK", [3])]
)
def test_transaction_of_an_sql_script_ends_as_it_says(
    engine: Engine, script: Path, end: str, expected: list[int]
) -> None:
    schema = controlled(engine, script)
    script.write_text(GROUP.format("INSERT INTO a VALUES (2)", end))
    if engine.name == "mysql" and end == "ROLLBACK":
        with pytest.raises(InvalidScriptError, match="line 6: ROLLBACK would"):
            run(schema)
        assert not inspect(engine).has_table("a")
        return

    run(schema)

    assert values(engine) == expected


@pytest.mark.parametrize(
    "where", ["CREATE TABLE b (x INTEGER);\n{}", "COMMIT;\n{};\nBEGIN"]
)
def test_transaction_of_an_sql_script_that_was_cut_off_is_run_again(
    engine: Engine, script: Path, where: str
) -> None:
    if engine.name != "postgresql":
        pytest.skip("a statement cannot cut the connection, or has no group")
    schema = controlled(engine, script)
    suicide = "SELECT pg_terminate_backend(pg_backend_pid())"
    script.write_text(GROUP.format(where.format(suicide), "COMMIT"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(GROUP.format(where.format("SELECT 2"), "COMMIT"))
    if "COMMIT" in where:  # it stands alone, and nobody knows
        with pytest.raises(HalfDoneStepError, match="done or not: SELECT pg"):
            run(schema)
        assert values(engine) == [1]
        return
    run(schema)

    assert values(engine) == [1, 3]


def test_transaction_of_an_sql_script_has_an_end(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(GROUP.format("INSERT INTO a VALUES (2)", "SELECT 1"))
    if engine.name == "mysql":
        run(schema)  # rows are committed with the journal
        assert values(engine) == [1, 2, 3]
        return

    with pytest.raises(InvalidScriptError, match=r"line 3: .* never comm"):
        run(schema)

    assert not inspect(engine).has_table("a")


def test_transaction_of_an_sql_script_that_failed_is_run_again_as_a_whole(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(GROUP.format("INSERT INTO nosuch VALUES (2)", "COMMIT"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(GROUP.format("INSERT INTO a VALUES (2)", "COMMIT"))
    run(schema)

    assert values(engine) == [1, 2, 3]


def test_transaction_of_an_sql_script_goes_on_after_ddl_that_ended_it(
    engine: Engine, script: Path
) -> None:
    if engine.name != "mysql":
        pytest.skip("DDL is part of a transaction")
    schema = controlled(engine, script)
    ddl = "CREATE TABLE b (x INTEGER);\nINSERT INTO {} VALUES (2)"
    script.write_text(GROUP.format(ddl.format("nosuch"), "COMMIT"))
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(GROUP.format(ddl.format("a"), "COMMIT"))
    run(schema)

    assert values(engine) == [1, 2, 3]


def test_step_that_did_nothing_leaves_no_marker(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + "CREATE NONSENSE;")
    with pytest.raises(DBAPIError):
        run(schema)

    script.write_text(NO_TRANSACTION + "CREATE TABLE a (x INTEGER);")
    run(schema)

    assert values(engine) == []


def test_statement_that_was_announced_and_not_sent_was_not_begun(
    engine: Engine, script: Path
) -> None:
    """Ctrl-C comes between the two."""
    schema = controlled(engine, script)
    reader = create_engine(engine.url, poolclass=NullPool)
    versions = text("SELECT version FROM migrate_version")
    found: list[int] = []

    @event.listens_for(engine, "commit")
    def interrupt(connection: Connection) -> None:
        if len(found) < 2:
            with reader.connect() as reading:
                found[:] = reading.scalars(versions).all()
            if len(found) == 2:
                raise KeyboardInterrupt

    script.write_text(NO_TRANSACTION + "CREATE TABLE a (x INTEGER);")
    with pytest.raises(KeyboardInterrupt):
        run(schema)

    with reader.connect() as reading:
        assert reading.scalars(versions).all() == [0]
    run(schema)
    assert values(engine) == []


def test_statement_of_which_nobody_knows_is_not_forgotten_for_another(
    engine: Engine, script: Path
) -> None:
    """MySQL drops the tables that it finds, and says then what is missing."""
    if engine.name != "mysql":
        pytest.skip("drops all tables, or none")
    schema = controlled(engine, script)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (x INTEGER)")
    (script.parent / "001_a_default_downgrade.sql").unlink()
    script.with_name("001_a.py").write_text(
        "def upgrade(migrate_engine):\n"
        "    try:\n"
        "        migrate_engine.execute('DROP TABLE a, nosuch')\n"
        "    except Exception:\n"
        "        migrate_engine.execute('CREATE NONSENSE')\n"
    )
    with pytest.raises(DBAPIError, match="NONSENSE"):
        run(schema)
    assert not inspect(engine).has_table("a")

    with pytest.raises(
        HalfDoneStepError, match=r"nosuch \(failed, maybe in part"
    ):
        run(schema)


def test_refused_statement_was_not_begun_whatever_error_a_script_makes_of_it(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    (script.parent / "001_a_default_downgrade.sql").unlink()
    script.with_name("001_a.py").write_text(
        "transactional = False\n"
        "def upgrade(migrate_engine):\n"
        "    try:\n"
        "        migrate_engine.execute('CREATE NONSENSE')\n"
        "    except Exception as error:\n"
        "        raise ValueError('of the script')\n"
    )
    for _ in range(2):
        with pytest.raises(ValueError, match="of the script"):
            run(schema)


def test_table_lost_by_a_statement_that_failed_is_not_forgotten(
    engine: Engine, script: Path
) -> None:
    """MariaDB drops the old table before it makes the new one."""
    schema = controlled(engine, script)
    with engine.begin() as connection:
        if not getattr(connection.dialect, "is_mariadb", False):
            pytest.skip("no CREATE OR REPLACE TABLE")
        connection.exec_driver_sql("CREATE TABLE a (x INTEGER)")
    script.write_text("CREATE OR REPLACE TABLE a (x INTEGER, INDEX (y))")
    with pytest.raises(DBAPIError, match="Key column 'y'"):
        run(schema)
    assert not inspect(engine).has_table("a")

    with pytest.raises(HalfDoneStepError, match="this one may be done"):
        run(schema)


def test_python_script_is_refused_with_what_it_has_done(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    python = script.with_name("001_a.py")
    (script.parent / "001_a_default_downgrade.sql").unlink()
    python.write_text(
        "transactional = False\n\n\n"
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('CREATE TABLE a (x INTEGER)')\n"
        "    migrate_engine.execute('CREATE TABLE b (x INTEGER)')\n"
        "    raise ValueError('enough')\n"
    )
    with pytest.raises(ValueError, match="enough"):
        run(schema)

    with pytest.raises(
        HalfDoneStepError,
        match=r"2 statement.s. are done .*the last: CREATE TABLE b .*resolve",
    ):
        run(schema)

    assert {"a", "b"} < {*inspect(engine).get_table_names()}


def test_python_script_that_did_nothing_can_be_mended_and_run_again(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    python = script.with_name("001_a.py")
    (script.parent / "001_a_default_downgrade.sql").unlink()
    body = (
        "transactional = False\n\n\n"
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('{}')\n"
    )
    python.write_text(body.format("CREATE NONSENSE"))
    with pytest.raises(DBAPIError):
        run(schema)

    python.write_text(body.format("CREATE TABLE a (x INTEGER)"))
    run(schema)

    assert values(engine) == []


def test_cursor_of_the_driver_is_recorded(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    for file in script.parent.glob("001_*"):
        file.unlink()
    (script.parent / "001_a.py").write_text(
        "transactional = False\n"
        "def upgrade(migrate_engine):\n"
        "    raw = migrate_engine.raw_connection()\n"
        "    cursor = raw.cursor()\n"
        "    cursor.execute('CREATE TABLE a (x INTEGER)')\n"
        "    raw.commit()\n"
        "    cursor.execute('CREATE TABLE b (x INTEGER)')\n"
        "    raw.commit()\n"
        "    raise RuntimeError\n"
    )
    with pytest.raises(RuntimeError):
        run(schema)

    with pytest.raises(HalfDoneStepError) as caught:
        run(schema)

    assert "2 statement(s) are done" in str(caught.value)
    assert "CREATE TABLE b (x INTEGER)" in str(caught.value)


def test_sql_script_after_one_in_python_keeps_its_rows(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    for file in script.parent.glob("001_*"):
        file.unlink()
    (script.parent / "001_a.py").write_text(
        "transactional = False\n"
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('CREATE TABLE a (x INTEGER)')\n"
    )
    for operation in ("up", "down"):
        file = script.with_name(f"002_b_default_{operation}grade.sql")
        file.write_text(NO_TRANSACTION + "INSERT INTO a VALUES (1);")

    run(schema)

    assert values(engine) == [1]


# -- what was begun, and is there or not

BEGUN = [
    ("CREATE TABLE b (x INTEGER)", "DROP TABLE b"),
    ("ALTER TABLE a ADD COLUMN y INTEGER", "ALTER TABLE a DROP COLUMN y"),
    ("CREATE INDEX i ON a (x)", "DROP INDEX i ON a"),
]


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("begun", [0, 1])
@pytest.mark.parametrize("pair", BEGUN, ids=["table", "column", "index"])
@pytest.mark.parametrize("suffix", ["sql", "py"])
def test_sql_statement_that_is_seen_not_to_be_done_is_done(
    engine: Engine,
    script: Path,
    pair: tuple[str, str],
    begun: int,
    is_done: bool,
    suffix: str,
) -> None:
    """One that may be done is not: it may have been so before.

    Nor a script in Python: it may have changed rows after the statement,
    and somebody may have begun to mend by hand.
    """
    if engine.name != "mysql":
        pytest.skip("steps are rolled back")
    schema = controlled(engine, script)
    text_of = {"sql": "{}", "py": "def upgrade(e):\n    e.execute({!r})\n"}
    for file in script.parent.glob("001_*"):
        file.unlink()
    name = "001_a.py" if suffix == "py" else "001_a_default_upgrade.sql"
    (script.parent / name).write_text(text_of[suffix].format(pair[begun]))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (x INTEGER)")
        if bool(begun) is not is_done:
            connection.exec_driver_sql(pair[0])
        ControlTable("migrate_version", "shop").marker_row.mark(
            connection,
            Marker("upgrade", 0, 1, name, "now", begun=pair[begun]),
        )

    goes_on = suffix == "sql" and not is_done
    with (
        nullcontext()
        if goes_on
        else pytest.raises(HalfDoneStepError, match="may be done or not")
    ):
        run(schema)

    schema.load()
    assert schema.version == goes_on


def test_script_that_worked_elsewhere_is_not_run_again(
    engine: Engine, script: Path
) -> None:
    """Although the first statement of its own is seen not to be done."""
    schema = killed_in(
        engine,
        script,
        "from sqlalchemy import event, text",
        *INSERT_ELSEWHERE,
        "from migrate import binding",
        "with binding.running(None):  # else it gets the step's connection",
        "    insert_elsewhere(e.origin)",
        "event.listen(e.step, 'before_cursor_execute', lambda *words: die())",
        "e.execute('CREATE TABLE b (x INTEGER)')",
    )

    with pytest.raises(HalfDoneStepError, match="resolve VERSION") as caught:
        run(schema)

    assert "by another engine" in str(caught.value)
    assert values(engine) == [1]
    with engine.connect() as connection:
        marker = ControlTable("migrate_version", "shop").marker(connection)
    if engine.name != "sqlite":
        assert marker is not None
        assert "CREATE TABLE b" in str(marker.begun)


def test_script_that_is_run_again_says_so_before_it_changes_rows(
    engine: Engine, script: Path
) -> None:
    """The row of a run before says less than what it does."""
    if engine.name != "mysql":
        pytest.skip("steps are rolled back")
    blank = Marker("upgrade", 0, 1, "001_a.py", "now")
    schema = killed_in(engine, script, INSERT, "die()", marker=blank)

    with pytest.raises(HalfDoneStepError, match="done or not: INSERT INTO a"):
        run(schema)

    assert values(engine) == [1]


# -- killed processes

_KILLED = """\
import os
import signal

transactional = False

def die():
    if not os.path.exists({flag!r}):
        open({flag!r}, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)

def upgrade(migrate_engine):
    e = migrate_engine
    {body}

def downgrade(migrate_engine):
    pass
"""
INSERT = "e.execute('INSERT INTO a VALUES (1)')"

INSERT_ELSEWHERE = [
    "def insert_elsewhere(engine):",
    "    with engine.begin() as other:",
    "        other.execute(text('INSERT INTO a VALUES (1)'))",
]


def killed_in(
    engine: Engine, script: Path, *body: str, marker: Marker | None = None
) -> ControlledSchema:
    """Upgrade by a process that dies where the body says ``die()``.

    :param marker: what one before it has left.
    """
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE a (x INTEGER)"))
    schema = controlled(engine, script)
    if marker is not None:
        control = ControlTable("migrate_version", "shop")
        with engine.begin() as connection:
            control.marker_row.mark(connection, marker)
    for file in script.parent.glob("001_*"):
        file.unlink()
    (script.parent / "001_a.py").write_text(
        _KILLED.format(
            flag=str(script.parent.parent / "killed"), body="\n    ".join(body)
        )
    )
    url = engine.url.render_as_string(hide_password=False)
    words = ["upgrade", url, schema.repository.path]
    child = subprocess.run(
        [sys.executable, "-m", "migrate.versioning.shell", *words],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL
    return schema


@pytest.mark.parametrize(
    "body",
    [
        ["die()", INSERT],
        ["e.execute('SELECT count(*) FROM a').scalar()", "die()", INSERT],
        [
            "connection = e.connect()",
            "transaction = connection.begin()",
            "connection.execute(text('INSERT INTO a VALUES (7)'))",
            "die()",
            "transaction.rollback()",
            INSERT,
        ],
    ],
)
def test_script_that_died_before_it_changed_anything_is_run_again(
    engine: Engine, script: Path, body: list[str]
) -> None:
    schema = killed_in(engine, script, "from sqlalchemy import text", *body)

    run(schema)

    assert values(engine) == [1]
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM migrate_version")).all()
    assert [(row[0], row[2]) for row in rows] == [("shop", 1)]


@pytest.mark.parametrize(
    "body",
    [
        [INSERT, "die()"],
        [
            "connection = e.connect()",
            "transaction = connection.begin()",
            "connection.execute(text('INSERT INTO a VALUES (7)'))",
            "transaction.rollback()",
            INSERT,
            "die()",
        ],
        [
            "session = sessionmaker(bind=e)()",
            "session.execute(text('INSERT INTO a VALUES (7)'))",
            "session.rollback()",
            INSERT,
            "die()",
        ],
        [
            "raw = e.raw_connection()",
            "cursor = raw.cursor()",
            "cursor.execute('INSERT INTO a VALUES (7)')",
            "cursor.execute('ROLLBACK')",
            INSERT,
            "die()",
        ],
        [
            "with e.origin.begin() as other:",
            "    other.execute(text('INSERT INTO a VALUES (1)'))",
            "die()",
        ],
        [
            "def work():",
            "    raw = e.raw_connection()",
            "    raw.cursor().execute('INSERT INTO a VALUES (1)')",
            "    raw.commit()",
            "import threading",
            "thread = threading.Thread(target=work)",
            "thread.start()",
            "thread.join()",
            "die()",
        ],
        [
            "with ThreadPoolExecutor() as pool:",
            "    pool.submit(insert_elsewhere, e.origin).result()",
            "die()",
        ],
        [
            "dialect = e.origin.dialect",
            "words, names = dialect.create_connect_args(e.origin.url)",
            "raw = dialect.loaded_dbapi.connect(*words, **names)",
            "raw.cursor().execute('INSERT INTO a VALUES (1)')",
            "raw.commit()",
            "die()",
        ],
        [
            "if os.fork() == 0:",
            "    try:",
            "        insert_elsewhere(e.origin.execution_options())",
            "    finally:",
            "        os._exit(0)",
            "os.wait()",
            "die()",
        ],
        [
            "process = multiprocessing.get_context('fork').Process(",
            "    target=insert_elsewhere, args=[e.origin])",
            "process.start()",
            "process.join()",
            "die()",
        ],
    ],
    ids=[
        "outside",
        "begin",
        "session",
        "cursor",
        "other-engine",
        "thread",
        "pool-of-threads",
        "driver",
        "fork",
        "process",
    ],
)
def test_script_that_died_after_it_changed_rows_is_refused(
    engine: Engine, script: Path, body: list[str]
) -> None:
    schema = killed_in(
        engine,
        script,
        "import multiprocessing",
        "from concurrent.futures import ThreadPoolExecutor",
        "from sqlalchemy import text",
        "from sqlalchemy.orm import sessionmaker",
        *INSERT_ELSEWHERE,
        *body,
    )

    with pytest.raises(HalfDoneStepError, match="resolve VERSION"):
        run(schema)

    assert values(engine) == [1]


IN_TRANSACTION = [
    "connection = e.connect()",
    "transaction = connection.begin()",
    "connection.execute(text('INSERT INTO a VALUES (7)'))",
]
"""What goes with the process that dies."""


@pytest.mark.parametrize(
    "body",
    [
        ["with create_engine({other!r}).begin() as c:", "    {insert}"],
        [
            "from migrate import binding",
            "with binding.running(None), e.origin.begin() as c:",
            "    {insert}",
        ],
    ],
    ids=["other-database", "same-database"],
)
def test_script_that_died_in_its_transaction_after_work_elsewhere_is_refused(
    engine: Engine, script: Path, tmp_path: Path, body: list[str]
) -> None:
    """The rows that it changed itself are gone, and the marker with them."""
    if engine.name == "sqlite":
        pytest.skip("nobody else can write what is to be known afterwards")
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    other = create_engine(url, poolclass=NullPool)
    for each in (engine, other):
        with each.begin() as connection:
            connection.execute(text("CREATE TABLE b (x INTEGER)"))
    schema = killed_in(
        engine,
        script,
        "from sqlalchemy import create_engine, text",
        *IN_TRANSACTION,
        *(
            line.format(
                other=str(other.url),
                insert="c.execute(text('INSERT INTO b VALUES (1)'))",
            )
            for line in body
        ),
        "die()",
    )

    with pytest.raises(HalfDoneStepError, match="by another engine"):
        run(schema)

    assert values(engine) == []
    rows = 0
    for each in (engine, other):
        with each.connect() as connection:
            rows += connection.scalar(text("SELECT count(*) FROM b")) or 0
    assert rows == 1


@pytest.mark.parametrize("last", ["pass", "raise ValueError"])
def test_thread_that_works_elsewhere_leaves_the_only_connection_alone(
    script: Path, last: str
) -> None:
    """Which may be of use to the thread alone that has made it."""
    lines = [
        "import subprocess, sys, threading",
        "transactional = False",
        "def work():",
        "    subprocess.run([sys.executable, '-c', ''], check=True)",
        "    done.append(True)",
        "def upgrade(e):",
        "    thread = threading.Thread(target=work)",
        "    thread.start()",
        "    thread.join()",
        "    assert done",
        f"    {last}",
        "done = []",
    ]
    script.with_name("001_a.py").write_text("\n".join(lines))
    script.with_name("001_a_default_downgrade.sql").unlink()
    engine = create_engine("sqlite://")
    schema = controlled(engine, script)

    if last == "pass":
        run(schema)
        schema.load()
        assert schema.version == 1
    else:
        for expected in (ValueError, HalfDoneStepError):
            with pytest.raises(expected):
                run(schema)
    engine.dispose()


@pytest.mark.parametrize("ends_well", [True, False])
def test_row_of_work_elsewhere_goes_with_the_step(
    engine: Engine, script: Path, tmp_path: Path, ends_well: bool
) -> None:
    schema = controlled(engine, script)
    for file in script.parent.glob("001_*"):
        file.unlink()
    end = "pass" if ends_well else "raise RuntimeError"
    (script.parent / "001_a.py").write_text(
        "from sqlalchemy import create_engine\n"
        "transactional = False\n"
        "def upgrade(migrate_engine):\n"
        "    other = create_engine('sqlite://')\n"
        "    other.connect().close()\n"
        "    other.dispose()\n"
        f"    {end}\n"
    )
    if ends_well:
        run(schema)
    else:
        with pytest.raises(RuntimeError):
            run(schema)
        with pytest.raises(HalfDoneStepError, match="another engine"):
            run(schema)
        with pytest.raises(HalfDoneStepError, match="another engine"):
            schema.drop()
        schema.resolve(1)

    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM migrate_version")).all()
    assert [(row[0], row[2]) for row in rows] == [("shop", 1)]


def test_script_that_died_after_rows_that_no_rollback_takes_back_is_refused(
    engine: Engine, script: Path
) -> None:
    if engine.name != "mysql":
        pytest.skip("has one kind of tables")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE b (x INTEGER) ENGINE=MyISAM"))
    schema = killed_in(
        engine,
        script,
        "from sqlalchemy import text",
        "connection = e.connect()",
        "transaction = connection.begin()",
        "connection.execute(text('INSERT INTO b VALUES (1)'))",
        "die()",
    )

    with pytest.raises(HalfDoneStepError, match="resolve VERSION"):
        run(schema)


def test_script_that_died_after_a_function_changed_rows_is_refused(
    engine: Engine, script: Path
) -> None:
    """A SELECT may do anything where it calls what nobody knows."""
    if engine.name == "sqlite":
        pytest.skip("functions of SQL cannot")
    body = {
        "postgresql": "RETURNS integer LANGUAGE plpgsql AS"
        " 'BEGIN INSERT INTO a VALUES (1); RETURN 1; END'",
        "mysql": "RETURNS integer MODIFIES SQL DATA"
        " BEGIN INSERT INTO a VALUES (1); RETURN 1; END",
    }[engine.name]
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE FUNCTION f() {body}")
    schema = killed_in(
        engine, script, "e.execute('SELECT f()').scalar()", "die()"
    )

    with pytest.raises(HalfDoneStepError, match="resolve VERSION"):
        run(schema)

    assert values(engine) == [1]


def test_script_that_died_after_a_routine_rolled_back_is_refused(
    engine: Engine, script: Path
) -> None:
    """The marker goes with the rows that were changed with it."""
    if engine.name != "mysql":
        pytest.skip("routines cannot end the transaction of their caller")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE PROCEDURE p() ROLLBACK")
    schema = killed_in(
        engine,
        script,
        "from sqlalchemy import text",
        "with e.begin() as connection:",
        "    connection.execute(text('INSERT INTO a VALUES (7)'))",
        "    connection.execute(text('CALL p()'))",
        INSERT,
        "die()",
    )

    with pytest.raises(HalfDoneStepError, match="resolve VERSION"):
        run(schema)

    assert values(engine) == [1]


DEADLOCKED = [
    *IN_TRANSACTION,
    "connection.execute(text('UPDATE b SET y = 1 WHERE x = 1'))",
    "open({ready!r}, 'w').close()",
    "try:",
    "    connection.execute(text('UPDATE b SET y = 1 WHERE x = 2'))",
    "except DBAPIError as error:",
    "    assert 'Deadlock' in str(error)",
    "    connection.execute(text('INSERT INTO a VALUES (1)'))",
    "    transaction.commit()",
    "die()",
]


def test_script_that_died_after_a_deadlock_is_refused(
    engine: Engine, script: Path, tmp_path: Path
) -> None:
    """The server rolls all back that is in the transaction, unasked."""
    if engine.name != "mysql":
        pytest.skip("a deadlock takes no marker along")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE b (x INT PRIMARY KEY, y INT)")
    ready = tmp_path / "ready"
    other = threading.Thread(
        target=_lock_crosswise, args=(engine, ready), daemon=True
    )
    other.start()
    while not ready.with_suffix(".locked").exists():
        other.join(0.01)

    schema = killed_in(
        engine,
        script,
        "from sqlalchemy import text",
        "from sqlalchemy.exc import DBAPIError",
        *(line.format(ready=str(ready)) for line in DEADLOCKED),
    )

    other.join()
    assert values(engine) == [1]
    with pytest.raises(HalfDoneStepError, match="resolve VERSION"):
        run(schema)


def _lock_crosswise(engine: Engine, ready: Path) -> None:
    """Lock row 2, then 1; with so many changes that the other one loses."""
    with engine.begin() as connection:
        for number in range(100):
            connection.exec_driver_sql(f"INSERT INTO b VALUES ({number}, 0)")
    with engine.connect() as connection:
        connection.exec_driver_sql("UPDATE b SET y = 2 WHERE x > 1")
        ready.with_suffix(".locked").touch()
        while not ready.exists():
            time.sleep(0.01)
        connection.exec_driver_sql("UPDATE b SET y = 2 WHERE x = 1")


def test_rows_after_ddl_that_failed_are_undone_by_the_scripts_rollback(
    engine: Engine, script: Path
) -> None:
    if engine.name != "mysql":
        pytest.skip("DDL that failed commits nothing")
    schema = controlled(engine, script)
    for file in script.parent.glob("001_*"):
        file.unlink()
    (script.parent / "001_a.py").write_text(
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('CREATE TABLE a (x INTEGER)')\n"
        "    connection = migrate_engine.connect()\n"
        "    transaction = connection.begin()\n"
        "    connection.execute('INSERT INTO a VALUES (1)')\n"
        "    try:\n"
        "        connection.execute('CREATE TABLE a (x INTEGER)')\n"
        "    except Exception:\n"
        "        pass\n"
        "    connection.execute('INSERT INTO a VALUES (2)')\n"
        "    transaction.rollback()\n"
    )

    run(schema)

    assert values(engine) == [1]


@pytest.mark.parametrize(
    "run_text",
    ["connection.execute({!r})", "raw.cursor().execute({!r})"],
    ids=["sqlalchemy", "cursor"],
)
def test_tables_are_not_locked_against_the_journal(
    engine: Engine,
    script: Path,
    run_text: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if engine.name != "mysql":
        pytest.skip("only MySQL locks tables so")
    schema = controlled(engine, script)
    for file in script.parent.glob("001_*"):
        file.unlink()
    statements = [
        "CREATE TABLE a (x INTEGER)",
        "LOCK TABLES a WRITE",
        "INSERT INTO a VALUES (1)",
        "ALTER TABLE a ADD y INTEGER",
        "UNLOCK TABLES",
        "INSERT INTO a (x) VALUES (2)",
    ]
    (script.parent / "001_a.py").write_text(
        "def upgrade(migrate_engine):\n"
        "    connection = migrate_engine.connect()\n"
        "    raw = migrate_engine.raw_connection()\n"
        + "".join(f"    {run_text.format(each)}\n" for each in statements)
        + "    raw.commit()\n"
    )

    run(schema)

    assert values(engine) == [1, 2]
    assert caplog.text.count("ignoring") == 2


def test_run_leaves_no_row_but_the_version(
    engine: Engine, script: Path
) -> None:
    schema = controlled(engine, script)
    script.write_text(NO_TRANSACTION + "CREATE TABLE a (x INTEGER);")
    for operation in ("up", "down"):
        file = script.with_name(f"002_b_default_{operation}grade.sql")
        file.write_text(NO_TRANSACTION + "INSERT INTO a VALUES (1);")

    run(schema)

    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM migrate_version")).all()
    assert [(row[0], row[2]) for row in rows] == [("shop", 2)]
