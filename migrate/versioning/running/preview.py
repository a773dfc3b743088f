"""The SQL that steps would send, without leaving anything behind.

Where the database takes back schema changes, the scripts run for real in a
transaction that is rolled back.  Elsewhere nothing but reading is sent, so a
script that needs what an earlier statement did cannot be shown, nor can one
that changes something by a cursor of the driver.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import NotSupportedError
from migrate.sqltext.comments import bare
from migrate.sqltext.control import is_control
from migrate.sqltext.kind import asks_catalogue
from migrate.sqltext.kind import is_query
from migrate.versioning.lock import lock_for
from migrate.versioning.lock import own_session
from migrate.versioning.running.sealed import sealed
from migrate.versioning.script import SqlScript
from migrate.versioning.session.cancelling import cancellable
from migrate.watching import ELSEWHERE
from migrate.watching import watched

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Engine

    from migrate.versioning.steps import Step

__all__ = ["preview"]

# Sent in the place of what is withheld: a cursor that never executed
# anything has no answer to the questions that SQLAlchemy asks it afterwards.
_NOTHING = {"mysql": "DO 0", "mariadb": "DO 0", "oracle": "BEGIN NULL; END;"}
_MOST_PARAMETERS = 5
_WIDEST = 500


def preview(
    engine: Engine, steps: Iterable[Step]
) -> Iterator[tuple[Step, list[str]]]:
    """Give each step with the statements of it that change something.

    :raises NotSupportedError: at a step whose statements cannot be known
        without changing the database.

    A SQL script is given as it is written.  Locks are taken as the steps
    would take them, and let go at the end.
    """
    with own_session(engine, runs_scripts=True) as connection:
        if can_roll_back_ddl(connection):
            yield from _tried(connection, steps)
        else:
            yield from _withheld(connection, steps)


def _tried(
    connection: Connection, steps: Iterable[Step]
) -> Iterator[tuple[Step, list[str]]]:
    lock = lock_for(connection)
    with (
        lock.session(),
        cancellable(connection),
        sealed(connection, lock),
    ):
        for step in steps:
            if not step.script.transactional:
                raise NotSupportedError(
                    f"the SQL of {step.script} and after cannot be shown "
                    "without running it: it runs outside a transaction"
                )
            with _recorded(connection, is_sent=bool) as statements:
                step.script.run(connection, step.direction)
            yield step, _shown(step, statements)


def _withheld(
    connection: Connection, steps: Iterable[Step]
) -> Iterator[tuple[Step, list[str]]]:
    for step in steps:
        if isinstance(step.script, SqlScript):
            yield step, _shown(step, [])
            continue
        try:
            with _recorded(connection, is_sent=is_query) as statements:
                step.script.run(connection, step.direction)
        except SQLAlchemyError as error:
            raise NotSupportedError(
                f"the SQL of {step.script} cannot be shown: it builds on "
                "changes before it, which "
                f"{connection.dialect.name} cannot try and take back; "
                "--preview_py shows the Python"
            ) from error
        finally:
            connection.rollback()
        yield step, _shown(step, statements)


def _shown(step: Step, statements: list[str]) -> list[str]:
    if isinstance(step.script, SqlScript):
        return [step.script.source().strip()]
    return statements


@contextmanager
def _recorded(
    connection: Connection, is_sent: Callable[[str], object]
) -> Iterator[list[str]]:
    """Collect what this thread has the database change.

    :param is_sent: tells which statements the database gets to see.

    The events are those of the dialect, the one thing that the connections
    which 1.x style makes of this one have in common with it.
    """
    statements: list[str] = []
    thread = threading.get_ident()

    def execute(
        cursor: Any, statement: str, parameters: Any, context: Any
    ) -> bool:
        if threading.get_ident() != thread:
            return False
        reads = context.execution_options.get("migrate_reading")
        if not (reads or asks_catalogue(statement) or is_control(statement)):
            statements.append(_text(statement, parameters, context))
        if is_sent(statement):
            return False
        if context.dialect.name in _NOTHING:
            cursor.execute(_NOTHING[context.dialect.name])
        return True

    def execute_bare(cursor: Any, statement: str, context: Any) -> bool:
        return execute(cursor, statement, None, context)

    def look(statement: str) -> AbstractContextManager[None]:
        if statement is ELSEWHERE and not is_sent(statement):
            raise NotSupportedError(
                "the script works past its connection, with another engine, "
                "driver or process, which a preview would do for real; "
                "--preview_py shows the Python"
            )
        if not is_sent(statement):
            words = " ".join(bare(statement).split())
            raise NotSupportedError(
                f"{_cut(words)!r} is sent by a cursor of "
                "the driver, which cannot be shown without being run; "
                "--preview_py shows the Python"
            )
        if not (asks_catalogue(statement) or is_control(statement)):
            is_shown = statement is not ELSEWHERE
            statements.append(
                statement.strip() if is_shown else f"-- {statement}"
            )
        return nullcontext()

    listeners: dict[str, Callable[..., bool]] = {
        "do_execute": execute,
        "do_executemany": execute,
        "do_execute_no_params": execute_bare,
    }
    for name, listener in listeners.items():
        event.listen(connection.engine, name, listener)
    try:
        with watched(look):
            yield statements
    finally:
        for name, listener in listeners.items():
            event.remove(connection.engine, name, listener)


def _text(statement: str, parameters: Any, context: Any) -> str:
    """Write a statement down, its parameters as comments below."""
    if not parameters:
        is_doubled = context.compiled is not None and (
            context.dialect.paramstyle in ("format", "pyformat")
        )
        text = statement.replace("%%", "%") if is_doubled else statement
        return text.strip()
    sets = parameters if isinstance(parameters, list) else [parameters]
    lines = [_cut(f"-- with {one!r}") for one in sets[:_MOST_PARAMETERS]]
    if len(sets) > _MOST_PARAMETERS:
        lines.append(f"-- and {len(sets) - _MOST_PARAMETERS} more")
    return "\n".join([statement.strip(), *lines])


def _cut(line: str) -> str:
    return line if len(line) <= _WIDEST else line[:_WIDEST] + "..."
