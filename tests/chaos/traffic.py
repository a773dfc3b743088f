"""An upgrade under the traffic of an application with a long reader."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from tests.chaos.deployer import Deployer
from tests.chaos.report import Report
from tests.chaos.shop import PLAIN
from tests.chaos.shop import make_shop
from tests.chaos.witness import Witness
from tests.chaos.witness import witness_of

__all__ = ["upgrade_behind_a_reader"]

_QUERY = "SELECT count(*) FROM account"


def upgrade_behind_a_reader(
    folder: Path, url: URL, *, seconds: float, timeout: float = 1
) -> Report:
    """Upgrade while one session reads for ``seconds`` and others query.

    :param timeout: for ``--ddl_lock_timeout``; no query of the application
        may take a second longer.
    """
    shop = make_shop(folder, url, {n: PLAIN[n] for n in PLAIN if n < "003"})
    witness = witness_of(url)
    for words in (("version_control",), ("upgrade", 1)):
        assert Deployer(shop.manage, *words).run().code == 0
    report = Report("reader and traffic", url.get_backend_name(), worst=0.0)
    over, reads = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=_read, args=(witness, seconds, reads)),
        threading.Thread(target=_query, args=(witness, over, report)),
    ]
    threads[0].start()
    assert reads.wait(10)
    threads[1].start()
    ending = Deployer(
        shop.manage,
        "upgrade",
        f"--ddl_lock_timeout={timeout:g}",
        "--retries=20",
    ).run()
    over.set()
    for thread in threads:
        thread.join()
    report.seen["retries"] = ending.err.count("trying again")
    if ending.code or witness.read().log != ["up 1", "up 2"]:
        report.wrong.append(f"left {witness.read()}, {ending}")
    if (report.worst or 0) > timeout + 1:
        report.wrong.append(f"a query took {report.worst:.1f} s")
    return report


def _read(witness: Witness, seconds: float, reads: threading.Event) -> None:
    """Hold a table as a report does that takes its time."""
    with witness.transaction() as cursor:
        cursor.execute("SELECT * FROM account")
        if witness.url.get_backend_name() != "sqlite":
            cursor.fetchall()
        reads.set()
        time.sleep(seconds)


def _query(witness: Witness, over: threading.Event, report: Report) -> None:
    with closing(witness.connect()) as connection:
        cursor = connection.cursor()
        while not over.is_set():
            began = time.monotonic()
            cursor.execute(_QUERY)
            cursor.fetchall()
            took = time.monotonic() - began
            report.tried += 1
            report.worst = max(report.worst or 0, took)
            time.sleep(0.01)
