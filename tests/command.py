"""The command ``migrate``, called in this process."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from migrate.versioning.shell import main


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line of standard error."""
        lines = self.err.splitlines()
        return lines[-1] if lines else ""


class Command:
    """Calls ``main`` as ``migrate WORDS`` would, with ``defaults``."""

    def __init__(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self._capsys = capsys
        monkeypatch.setattr(sys, "argv", ["migrate"])
        self.defaults: dict[str, object] = {}

    def __call__(self, *words: object, **defaults: object) -> Outcome:
        self._capsys.readouterr()
        code: object = 0
        try:
            main([str(word) for word in words], **self.defaults, **defaults)
        except SystemExit as exit_:
            code = exit_.code
        out, err = self._capsys.readouterr()
        assert isinstance(code, int)
        return Outcome(code, out, err)
