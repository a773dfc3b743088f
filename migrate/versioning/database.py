"""How a database is called in messages, and whether it is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import DatabaseUnreachableError
from migrate.versioning.secret import hidden
from migrate.versioning.secret import scrub
from migrate.versioning.secret import secrets_in
from migrate.versioning.secret import shown

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.exc import DBAPIError

__all__ = [
    "check_file",
    "described",
    "left_missing",
    "unreachable",
]


def described(engine: Engine) -> str:
    """Name a database by its URL, without secrets."""
    return f"database {shown(engine.url)}"


def check_file(engine: Engine) -> None:
    """See that the file of a SQLite database is there.

    Before it is read: SQLite would make an empty one.

    :raises DatabaseNotControlledError: when it is not.
    """
    path = _missing_file(engine)
    if path is not None:
        raise DatabaseNotControlledError(
            f"{described(engine)} is not under version control: there is no "
            f"file {path!r}; make it and put it under control with the "
            "command version_control"
        )


@contextmanager
def left_missing(engine: Engine) -> Iterator[None]:
    """Remove the empty file that SQLite has made in place of none."""
    path = _missing_file(engine)
    try:
        yield
    finally:
        if path is not None:
            engine.dispose()
            if os.path.isfile(path) and os.path.getsize(path) == 0:
                os.remove(path)


def _missing_file(engine: Engine) -> str | None:
    """Return the path of a SQLite database that could be there and is not."""
    path = engine.url.database
    if (
        engine.dialect.name != "sqlite"
        or not path
        or path == ":memory:"
        or path.startswith("file:")
        or engine.url.get_driver_name() != "pysqlite"
        or os.path.lexists(path)
        or not os.path.isdir(os.path.dirname(os.path.abspath(path)))
    ):
        return None
    return path


def unreachable(engine: Engine, error: DBAPIError) -> DatabaseUnreachableError:
    """Return the error that a refused or broken connection deserves."""
    # PyMySQL and mysqlclient give a number and a text.
    words: tuple[Any, ...] = getattr(error.orig, "args", ())
    is_numbered = len(words) == 2 and isinstance(words[0], int)
    reason = f"{words[1]} ({words[0]})" if is_numbered else str(error.orig)
    secrets = secrets_in({"url": engine})
    scrub(error, secrets)
    reason = hidden(" ".join(reason.split()), secrets)
    return DatabaseUnreachableError(
        f"cannot read {described(engine)}: {reason}"
    )
