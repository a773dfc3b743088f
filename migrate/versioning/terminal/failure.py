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
from migrate.versioning.permission import denied_on_disk
from migrate.versioning.secret import hidden
from migrate.versioning.secret import hidden_in_sql

__all__ = ["explain", "is_bug"]

_PACKAGE = os.path.dirname(migrate.__file__) + os.sep
_LONGEST_STATEMENT = 200
#: Where SQLAlchemy makes a connection.
_CONNECTING = os.path.join("sqlalchemy", "pool", "base.py")
_URL_HINT = "; the driver does not take what the URL or engine_dict say"
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
    if _is_of_connecting(error):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    # Who asks for an attribute that is not there is wrong, not __getattr__.
    asked = (
        frames[:-1] if frames and frames[-1].name == "__getattr__" else frames
    )
    is_ours = not asked or asked[-1].filename.startswith(_PACKAGE)
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
        if os.path.basename(folder) == "versions" and (
            os.path.exists(config) or _is_imported(frame.filename)
        ):
            return f"{frame.filename}, line {frame.lineno}"
    return None


def _is_nowhere() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _is_imported(path: str) -> bool:
    """Tell whether it is a script, even if it has changed the folder."""
    name, _ = os.path.splitext(os.path.basename(path))
    loader = getattr(sys.modules.get(name), "__loader__", None)
    return getattr(loader, "path", None) == path


def _message(error: BaseException, secrets: Iterable[str]) -> str:
    text = str(error.args[0]) if error.args else ""
    if isinstance(error, Error) and text:
        return str(error)
    if isinstance(error, VersionNotFoundError):
        return text
    if isinstance(error, KeyboardInterrupt):
        return text or "interrupted"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {error.filename!r}" + _who_may(error)
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        return "the current folder is gone: go to one that is there"
    if _is_of_database(error):
        details = ("; " + each for each in getattr(error, "detail", ()))
        shown = _without_pointer(text) + _statement(error, secrets)
        return hidden("".join([shown, *details]), secrets)
    name = type(error).__name__
    try:
        text = f"{name}: {error}"
    except Exception:  # it is a change script's own
        return f"{name} (its text cannot be had)"
    if _is_of_missing_driver(error):
        return text + _DRIVER_HINT
    return text + _URL_HINT if _is_of_connecting(error) else text


def _who_may(error: OSError) -> str:
    if not isinstance(error, PermissionError):
        return ""
    denied = denied_on_disk(os.fsdecode(error.filename))
    return f"; {denied}" if denied else ""


def _is_of_connecting(error: BaseException) -> bool:
    """Tell whether the driver refused the arguments that it connects with."""
    return isinstance(error, (TypeError, ValueError, AttributeError)) and any(
        frame.name == "__connect" and frame.filename.endswith(_CONNECTING)
        for frame in traceback.extract_tb(error.__traceback__)
    )


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
