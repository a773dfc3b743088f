"""What lock, marker and history cost: statements and time.

The same upgrade runs with them and, in a process that has taken them out of
the library, without.  The server says how many statements it got.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from contextlib import nullcontext
from contextlib import suppress
from pathlib import Path
from typing import Any
from typing import NamedTuple

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.private import private_server
from tests.chaos.report import Report
from tests.chaos.shop import make_shop
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = ["measure_overhead"]

_SCRIPT = """\
from sqlalchemy import Column, Index, Integer, MetaData, String, Table

meta = MetaData()
table = Table('t%d', meta,
    Column('id', Integer, primary_key=True),
    Column('name', String(40)),
    Column('amount', Integer, nullable=False),
    Index('ix_t%d_name', 'name'),
)

def upgrade(migrate_engine):
    meta.bind = migrate_engine
    table.create()

def downgrade(migrate_engine):
    meta.bind = migrate_engine
    table.drop()
"""
_HISTORY = "history_table=migrate_history\n"
_TRACE = "CHAOS_TRACE"
_STATEMENTS, _SHARE = 3, 0.10


class _Used(NamedTuple):
    """What an upgrade took: seconds in all and of the processor."""

    seconds: float
    processor: float
    statements: int


def measure_overhead(
    folder: Path, url: URL, *, versions: int, rounds: int = 3
) -> Report:
    """Upgrade through many versions, with the safeguards and without.

    On a server of the trial's own; ``url`` says of which kind.  Of several
    rounds in turn the least time counts.
    """
    name = url.get_backend_name()
    report = Report("cost of safeguards", name, tried=versions)
    server = nullcontext(None) if name == "sqlite" else private_server(name)
    with server as own:
        url = own.url if own else url
        log = own.folder / "log" if own else folder / "trace"
        counter = _Counter(witness_of(url), log)
        found: dict[bool, list[_Used]] = {True: [], False: []}
        for number in range(rounds):
            for is_guarded in found:
                place = folder / f"{number}{is_guarded}"
                place.mkdir()
                found[is_guarded].append(
                    _upgrade(place, url, counter, versions, is_guarded)
                )
    guarded, bare = (_least(found[is_guarded]) for is_guarded in (True, False))
    more = (guarded.statements - bare.statements) / versions
    share = guarded.seconds / bare.seconds - 1
    report.notes.append(
        f"{more:.1f} statements a step more ({guarded.statements} and"
        f" {bare.statements}), {share:.1%} more time ({guarded.seconds:.2f}"
        f" and {bare.seconds:.2f} s), of the processor"
        f" {guarded.processor / bare.processor - 1:.1%}"
        f" ({guarded.processor:.2f} and {bare.processor:.2f} s)"
    )
    if round(more, 1) > _STATEMENTS:
        report.wrong.append(f"{more:.1f} statements more")
    if share > _SHARE:
        report.wrong.append(f"{share:.1%} more time")
    return report


def _least(runs: list[_Used]) -> _Used:
    return _Used(*(min(column) for column in zip(*runs, strict=True)))


def _upgrade(
    folder: Path, url: URL, counter: _Counter, versions: int, is_guarded: bool
) -> _Used:
    counter.witness.clear()
    scripts = {
        f"{number:04}_t.py": _SCRIPT % (number, number)
        for number in range(1, versions + 1)
    }
    config = _HISTORY if is_guarded else ""
    shop = make_shop(folder, url, scripts, config)
    assert Deployer(shop.manage, "version_control").run().code == 0
    words = ["-c", _CHILD, str(shop.manage), str(is_guarded)]
    statements, before = counter.read(), _children()
    start = time.monotonic()
    subprocess.run(
        [sys.executable, *words],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, _TRACE: str(counter.log)},
    )
    used = _Used(
        time.monotonic() - start,
        _children() - before,
        counter.read() - statements,
    )
    assert counter.witness.read().version == versions
    return used


_CHILD = """\
import runpy, sys
from tests.chaos import overhead
manage, is_guarded = sys.argv[1:]
overhead.trace()
if is_guarded == 'False':
    overhead.take_safeguards_out()
sys.argv = [manage, 'upgrade']
runpy.run_path(manage, run_name='__main__')
"""


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Counter:
    """Asks the server how many statements it has carried out."""

    def __init__(self, witness: Witness, log: Path) -> None:
        self.witness = witness
        self.log = log
        self._name = witness.url.get_backend_name()
        if self._name == "postgresql":
            witness.do(
                "ALTER SYSTEM SET log_statement = 'all'",
                "SELECT pg_reload_conf()",
            )

    def read(self) -> int:
        if self._name == "mysql":
            question = "SHOW GLOBAL STATUS LIKE 'Questions'"
            return int(self.witness.ask(question)[0][1])
        if self._name == "postgresql":
            return self.log.read_text().count("LOG:  statement:")
        with suppress(OSError):
            return self.log.stat().st_size
        return 0


# -- in the process that upgrades


def trace() -> None:
    """Write a byte for each statement of SQLite, which has no server."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    log = open(os.environ[_TRACE], "ab")  # noqa: SIM115  # until the end

    def connected(driver: Any, record: object) -> None:
        if hasattr(driver, "set_trace_callback"):
            driver.set_trace_callback(lambda statement: log.write(b"."))

    event.listen(Engine, "connect", connected)


def take_safeguards_out() -> None:
    """Leave the version and the transaction of each step, nothing more."""
    from migrate.versioning import lock
    from migrate.versioning.control.table import ControlTable
    from migrate.versioning.journal.journal import Journal
    from migrate.versioning.running.runner import Runner

    versions: dict[str, int] = {}
    move = ControlTable.move

    def locked_state(self: ControlTable, connection: Any) -> Any:
        if "now" not in versions:
            versions["now"] = self.version(connection)
        return versions["now"], None

    def moved(self: ControlTable, at: Any, start: int, end: int) -> None:
        move(self, at, start, end)
        versions["now"] = end

    def unheld(self: object) -> Any:
        return nullcontext()

    def nothing(*arguments: object) -> None:
        pass

    changes: dict[Any, dict[str, Any]] = {
        ControlTable: {"locked_state": locked_state, "move": moved},
        Journal: {"watching": unheld},
        Runner: {"close": nothing},
    }
    for kind in lock._LOCKS.values():
        changes[kind] = {"held": unheld, "alone": unheld}
    for owner, attributes in changes.items():
        for name, value in attributes.items():
            setattr(owner, name, value)
