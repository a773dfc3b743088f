"""A pooler between the deployers and PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.crowd import gather
from tests.chaos.deployer import Deployer
from tests.chaos.deployer import Ending
from tests.chaos.private import as_user
from tests.chaos.private import free_port
from tests.chaos.report import Report
from tests.chaos.shop import PLAIN
from tests.chaos.shop import Shop
from tests.chaos.shop import make_shop
from tests.chaos.witness import State
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = ["POOLS", "can_pool", "deploy_through_a_pooler"]

_PATIENCE = 20
_LOCKS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)
POOLS = {
    "session": {"pool_mode": "session"},
    "small session": {"pool_mode": "session", "default_pool_size": "2"},
    "transaction": {"pool_mode": "transaction"},
    "in turn": {"pool_mode": "transaction", "server_round_robin": "1"},
    "of one": {"pool_mode": "transaction", "default_pool_size": "1"},
    "statement": {"pool_mode": "statement"},
}
"""Settings of PgBouncer by a name for each."""


def can_pool() -> bool:
    """Tell whether PgBouncer is installed here."""
    return _program() is not None


def deploy_through_a_pooler(
    folder: Path,
    url: URL,
    *,
    processes: int,
    rounds: int,
    limit: float = 30.0,
) -> Report:
    """Start upgrades at once through pools of each kind.

    With a session for each client every script runs once; else every
    deployer refuses, with nothing done and nothing left behind.

    :param limit: seconds after which nobody may be at work any more.
    """
    report = Report("deployers behind a pooler", "postgresql", worst=0.0)
    shop = make_shop(folder, url, PLAIN)
    assert Deployer(shop.manage, "version_control").run().code == 0
    witness = witness_of(url)
    for name, settings in POOLS.items():
        for number in range(rounds):
            with _pooler(url, settings) as pooled:
                manage = _behind(shop, url, pooled)
                endings, took = gather(manage, "upgrade", processes=processes)
                locks = witness.ask(_LOCKS)[0][0]
            report.tried += processes
            report.worst = max(report.worst or 0, took)
            judge = _refused if settings["pool_mode"] != "session" else _ran
            problem = judge(endings, witness.read(), shop, report)
            if locks or took > limit:
                problem = problem or f"{locks} locks left, {took:.0f} s"
            problem = problem or _go_there_and_back(shop, witness)
            if problem:
                report.wrong.append(f"{name}, round {number}: {problem}")
    return report


def _behind(shop: Shop, url: URL, pooled: URL) -> Path:
    """Make a manage.py for the pooler."""
    manage = shop.manage.with_name("pooled.py")
    text = shop.manage.read_text()
    known, wanted = (
        each.render_as_string(hide_password=False) for each in (url, pooled)
    )
    assert known in text
    manage.write_text(text.replace(known, wanted))
    return manage


def _ran(
    endings: list[Ending], state: State, shop: Shop, report: Report
) -> str | None:
    report.seen["done"] += len(endings)
    failed = [ending for ending in endings if ending.code]
    if failed:
        return f"{len(failed)} failed: {failed[0]}"
    expected = [f"up {number}" for number in range(1, shop.latest + 1)]
    if (state.version, state.log) != (shop.latest, expected):
        return f"left {state}"
    return None


def _refused(
    endings: list[Ending], state: State, shop: Shop, report: Report
) -> str | None:
    report.seen["refused"] += len(endings)
    for ending in endings:
        is_named = "pool" in ending.err and ending.err.count("\n") == 1
        if ending.code != 1 or not is_named:
            return f"did not refuse: {ending}"
    if (state.version, state.log) != (0, []):
        return f"refused, and left {state}"
    return None


def _go_there_and_back(shop: Shop, witness: Witness) -> str | None:
    """Upgrade without the pooler, which takes no waiting, and go back."""
    for words in (("upgrade", "--lock_timeout=1"), ("downgrade", 0)):
        ending = Deployer(shop.manage, *words).run()
        if ending.code:
            return f"{words}: {ending}"
    witness.do("DELETE FROM log")
    return None


@contextmanager
def _pooler(url: URL, settings: dict[str, str]) -> Iterator[URL]:
    """Give the URL of a PgBouncer before the server of ``url``."""
    folder = Path(tempfile.mkdtemp(prefix="chaos_pooler_"))
    pooled = url.set(host="127.0.0.1", port=free_port())
    (folder / "users").write_text(f'"{url.username}" "{url.password or ""}"\n')
    (folder / "ini").write_text(_ini(url, pooled, folder, settings))
    folder.chmod(0o755)
    # It does not run as root; what it writes goes to standard error.
    program = subprocess.Popen(
        [*as_user("postgres"), str(_program()), "-q", str(folder / "ini")],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(pooled)
        yield pooled
    finally:
        program.terminate()
        program.wait(_PATIENCE)
        shutil.rmtree(folder)


def _ini(url: URL, pooled: URL, folder: Path, settings: dict[str, str]) -> str:
    lines = {
        "listen_addr": pooled.host,
        "listen_port": pooled.port,
        "unix_socket_dir": "",
        "auth_type": "trust",
        "auth_file": folder / "users",
        **settings,
    }
    return "\n".join(
        [
            "[databases]",
            f"* = host={url.host} port={url.port or 5432}",
            "[pgbouncer]",
            *(f"{key} = {value}" for key, value in lines.items()),
            "",
        ]
    )


def _wait_for(pooled: URL) -> None:
    """Wait until it listens."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with (
            suppress(OSError),
            socket.create_connection(
                (str(pooled.host), int(pooled.port or 0))
            ),
        ):
            return
        assert time.monotonic() < deadline, "the pooler does not start"
        time.sleep(0.02)


def _program() -> str | None:
    return shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin:/sbin")
