"""Does the operations of a call: at once, or gathered in a batch.

They run on one connection; when all are done, the Table follows.  Inside
``with batch(table)`` they are gathered and done at the end of the block.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.schema import Table

from migrate import binding
from migrate.binding import Bind
from migrate.changeset import following
from migrate.changeset import operations as ops
from migrate.changeset.databases import editor_for
from migrate.changeset.order import renames_last
from migrate.changeset.order import runs

__all__ = ["batch", "perform"]


@dataclass
class _Gathered:
    """The operations of an open batch, and how to take back its additions."""

    operations: list[ops.Operation] = field(default_factory=list)
    undo: ExitStack = field(default_factory=ExitStack)


_batches: ContextVar[dict[Table, _Gathered] | None] = ContextVar(
    "migrate_batches", default=None
)


def perform(
    table: Table | None,
    operations: Iterable[ops.Operation],
    bind: Bind,
    undo: ExitStack | None = None,
) -> None:
    """Do ``operations`` on ``bind``, or leave them to the open batch.

    :param undo: takes what was added out of the Table again, on an error.
    """
    gathered = (_batches.get() or {}).get(table) if table is not None else None
    if gathered is not None:
        if undo is not None:
            gathered.undo.push(undo.pop_all())
        for operation in operations:
            gathered.operations.append(operation)
            gathered.undo.callback(following.retract, operation)
        return
    with undo or ExitStack() as stack:
        operations = [*operations]
        for operation in operations:
            stack.callback(following.retract, operation)
        with binding.connect(bind) as connection:
            editor = editor_for(connection.dialect)
            for operation in operations:
                needed = editor.needed(operation, connection)
                if needed is not None:
                    editor.run(connection, needed)
            habits = editor.habits(connection)
        for operation in operations:
            following.follow(operation, habits)
        stack.pop_all()


@contextmanager
def batch(table: Table, bind: Bind) -> Iterator[None]:
    """Gather what is done to ``table`` inside; see ChangesetTable.batch."""
    gathered = _Gathered()
    token = _batches.set({**(_batches.get() or {}), table: gathered})
    with gathered.undo:
        try:
            yield
        finally:
            _batches.reset(token)
        editor = editor_for(bind.dialect)
        alone = editor.renames_alone
        ordered = renames_last(gathered.operations, alone=alone)
        joined = [
            run[0] if len(run) == 1 else ops.Batch(table, run)
            for run in runs(
                ordered, joins=editor.joins_operations, alone=alone
            )
        ]
        perform(table, joined, bind, gathered.undo.pop_all())
