"""Where the words of a command go: standard output and standard error."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import TextIO

from migrate.versioning.secret import hidden

__all__ = ["Console", "printable"]

_LOGGER = logging.getLogger("migrate")
_POOLS = logging.getLogger("sqlalchemy.pool")


def printable(text: str) -> str:
    """Escape line ends and whatever else a terminal would obey."""
    return "".join(
        sign if sign.isprintable() else repr(sign)[1:-1] for sign in text
    )


class Console:
    """Shows results, and inside a ``with`` block the log of this package.

    Messages go to standard output, from warnings upward to standard error.
    Only the logger ``migrate`` is touched, and that of SQLAlchemy's pools, to
    which a lost connection that cannot be closed is an error with a traceback;
    both are left as they were found.

    :param debug: show debugging messages too, and what pools complain of.
    :param quiet: show errors only, not even results.
    :param secrets: never shown in messages and errors.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        quiet: bool = False,
        secrets: Iterable[str] = (),
    ) -> None:
        self._quiet = quiet
        self.secrets = frozenset(secrets)
        self._level = logging.DEBUG if debug else logging.INFO
        self._handlers = [logging.NullHandler()] if quiet else self._streams()
        # Whoever listens to pools still hears them.
        self._silencers = [] if debug else [logging.NullHandler()]

    def __enter__(self) -> Console:
        self._before = (_LOGGER.level, _LOGGER.propagate)
        for handler in self._handlers:
            _LOGGER.addHandler(handler)
        for handler in self._silencers:
            _POOLS.addHandler(handler)
        _LOGGER.setLevel(self._level)
        _LOGGER.propagate = False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for handler in self._handlers:
            _LOGGER.removeHandler(handler)
        for handler in self._silencers:
            _POOLS.removeHandler(handler)
        level, _LOGGER.propagate = self._before
        _LOGGER.setLevel(level)

    def result(self, value: object) -> None:
        """Show what a command returned, as it is.

        :raises OSError: when it cannot be written, but for a reader who has
            seen enough.
        """
        if not self._quiet:
            with suppress(BrokenPipeError):
                _put(sys.stdout, f"{value}\n")

    def error(self, text: str) -> None:
        """Show what went wrong, in quiet too."""
        with suppress(OSError):  # the exit code tells it too
            _put(sys.stdout, "")
            _put(sys.stderr, hidden(text, self.secrets) + "\n")

    def _streams(self) -> list[logging.Handler]:
        out = _Handler(sys.stdout)
        out.addFilter(lambda record: record.levelno < logging.WARNING)
        err = _Handler(sys.stderr)
        err.setLevel(logging.WARNING)
        for handler in (out, err):
            handler.setFormatter(_Formatter(self.secrets))
        return [out, err]


class _Handler(logging.Handler):
    """Writes to a stream; what it does not take stops no upgrade."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            _put(self._stream, self.format(record) + "\n")


def _put(stream: TextIO | None, text: str) -> None:
    """Write to a stream, whatever it is; None is one that is closed.

    :raises OSError: when it takes nothing more; later text is dropped.
    """
    if stream is None:
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError as error:
            coded = text.encode(error.encoding, "backslashreplace")
            stream.write(coded.decode(error.encoding))
        stream.flush()
    except OSError:
        # The interpreter would try once more when it ends, and complain.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        raise


class _Formatter(logging.Formatter):
    """The message alone, without secrets."""

    def __init__(self, secrets: frozenset[str]) -> None:
        super().__init__("%(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record), self._secrets)
