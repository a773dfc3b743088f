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
    table: Table,
    operations: Iterable[ops.Operation],
    bind: Bind,
    undo: ExitStack | None = None,
) -> None:
    """Do ``operations`` on ``bind``, or leave them to the open batch.

    :param undo: takes what was added out of the Table again, on an error.
    """
    gathered = (_batches.get() or {}).get(table)
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
        for operation in operations:
            metadata.follow(operation, shrinks_indexes=editor.shrinks_indexes)
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
        perform(
            table,
            _in_runs(table, gathered.operations),
            bind,
            gathered.undo.pop_all(),
        )


def _in_runs(
    table: Table, operations: list[ops.Operation]
) -> Iterator[ops.Operation]:
    """Join operations to batches; filling rows stands between two."""
    run: list[ops.Operation] = []
    for operation in operations:
        if isinstance(operation, ops.FillColumn):
            yield from _joined(table, run)
            yield operation
            run = []
        else:
            run.append(operation)
    yield from _joined(table, run)


def _joined(table: Table, run: list[ops.Operation]) -> Iterator[ops.Operation]:
    if len(run) > 1:
        yield ops.Batch(table, tuple(run))
    else:
        yield from run
