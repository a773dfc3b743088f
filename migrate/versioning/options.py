"""Reading the keywords of API functions; as words when a shell gave them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import UsageError
from migrate.exceptions import VersionNumberError
from migrate.versioning.util import asbool
from migrate.versioning.version import VerNum

if TYPE_CHECKING:
    from migrate.versioning.limits import Limits

__all__ = ["flag", "limits", "number", "required_number"]

_SECONDS = ("lock_timeout", "ddl_lock_timeout", "statement_timeout")


def number(version: object) -> int | None:
    """Read a version; None stays None.

    :raises VersionNumberError: on anything but a whole number from 0.
    """
    if version is None:
        return None
    try:
        return int(VerNum(version))
    except (TypeError, ValueError) as error:
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


def limits(opts: Mapping[str, Any], lock_timeout: str | None = None) -> Limits:
    """Read how long to wait for what.

    :param lock_timeout: of migrate.cfg, which ``opts`` may override.
    :raises UsageError: when one is not a number from 0.
    """
    from migrate.versioning.limits import Limits  # only commands that run

    if lock_timeout is not None:
        opts = {"lock_timeout": lock_timeout, **opts}
    given: dict[str, Any] = {
        name: _seconds(name, opts[name]) for name in _SECONDS if name in opts
    }
    if "retries" in opts:
        given["retries"] = _times("retries", opts["retries"])
    return Limits(**given)


def _seconds(name: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = -1.0
    if not 0 <= seconds < inf:
        raise UsageError(
            f"{name} must be a number of seconds from 0, not {value!r}"
        )
    return seconds


def _times(name: str, value: Any) -> int:
    try:
        return int(VerNum(value))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} must be a whole number from 0, not {value!r}"
        ) from error
