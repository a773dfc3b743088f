"""Convert a repository from before release 0.4.5, a folder per version.

``versions/2/2.py`` becomes ``versions/002.py``, and
``versions/2/2.mysql.upgrade.sql`` becomes ``002_mysql_upgrade.sql``.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from os import PathLike
from os.path import join
from typing import NoReturn

from migrate.exceptions import Error
from migrate.exceptions import InvalidRepositoryError

__all__ = [
    "delete_directory",
    "delete_file",
    "main",
    "migrate_repository",
    "move_file",
    "usage",
]

log = logging.getLogger(__name__)

_FOLDER = re.compile(r"0|[1-9][0-9]*")
_SQL = re.compile(r"(\w+)\.(\w+)\.sql")
_COMMENTS = re.compile(rb"(\s|#[^\n]*)*")


def usage() -> NoReturn:
    """Say how to call the command, and exit with 1."""
    sys.stdout.write(
        f"Usage: {sys.argv[0]} REPOSITORY\n"
        "Convert a repository with a folder for each version to the layout\n"
        "with one folder of numbered files.\n"
        "Make a copy of it first.\n"
    )
    sys.exit(1)


def delete_file(filepath: str) -> None:
    """Remove a file."""
    log.info("Deleting file: %s", filepath)
    os.remove(filepath)


def move_file(src: str, tgt: str) -> None:
    """Rename a file; what is at ``tgt`` is never replaced.

    :raises FileExistsError: when there is something.
    """
    log.info("Moving file %s to %s", src, tgt)
    if os.path.lexists(tgt):
        raise FileExistsError(f"{tgt} exists already")
    os.rename(src, tgt)


def delete_directory(dirpath: str) -> None:
    """Remove a folder, which must be empty."""
    log.info("Deleting directory: %s", dirpath)
    os.rmdir(dirpath)


def migrate_repository(repos: str | PathLike[str]) -> None:
    """Convert the repository at ``repos``.

    :raises InvalidRepositoryError: when it is none, when a version has files
        that are no change scripts, or when a new name is taken.  Nothing is
        touched then.

    Each script is renamed in one go, so that a conversion that was
    interrupted goes on where it stopped when it is called again.
    """
    versions = join(repos, "versions")
    if not os.path.isdir(versions):
        raise InvalidRepositoryError(
            f"{os.fspath(repos)!r} is no repository: it has no versions"
        )
    folders = [
        join(versions, name)
        for name in sorted(os.listdir(versions))
        if _FOLDER.fullmatch(name) and os.path.isdir(join(versions, name))
    ]
    moves = [move for folder in folders for move in _moves(folder)]
    for _, target in moves:
        if os.path.lexists(target):
            raise InvalidRepositoryError(
                f"{target} exists already: move it away first; "
                "nothing was changed"
            )
    for source, target in moves:
        move_file(source, target)
    for folder in folders:
        _remove_rest(folder)


def main() -> int:
    """Run the command ``migrate-repository``; return its exit code."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        usage()
    try:
        migrate_repository(sys.argv[1])
    except (Error, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _moves(folder: str) -> Iterator[tuple[str, str]]:
    """Give old and new path of each script in the folder of a version.

    :raises InvalidRepositoryError: when another file would be lost.
    """
    versions, number = os.path.split(folder)
    for name in sorted(os.listdir(folder)):
        path = join(folder, name)
        stem = f"{int(number):03d}"
        sql = _SQL.fullmatch(name.removeprefix(f"{number}."))
        if name == f"{number}.py":
            yield path, join(versions, f"{stem}.py")
        elif sql and name.startswith(f"{number}."):
            yield path, join(versions, f"{stem}_{sql[1]}_{sql[2]}.sql")
        elif not _is_disposable(path):
            raise InvalidRepositoryError(
                f"{path} is no change script of version {number} "
                f"(expected {number}.py or {number}.DATABASE.OPERATION.sql): "
                "move it away first; nothing was changed"
            )


def _is_disposable(path: str) -> bool:
    """Whether Python makes it again, or it says nothing."""
    name = os.path.basename(path)
    if os.path.isdir(path):
        return name == "__pycache__"
    if name == "__init__.py":
        with open(path, "rb") as file:
            return _COMMENTS.fullmatch(file.read()) is not None
    return name.endswith((".pyc", ".pyo"))


def _remove_rest(folder: str) -> None:
    for name in os.listdir(folder):
        path = join(folder, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            delete_file(path)
    delete_directory(folder)


if __name__ == "__main__":
    sys.exit(main())
