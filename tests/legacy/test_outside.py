"""What a script does past every engine is told before it is done."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import nullcontext
from contextlib import suppress
from multiprocessing.pool import ThreadPool
from typing import Any

import pytest

from migrate.legacy import outside
from migrate.watching import ELSEWHERE
from migrate.watching import heard_by
from migrate.watching import listeners
from migrate.watching import tell

_NOWHERE = {"host": "127.0.0.1", "port": 1, "user": "nobody"}
"""Where no server listens: a driver tells before it knows."""


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What is told while the test runs."""
    texts: list[str] = []

    def listen(text: str) -> AbstractContextManager[None]:
        texts.append(text)
        return nullcontext()

    with heard_by((listen,)), outside.told():
        yield texts


def run_program() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def fork() -> None:
    if os.fork() == 0:
        os._exit(0)
    os.wait()


def connect_somewhere() -> None:
    with socket.socket() as ours, suppress(OSError):
        ours.connect(("127.0.0.1", 1))


@pytest.mark.parametrize(
    "work",
    [
        run_program,
        fork,
        connect_somewhere,
        lambda: os.system("true"),
        lambda: sqlite3.connect(":memory:").close(),
        lambda: sqlite3.dbapi2.connect(":memory:").close(),
    ],
    ids=["program", "fork", "socket", "system", "sqlite3", "dbapi2"],
)
def test_work_of_its_own_is_told(
    heard: list[str], work: Callable[[], Any]
) -> None:
    work()

    assert {*heard} == {ELSEWHERE}


@pytest.mark.parametrize(
    "name", ["psycopg2", "pymysql", "MySQLdb", "mysql.connector", "pg8000"]
)
def test_driver_is_told_of(heard: list[str], name: str) -> None:
    driver: Any = pytest.importorskip(name)

    with suppress(driver.Error), closing(driver.connect(**_NOWHERE)):
        pass

    assert {*heard} == {ELSEWHERE}


@pytest.mark.parametrize("name", ["psycopg", "mariadb.connections"])
def test_driver_is_told_of_when_it_is_connected(
    heard: list[str], name: str
) -> None:
    """Before anybody can use the connection."""
    driver: Any = pytest.importorskip(name)

    assert driver.Connection.__init__.__wrapped__


@pytest.mark.parametrize("of_pool", [True, False])
def test_threads_are_heard(heard: list[str], of_pool: bool) -> None:
    def work() -> None:
        with tell("something"):
            pass

    if of_pool:
        with ThreadPool(2) as pool:
            pool.apply(work)
    else:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert "something" in heard


def test_nothing_is_in_place_while_nobody_listens() -> None:
    with outside.told():
        assert not outside.OUTSIDE.active
        assert listeners() == ()


def test_everything_is_as_before_afterwards() -> None:
    before = threading.Thread.start, subprocess.Popen.__init__, os.fork

    with heard_by((lambda text: nullcontext(),)), outside.told():
        assert threading.Thread.start is not before[0]
        assert "connect" in vars(socket.socket)

    after = threading.Thread.start, subprocess.Popen.__init__, os.fork
    assert before == after
    assert "connect" not in vars(socket.socket)
