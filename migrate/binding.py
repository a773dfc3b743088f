"""Which connection or engine the work runs on.

An operation runs on what it was given; else on what its metadata is bound
to; else on the engine of the change script that is running.  Nothing here
creates an engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from typing import TypeAlias

from sqlalchemy.engine import URL
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.engine import Engine

from migrate.exceptions import UnboundError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = [
    "Bind",
    "bind_of",
    "can_roll_back_ddl",
    "connect",
    "is_in_memory",
    "is_of_old_script",
    "resolve",
    "rolls_back_ddl",
    "running",
    "running_bind",
]

Bind: TypeAlias = Engine | Connection

# By dialect name.  Elsewhere (MySQL, MariaDB, Oracle) each DDL statement
# commits what came before, and Firebird shows a new column only after a
# commit; of an unknown database we promise nothing.
_ROLLS_BACK_DDL = frozenset(
    {"ibm_db_sa", "mssql", "postgresql", "redshift", "sqlite"}
)

_running: ContextVar[Bind | None] = ContextVar("migrate_running", default=None)


@contextmanager
def running(bind: Bind | None) -> Iterator[None]:
    """Make ``bind`` the one of the change script that runs inside.

    With None, it is as if none ran: an engine gives a second connection.
    """
    token = _running.set(bind)
    try:
        yield
    finally:
        _running.reset(token)


def running_bind() -> Bind | None:
    """Return the bind of the running change script, if one runs."""
    return _running.get()


def bind_of(metadata: MetaData | None) -> Bind | None:
    """Return what ``metadata.bind`` was set to.

    SQLAlchemy 2 knows no bound metadata, but lets the attribute be set; this
    is where it lies, inside 1.x style as well as outside.
    """
    bind: Bind | None = vars(metadata).get("bind") if metadata else None
    return bind


def is_of_old_script(metadata: MetaData) -> bool:
    """Tell whether a change script for sqlalchemy-migrate made ``metadata``.

    Only such a script binds it.
    """
    return _running.get() is not None and bind_of(metadata) is not None


def resolve(
    *given: Bind | None,
    metadata: MetaData | None = None,
    purpose: str = "this operation",
) -> Bind:
    """Decide which bind an operation uses.

    :param given: what the caller passed, most specific first.
    :param metadata: the MetaData of the Table that is worked on.
    :param purpose: names the operation in the error message.
    :raises UnboundError: when there is none.

    Metadata bound to the *same database* as the running script yields to
    the script's own connection: a second one would wait for the first for
    ever.  Metadata bound elsewhere keeps its bind.
    """
    for bind in given:
        if bind is not None:
            return bind
    bound, script = bind_of(metadata), _running.get()
    if bound is not None and script is not None:
        return script if _same_database(bound, script) else bound
    bind = bound if bound is not None else script
    if bind is None:
        raise UnboundError(
            f"{purpose} has no connection: pass connection= or engine=, "
            "or bind the metadata (meta.bind = engine)"
        )
    return bind


@contextmanager
def connect(bind: Bind) -> Iterator[Connection]:
    """Give a connection of ``bind`` to execute statements on.

    An engine gives a connection with a transaction that is committed at the
    end, or rolled back on an error.  A connection is given as it is: its
    transaction belongs to the caller.
    """
    if isinstance(bind, Connection):
        yield bind
        return
    with bind.begin() as connection:
        yield connection


def can_roll_back_ddl(bind: Bind) -> bool:
    """Tell whether a rolled back transaction takes its DDL back."""
    return rolls_back_ddl(bind.dialect)


def rolls_back_ddl(dialect: Dialect) -> bool:
    """Tell it of a kind of database."""
    return dialect.name in _ROLLS_BACK_DDL


def is_in_memory(url: URL) -> bool:
    """Tell it of a URL of SQLite, whose engines share it and no data."""
    return url.get_backend_name() == "sqlite" and (
        url.database in (None, "", ":memory:")
    )


def _same_database(one: Bind, other: Bind) -> bool:
    url = one.engine.url
    return one.engine is other.engine or (
        not is_in_memory(url) and url == other.engine.url
    )
