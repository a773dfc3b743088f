"""SQLAlchemy 1.x style for change scripts.

Gives meaning to what SQLAlchemy 1.3 and 1.4 accepted and 2.x refuses, for as
long as a scope is open.  Scopes may nest and threads may overlap; when the
last one ends, every patched attribute is the object that it was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from migrate import binding
from migrate.legacy import bound
from migrate.legacy import coercions
from migrate.legacy import constructs
from migrate.legacy import ddl
from migrate.legacy import dml
from migrate.legacy import engine
from migrate.legacy import execution
from migrate.legacy import lending
from migrate.legacy import modules
from migrate.legacy import namedtypes
from migrate.legacy import names
from migrate.legacy import orm
from migrate.legacy import outside
from migrate.legacy import queries
from migrate.legacy import reflection
from migrate.legacy import removed
from migrate.legacy import rows
from migrate.legacy import schemaitems
from migrate.legacy import sessions
from migrate.legacy import starred
from migrate.legacy import types
from migrate.legacy.memory import Memory
from migrate.legacy.patching import PatchSet

__all__ = ["PATCHES", "Memory", "install", "installed", "style", "uninstall"]

#: Every 1.x form, as data: owner, name, how a script writes it, what it does.
PATCHES = PatchSet(
    [
        *bound.PATCHES,
        *coercions.PATCHES,
        *constructs.PATCHES,
        *ddl.PATCHES,
        *dml.PATCHES,
        *execution.PATCHES,
        *modules.PATCHES,
        *namedtypes.PATCHES,
        *names.PATCHES,
        *orm.PATCHES,
        *queries.PATCHES,
        *reflection.PATCHES,
        *removed.PATCHES,
        *rows.PATCHES,
        *schemaitems.PATCHES,
        *sessions.PATCHES,
        *starred.PATCHES,
        *types.PATCHES,
    ]
)


def install() -> None:
    """Turn 1.x style on for the whole process; counts."""
    PATCHES.install()


def uninstall() -> None:
    """Take one :func:`install` back.

    :raises RuntimeError: without an :func:`install` to go with it.
    """
    PATCHES.uninstall()


def installed() -> AbstractContextManager[None]:
    """Turn 1.x style on for a ``with`` block, without a connection."""
    return PATCHES.installed()


@contextmanager
def style(
    connection: Connection,
    *,
    transactional: bool = True,
    memory: Memory | None = None,
) -> Iterator[Engine]:
    """Run a change script in 1.x style on ``connection``.

    Gives the ``migrate_engine``, which is also the bind of the running script
    (:func:`migrate.binding.running_bind`).  It is of use inside the block
    only, and does not close the connection.

    :param transactional: what the script commits is a savepoint inside the
        transaction of ``connection``; one is begun if there is none, and
        the caller commits it or rolls it back.  Otherwise what the script
        commits is committed, and the driver is in autocommit mode; the
        transaction of ``connection`` is committed first.
    :param memory: of the tables, for all scripts of a run; only they may
        change the database meanwhile, else :meth:`.Memory.doubt`.
    """
    with (
        installed(),
        outside.told(),
        engine.on(
            connection, transactional=transactional, memory=memory
        ) as migrate_engine,
        binding.running(migrate_engine),
    ):
        try:
            yield migrate_engine
        finally:
            lending.take_back(migrate_engine)
