"""Processes that run ``manage.py``, and may die of it.

They come from a fork server that has imported everything once: real
processes with real deaths, without paying for the imports each time.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TextIO

from tests.chaos.points import Points
from tests.chaos.points import die

__all__ = ["FORKS", "Deployer", "Ending"]

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.warm"])


@dataclass(frozen=True)
class Ending:
    """How a process ended.

    :ivar code: its exit code; -N if signal N killed it.
    :ivar passed: points that it came by, if they were counted.
    """

    code: int
    out: str
    err: str
    passed: int = 0


class Deployer:
    """One process that runs ``manage.py WORDS``.

    :param at: the point at which ``act`` is called, see :class:`Points`.
    :param act: what happens there; by default it kills itself.
    :param gate: something with ``wait()``, which it calls first.
    """

    def __init__(
        self,
        manage: Path,
        *words: object,
        at: int | None = None,
        act: Callable[[str], None] = die,
        gate: Any = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self._files = [_empty_file() for _ in range(2)]
        self._passed = FORKS.Value("i", 0)
        self._process = FORKS.Process(
            target=_run,
            args=(
                manage,
                [str(word) for word in words],
                self._files,
                Points(at, act),
                self._passed,
                gate,
                prepare,
            ),
        )

    def start(self) -> Deployer:
        self._process.start()
        return self

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def said(self) -> str:
        """What it has written to standard error so far."""
        return self._files[1].read_text()

    def wait_until_it_says(self, word: str, patience: float = 30) -> None:
        deadline = time.monotonic() + patience
        while word not in self.said:
            assert self._process.is_alive(), f"it ended: {self.said}"
            assert time.monotonic() < deadline, f"it only said: {self.said}"
            time.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def join(self, patience: float = 120) -> Ending:
        """Wait for its end.

        One that hangs is killed, which its ending then says.
        """
        self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code = self._process.exitcode
        assert code is not None
        out, err = (path.read_text() for path in self._files)
        for path in self._files:
            path.unlink()
        passed = self._passed.value
        self._process.close()
        return Ending(code, out, err, passed)

    def run(self) -> Ending:
        return self.start().join()


def _empty_file() -> Path:
    number, name = tempfile.mkstemp(prefix="chaos_")
    os.close(number)
    return Path(name)


def _run(
    manage: Path,
    words: list[str],
    files: list[Path],
    points: Points,
    passed: Any,
    gate: Any,
    prepare: Callable[[], None] | None,
) -> None:
    for number, path in enumerate(files, start=1):
        os.dup2(os.open(path, os.O_WRONLY), number)
    sys.stdout, sys.stderr = _stream(1), _stream(2)
    # Ignored in what a shell has sent to the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(manage.parent)
    sys.argv = [str(manage), *words]
    if prepare is not None:
        prepare()
    points.watch()
    if gate is not None:
        gate.wait()
    try:
        runpy.run_path(str(manage), run_name="__main__")
    finally:
        passed.value = points.passed
        sys.stdout.flush()


def _stream(number: int) -> TextIO:
    return os.fdopen(number, "w", closefd=False)
