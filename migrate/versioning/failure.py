"""What an error says to the person at the command line."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterable

import migrate
from migrate.exceptions import Error
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.secret import hidden_in_sql

__all__ = ["explain", "is_bug"]

_PACKAGE = os.path.dirname(migrate.__file__) + os.sep
_LONGEST_STATEMENT = 200
_DRIVER_HINT = (
    "; install this driver, or name another in the URL: dialect+driver://..."
)


def is_bug(error: BaseException) -> bool:
    """Tell an error that nobody foresaw from one that a message explains.

    What a change script raises is its author's, unless it comes from deep
    inside this package.
    """
    if isinstance(error, (Error, VersionNotFoundError, OSError)):
        return False
    if _is_of_sqlalchemy(error) or isinstance(error, KeyboardInterrupt):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    is_ours = not frames or frames[-1].filename.startswith(_PACKAGE)
    if isinstance(error, ImportError):
        return is_ours
    return is_ours or _place(error) is None


def explain(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """Return one line: what happened, and where in which change script.

    :param secrets: not to be shown; before anything is cut off, since half
        of one would not be known again.
    """
    place = _place(error)
    message = " ".join(_message(error, secrets).split())
    return f"{place}: {message}" if place else message


def _place(error: BaseException) -> str | None:
    """Return file and line of the change script that was running."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        folder = os.path.dirname(frame.filename)
        config = os.path.join(os.path.dirname(folder), "migrate.cfg")
        if os.path.basename(folder) == "versions" and os.path.exists(config):
            return f"{frame.filename}, line {frame.lineno}"
    return None


def _message(error: BaseException, secrets: Iterable[str]) -> str:
    text = str(error.args[0]) if error.args else ""
    if isinstance(error, Error) and text:
        return str(error)
    if isinstance(error, VersionNotFoundError):
        return text
    if isinstance(error, KeyboardInterrupt):
        return text or "interrupted"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {error.filename!r}"
    if _is_of_database(error):
        return _without_pointer(text) + _statement(error, secrets)
    text = f"{type(error).__name__}: {error}"
    return text + _DRIVER_HINT if _is_of_missing_driver(error) else text


def _is_of_missing_driver(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, ImportError) and any(
        frame.name == "import_dbapi" for frame in frames
    )


def _is_of_sqlalchemy(error: BaseException) -> bool:
    exc = sys.modules.get("sqlalchemy.exc")
    return exc is not None and isinstance(error, exc.SQLAlchemyError)


def _is_of_database(error: BaseException) -> bool:
    exc = sys.modules.get("sqlalchemy.exc")
    return exc is not None and isinstance(error, exc.DBAPIError)


def _without_pointer(text: str) -> str:
    """Leave out the lines with which PostgreSQL points into a statement."""
    return re.sub(r"^(LINE \d+: .*|\s*\^)$", "", text, flags=re.MULTILINE)


def _statement(error: BaseException, secrets: Iterable[str]) -> str:
    sql = hidden_in_sql(str(getattr(error, "statement", None) or ""), secrets)
    statement = " ".join(sql.split())
    if not statement:
        return ""
    if len(statement) > _LONGEST_STATEMENT:
        statement = statement[:_LONGEST_STATEMENT] + "..."
    return f" [SQL: {statement}]"
