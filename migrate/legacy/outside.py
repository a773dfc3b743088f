"""What a change script does past every engine, told to who watches it.

A driver's own connection, a program, a thread with an engine in it: whoever
keeps a journal must know of them before they begin.  These are no 1.x forms,
and in place only while somebody watches.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextlib import nullcontext
from typing import Any

from migrate.legacy.patching import Later
from migrate.legacy.patching import Patch
from migrate.legacy.patching import PatchSet
from migrate.legacy.patching import wrap
from migrate.watching import ELSEWHERE
from migrate.watching import heard_by
from migrate.watching import listeners
from migrate.watching import tell

__all__ = ["OUTSIDE", "ready", "told"]


def told() -> AbstractContextManager[None]:
    """Tell those who listen now, if there are any, for a ``with`` block."""
    return OUTSIDE.installed() if listeners() else nullcontext()


def ready() -> AbstractContextManager[None]:
    """Be in place for many such blocks, which cost next to nothing then."""
    return OUTSIDE.installed()


def start(
    original: Callable[..., None], self: threading.Thread, *rest: Any
) -> None:
    """A thread begins with an empty context, and nobody who listens."""
    those, run = listeners(), self.run

    def run_heard() -> None:
        with heard_by(those):
            run()

    if those:
        self.run = run_heard  # type: ignore[method-assign]  # of this one
    original(self, *rest)


def _telling(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Whatever is done by it, nobody sees."""
    with tell(ELSEWHERE):
        pass
    return original(*args, **kwargs)


def _tells(owner: Any, form: str, name: str) -> Patch:
    return wrap(owner, form, _telling, name)


#: Drivers written in C connect past Python's sockets; the others do not.
_DRIVERS = [
    *(
        _tells(module, "sqlite3.connect()", "connect")
        for module in (sqlite3, sqlite3.dbapi2)
    ),
    _tells(Later("psycopg2"), "psycopg2.connect()", "connect"),
    _tells(
        Later("psycopg.connection", "Connection"),
        "psycopg.connect()",
        "__init__",
    ),
    _tells(
        Later("MySQLdb.connections", "Connection"),
        "MySQLdb.connect()",
        "__init__",
    ),
    _tells(
        Later("mysql.connector.abstracts", "MySQLConnectionAbstract"),
        "mysql.connector.connect()",
        "__init__",
    ),
    _tells(
        Later("mariadb.connections", "Connection"),
        "mariadb.connect()",
        "__init__",
    ),
]
_PROGRAMS = [
    _tells(subprocess.Popen, "subprocess.Popen()", "__init__"),
    _tells(
        Later("multiprocessing.process", "BaseProcess"),
        "multiprocessing.Process()",
        "start",
    ),
    *(
        _tells(os, f"os.{name}()", name)
        for name in ("system", "fork", "posix_spawn", "posix_spawnp")
        if hasattr(os, name)  # not on Windows
    ),
]
OUTSIDE = PatchSet(
    [
        wrap(threading.Thread, "threading.Thread()", start),
        _tells(socket.socket, "socket.connect()", "connect"),
        *_DRIVERS,
        *_PROGRAMS,
    ]
)
