"""What uses a column, and what goes with it when it is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.objects import concerned
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import StoredObject
from migrate.changeset.sqlite.tokens import Token
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import identifiers_in
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant
from migrate.exceptions import NotSupportedError

__all__ = ["Fallout", "fallout", "key_users"]


@dataclass
class Fallout:
    """What happens when a column goes.

    :ivar table: the definition without the column's constraints.
    :ivar with_it: what goes too, in words.
    :ivar indexes: what becomes of its indexes: the new text, or None.
    :ivar keyed: whether a b-tree of a constraint is among it.
    """

    table: CreateTable
    with_it: list[str] = field(default_factory=list)
    indexes: dict[str, str | None] = field(default_factory=dict)
    keyed: bool = False


def fallout(catalogue: Catalogue, draft: Draft, name: str) -> Fallout:
    """Work out what goes with a column.

    Constraints and indexes that contain it go, as they did with the old
    library; an index over several columns shrinks, and so does a primary
    key.  A rule over several columns is not dropped unasked.

    :raises NotSupportedError: with the list of what else uses it.
    """
    column = draft.table.column(name)
    if draft.table.without_rowid and _names(draft.table.primary_key) == (
        _names((name,))
    ):
        raise NotSupportedError(
            f"column {column.name!r} is the primary key of table "
            f"{draft.table.name!r}, which is WITHOUT ROWID and cannot be "
            "without one; create another table"
        )
    in_the_way = [
        *_expressions(draft.table, name),
        *_indexes_computing(draft, name),
        *_foreign_keys_to(catalogue, draft, name),
        *_texts(catalogue, draft, name),
    ]
    if in_the_way:
        raise NotSupportedError(
            f"column {column.name!r} of table {draft.table.name!r} is used "
            f"by {', '.join(in_the_way)}; drop or change that first"
        )
    result = Fallout(draft.table)
    result.keyed = column.has(UNIQUE) or column.has(PRIMARY_KEY)
    _drop_constraints(result, column.name)
    _drop_indexes(result, draft, column.name)
    return result


def key_users(
    catalogue: Catalogue, draft: Draft, key: ConstraintDef
) -> list[str]:
    """Name the foreign keys which need ``key``, unique or primary."""
    return [
        f"foreign key ({', '.join(foreign.columns)}) of table {owner!r}"
        for owner, foreign in catalogue.referrers(draft.stored)
        if _names(foreign.referenced_columns or draft.table.primary_key)
        == _names(key.columns)
        and (foreign.referenced_columns or key.kind == PRIMARY_KEY)
    ]


def _names(columns: tuple[str, ...]) -> list[str]:
    return sorted(fold(column) for column in columns)


def _mentioned(table: CreateTable, span: tuple[int, int]) -> set[str]:
    """Return the columns of ``table`` that a part of its text mentions."""
    words = identifiers_in(table.slice(span))
    return {
        fold(column.name)
        for column in table.columns
        if fold(column.name) in words
    }


def _expressions(table: CreateTable, name: str) -> Iterator[str]:
    """Find checks over several columns, and computed columns."""
    for column in table.columns:
        if same_name(column.name, name):
            continue
        for clause in column.clauses:
            if clause.kind in (GENERATED, CHECK) and (
                fold(name) in _mentioned(table, clause.argument)
            ):
                yield f"{clause.kind} of column {column.name!r}"
    for constraint in table.constraints:
        if constraint.kind == CHECK:
            mentioned = _mentioned(table, constraint.argument)
            if fold(name) in mentioned and len(mentioned) > 1:
                yield _called(table, constraint)


def _called(table: CreateTable, constraint: ConstraintDef) -> str:
    text = " ".join(table.text[constraint.body : constraint.end].split())
    name = f" {constraint.name!r}" if constraint.name else ""
    return f"constraint{name} {text}"


def _indexes_computing(draft: Draft, name: str) -> Iterator[str]:
    for index, text in draft.indexes.items():
        if parse_index(text).computes_with(name):
            yield f"index {index!r}"


def _foreign_keys_to(
    catalogue: Catalogue, draft: Draft, name: str
) -> Iterator[str]:
    for owner, foreign in catalogue.referrers(draft.stored):
        columns = foreign.referenced_columns or draft.table.primary_key
        own = same_name(owner, draft.table.name) and any(
            same_name(each, name) for each in foreign.columns
        )
        if not own and any(same_name(each, name) for each in columns):
            listed = ", ".join(foreign.columns)
            yield f"foreign key ({listed}) of table {owner!r}"


def _texts(catalogue: Catalogue, draft: Draft, name: str) -> Iterator[str]:
    """Find what goes on compiling without the column, and does not mean it.

    A name in double quotes becomes a string (quirks, section 8), and an
    UPDATE OF takes any name.  The rest shows when it is compiled.
    """
    for row in concerned(catalogue, draft.table.name):
        tokens = significant(row.sql or "")
        quoted = any(
            token.text.startswith('"') and same_name(token.name, name)
            for token in tokens
        )
        watched = False
        if row.type == "trigger" and same_name(
            row.table_name, draft.table.name
        ):
            watched = any(
                same_name(token.name, name) for token in _update_of(row)
            )
        if quoted or watched:
            yield str(row)


def _update_of(trigger: StoredObject) -> Iterator[Token]:
    """Yield the tokens between UPDATE OF and ON."""
    inside = False
    before = None
    for token in significant(trigger.sql or ""):
        if inside and token.is_word("ON"):
            return
        if inside:
            yield token
        if (
            token.is_word("OF")
            and before is not None
            and before.is_word("UPDATE")
        ):
            inside = True
        before = token


def _drop_constraints(result: Fallout, name: str) -> None:
    while True:
        table = result.table
        for constraint in table.constraints:
            if _contains(table, constraint, name):
                break
        else:
            return
        if constraint.kind == PRIMARY_KEY and len(constraint.columns) > 1:
            result.with_it.append(f"its part in {_called(table, constraint)}")
            result.table = edits.without_key_column(table, constraint, name)
        else:
            result.with_it.append(_called(table, constraint))
            result.table = edits.without(table, constraint)
        if constraint.kind in (PRIMARY_KEY, UNIQUE):
            result.keyed = True


def _contains(
    table: CreateTable, constraint: ConstraintDef, name: str
) -> bool:
    if constraint.kind == CHECK:
        return fold(name) in _mentioned(table, constraint.argument)
    if constraint.kind in (UNIQUE, PRIMARY_KEY, FOREIGN_KEY):
        return any(same_name(each, name) for each in constraint.columns)
    return False


def _drop_indexes(result: Fallout, draft: Draft, name: str) -> None:
    for index, text in draft.indexes.items():
        read = parse_index(text)
        if not read.has_plain(name):
            continue
        if all(same_name(each, name) for each in read.columns):
            result.indexes[index] = None
            result.with_it.append(f"index {index!r}")
        else:
            result.indexes[index] = read.without(name)
            result.with_it.append(f"its part in index {index!r}")
