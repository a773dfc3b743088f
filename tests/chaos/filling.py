"""A disk that is full in the middle of a step."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.disk import filled
from tests.chaos.disk import grow
from tests.chaos.disk import mounted
from tests.chaos.killing import Judge
from tests.chaos.killing import journeys
from tests.chaos.killing import misreport
from tests.chaos.private import private_server
from tests.chaos.report import Report
from tests.chaos.shop import PLAIN
from tests.chaos.shop import make_shop
from tests.chaos.witness import witness_of

__all__ = ["fill_the_disk", "fill_the_server"]

_FILL = """
INSERT INTO log VALUES ('up 2');
CREATE TABLE big (text TEXT);
INSERT INTO big WITH RECURSIVE few (number) AS
    (SELECT 1 UNION ALL SELECT number + 1 FROM few WHERE number < {rows})
    SELECT hex(zeroblob(500)) FROM few;
"""


def fill_the_disk(folder: Path, url: URL, *, rounds: int) -> Report:
    """Upgrade on a small disk until it is full, then give it more room.

    For SQLite; ``url`` is not used, the database lies on that disk.
    """
    report = Report("disk full", "sqlite")
    for number in range(rounds):
        own = folder / f"round{number}"
        disk = own / "disk"
        disk.mkdir(parents=True)
        with mounted(disk, "200k"):
            small = url.set(database=str(disk / "app.db"))
            problem = _fill(own, small, disk, 400 + 40 * number)
        report.tried += 1
        if problem:
            report.wrong.append(f"round {number}: {problem}")
    return report


def _fill(folder: Path, url: URL, disk: Path, rows: int) -> str | None:
    shop = make_shop(
        folder,
        url,
        {
            "001_a_sqlite_upgrade.sql": "INSERT INTO log VALUES ('up 1');",
            "002_b_sqlite_upgrade.sql": _FILL.format(rows=rows),
        },
    )
    witness = witness_of(url)
    assert Deployer(shop.manage, "version_control").run().code == 0
    failed = Deployer(shop.manage, "upgrade").run()
    state = witness.read()
    if (failed.code, state.version, state.log) != (1, 1, ["up 1"]):
        return f"{failed}, {state}"
    if "at version 1" not in failed.err or "Traceback" in failed.err:
        return failed.err
    grow(disk, "20m")
    again = Deployer(shop.manage, "upgrade").run()
    state = witness.read()
    if again.code or state.log != ["up 1", "up 2"]:
        return f"the rerun: {again}"
    return None


_BIG = "CREATE TABLE big (number INTEGER, text VARCHAR(600));\n" + "\n".join(
    f"""\
INSERT INTO big WITH RECURSIVE few (number) AS
    (SELECT {part}000 UNION ALL
     SELECT number + 1 FROM few WHERE number < {part}999)
    SELECT number, repeat('x', 500) FROM few;"""
    for part in range(1, 5)
)
_GROWING = {
    **PLAIN,
    "006_big_default_upgrade.sql": f"""{_BIG}
CREATE INDEX big_number ON big (number);
INSERT INTO log VALUES ('up 6');
""",
    "006_big_default_downgrade.sql": """
DROP TABLE big;
INSERT INTO log VALUES ('down 6');
""",
}
_NEEDED = {"postgresql": 1536, "mysql": 8 * 1024}
"""Kilobytes that an upgrade takes, with what the server logs."""
_SIZES = {"postgresql": "128m", "mysql": "320m"}


def fill_the_server(folder: Path, url: URL, *, rounds: int) -> Report:
    """Upgrade and downgrade on servers whose disk has ever more room.

    On a server of the trial's own; ``url`` says of which kind.  The rerun
    has room.
    """
    name = url.get_backend_name()
    report = Report("disk full", name)
    with private_server(name, disk=_SIZES[name]) as server:
        shop = make_shop(folder, server.url, _GROWING)
        witness = witness_of(server.url)
        assert Deployer(shop.manage, "version_control").run().code == 0
        ways = journeys(shop, witness)
        judge = Judge(shop, witness, report, rolls_back=name != "mysql")
        for number in range(rounds):
            room = number * _NEEDED[name] // rounds
            for journey in ways:
                witness.do("DELETE FROM log")
                with filled(server.folder, room):
                    ending = Deployer(shop.manage, *journey.words).run()
                server.revive()
                place = f"{journey.words[0]}, {room} kilobytes of room"
                problem = misreport(ending, witness.read(), journey)
                report.tried += 1
                report.seen["ended with an error"] += bool(ending.code)
                if problem:
                    report.wrong.append(f"{place}: {problem}")
                judge.judge(journey, place)
    return report
