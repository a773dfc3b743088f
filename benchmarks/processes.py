"""Run whole processes in interleaved rounds and compare their medians.

Interleaving (one run of each contestant per round) keeps a slow minute of
the machine from counting against one of them only.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """Seconds of wall and processor time, and peak memory in MB."""

    wall: float
    processor: float
    memory: float


@dataclass(frozen=True)
class Contestant:
    """A command, and what must be done (untimed) before each run of it."""

    name: str
    command: list[str]
    folder: Path
    prepare: Callable[[], None] = lambda: None


def run_once(contestant: Contestant) -> Run:
    contestant.prepare()
    started = time.perf_counter()
    process = subprocess.Popen(
        contestant.command,
        cwd=contestant.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        sys.exit(f"{contestant.name} failed: {errors.decode()[-2000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(title: str, contestants: list[Contestant], rounds: int) -> None:
    """Print medians; the first contestant is the floor, 1.00."""
    runs: dict[str, list[Run]] = {each.name: [] for each in contestants}
    for each in contestants:
        run_once(each)  # warms the byte code and the disk cache
    for _ in range(rounds):
        for each in contestants:
            runs[each.name].append(run_once(each))
    floor = runs[contestants[0].name]
    print(f"\n{title} ({rounds} rounds, medians; ratios of paired rounds)")
    print(f"{'':28} {'wall s':>8} {'x':>6} {'cpu s':>8} {'x':>6} {'MB':>6}")
    for name, measured in runs.items():
        print(
            f"{name:28}"
            f" {statistics.median(run.wall for run in measured):8.3f}"
            f" {_ratio(measured, floor, 'wall'):6.2f}"
            f" {statistics.median(run.processor for run in measured):8.3f}"
            f" {_ratio(measured, floor, 'processor'):6.2f}"
            f" {statistics.median(run.memory for run in measured):6.0f}"
        )


def _ratio(ours: list[Run], floor: list[Run], figure: str) -> float:
    return statistics.median(
        getattr(run, figure) / getattr(base, figure)
        for run, base in zip(ours, floor, strict=True)
    )
