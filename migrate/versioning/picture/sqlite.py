"""SQLite: what its stored texts say, however they are laid out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import text

from migrate.changeset.sqlite import createtable
from migrate.changeset.sqlite.parser import parse
from migrate.changeset.sqlite.tokens import significant
from migrate.changeset.sqlite.tokens import unquote
from migrate.exceptions import NotSupportedError
from migrate.versioning.picture.base import Fact
from migrate.versioning.picture.base import fact_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.changeset.sqlite.createtable import ColumnDef
    from migrate.changeset.sqlite.createtable import ConstraintDef
    from migrate.changeset.sqlite.createtable import CreateTable

__all__ = ["facts"]

# What SQLite keeps for itself has no text, or a name that it reserves.
_OBJECTS = text(
    "SELECT type, name, tbl_name, sql FROM sqlite_master"
    " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY type, name"
)
_CONSTRAINTS = (
    createtable.PRIMARY_KEY,
    createtable.UNIQUE,
    createtable.CHECK,
    createtable.FOREIGN_KEY,
)
_VERBATIM = ("string", "quoted")
_PLAIN = re.compile(r"[^\W\d]\w*")
_CREATE = re.compile(r"create (temp |temporary )?(unique )?index .*? on ")


def facts(connection: Connection) -> list[Fact]:
    """Read the schema."""
    found: list[Fact] = []
    for kind, name, table, sql in connection.execute(_OBJECTS):
        if kind == "table":
            found += _table_facts(name, sql)
        elif kind == "index":
            found.append(_fact(kind, name, table, _index(sql)))
        else:
            owner = table if kind == "trigger" else None
            found.append(_fact(kind, name, owner, _plain(sql)))
    return found


def _table_facts(name: str, sql: str) -> Iterator[Fact]:
    try:
        table = parse(sql)
    except NotSupportedError:
        # A virtual table, or newer than the parser.
        yield _fact("table", name, None, _plain(sql))
        return
    options = ", ".join(sorted(table.options))
    yield fact_of({"kind": "table", "name": name, "options": options})
    for column in table.columns:
        yield _column_fact(name, table, column)
    for constraint in table.of_kind(*_CONSTRAINTS):
        definition = _definition(table, constraint)
        yield _fact("constraint", constraint.name, name, definition)


def _column_fact(name: str, table: CreateTable, column: ColumnDef) -> Fact:
    is_rowid = table.rowid_alias == column.name
    is_required = is_rowid or column.has(createtable.NOT_NULL)
    return fact_of(
        {
            "kind": "column",
            "name": column.name,
            "table_name": name,
            "type": _plain(table.type_of(column)),
            "nullable": "no" if is_required else "yes",
            "default": _argument(table, column, createtable.DEFAULT),
            "collation": _argument(table, column, createtable.COLLATE),
            "generated": _argument(table, column, createtable.GENERATED),
        }
    )


def _argument(table: CreateTable, column: ColumnDef, kind: str) -> str:
    clauses = column.clauses_of(kind)
    if not clauses:
        return ""
    stored = " stored" if clauses[-1].stored else ""
    return _plain(table.slice(clauses[-1].argument)) + stored


def _definition(table: CreateTable, constraint: ConstraintDef) -> str:
    """Spell a constraint of a column as one of the table."""
    plain = _plain(table.slice((constraint.body, constraint.end)))
    if not constraint.in_column or constraint.kind == createtable.CHECK:
        return plain
    columns = f"({', '.join(constraint.columns).lower()})"
    if constraint.kind == createtable.FOREIGN_KEY:
        return f"foreign key {columns} {plain}"
    rest = plain.removeprefix(constraint.kind)
    return f"{constraint.kind} {columns}{rest}"


def _index(sql: str) -> str:
    """Leave out the name, which the index is called by."""
    plain = _plain(sql)
    unique = "unique " if plain.startswith("create unique") else ""
    return unique + _CREATE.sub("on ", plain, count=1)


def _fact(
    kind: str, name: str | None, table: str | None, definition: str
) -> Fact:
    return fact_of(
        {
            "kind": kind,
            "name": name,
            "table_name": table,
            "definition": definition,
        }
    )


def _plain(sql: str) -> str:
    """Write a text with single blanks, small letters and few quotes.

    Strings stay as they are.
    """
    plain = ""
    for token in significant(sql):
        bare = unquote(token.text)
        word = token.text if token.kind in _VERBATIM else token.text.lower()
        if token.kind == "quoted" and _PLAIN.fullmatch(bare):
            word = bare.lower()
        is_close = word in (",", ")", ".") or plain[-1:] in ("", "(", ".")
        plain += word if is_close else f" {word}"
    return plain
