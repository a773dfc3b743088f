"""Where the words of a command go: standard output and standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from types import TracebackType

from migrate.versioning.secret import hidden

__all__ = ["Console", "printable"]

_LOGGER = logging.getLogger("migrate")


def printable(text: str) -> str:
    """Escape line ends and whatever else a terminal would obey."""
    return "".join(
        sign if sign.isprintable() else repr(sign)[1:-1] for sign in text
    )


class Console:
    """Shows results, and inside a ``with`` block the log of this package.

    Messages go to standard output, from warnings upward to standard error.
    Only the logger ``migrate`` is touched, and left as it was found.

    :param debug: show debugging messages too.
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

    def __enter__(self) -> Console:
        self._before = (_LOGGER.level, _LOGGER.propagate)
        for handler in self._handlers:
            _LOGGER.addHandler(handler)
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
        level, _LOGGER.propagate = self._before
        _LOGGER.setLevel(level)

    def result(self, value: object) -> None:
        """Show what a command returned, as it is."""
        if not self._quiet:
            sys.stdout.write(f"{value}\n")

    def error(self, text: str) -> None:
        """Show what went wrong, in quiet too."""
        sys.stdout.flush()
        sys.stderr.write(hidden(text, self.secrets) + "\n")

    def _streams(self) -> list[logging.Handler]:
        out = logging.StreamHandler(sys.stdout)
        out.addFilter(lambda record: record.levelno < logging.WARNING)
        err = logging.StreamHandler(sys.stderr)
        err.setLevel(logging.WARNING)
        for handler in (out, err):
            handler.setFormatter(_Formatter(self.secrets))
        return [out, err]


class _Formatter(logging.Formatter):
    """The message alone, without secrets."""

    def __init__(self, secrets: frozenset[str]) -> None:
        super().__init__("%(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record), self._secrets)
