"""Every planted fault is found, no good script is blamed, nothing remains."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import NotSupportedError
from migrate.exceptions import UnconfirmedError
from migrate.versioning import proof
from migrate.versioning.proof.verdict import Assumed
from migrate.versioning.proof.verdict import Event
from migrate.versioning.proof.verdict import Failed
from migrate.versioning.proof.verdict import Irreversible
from migrate.versioning.proof.verdict import LeftAt
from migrate.versioning.proof.verdict import LeftHalfDone
from migrate.versioning.proof.verdict import Moving
from migrate.versioning.proof.verdict import Proved
from migrate.versioning.proof.verdict import RunningForReal
from migrate.versioning.proof.verdict import Untested
from migrate.versioning.proof.verdict import Verdict
from migrate.versioning.repository import Repository
from migrate.versioning.running.events import RunInterrupted
from migrate.versioning.running.events import StepDone
from migrate.versioning.running.events import StepStarted
from migrate.versioning.schema import ControlledSchema
from migrate.versioning.session.limits import Limits
from tests import servers

FIRST_UP = """
CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY,
                a VARCHAR(20) DEFAULT 'x', b INTEGER);
CREATE INDEX ix_b ON t (b);
CREATE TRIGGER tr BEFORE UPDATE ON t {body};
INSERT INTO t (id) VALUES (1);
"""
FIRST_DOWN = "DROP TABLE t;"
BODIES = {
    "sqlite": "BEGIN SELECT 1; END",
    "mysql": "FOR EACH ROW SET @a = 1",
    "postgresql": "FOR EACH ROW EXECUTE FUNCTION"
    " suppress_redundant_updates_trigger()",
}


class Scripts:
    """A repository that grows by a version at a time."""

    def __init__(self, folder: Path, database: str) -> None:
        self.database = database
        self.path = folder / "repository"
        Repository.create(self.path, "shop")
        self._count = 0

    def begin_at(self, number: int) -> None:
        self._count = number - 1

    def sql(self, upgrade: str, downgrade: str | None) -> None:
        self._count += 1
        for operation, sql in (("upgrade", upgrade), ("downgrade", downgrade)):
            if sql is not None:
                name = f"{self._count:03}_x_default_{operation}.sql"
                (self.path / "versions" / name).write_text(sql)

    def python(self, upgrade: str, downgrade: str = "pass") -> None:
        self._count += 1
        name = f"{self._count:03}_x.py"
        source = "from migrate.exceptions import IrreversibleError\n"
        for operation, body in (
            ("upgrade", upgrade),
            ("downgrade", downgrade),
        ):
            body = dedent(body).strip().replace("\n", "\n    ")
            source += f"\n\ndef {operation}(migrate_engine):\n    {body}\n"
        (self.path / "versions" / name).write_text(source)

    def first(self) -> None:
        body = BODIES[self.database]
        self.sql(FIRST_UP.format(body=body), FIRST_DOWN)

    @property
    def repository(self) -> Repository:
        return Repository(self.path)


@pytest.fixture
def scripts(tmp_path: Path, server: str) -> Scripts:
    return Scripts(tmp_path, servers.server_id(server))


def prove(
    engine: Engine, scripts: Scripts, *versions: int, confirmed: bool = True
) -> tuple[list[Verdict], list[Event]]:
    events: list[Event] = []
    verdicts = proof.prove(
        engine,
        scripts.repository,
        versions or [int(scripts.repository.latest)],
        listener=events.append,
        limits=Limits(lock_timeout=0.1),
        is_confirmed=confirmed,
    )
    return verdicts, events


def control(engine: Engine, scripts: Scripts, version: int = 0) -> None:
    ControlledSchema.create(engine, scripts.repository)
    if version:
        ControlledSchema(engine, scripts.repository).upgrade(version)


def version(engine: Engine, scripts: Scripts) -> int:
    return ControlledSchema(engine, scripts.repository).version


FAULTS = [
    pytest.param("CREATE TABLE u (a INTEGER)", "", "+ table u", id="table"),
    pytest.param(
        "ALTER TABLE t ADD c INTEGER", "", "+ column t.c", id="column"
    ),
    pytest.param(
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t ADD a VARCHAR(20)",
        "! column t.a: default",
        id="default",
    ),
    pytest.param(
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t ADD a VARCHAR(30) DEFAULT 'x'",
        "! column t.a: type",
        id="type",
    ),
    pytest.param(
        "ALTER TABLE t RENAME COLUMN b TO c", "", "- column t.b", id="rename"
    ),
    pytest.param(
        "DROP TABLE t",
        "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY,"
        " a VARCHAR(20) DEFAULT 'x', b INTEGER)",
        "- index ix_b of t",
        id="index",
    ),
    pytest.param(
        "DROP TRIGGER tr {of_t}", "", "- trigger tr of t", id="trigger"
    ),
    pytest.param(
        "DELETE FROM t", "", "! rows of table t: 1 -> 0", id="lost row"
    ),
    pytest.param(
        "INSERT INTO t (id) VALUES (7)", "", "! rows of table t: 1 -> 2",
        id="left row",
    ),
    pytest.param("CREATE VIEW v AS SELECT id FROM t", "", "+ view v", id="v"),
]  # fmt: skip


@pytest.mark.parametrize(("upgrade", "downgrade", "line"), FAULTS)
def test_planted_fault_is_found(
    engine: Engine, scripts: Scripts, upgrade: str, downgrade: str, line: str
) -> None:
    of_t = "ON t" if engine.name == "postgresql" else ""
    scripts.first()
    scripts.sql(upgrade.format(of_t=of_t), downgrade)
    control(engine, scripts, 1)

    ((verdict,), _) = prove(engine, scripts)

    assert isinstance(verdict, Failed)
    assert any(each.startswith(line) for each in verdict.differences)
    assert version(engine, scripts) == 1


GOOD = [
    ("ALTER TABLE t ADD c INTEGER", "ALTER TABLE t DROP COLUMN c"),
    (
        "DROP INDEX ix_b {on_t}; ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t ADD b INTEGER; CREATE INDEX ix_b ON t (b)",
    ),
    ("ALTER TABLE t RENAME TO u", "ALTER TABLE u RENAME TO t"),
    ("INSERT INTO t (id) VALUES (7)", "DELETE FROM t WHERE id = 7"),
    ("CREATE TABLE u (a INTEGER REFERENCES t (id))", "DROP TABLE u"),
]


@pytest.mark.parametrize(("upgrade", "downgrade"), GOOD)
def test_good_script_is_proved(
    engine: Engine, scripts: Scripts, upgrade: str, downgrade: str
) -> None:
    scripts.first()
    on_t = "ON t" if engine.name == "mysql" else ""
    scripts.sql(upgrade.format(on_t=on_t), downgrade)
    control(engine, scripts, 1)

    verdicts, events = prove(engine, scripts)

    assert verdicts == [Proved(2)]
    told = [e for e in events if isinstance(e, (StepStarted, StepDone))]
    assert [(type(e), e.step.operation) for e in told] == [
        (StepStarted, "upgrade"),
        (StepDone, "upgrade"),
        (StepStarted, "downgrade"),
        (StepDone, "downgrade"),
    ]
    assert version(engine, scripts) == 1


def test_index_that_a_dropped_foreign_key_leaves_is_no_fault(
    real: Engine, scripts: Scripts
) -> None:
    scripts.sql(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER)",
        "DROP TABLE c; DROP TABLE p",
    )
    scripts.sql(
        "ALTER TABLE c ADD CONSTRAINT k FOREIGN KEY (p) REFERENCES p (id)",
        "ALTER TABLE c DROP FOREIGN KEY k",
    )
    control(real, scripts, 1)

    verdicts, _ = prove(real, scripts)

    assert verdicts == [Proved(2)]


def three_versions(scripts: Scripts) -> None:
    scripts.first()
    scripts.sql("CREATE TABLE u (a INTEGER)", "DROP TABLE u")
    scripts.sql("CREATE TABLE w (a INTEGER)", "DROP TABLE w")


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_any_version_is_tested_from_any_other(
    engine: Engine, scripts: Scripts, start: int
) -> None:
    three_versions(scripts)
    control(engine, scripts, start)

    verdicts, events = prove(engine, scripts, 2)

    assert verdicts == [Proved(2)]
    moves = [e for e in events if isinstance(e, Moving)]
    if can_roll_back_ddl(engine):
        assert moves == ([Moving(start, 1)] if start != 1 else [])
    assert version(engine, scripts) == start


def test_all_versions_are_tested(engine: Engine, scripts: Scripts) -> None:
    three_versions(scripts)
    control(engine, scripts, 2)

    verdicts, events = prove(engine, scripts, 1, 2, 3)

    assert verdicts == [Proved(1), Proved(2), Proved(3)]
    assert [e for e in events if isinstance(e, Proved)] == verdicts
    assert version(engine, scripts) == 2


@pytest.mark.parametrize("controlled_at", [60, 62, None])
def test_repository_may_begin_at_any_number(
    engine: Engine, scripts: Scripts, controlled_at: int | None
) -> None:
    """Its older scripts were made one, and count as the one before."""
    scripts.begin_at(61)
    three_versions(scripts)
    if controlled_at is not None:
        repository = scripts.repository
        ControlledSchema.create(engine, repository, 60)
        ControlledSchema(engine, repository).upgrade(controlled_at)

    verdicts, _ = prove(engine, scripts, 61, 62, 63)

    assert verdicts == [Proved(61), Proved(62), Proved(63)]
    if controlled_at is not None:
        assert version(engine, scripts) == controlled_at


def test_empty_database_without_control_is_at_0(
    engine: Engine, scripts: Scripts
) -> None:
    three_versions(scripts)

    verdicts, events = prove(engine, scripts)

    assert verdicts == [Proved(3)]
    assert Moving(0, 2) in events


def test_other_database_without_control_is_taken_to_be_one_behind(
    engine: Engine, scripts: Scripts
) -> None:
    three_versions(scripts)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE other (a INTEGER)"))

    verdicts, events = prove(engine, scripts)

    assert verdicts == [Proved(3)]
    assert Assumed(2) in events


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise IrreversibleError('rows are gone')", "Error: rows are gone"),
        ("raise NotImplementedError", "raises NotImplementedError"),
    ],
)
def test_irreversible_script_is_no_failure(
    engine: Engine, scripts: Scripts, body: str, reason: str
) -> None:
    scripts.first()
    scripts.python(
        "migrate_engine.execute('CREATE TABLE u (a INTEGER)')", body
    )
    scripts.sql("CREATE TABLE w (a INTEGER)", "DROP TABLE w")
    control(engine, scripts)

    verdicts, _ = prove(engine, scripts, 1, 2, 3)

    irreversible = verdicts[1]
    assert isinstance(irreversible, Irreversible)
    assert irreversible.reason.endswith(reason)
    assert [verdicts[0], verdicts[2]] == [Proved(1), Proved(3)]


def test_missing_downgrade_is_irreversible(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.sql("CREATE TABLE u (a INTEGER)", None)
    scripts.sql("CREATE TABLE w (a INTEGER)", "DROP TABLE w")

    verdicts, _ = prove(engine, scripts, 1, 2)

    assert verdicts == [
        Irreversible(1, "version 1 has no downgrade"),
        Proved(2),
    ]


def test_versions_below_an_irreversible_one_are_not_tested(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    scripts = Scripts(tmp_path, "sqlite")
    scripts.first()
    scripts.python("pass", "raise IrreversibleError")
    scripts.sql("CREATE TABLE w (a INTEGER)", "DROP TABLE w")
    control(sqlite_engine, scripts, 3)

    verdicts, _ = prove(sqlite_engine, scripts, 1, 2, 3)

    reason = "the downgrade of version 2 raises IrreversibleError"
    assert verdicts == [Untested(1, reason), Untested(2, reason), Proved(3)]


def test_failing_upgrade_is_a_failure_and_stops_those_above(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.first()
    scripts.python("raise RuntimeError('no')")
    scripts.sql("CREATE TABLE w (a INTEGER)", "DROP TABLE w")
    control(engine, scripts)

    verdicts, _ = prove(engine, scripts, 1, 2, 3)

    assert verdicts[0] == Proved(1)
    assert isinstance(verdicts[1], Failed)
    assert repr(verdicts[1].error) == "RuntimeError('no')"
    assert verdicts[2] == Untested(3, "the upgrade of version 2 fails")
    assert version(engine, scripts) == 0


def test_failing_downgrade_is_a_failure(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.python("pass", "raise RuntimeError('no')")

    ((verdict,), _) = prove(engine, scripts)

    assert isinstance(verdict, Failed)
    assert repr(verdict.error) == "RuntimeError('no')"


def test_second_upgrade_is_compared_with_the_first(
    engine: Engine, scripts: Scripts, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    runs.touch()
    scripts.python(
        f"""
        with open({str(runs)!r}, "a+") as file:
            file.write("1")
            file.seek(0)
            number = len(file.read())
        migrate_engine.execute(f"CREATE TABLE u{{number}} (a INTEGER)")
        """,
        "migrate_engine.execute('DROP TABLE u1')",
    )

    ((verdict,), _) = prove(engine, scripts)

    assert isinstance(verdict, Failed)
    assert "second upgrade" in verdict.reason
    lines = [line.partition(":")[0] for line in verdict.differences]
    assert lines == ["- table u1", "+ table u2"]


def test_each_run_has_a_module_of_its_own(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.python(
        """
        assert "ran" not in globals()
        globals()["ran"] = True
        """,
        "assert 'ran' not in globals()",
    )

    verdicts, _ = prove(engine, scripts)

    assert verdicts == [Proved(1)]


def test_moved_rows_that_the_downgrade_drops_are_missed(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.first()
    scripts.sql(
        "CREATE TABLE u (a VARCHAR(20)); INSERT INTO u SELECT a FROM t"
        " WHERE a IS NOT NULL; UPDATE t SET a = NULL",
        "DROP TABLE u",
    )
    control(engine, scripts, 1)

    ((verdict,), _) = prove(engine, scripts)

    assert isinstance(verdict, Failed)
    assert verdict.differences == ("! rows of table u: 1 -> 0",)


def test_next_version_is_tested_on_what_the_upgrade_made(
    rolled_back: Engine, scripts: Scripts
) -> None:
    scripts.sql(
        "CREATE TABLE u (a INTEGER); CREATE TABLE w (a INTEGER)",
        "DROP TABLE u",
    )
    scripts.sql("ALTER TABLE u ADD b INTEGER", "ALTER TABLE u DROP COLUMN b")

    verdicts, _ = prove(rolled_back, scripts, 1, 2)

    assert isinstance(verdicts[0], Failed)
    assert verdicts[1] == Proved(2)


def test_step_outside_a_transaction_is_not_tried(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.first()
    scripts.sql("-- migrate: no-transaction\nCREATE TABLE u (a INTEGER)", "")
    control(engine, scripts, 1)

    ((verdict,), _) = prove(engine, scripts)

    if can_roll_back_ddl(engine):
        assert isinstance(verdict, Untested)
        assert "on a copy" in verdict.reason
    else:
        assert isinstance(verdict, Failed)


# -- for real, where DDL cannot be rolled back


@pytest.fixture
def real(request: pytest.FixtureRequest, server: str) -> Engine:
    if servers.server_id(server) != "mysql":
        pytest.skip("DDL is rolled back")
    engine: Engine = request.getfixturevalue("engine")
    return engine


def test_running_for_real_is_said_first(
    real: Engine, scripts: Scripts
) -> None:
    three_versions(scripts)

    _, events = prove(real, scripts)

    assert isinstance(events[0], RunningForReal)


@pytest.mark.parametrize(
    "upgrade",
    ["ALTER TABLE t ADD c INTEGER", "CREATE TABLE u (a INT); DELETE FROM t"],
)
def test_rows_need_confirmation_before_anything_runs(
    real: Engine, scripts: Scripts, upgrade: str
) -> None:
    scripts.first()
    scripts.sql(upgrade, "")
    control(real, scripts, 1)

    with pytest.raises(UnconfirmedError, match=r"t \(1\); give --yes"):
        prove(real, scripts, confirmed=False)

    assert version(real, scripts) == 1
    assert not inspect(real).has_table("u")


@pytest.mark.parametrize("caught", ["ValueError", "Exception"])
def test_statement_on_rows_that_the_text_does_not_show_is_stopped(
    real: Engine, scripts: Scripts, caught: str
) -> None:
    scripts.first()
    scripts.python(
        f"""
        try:
            migrate_engine.execute('DROP TABLE ' + chr(116))
        except {caught}:
            pass
        """
    )
    control(real, scripts, 1)

    with pytest.raises(UnconfirmedError):
        prove(real, scripts, confirmed=False)

    with real.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 1


@pytest.mark.parametrize("name", ["version", "script", "engine"])
def test_tables_are_not_at_risk_by_what_we_send_ourselves(
    real: Engine, scripts: Scripts, name: str
) -> None:
    scripts.sql(
        f"CREATE TABLE `{name}` (a INTEGER); INSERT INTO `{name}` VALUES (1);",
        f"DROP TABLE `{name}`;",
    )
    scripts.python(
        """
        migrate_engine.execute('CREATE TABLE u (a INTEGER)')
        connection = migrate_engine.connect()
        transaction = connection.begin()
        connection.execute('INSERT INTO u VALUES (1)')
        transaction.rollback()
        with migrate_engine.origin.connect():
            pass
        """,
        "migrate_engine.execute('DROP TABLE u')",
    )
    cfg = scripts.path / "migrate.cfg"
    cfg.write_text(cfg.read_text() + "\nhistory_table=migrate_history\n")
    control(real, scripts, 1)

    verdicts, _ = prove(real, scripts, confirmed=False)

    assert verdicts == [Proved(2)]


def test_bare_cursor_on_rows_is_stopped(
    engine: Engine, scripts: Scripts
) -> None:
    if can_roll_back_ddl(engine):
        pytest.skip("DDL is rolled back")
    scripts.first()
    scripts.python(
        """
        cursor = migrate_engine.raw_connection().cursor()
        cursor.execute('DELETE FROM ' + 'T'.lower())
        """
    )
    control(engine, scripts, 1)

    with pytest.raises(UnconfirmedError):
        prove(engine, scripts, confirmed=False)

    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 1


def test_tables_without_rows_need_no_confirmation(
    real: Engine, scripts: Scripts
) -> None:
    scripts.first()
    scripts.sql("CREATE TABLE u (a INTEGER)", "DROP TABLE u")
    control(real, scripts, 1)

    verdicts, _ = prove(real, scripts, confirmed=False)

    assert verdicts == [Proved(2)]


def test_failed_step_that_ran_for_real_is_named(
    real: Engine, scripts: Scripts
) -> None:
    scripts.python("migrate_engine.execute('CREATE TABLE u (a INTEGER)'); 1/0")
    control(real, scripts)

    ((verdict,), events) = prove(real, scripts)

    assert isinstance(verdict, Failed)
    assert repr(verdict.error) == "ZeroDivisionError('division by zero')"
    left = events[-1]
    assert isinstance(left, LeftHalfDone)
    assert "upgrade from version 0 to 1" in left.reason
    with pytest.raises(HalfDoneStepError):
        prove(real, scripts)


def test_failed_step_without_control_is_named(
    real: Engine, scripts: Scripts
) -> None:
    scripts.python("migrate_engine.execute('CREATE TABLE u (a INTEGER)'); 1/0")

    _, events = prove(real, scripts)

    left = events[-1]
    assert isinstance(left, LeftHalfDone)
    assert "001_x.py did before its error remains" in left.reason


def test_irreversible_step_leaves_the_database_where_its_version_says(
    real: Engine, scripts: Scripts
) -> None:
    scripts.python("pass", "raise NotImplementedError")
    control(real, scripts)

    _, events = prove(real, scripts)

    assert events[-1] == LeftAt(1, 0)
    assert version(real, scripts) == 1


# -- nothing remains


def fingerprint(engine: Engine) -> str:
    if engine.name == "sqlite":
        data = Path(str(engine.url.database)).read_bytes()
    else:
        url = engine.url.set(drivername="postgresql")
        data = subprocess.run(
            ["pg_dump", url.render_as_string(hide_password=False)],
            check=True,
            capture_output=True,
        ).stdout
        # Newer ones put a random key into each dump.
        lines = data.splitlines()
        data = b"\n".join(x for x in lines if b"restrict " not in x)
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def rolled_back(request: pytest.FixtureRequest, server: str) -> Engine:
    if servers.server_id(server) == "mysql":
        pytest.skip("the database commits DDL")
    if servers.server_id(server) == "postgresql" and not shutil.which(
        "pg_dump"
    ):
        pytest.skip("needs pg_dump")
    engine: Engine = request.getfixturevalue("engine")
    return engine


SERIAL = {
    "postgresql": "CREATE TABLE s (id SERIAL PRIMARY KEY, a INTEGER)",
    "sqlite": "CREATE TABLE s (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT)",
}
HARM = {
    "commit": "migrate_engine.execute('COMMIT')",
    "lower case": "migrate_engine.execute('/* x */ commit')",
    "end": "migrate_engine.execute(' -- x\\nEND')",
    "rollback": "migrate_engine.execute('ROLLBACK')",
    "cursor": """
        cursor = migrate_engine.raw_connection().cursor()
        cursor.execute('COMMIT')
        """,
    "caught": """
        cursor = migrate_engine.raw_connection().cursor()
        try:
            cursor.execute('COMMIT')
        except Exception:
            pass
        """,
    "transaction": """
        with migrate_engine.begin() as connection:
            connection.execute("CREATE TABLE more (a INTEGER)")
        """,
    "rows": "migrate_engine.execute('INSERT INTO s (a) VALUES (9)')",
    "drop": "migrate_engine.execute('DROP TABLE s')",
    "error": "raise RuntimeError",
    "exit": "raise SystemExit(3)",
}


@pytest.mark.parametrize(
    ("harm", "is_controlled"),
    [
        *(pytest.param(harm, True, id=name) for name, harm in HARM.items()),
        pytest.param(HARM["drop"], False, id="not controlled"),
    ],
)
def test_database_is_as_before_whatever_the_script_does(
    rolled_back: Engine, scripts: Scripts, harm: str, is_controlled: bool
) -> None:
    engine = rolled_back
    body = f"""
    migrate_engine.execute('UPDATE s SET a = a + 1')
    migrate_engine.execute('CREATE TABLE made (a INTEGER)')
    {dedent(harm).strip().replace(chr(10), chr(10) + "    ")}
    migrate_engine.execute('DELETE FROM s')
    """
    scripts.python("migrate_engine.execute('SELECT 1')")
    scripts.python(body)
    with engine.begin() as connection:
        connection.execute(text(SERIAL[engine.name]))
        connection.execute(text("INSERT INTO s (a) VALUES (1), (2)"))
    if is_controlled:
        control(engine, scripts, 1)
    before = fingerprint(engine)

    try:
        verdicts, _ = prove(engine, scripts)
    except SystemExit:
        verdicts = []

    assert fingerprint(engine) == before
    assert not any(isinstance(verdict, Proved) for verdict in verdicts)


def test_history_is_no_part_of_the_schema(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    scripts = Scripts(tmp_path, "sqlite")
    config = scripts.path / "migrate.cfg"
    config.write_text(config.read_text() + "\nhistory_table = history\n")
    scripts.python("migrate_engine.execute('DELETE FROM history')")
    control(sqlite_engine, scripts)
    with sqlite_engine.begin() as connection:
        connection.execute(text("CREATE TABLE history (a INTEGER)"))
        connection.execute(text("INSERT INTO history VALUES (1)"))

    verdicts, _ = prove(sqlite_engine, scripts)

    assert verdicts == [Proved(1)]


def test_steps_that_run_for_real_are_in_the_history(
    engine: Engine, scripts: Scripts
) -> None:
    if can_roll_back_ddl(engine):
        pytest.skip("DDL is rolled back")
    config = scripts.path / "migrate.cfg"
    config.write_text(config.read_text() + "\nhistory_table = history\n")
    scripts.first()
    control(engine, scripts)

    verdicts, _ = prove(engine, scripts)

    assert verdicts == [Proved(1)]
    assert ControlledSchema(engine, scripts.repository).verify() == []
    with engine.connect() as connection:
        done = connection.execute(
            text("SELECT operation, version FROM history ORDER BY id")
        )
        up, down = ("upgrade", 1), ("downgrade", 1)
        assert [tuple(row) for row in done] == [up, down, up, down]


def test_script_of_sqlite_that_commits_is_refused(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    scripts = Scripts(tmp_path, "sqlite")
    scripts.python(
        """
        cursor = migrate_engine.raw_connection().cursor()
        cursor.execute("CREATE TABLE u (a INTEGER)")
        cursor.connection.commit()
        """
    )
    sqlite_engine.connect().close()
    before = fingerprint(sqlite_engine)

    ((verdict,), _) = prove(sqlite_engine, scripts)

    assert isinstance(verdict, Failed)
    assert "not authorized" in str(verdict.error)
    assert fingerprint(sqlite_engine) == before


def test_connection_is_usable_afterwards(
    rolled_back: Engine, scripts: Scripts
) -> None:
    three_versions(scripts)
    pooled = create_engine(rolled_back.url, pool_size=1, max_overflow=0)

    prove(pooled, scripts)

    with pooled.begin() as connection:
        connection.execute(text("CREATE TABLE u (a INTEGER)"))
        connection.commit()
    pooled.dispose()


def test_database_that_cannot_roll_back_is_refused(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    scripts = Scripts(tmp_path, "sqlite")
    three_versions(scripts)

    @event.listens_for(sqlite_engine, "connect")
    def no_journal(driver: Any, record: Any) -> None:
        driver.execute("PRAGMA journal_mode = OFF")

    with pytest.raises(NotSupportedError, match="journal_mode"):
        prove(sqlite_engine, scripts)


def test_interrupted_test_says_where_the_database_stands(
    engine: Engine, scripts: Scripts
) -> None:
    scripts.first()
    scripts.python("raise KeyboardInterrupt")
    control(engine, scripts, 1)
    events: list[Event] = []

    with pytest.raises(KeyboardInterrupt):
        proof.prove(
            engine,
            scripts.repository,
            [2],
            listener=events.append,
            limits=Limits(),
            is_confirmed=True,
        )

    assert events[-1] == RunInterrupted(1)
    assert version(engine, scripts) == 1
