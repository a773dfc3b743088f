"""A place to feed nonsense to a command, and what was there before."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from pathlib import Path
from types import FrameType
from unittest import mock

from migrate.versioning import api
from migrate.versioning.shell import main
from tests.command import Outcome

URL = "sqlite:///app.db"
#: Seconds of processor time that a single input may cost.
LIMIT = 10.0

SCRIPT = """\
from sqlalchemy import Column, Integer, MetaData, Table


def account(migrate_engine):
    meta = MetaData(bind=migrate_engine)
    return Table('account', meta, Column('id', Integer, primary_key=True))


def upgrade(migrate_engine):
    account(migrate_engine).create()


def downgrade(migrate_engine):
    account(migrate_engine).drop()
"""


class Hang(BaseException):
    """A command took too long."""


def build(folder: Path) -> None:
    """Fill a folder: a repository of one version, its database, more files.

    The repository and the database are not alone there: ``other`` is a
    second repository, ``precious`` a file that nobody may touch.
    """
    with inside(folder):
        for name in ("shop", "other"):
            api.create(name, name)
            api.script("add account", name)
            Path(name, "versions/001_add_account.py").write_text(SCRIPT)
        api.version_control(URL, "shop")
        api.upgrade(URL, "shop")
        Path("precious").write_text("mine\n")
        Path("empty").mkdir()


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def snapshot(folder: Path) -> dict[str, object]:
    """Return all that is in a folder: kind, mode and content by path.

    Of a database what it says, not its bytes.
    """
    found: dict[str, object] = {}
    for root, folders, names in os.walk(os.fsencode(folder)):
        for name in (*folders, *names):
            path = os.path.join(root, name)
            if b"__pycache__" in path:
                continue
            key = os.fsdecode(os.path.relpath(path, os.fsencode(folder)))
            found[key] = _content(path)
    return found


def _content(path: bytes) -> object:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(status.st_mode):
        return stat.filemode(status.st_mode)
    if path.endswith(b"app.db"):
        return database(os.fsdecode(path))
    with open(path, "rb") as file:
        return status.st_mode, file.read()


def database(path: str) -> object:
    """Return schema and rows of a SQLite file as text; its bytes if none."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return list(connection.iterdump())
    except sqlite3.DatabaseError:
        return Path(path).read_bytes()
    finally:
        connection.close()


def run(
    words: Sequence[str], defaults: Mapping[str, object] | None = None
) -> Outcome:
    """Call ``main`` as the command ``migrate`` would.

    An exception that it lets pass is seen as the interpreter would show it:
    by its traceback.

    :raises Hang: after :data:`LIMIT` seconds of processor time.
    """
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        mock.patch.object(sys, "argv", ["migrate"]),
        redirect_stdout(out),
        redirect_stderr(err),
        limited(),
    ):
        try:
            main(list(words), **(defaults or {}))
        except SystemExit as exit_:
            code = exit_.code
        except Exception:
            sys.excepthook(*sys.exc_info())
            code = 1
    assert isinstance(code, int), code
    return Outcome(code, out.getvalue(), err.getvalue())


@contextmanager
def limited() -> Iterator[None]:
    """End what is inside with :exc:`Hang` when it takes too long.

    The timer counts processor time: the clock's belongs to pytest-timeout,
    which ends what waits for ever.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
