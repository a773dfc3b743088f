"""New files: the folder of a repository, and ``manage.py``."""

from __future__ import annotations

import logging
import os
import shutil
import stat
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from keyword import iskeyword
from os import PathLike
from os.path import join
from typing import Any

from migrate.exceptions import InvalidNameError
from migrate.versioning import template
from migrate.versioning.secret import secrets_in

__all__ = ["manage_text", "unfinished", "warn_of_secrets", "write"]

log = logging.getLogger(__name__)


@contextmanager
def unfinished(path: str, source: str) -> Iterator[str]:
    """Give a copy of the folder ``source`` that will be ``path``.

    It is beside ``path`` under a hidden name, and moves there at the end;
    after an error nothing of it remains, but folders above.
    """
    parent, base = os.path.split(path.rstrip(os.sep))
    folder = join(parent, f".{base}.{os.urandom(4).hex()}")
    os.makedirs(parent or ".", exist_ok=True)
    try:
        shutil.copytree(
            source,
            folder,
            ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
            copy_function=shutil.copyfile,
        )
        yield folder
        os.rename(folder, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def manage_text(source: str, opts: Mapping[str, Any]) -> str:
    """Return the text of a new ``manage.py``.

    :param source: its template.
    :param opts: become the keywords that it calls ``main`` with, as text.
    :raises InvalidNameError: when a name cannot be one of a keyword.
    """
    for name in opts:
        if not name.isidentifier() or iskeyword(name):
            raise InvalidNameError(
                f"option {name!r} cannot be a keyword in manage.py"
            )
    values = {name: _as_text(value) for name, value in opts.items()}
    return template.substitute(source, values)


def _as_text(value: object) -> str:
    """Return a value as text, a URL or the URL of an engine whole."""
    url = getattr(value, "url", value)
    if hasattr(url, "render_as_string"):
        return str(url.render_as_string(hide_password=False))
    return str(value)


def write(
    path: str | PathLike[str], text: str, opts: Mapping[str, Any]
) -> None:
    """Write a file; with a password in ``opts`` others never can read it."""
    is_private = bool(secrets_in(opts))

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600 if is_private else 0o666)

    with open(path, "w", encoding="utf-8", opener=opener) as file:
        mode = os.fstat(file.fileno()).st_mode
        # One that was there has its own mode.
        if is_private and mode & 0o077 and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode & 0o700)
        file.write(text)


def warn_of_secrets(
    path: str | PathLike[str], opts: Mapping[str, Any]
) -> None:
    """Warn when what was written to ``path`` has a password."""
    if secrets_in(opts):
        log.warning(
            "%s holds a password, so that only you may read it (mode %04o); "
            "better keep the URL in an environment variable: "
            "--url=env:DATABASE_URL",
            os.fspath(path),
            stat.S_IMODE(os.stat(path).st_mode),
        )
