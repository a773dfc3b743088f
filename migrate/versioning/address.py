"""Database URLs that the environment holds: ``env:NAME``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from migrate.exceptions import InvalidEngineError

__all__ = ["resolved", "variable"]

_PREFIX = "env:"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variable(url: str) -> str | None:
    """Return the name of the variable that ``env:NAME`` means, else None."""
    return url.removeprefix(_PREFIX) if url.startswith(_PREFIX) else None


def resolved(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the URL that is meant: the text itself, or of the environment.

    :raises InvalidEngineError: when the variable is not set or is empty; the
        message names it, and never shows what it holds.
    """
    name = variable(url)
    if name is None:
        return url
    if not _NAME.fullmatch(name):
        # What stands there may be a URL, so that it is not shown.
        raise InvalidEngineError(
            "after env: the name of an environment variable is expected "
            "(letters, digits and _), such as env:DATABASE_URL"
        )
    found = environment.get(name, "").strip()
    if not found:
        state = "is empty" if name in environment else "is not set"
        raise InvalidEngineError(
            f"environment variable {name!r} {state}: it must hold the URL of "
            "the database"
        )
    return found
