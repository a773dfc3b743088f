"""Disks of a trial's own, in memory: small ones, and full ones."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

__all__ = ["can_mount", "filled", "grow", "mounted"]


@cache
def can_mount() -> bool:
    """Tell whether a small disk can be made; few containers may."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with mounted(Path(folder), "200k"):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


@contextmanager
def mounted(folder: Path, size: str | None) -> Iterator[None]:
    """Mount a disk on ``folder``, if it has a size."""
    if size is None:
        yield
        return
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        # Lazily: a server that was killed may not be quite gone.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def grow(folder: Path, size: str) -> None:
    """Give a mounted disk more room."""
    _mount("-o", f"remount,size={size}", str(folder))


@contextmanager
def filled(folder: Path, room: int) -> Iterator[None]:
    """Fill a disk up inside, to the last ``room`` kilobytes."""
    ballast = folder / "ballast"
    disk = os.statvfs(folder)
    size = disk.f_bavail * disk.f_bsize - room * 1024
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, size))
    try:
        yield
    finally:
        ballast.unlink()


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
