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
from migrate.changeset import metadata
from migrate.changeset import operations as ops
from migrate.changeset.databases import editor_for

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
        gathered.operations.extend(operations)
        if undo is not None:
            gathered.undo.push(undo.pop_all())
        return
    with undo or ExitStack() as stack:
        operations = [*operations]
        with binding.connect(bind) as connection:
            editor = editor_for(connection.dialect)
            for operation in operations:
                if editor.is_needed(operation, connection):
                    editor.run(connection, operation)
            habits = editor.habits(connection)
        for operation in operations:
            metadata.follow(operation, habits)
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
        joined = [
            run[0] if len(run) == 1 else ops.Batch(table, run)
            for run in _runs(gathered.operations)
        ]
        perform(table, joined, bind, gathered.undo.pop_all())


def _runs(
    operations: list[ops.Operation],
) -> Iterator[tuple[ops.Operation, ...]]:
    """Split ``operations`` where two cannot share a statement.

    Rows are filled between two runs, and a column that was added in a run is
    altered in the next.  Several alterations of a column become one.
    """
    run: list[ops.Operation] = []
    for operation in operations:
        if run and _needs_run_of_its_own(operation, run):
            yield tuple(run)
            run = []
        previous = run[-1] if run else None
        if (
            isinstance(operation, ops.AlterColumn)
            and isinstance(previous, ops.AlterColumn)
            and previous.before is operation.before
        ):
            run[-1] = metadata.both(previous, operation)
        else:
            run.append(operation)
    if run:
        yield tuple(run)


def _needs_run_of_its_own(
    operation: ops.Operation, run: list[ops.Operation]
) -> bool:
    if isinstance(operation, ops.FillColumn) or isinstance(
        run[-1], ops.FillColumn
    ):
        return True
    added = [each.column for each in run if isinstance(each, ops.AddColumn)]
    return isinstance(operation, ops.AlterColumn) and any(
        column is operation.before for column in added
    )
