"""Edits of a CREATE TABLE text which keep every byte not asked for.

Each takes a table as read and returns it as it reads after the edit.
"""

from __future__ import annotations

from itertools import pairwise

from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import COLLATE
from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ColumnDef
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.lists import without_name
from migrate.changeset.sqlite.parser import parse
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant
from migrate.changeset.sqlite.tokens import tokenize

__all__ = [
    "definition_name",
    "renamed",
    "same_sql",
    "scratch",
    "unqualified",
    "with_clause",
    "with_column",
    "with_constraint",
    "with_constraint_name",
    "with_default",
    "with_type",
    "without",
    "without_clauses",
    "without_column",
    "without_key_column",
]

Splice = tuple[int, int, str]


def renamed(table: CreateTable, name: str) -> CreateTable:
    """Give the table another name."""
    return _spliced(table, (*table.name_span, quote(name)))


def with_column(table: CreateTable, definition: str) -> CreateTable:
    """Add a column behind the last, where ADD COLUMN puts it."""
    last = table.columns[-1]
    lead = _lead(table.text, last.start)
    return _spliced(table, (last.end, last.end, f",{lead}{definition}"))


def without_column(table: CreateTable, column: ColumnDef) -> CreateTable:
    """Take the definition of a column out, and nothing else."""
    return _without_element(table, column.start, column.end)


def with_type(
    table: CreateTable, column: ColumnDef, type_text: str
) -> CreateTable:
    """Give a column another type, or one that had none."""
    start, end = column.type_span
    if start == end:
        type_text = f" {type_text}"
    return _spliced(table, (start, end, type_text))


def with_clause(
    table: CreateTable, column: ColumnDef, clause: str
) -> CreateTable:
    """Add a clause such as ``NOT NULL`` at the end of a column."""
    return _spliced(table, (column.end, column.end, f" {clause}"))


def with_default(
    table: CreateTable, column: ColumnDef, default: str
) -> CreateTable:
    """Give a column a default, or another in the place of the one it has."""
    clauses = column.clauses_of(DEFAULT)
    if not clauses:
        return with_clause(table, column, f"DEFAULT {default}")
    return _spliced(table, (*clauses[-1].argument, default))


def without_clauses(
    table: CreateTable, column: ColumnDef, kind: str
) -> CreateTable:
    """Take all clauses of ``kind`` out of a column."""
    splices = [
        (*_with_space_before(table.text, clause.start, clause.end), "")
        for clause in column.clauses_of(kind)
    ]
    return _spliced(table, *splices)


def with_constraint(table: CreateTable, constraint: str) -> CreateTable:
    """Add a constraint at the end of the table's own."""
    last = (table.constraints or table.columns)[-1]
    lead = _lead(table.text, last.start)
    return _spliced(table, (last.end, last.end, f",{lead}{constraint}"))


def without(table: CreateTable, constraint: ConstraintDef) -> CreateTable:
    """Take a constraint out, of a column or of the table."""
    start, end = constraint.start, constraint.end
    if constraint.in_column:
        start, end = _with_space_before(table.text, start, end)
        return _spliced(table, (start, end, ""))
    return _without_element(table, start, end)


def with_constraint_name(
    table: CreateTable, constraint: ConstraintDef, name: str
) -> CreateTable:
    """Name a constraint, or give it another name."""
    if constraint.name_span is not None:
        return _spliced(table, (*constraint.name_span, quote(name)))
    start = constraint.start
    return _spliced(table, (start, start, f"CONSTRAINT {quote(name)} "))


def without_key_column(
    table: CreateTable, constraint: ConstraintDef, name: str
) -> CreateTable:
    """Take one column out of a key over several."""
    start, end = constraint.argument
    return _spliced(
        table, (start, end, without_name(table.text[start:end], name))
    )


def unqualified(table: CreateTable) -> CreateTable:
    """Let no CHECK name the table: ``t.a > 0`` becomes ``a > 0``."""
    splices: list[Splice] = []
    for check in table.of_kind(CHECK):
        start, end = check.argument
        tokens = significant(table.text[start:end])
        for owner, dot in pairwise(tokens):
            if dot.is_operator(".") and same_name(owner.name, table.name):
                splices.append((start + owner.start, start + dot.end, ""))
    return _spliced(table, *splices)


