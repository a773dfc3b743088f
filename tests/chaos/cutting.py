"""Signals and cut connections in the middle of a step."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGINT
from signal import SIGTERM
from signal import Signals

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.report import Report
from tests.chaos.shop import Shop
from tests.chaos.shop import make_shop
from tests.chaos.witness import State
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = ["IN_STATEMENT", "cut_sessions", "send_signals"]

_DONE = "INSERT INTO log VALUES ('up 1');"
_SLOW = """
import time
from pathlib import Path
from sqlalchemy import text

HERE = Path(__file__).parent.parent.parent

def upgrade(migrate_engine):
    with migrate_engine.begin() as connection:
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        connection.execute(text("INSERT INTO log VALUES ('up 2')"))
        (HERE / 'begun').touch()
        while (HERE / 'wait').exists():
            time.sleep(0.01)
        connection.execute(text("INSERT INTO half VALUES (1)"))

def downgrade(migrate_engine):
    with migrate_engine.begin() as connection:
        connection.execute(text("DROP TABLE half"))
"""
_WAIT = """\
        while (HERE / 'wait').exists():
            time.sleep(0.01)
"""
_ENDLESS = """\
        if (HERE / 'wait').exists():
            connection.execute(text("{0}"))
"""
assert _WAIT in _SLOW
IN_STATEMENT = {
    "sqlite": "WITH RECURSIVE few (number) AS (SELECT 1 UNION ALL"
    " SELECT number + 1 FROM few) SELECT count(*) FROM few",
    "postgresql": "SELECT pg_sleep(60)",
    # Not sleep(), which looks now and then whether the client is there.
    "mysql": "SELECT benchmark(1000000000, sha2('a', 256))",
}
"""Statements in which a signal finds the script, by database.

None would end within a minute, nor because its client is gone.
"""


def _scripts(statement: str | None) -> dict[str, str]:
    """Return steps of which the second waits, itself or in a statement."""
    wait = _WAIT if statement is None else _ENDLESS.format(statement)
    return {
        "001_done_default_upgrade.sql": _DONE,
        "001_done_default_downgrade.sql": "DELETE FROM log WHERE 1 = 0;",
        "002_slow.py": _SLOW.replace(_WAIT, wait),
    }


class _Middle:
    """A deployer in the middle of its second step, again and again."""

    def __init__(
        self, folder: Path, url: URL, statement: str | None = None
    ) -> None:
        self._folder = folder
        self._rolls_back = url.get_backend_name() != "mysql"
        self.shop: Shop = make_shop(folder, url, _scripts(statement))
        self.witness: Witness = witness_of(url)
        assert Deployer(self.shop.manage, "version_control").run().code == 0

    def interrupted(self, act: Callable[[Deployer], None]) -> Ending:
        """Run until the middle, do ``act`` there, and wait for the end."""
        begun = self._folder / "begun"
        begun.unlink(missing_ok=True)
        (self._folder / "wait").touch()
        deployer = Deployer(self.shop.manage, "upgrade").start()
        deadline = time.monotonic() + 60
        while not begun.exists():
            assert time.monotonic() < deadline, deployer.said
            time.sleep(0.01)
        act(deployer)
        ending = deployer.join()
        (self._folder / "wait").unlink(missing_ok=True)
        return ending

    def judge(self, ending: Ending, code: int) -> str | None:
        """Say what is wrong with the end and the database, if anything."""
        state = self.witness.read()
        if ending.code != code:
            return f"exit {ending.code}: {ending.err}"
        if "Traceback" in ending.err:
            return ending.err
        if self._rolls_back:
            expected = "nothing of the upgrade to version 2 remains"
            is_right = (state.version, state.log) == (1, ["up 1"])
        else:
            expected = "what the upgrade to version 2 did before"
            is_right = state.version == 1 and state.marker is not None
        if not is_right:
            return f"left {state}"
        if expected not in ending.err or "at version 1" not in (
            ending.err.replace("counts as", "at")
        ):
            return f"did not say where it stands: {ending.err}"
        return self._finish(state)

    def _finish(self, state: State) -> str | None:
        """Go on, check the end, and go back to the beginning."""
        if not self._rolls_back:
            names = [name for name, _ in state.schema if name == "half"]
            self.witness.do(*(f"DROP TABLE {name}" for name in names))
            self.witness.do("DELETE FROM log WHERE entry = 'up 2'")
            for words in (("upgrade",), ("resolve", 1)):
                ending = Deployer(self.shop.manage, *words).run()
                if bool(ending.code) is (words[0] == "resolve"):
                    return f"{words}: {ending}"
        ending = Deployer(self.shop.manage, "upgrade").run()
        state = self.witness.read()
        if ending.code or (state.version, state.log) != (2, ["up 1", "up 2"]):
            return f"the rerun: {ending}, {state}"
        back = Deployer(self.shop.manage, "downgrade", 0).run()
        self.witness.do("DELETE FROM log")
        return str(back) if back.code else None


def send_signals(
    folder: Path,
    url: URL,
    *,
    rounds: int,
    trial: str = "SIGTERM, SIGINT",
    statement: str | None = None,
    limit: float = 2.0,
) -> Report:
    """Send SIGTERM and SIGINT in turn, in the middle of a step.

    :param statement: that runs when the signal comes; by default the script
        does something else.
    :param limit: seconds within which the deployer must have ended.
    """
    middle = _Middle(folder, url, statement)
    report = Report(trial, url.get_backend_name(), worst=0.0)
    for number in range(rounds):
        signal = (SIGTERM, SIGINT)[number % 2]
        send = _Sender(signal, 0.2 if statement else 0)
        ending = middle.interrupted(send)
        took = time.monotonic() - send.sent
        report.worst = max(report.worst or 0, took)
        problem = middle.judge(ending, 128 + signal)
        if took > limit:
            problem = problem or f"it took {took:.1f} s to end"
        if not _note(report, number, problem):
            break
    return report


class _Sender:
    """Sends a signal.

    :param after: seconds, for a script that has just said that its statement
        will begin.
    """

    def __init__(self, signal: Signals, after: float) -> None:
        self.sent = 0.0
        self._signal = signal
        self._after = after

    def __call__(self, deployer: Deployer) -> None:
        time.sleep(self._after)
        self.sent = time.monotonic()
        deployer.send(self._signal)


def cut_sessions(folder: Path, url: URL, *, rounds: int) -> Report:
    """End the session on the server in the middle of a step."""
    middle = _Middle(folder, url)
    report = Report("session killed", url.get_backend_name())

    def cut(deployer: Deployer) -> None:
        for session in middle.witness.sessions():
            middle.witness.do(middle.witness.kill.format(session))
        (folder / "wait").unlink()

    for number in range(rounds):
        ending = middle.interrupted(cut)
        if not _note(report, number, middle.judge(ending, 1)):
            break
    return report


def _note(report: Report, number: int, problem: str | None) -> bool:
    """Write down a problem; False if there is one, the next would err."""
    report.tried += 1
    if problem:
        report.wrong.append(f"round {number}: {problem}")
    return not problem
