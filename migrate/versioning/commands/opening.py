"""What commands are given: a repository, or a database with one."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

from migrate.versioning.commands import options
from migrate.versioning.repository import Repository
from migrate.versioning.session.engine import engine_of

if TYPE_CHECKING:
    from os import PathLike

    from sqlalchemy.engine import URL
    from sqlalchemy.engine import Engine

    from migrate.versioning.schema import ControlledSchema

    Database: TypeAlias = str | URL | Engine
    Folder: TypeAlias = str | PathLike[str] | Repository

__all__ = ["controlled", "repository_of"]


def repository_of(given: Folder) -> Repository:
    """Return the repository passed, or the one in a folder."""
    if isinstance(given, Repository):
        return given
    return Repository(options.path("repository", given))


@contextmanager
def controlled(
    url: Database, repository: Folder, opts: Mapping[str, Any]
) -> Iterator[ControlledSchema]:
    """Give a database under control; an engine made here ends with it."""
    from migrate.versioning.schema import ControlledSchema  # SQLAlchemy

    with engine_of(url, opts) as engine:
        found = repository_of(repository)
        limits = options.limits(opts, found.lock_timeout)
        yield ControlledSchema(engine, found, limits=limits)
