"""What we may not do on the disk, and who may."""

from __future__ import annotations

import os
import stat

__all__ = ["denied_on_disk", "is_visible"]


def is_visible(path: str) -> bool:
    """Tell whether we may see if ``path`` is there."""
    return _closed_folder(path) is None


def denied_on_disk(path: str) -> str:
    """Say who may use a path, or the folder in the way; empty if we may.

    To write a file may need its folder too: a new one does, and SQLite puts
    a journal beside its own.
    """
    place = _closed_folder(path)
    if place is None:
        places = [path, _folder_of(path)]
        place = next(
            (
                each
                for each in places
                if os.path.lexists(each)
                and not os.access(each, os.R_OK | os.W_OK)
            ),
            None,
        )
    if place is None:
        return ""
    about = os.stat(place)
    return (
        f"{place!r} belongs to user {about.st_uid} with mode "
        f"{stat.S_IMODE(about.st_mode):04o}, we are user {_user()}: be that "
        "user, or change its mode"
    )


def _closed_folder(path: str) -> str | None:
    """Return the first folder on the way that we may not enter."""
    place = _folder_of(path)
    folders = [place]
    while place != (place := os.path.dirname(place)):
        folders.append(place)
    for folder in reversed(folders):
        if os.path.isdir(folder) and not os.access(folder, os.X_OK):
            return folder
    return None


def _folder_of(path: str) -> str:
    try:
        return os.path.dirname(os.path.abspath(path))
    except FileNotFoundError:  # the current folder is gone
        return os.path.dirname(path) or os.curdir


def _user() -> object:
    geteuid = getattr(os, "geteuid", None)  # not on Windows
    return geteuid() if geteuid else os.environ.get("USERNAME", "unknown")
