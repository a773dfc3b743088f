"""Scripts with planted faults, and good ones, given to ``test``."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.report import Report
from tests.chaos.shop import make_shop
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = ["FAULTS", "GOOD", "Case", "prove_planted"]

_T = (
    "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY,"
    " a VARCHAR(20) DEFAULT 'x', b INTEGER, c INTEGER NOT NULL,"
    " CONSTRAINT few CHECK (b < 100))"
)
_P = (
    "CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY, q_id INTEGER,"
    " CONSTRAINT to_q FOREIGN KEY (q_id) REFERENCES q (id))"
)
_TRIGGER = "CREATE TRIGGER tr BEFORE UPDATE ON t {body}"
_ON_T = (
    "CREATE INDEX ix_b ON t (b)",
    "CREATE UNIQUE INDEX ux_a ON t (a)",
    _TRIGGER,
    "INSERT INTO t (id, c) VALUES (1, 1)",
)
_BASE = (
    "CREATE TABLE q (id INTEGER NOT NULL PRIMARY KEY)",
    "CREATE VIEW v AS SELECT id FROM q",
    "INSERT INTO q VALUES (1)",
    _P,
    _T,
    *_ON_T,
)
_WORDS = {
    "sqlite": {"body": "BEGIN SELECT 1; END", "on_t": "", "of_t": ""},
    "postgresql": {
        "body": "FOR EACH ROW EXECUTE FUNCTION"
        " suppress_redundant_updates_trigger()",
        "on_t": "",
        "of_t": "ON t",
    },
    "mysql": {"body": "FOR EACH ROW SET @a = 1", "on_t": "ON t", "of_t": ""},
}
_ALL = frozenset(_WORDS)
_POSTGRESQL = frozenset({"postgresql"})
_MYSQL = frozenset({"mysql"})


@dataclass(frozen=True)
class Case:
    """A change and what its author takes for the way back.

    :ivar on: the databases that have such a thing.
    """

    name: str
    upgrade: tuple[str, ...]
    downgrade: tuple[str, ...] = ()
    on: frozenset[str] = field(default=_ALL)


def _again(table: str) -> tuple[str, ...]:
    """Return how to make ``t`` anew by a changed statement."""
    return ("DROP TABLE t", table, *_ON_T)


FAULTS = (
    Case("table left", ("CREATE TABLE u (a INTEGER)",)),
    Case("column left", ("ALTER TABLE t ADD d INTEGER",)),
    Case("index left", ("CREATE INDEX ix_c ON t (c)",)),
    Case("view left", ("CREATE VIEW w AS SELECT id FROM q",)),
    Case("row left", ("INSERT INTO q VALUES (7)",)),
    Case("trigger left", (_TRIGGER.replace("tr ", "tr2 "),)),
    Case("table lost", ("DROP TABLE p",)),
    Case("column lost", ("ALTER TABLE t DROP COLUMN c",)),
    Case("index lost", ("DROP INDEX ix_b {on_t}",)),
    Case("view lost", ("DROP VIEW v",)),
    Case("row lost", ("DELETE FROM t",)),
    Case("trigger lost", ("DROP TRIGGER tr {of_t}",)),
    Case(
        "default lost",
        ("SELECT 1",),
        _again(_T.replace(" DEFAULT 'x'", "")),
    ),
    Case("default changed", ("SELECT 1",), _again(_T.replace("'x'", "'y'"))),
    Case(
        "type changed",
        ("SELECT 1",),
        _again(_T.replace("b INTEGER", "b BIGINT")),
    ),
    Case("length changed", ("SELECT 1",), _again(_T.replace("(20)", "(30)"))),
    Case("check lost", ("SELECT 1",), _again(_T.replace("b < 100", "1 = 1"))),
    Case(
        "NOT NULL lost",
        ("SELECT 1",),
        _again(_T.replace("c INTEGER NOT NULL", "c INTEGER")),
    ),
    Case(
        "primary key lost",
        ("SELECT 1",),
        _again(_T.replace(" PRIMARY KEY", "")),
    ),
    Case(
        "foreign key lost",
        ("DROP TABLE p",),
        ("CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY, q_id INTEGER)",),
    ),
    Case(
        "index on another column",
        ("DROP INDEX ix_b {on_t}",),
        ("CREATE INDEX ix_b ON t (c)",),
    ),
    Case(
        "index no longer unique",
        ("DROP INDEX ux_a {on_t}",),
        ("CREATE INDEX ux_a ON t (a)",),
    ),
    Case(
        "trigger of another event",
        ("DROP TRIGGER tr {of_t}",),
        (_TRIGGER.replace("UPDATE", "DELETE"),),
    ),
    Case(
        "view of other rows",
        ("DROP VIEW v",),
        ("CREATE VIEW v AS SELECT id FROM q WHERE id > 0",),
    ),
    Case("column renamed", ("ALTER TABLE t RENAME COLUMN b TO d",)),
    Case("table renamed", ("ALTER TABLE t RENAME TO u",)),
    Case("enum left", ("CREATE TYPE e AS ENUM ('a')",), (), _POSTGRESQL),
    Case("sequence left", ("CREATE SEQUENCE s",), (), _POSTGRESQL),
    Case("comment left", ("COMMENT ON TABLE t IS 'x'",), (), _POSTGRESQL),
    Case("comment of table", ("ALTER TABLE t COMMENT 'x'",), (), _MYSQL),
)

GOOD = (
    Case("nothing", ("SELECT 1",), ("SELECT 1",)),
    Case("table", ("CREATE TABLE u (a INTEGER)",), ("DROP TABLE u",)),
    Case(
        "table with a foreign key",
        (_P.replace("p (", "u (").replace("to_q", "u_to_q"),),
        ("DROP TABLE u",),
    ),
    Case(
        "column",
        ("ALTER TABLE t ADD d INTEGER DEFAULT 4",),
        ("ALTER TABLE t DROP COLUMN d",),
    ),
    Case(
        "column in the middle of rows",
        ("ALTER TABLE t ADD d INTEGER", "UPDATE t SET d = c"),
        ("ALTER TABLE t DROP COLUMN d",),
    ),
    Case(
        "renamed column",
        ("ALTER TABLE t RENAME COLUMN b TO d",),
        ("ALTER TABLE t RENAME COLUMN d TO b",),
    ),
    Case(
        "renamed table",
        ("ALTER TABLE q RENAME TO u",),
        ("ALTER TABLE u RENAME TO q",),
        _POSTGRESQL,
    ),
    Case(
        "index",
        ("CREATE INDEX ix_c ON t (c, b)",),
        ("DROP INDEX ix_c {on_t}",),
    ),
    Case(
        "index taken away",
        ("DROP INDEX ix_b {on_t}",),
        ("CREATE INDEX ix_b ON t (b)",),
    ),
    Case(
        "row", ("INSERT INTO q VALUES (7)",), ("DELETE FROM q WHERE id = 7",)
    ),
    Case(
        "rows changed",
        ("UPDATE t SET c = c + 1",),
        ("UPDATE t SET c = c - 1",),
    ),
    Case("view", ("CREATE VIEW w AS SELECT id FROM q",), ("DROP VIEW w",)),
    Case(
        "view taken away",
        ("DROP VIEW v",),
        ("CREATE VIEW v AS SELECT id FROM q",),
    ),
    Case("trigger taken away", ("DROP TRIGGER tr {of_t}",), (_TRIGGER,)),
    Case("table made anew", ("SELECT 1",), _again(_T)),
    Case(
        "enum", ("CREATE TYPE e AS ENUM ('a')",), ("DROP TYPE e",), _POSTGRESQL
    ),
    Case(
        "numbers drawn",
        (
            "CREATE TABLE u (id SERIAL PRIMARY KEY)",
            "INSERT INTO u DEFAULT VALUES",
        ),
        ("DROP TABLE u",),
        _POSTGRESQL,
    ),
)


def prove_planted(folder: Path, url: URL, *, every: int = 1) -> Report:
    """Test the cases; count faults found, false alarms and changes.

    Where DDL can be rolled back the database must be as it was: the file to
    the byte on SQLite, the dump on PostgreSQL.

    :param every: 3 takes every third of the cases.
    """
    name = url.get_backend_name()
    report = Report("test of planted faults", name)
    for cases, code, seen in ((FAULTS, 1, "found"), (GOOD, 0, "passed")):
        for number, case in enumerate(cases[::every]):
            if name not in case.on:
                continue
            own = folder / f"{seen}{number}"
            own.mkdir()
            ending, is_same = _tested(own, url, case)
            report.tried += 1
            is_right = ending.code == code and "Traceback" not in ending.err
            report.seen[seen] += is_right
            if name != "mysql":
                report.seen["as before"] += is_same
            if not (is_right and is_same):
                report.wrong.append(f"{case.name}: {ending}, {is_same=}")
    return report


def _tested(folder: Path, url: URL, case: Case) -> tuple[Ending, bool]:
    witness = witness_of(url)
    witness.clear()
    words = _WORDS[url.get_backend_name()]
    shop = make_shop(
        folder,
        url,
        {
            "001_base_default_upgrade.sql": _sql(_BASE, words),
            "002_case_default_upgrade.sql": _sql(case.upgrade, words),
            "002_case_default_downgrade.sql": _sql(case.downgrade, words),
        },
    )
    for given in (("version_control",), ("upgrade", 1)):
        done = Deployer(shop.manage, *given).run()
        assert done.code == 0, done.err
    before = _image(witness)
    ending = Deployer(shop.manage, "test", 2, "--yes").run()
    return ending, _image(witness) == before


def _sql(statements: tuple[str, ...], words: Mapping[str, str]) -> str:
    return "".join(f"{one.format(**words)};\n" for one in statements)


def _image(witness: Witness) -> str:
    """Return what the database is, in the strictest terms that it has.

    Where the steps run for real there is nothing to compare.
    """
    url = witness.url
    if url.get_backend_name() == "sqlite":
        content = Path(str(url.database)).read_bytes()
        return hashlib.sha256(content).hexdigest()
    if url.get_backend_name() == "postgresql" and shutil.which("pg_dump"):
        # Who has no pg_dump still learns of faults and false alarms.
        shown = url.set(drivername="postgresql").render_as_string(False)
        dump = subprocess.run(
            ["pg_dump", shown], check=True, capture_output=True, text=True
        )
        # Newer ones put a random key into each dump.
        lines = dump.stdout.splitlines()
        return "\n".join(n for n in lines if "restrict" not in n)
    return ""
