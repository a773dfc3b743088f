"""Reading the keywords of API functions; as words when a shell gave them."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from os import fspath
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import UsageError
from migrate.exceptions import VersionNumberError
from migrate.versioning.util import asbool
from migrate.versioning.vernum import VerNum

if TYPE_CHECKING:
    from migrate.versioning.session.limits import Limits

__all__ = [
    "check_templates",
    "flag",
    "limits",
    "number",
    "path",
    "required_number",
    "text",
    "truth",
]

#: Seconds; in milliseconds it fits into 31 bits, which PostgreSQL has.
_LONGEST = 2_000_000
_SECONDS = ("lock_timeout", "ddl_lock_timeout", "statement_timeout")


def number(version: object) -> int | None:
    """Read a version; None stays None.

    :raises VersionNumberError: on anything but a whole number from 0.
    """
    if version is None:
        return None
    try:
        return int(VerNum(version))
    except (TypeError, ValueError, OverflowError) as error:
        raise VersionNumberError(
            f"version {version!r} is not a whole number from 0"
        ) from error


def required_number(version: object, command: str) -> int:
    """Read a version that must be given.

    :raises UsageError: when it is None.
    """
    found = number(version)
    if found is None:
        raise UsageError(
            f"Not enough arguments for command {command}: "
            "version not specified"
        )
    return found


def flag(opts: Mapping[str, Any], name: str) -> bool:
    """Read a truth value; false if it is not given.

    :raises UsageError: when it is neither true nor false.
    """
    value = opts.get(name, False)
    try:
        return asbool(value)
    except ValueError as error:
        raise UsageError(
            f"{name} must be true or false, not {value!r}"
        ) from error


def truth(opts: Mapping[str, Any], name: str) -> bool:
    """Read an option of which any value has always meant yes.

    Only what says no does not: an empty one, ``False`` and its like.
    """
    value = opts.get(name)
    try:
        return asbool(value)
    except ValueError:
        return bool(value)


def limits(opts: Mapping[str, Any], lock_timeout: str | None = None) -> Limits:
    """Read how long to wait for what.

    :param lock_timeout: of migrate.cfg, which ``opts`` may override.
    :raises UsageError: when one is not a number from 0.
    """
    from migrate.versioning.session.limits import (
        Limits,  # only commands that run
    )

    if lock_timeout is not None:
        opts = {"lock_timeout": lock_timeout, **opts}
    given: dict[str, Any] = {
        name: _seconds(name, opts[name]) for name in _SECONDS if name in opts
    }
    if "retries" in opts:
        given["retries"] = _times("retries", opts["retries"])
    return Limits(**given)


def path(name: str, value: object) -> str:
    """Read the path of a file or folder; what is there does not matter.

    :raises UsageError: when it is none, whatever the system.
    """
    if not isinstance(value, (str, PathLike)):
        raise UsageError(f"{name} must be a path, not {value!r}")
    found: str | bytes = fspath(value)
    if isinstance(found, bytes) or "\0" in found:
        raise UsageError(
            f"{name} {found!r} is no path: it has a NUL character"
        )
    return found


def text(name: str, value: object) -> str:
    """Read a text.

    :raises UsageError: when it is another object.
    """
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text, not {value!r}")
    return value


def check_templates(opts: Mapping[str, Any]) -> None:
    """See that the templates asked for are named by texts.

    :raises UsageError: when they are not.
    """
    for name in ("templates_path", "templates_theme"):
        if opts.get(name) is not None:
            path(name, opts[name])


def _seconds(name: str, value: Any) -> float:
    try:
        # An option without a value is True.
        seconds = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST:
        raise UsageError(
            f"{name} must be a number of seconds from 0 to {_LONGEST}, "
            f"not {value!r}"
        )
    return seconds


def _times(name: str, value: Any) -> int:
    try:
        if isinstance(value, (bool, float)):
            raise TypeError
        return int(VerNum(value))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} must be a whole number from 0, not {value!r}"
        ) from error