def scratch(
    table: CreateTable, name: str, *, keys: bool = True
) -> CreateTable:
    """Make a table of the same storage, and without what checks its rows.

    :param keys: with the keys that have b-trees of their own.

    It has the columns, collations, keys and computed values.  It has no
    CHECK, NOT NULL or REFERENCES: rows copied from a table that has them
    need no second look, and rows which broke them before (``PRAGMA
    ignore_check_constraints``) must not be lost now.
    """
    kept = [COLLATE, DEFAULT, GENERATED]
    if keys:
        kept.append(UNIQUE)
    if keys or table.without_rowid or table.rowid_alias is not None:
        kept.append(PRIMARY_KEY)
    elements = [
        " ".join(
            [table.text[column.start : column.type_span[1]]]
            + [
                table.text[clause.start : clause.end]
                for clause in column.clauses
                if clause.kind in kept
            ]
        )
        for column in table.columns
    ]
    elements += [
        table.text[constraint.start : constraint.end]
        for constraint in table.constraints
        if constraint.kind in kept
    ]
    body = ",\n".join(elements)
    tail = table.text[table.body_end :]
    return parse(f"CREATE TABLE {quote(name)} (\n{body}\n{tail}")


def _spliced(table: CreateTable, *splices: Splice) -> CreateTable:
    text = table.text
    for start, end, new in sorted(splices, reverse=True):
        text = _joined(_joined(text[:start], new), text[end:])
    return parse(text)


def _joined(left: str, right: str) -> str:
    """Put two texts together; their tokens must not become one.

    SQLite stores ``DEFAULT(3)`` and ``VARCHAR(9)NOT NULL`` as written.
    """
    ends = left[-1:], right[:1]
    one_word = all(map(_in_word, ends))
    one_string = ends[0] == ends[1] and ends[0] in ("'", '"', "`")
    return f"{left} {right}" if one_word or one_string else left + right


def _in_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "$") or character > "\x7f"


def _lead(text: str, start: int) -> str:
    """Return the line break and indent before ``start``, or one space."""
    before = text[:start]
    space = before[len(before.rstrip()) :]
    return space if "\n" in space else " "


def _with_space_before(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to the white space before it, for taking it out."""
    while start and text[start - 1] in " \t":
        start -= 1
    if start and text[start - 1] in "\r\n":
        return _with_line_before(text, start, end)
    return start, end


def _with_line_before(text: str, start: int, end: int) -> tuple[int, int]:
    """Take whole lines out, unless a ``--`` comment needs its line end."""
    stripped = len(text[:start].rstrip())
    comment = any(
        token.kind == "comment" and token.end in (stripped, start)
        for token in tokenize(text[:start])
    )
    return (start if comment else stripped), end


def _without_element(table: CreateTable, start: int, end: int) -> CreateTable:
    """Take a column or constraint out of the list, with one comma.

    That is the comma behind it, unless it is the last: a table constraint
    may follow another without a comma, and must not join a column then.
    """
    tokens = [
        token
        for token in tokenize(table.text)
        if token.kind not in ("space", "comment")
    ]
    before = [token for token in tokens if token.end <= start][-1]
    after = next(token for token in tokens if token.start >= end)
    start, end = _with_space_before(table.text, start, end)
    splices: list[Splice] = [(start, end, "")]
    if after.is_operator(","):
        splices = [(start, end, ""), (after.start, after.end, "")]
    elif before.is_operator(",") and after.start == table.body_end:
        splices = [(start, end, ""), (before.start, before.end, "")]
    return _spliced(table, *splices)


def definition_name(definition: str) -> str:
    """Return the name of the column that ``definition`` defines."""
    return parse(f"CREATE TABLE t ({definition})").columns[0].name


def same_sql(one: str, other: str) -> bool:
    """Tell whether two texts differ only in space, comments and case."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return [
        fold(token.text) if token.kind == "word" else token.text
        for token in significant(text)
    ]
