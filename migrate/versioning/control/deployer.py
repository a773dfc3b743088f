"""Who runs this, and when: what is written down of a run."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import datetime
from datetime import timezone
from functools import cache

__all__ = ["deployer", "utc_now"]


def deployer() -> str:
    """Return who runs this: ``user@host, pid 17``."""
    return f"{_user()}@{socket.gethostname()}, pid {os.getpid()}"


def utc_now() -> datetime:
    """Return the time in UTC, to the second, without a time zone."""
    return datetime.now(timezone.utc).replace(microsecond=0, tzinfo=None)


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a nameless user
        return "unknown"
