"""In which order gathered operations are done, and which of them together.

Pure: from a list of operations to a list.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from typing import TypeGuard
from typing import cast

from sqlalchemy.schema import Column

from migrate.changeset import following
from migrate.changeset import operations as ops
from migrate.changeset import wording
from migrate.exceptions import NotSupportedError

__all__ = ["renames_last", "runs"]


def renames_last(
    operations: Sequence[ops.Operation], *, alone: bool = False
) -> list[ops.Operation]:
    """Put renames behind all that goes by the old names.

    The Table is as it was until all is done, so every operation spells the
    names of before.  A column that takes the name of a renamed one comes
    after that rename.

    :param alone: put them there in any case: they share no statement.
    :raises NotSupportedError: an operation behind such a column is about the
        renamed one, which the Table does not have by its new name yet.
    """
    ordered: list[ops.Operation] = []
    tables: list[ops.Operation] = []
    for operation in operations:
        if isinstance(operation, ops.RenameTable):
            tables.append(operation)
        else:
            ordered.append(operation)
    for operation in [*ordered]:
        if _renames(operation):
            ordered = _moved(ordered, operation, alone=alone)
    return ordered + tables


def runs(
    operations: Sequence[ops.Operation], *, joins: bool, alone: bool
) -> Iterator[tuple[ops.Operation, ...]]:
    """Split ``operations`` where two cannot share a statement.

    Rows are filled between two runs, and a column that was added in a run is
    altered in the next.  Alterations of a column become one.

    :param joins: a run is one piece of work to the database, so that an
        alteration may be done earlier than it was said.
    :param alone: renames share no statement.
    """
    run: list[ops.Operation] = []
    for operation in operations:
        if run and _needs_run_of_its_own(operation, run):
            yield tuple(run)
            run = []
        stays = alone and _renames(operation)
        place = None if stays else _joined(operation, run, joins=joins)
        if place is None:
            run.append(operation)
        else:
            one, other = cast("tuple[Any, Any]", (run[place], operation))
            run[place] = following.both(one, other)
    if run:
        yield tuple(run)


def _renames(operation: ops.Operation) -> TypeGuard[ops.AlterColumn]:
    return (
        isinstance(operation, ops.AlterColumn)
        and "name" in operation.changes
        and operation.after.name != operation.before.name
    )


def _moved(
    operations: list[ops.Operation], rename: ops.AlterColumn, *, alone: bool
) -> list[ops.Operation]:
    """Part the rename from ``rename`` and put it behind what needs it."""
    column = rename.before
    place = operations.index(rename)
    earlier, later = operations[:place], operations[place + 1 :]
    takers = [i for i, each in enumerate(later) if _takes(each, column.name)]
    cut = takers[0] if takers else len(later)
    before, behind = later[:cut], later[cut:]
    for each in behind[1:]:
        if _touches(each, column):
            raise NotSupportedError(
                f"a batch cannot rename column {column.name!r}, give its "
                "name to another column and go on with the renamed one: use "
                "two batches"
            )
    if not alone and not any(_touches(each, column) for each in before):
        return operations
    stays = rename.after._copy()
    stays.name, stays.key = column.name, column.key
    rest = rename.changes - {"name"}
    return [
        *earlier,
        *([replace(rename, after=stays, changes=rest)] if rest else []),
        *before,
        replace(rename, changes=frozenset({"name"})),
        *behind,
    ]


def _takes(operation: ops.Operation, name: str) -> bool:
    """Tell whether a column is called ``name`` from this operation on."""
    if isinstance(operation, ops.AddColumn):
        return operation.column.name == name
    return _renames(operation) and operation.after.name == name


def _touches(operation: ops.Operation, column: Column[Any]) -> bool:
    """Tell whether carrying out ``operation`` may spell ``column``."""
    if isinstance(operation, ops.AddColumn):
        added = operation.column
        return bool(added.constraints or added.foreign_keys or added.computed)
    if isinstance(operation, ops.AlterColumn):
        return operation.before is column or "computed" in operation.changes
    if isinstance(operation, ops.FillColumn):
        default: Any = operation.column.default
        return operation.column is column or default.is_clause_element
    if isinstance(operation, (ops.AddConstraint, ops.DropConstraint)):
        return _has(operation.constraint, column)
    if isinstance(operation, ops.AddIndex):
        index = operation.index
        return _has(index, column) or wording.index_mentions(index, column)
    return isinstance(operation, ops.DropColumn) and (
        operation.column is column
    )


def _has(holder: Any, column: Column[Any]) -> bool:
    referred = [each.column for each in getattr(holder, "elements", ())]
    return column in {*getattr(holder, "columns", ()), *referred} or (
        wording.mentions(getattr(holder, "sqltext", None), column)
    )


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


def _joined(
    operation: ops.Operation, run: list[ops.Operation], *, joins: bool
) -> int | None:
    """Return the place of an alteration that ``operation`` can become part of.

    One of the same column, with nothing about that column in between; or any
    if the run is one piece of work, but for renames, which have their place.
    """
    if not isinstance(operation, ops.AlterColumn):
        return None
    for place in range(len(run) - 1, -1, -1):
        each = run[place]
        if (
            isinstance(each, ops.AlterColumn)
            and each.before is operation.before
        ):
            return place
        if _touches(each, operation.before) and (
            not joins or "name" in operation.changes
        ):
            return None
    return None
