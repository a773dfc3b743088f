"""The model that a database holds, read without writing.

SQLAlchemy's reflection, and what it leaves out: SQLite's expression indexes,
collations and AUTOINCREMENT, MariaDB's checks of single columns, sequences.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import CheckConstraint
from sqlalchemy import Index
from sqlalchemy import MetaData
from sqlalchemy import Sequence
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SAWarning
from sqlalchemy.schema import DefaultClause
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.types import NullType

from migrate.changeset.sqlite import createtable
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.lists import items_of
from migrate.changeset.sqlite.parser import parse
from migrate.changeset.sqlite.tokens import unquote
from migrate.exceptions import NotSupportedError
from migrate.versioning.models.comparison.escaping import literal_text
from migrate.versioning.models.comparison.types import SpelledType

__all__ = ["read"]

log = logging.getLogger(__name__)

_OF_EXTENSIONS = text(
    "SELECT n.nspname, c.relname FROM pg_depend d"
    " JOIN pg_class c ON c.oid = d.objid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE d.deptype = 'e' AND d.classid = CAST('pg_class' AS regclass)"
)
_TIMING = text(
    "SELECT n.nspname, c.relname, k.conname, k.contype, k.condeferrable,"
    " k.condeferred FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE k.contype = 'x' OR k.contype = 'u' AND k.condeferrable"
)
_COLUMN_TYPE = text(
    "SELECT column_type FROM information_schema.columns"
    " WHERE table_schema = COALESCE(:schema, DATABASE())"
    " AND table_name = :table AND column_name = :column"
)
_COLUMN_CHECKS = text(
    "SELECT table_name, constraint_name, check_clause"
    " FROM information_schema.check_constraints"
    " WHERE constraint_schema = COALESCE(:schema, DATABASE())"
    " AND level = 'Column'"
)
_STORED = text(
    "SELECT type, name, tbl_name, sql FROM sqlite_master"
    " WHERE type IN ('table', 'index') AND sql IS NOT NULL"
)
_TYPE = text(
    "SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
    " JOIN pg_class c ON c.oid = a.attrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :schema AND c.relname = :table"
    " AND a.attname = :column"
)
_OF_COLUMN = re.compile(r"nextval\('(?P<name>[^']+)'(?:::regclass)?\)")
_LAST_NAME = re.compile(r'"(?:[^"]|"")+"$|[^".]+$')


def read(
    connection: Connection,
    schemas: Iterable[str | None] = (None,),
    exclude: Iterable[str] = (),
) -> MetaData:
    """Return the tables of a database.

    :param schemas: None is the one where tables are found without a name.
    :param exclude: names of tables to leave out.
    """
    metadata = MetaData()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for schema in dict.fromkeys(schemas):
            metadata.reflect(connection, schema=schema)
    _tell(caught, connection.dialect.name)
    for table in [*metadata.tables.values()]:
        if table.name in exclude:
            metadata.remove(table)
    complete = _COMPLETIONS.get(connection.dialect.name)
    if complete is not None:
        complete(connection, metadata)
    return metadata


def _tell(caught: Iterable[warnings.WarningMessage], dialect: str) -> None:
    """Log what SQLAlchemy has to say; what is read otherwise is no news."""
    for each in caught:
        message = str(each.message)
        is_read = _READ_OTHERWISE.get(dialect, "\0") in message
        if issubclass(each.category, SAWarning) and not is_read:
            log.warning("%s", message)


def _complete_postgresql(connection: Connection, metadata: MetaData) -> None:
    default = connection.dialect.default_schema_name
    _complete_timing(connection, metadata, default)
    theirs = {tuple(row) for row in connection.execute(_OF_EXTENSIONS)}
    for table in [*metadata.tables.values()]:
        if (table.schema or default, table.name) in theirs:
            metadata.remove(table)
            continue
        for column in table.columns:
            _complete_counting(column)
            if isinstance(column.type, NullType):
                where = {
                    "schema": table.schema or default,
                    "table": table.name,
                    "column": column.name,
                }
                spelling = connection.scalar(_TYPE, where)
                column.type = SpelledType(str(spelling))


def _complete_timing(
    connection: Connection, metadata: MetaData, default: str | None
) -> None:
    """Say which constraints wait, and which no model can have."""
    for schema, name, title, kind, _, waits in connection.execute(_TIMING):
        key = name if schema == default else f"{schema}.{name}"
        table = metadata.tables.get(key)
        if table is None:
            continue
        if kind == "x":
            log.warning(
                "constraint %r of table %r excludes rows, which a model "
                "cannot say: it is left out",
                title,
                key,
            )
        for constraint in table.constraints:
            if constraint.name == title:
                constraint.deferrable = True
                constraint.initially = "DEFERRED" if waits else None


def _complete_counting(column: Any) -> None:
    """Say what a sequence is for: a column that counts, or a default."""
    if not isinstance(column.server_default, DefaultClause):
        return
    found = _OF_COLUMN.fullmatch(str(column.server_default.arg))
    if found is None:
        return
    table = column.table
    named = _LAST_NAME.search(found["name"])
    name = named[0] if named else found["name"]
    if name.startswith('"'):
        name = name[1:-1].replace('""', '"')
    is_own = name == f"{table.name}_{column.name}_seq"
    if is_own and column.primary_key and column.autoincrement is True:
        column.server_default = None
        return
    column.autoincrement = False
    sequence = Sequence(name, schema=table.schema)
    sequence._set_parent_with_dispatch(column)


def _complete_mysql(connection: Connection, metadata: MetaData) -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, NullType):
                where = {
                    "schema": table.schema,
                    "table": table.name,
                    "column": column.name,
                }
                spelling = connection.scalar(_COLUMN_TYPE, where)
                column.type = SpelledType(str(spelling))
    if not getattr(connection.dialect, "is_mariadb", False):
        return
    for schema in {table.schema for table in metadata.tables.values()}:
        rows = connection.execute(_COLUMN_CHECKS, {"schema": schema})
        for table_name, name, clause in rows:
            key = f"{schema}.{table_name}" if schema else table_name
            owner = metadata.tables.get(key)
            if owner is None or name not in owner.columns:
                continue
            if clause.lower() == f"json_valid(`{name.lower()}`)":
                owner.columns[name].type = JSON()
            else:
                owner.append_constraint(
                    CheckConstraint(text(literal_text(clause)))
                )


def _complete_sqlite(connection: Connection, metadata: MetaData) -> None:
    for kind, name, table_name, sql in connection.execute(_STORED):
        table = metadata.tables.get(table_name)
        if table is None:
            continue
        try:
            if kind == "table":
                _complete_table(table, sql, connection.dialect)
            else:
                _complete_index(table, name, sql)
        except NotSupportedError:
            # A virtual table, or newer than the parser.
            log.warning("%s %r is not fully understood", kind, name)


def _complete_table(table: Table, sql: str, dialect: Any) -> None:
    stored = parse(sql)
    for definition in stored.columns:
        column = table.columns.get(definition.name)
        if column is None:
            continue
        spelling = stored.type_of(definition)
        word = spelling.partition("(")[0].strip().upper()
        is_other = word == "INT" and column.primary_key  # it is no rowid
        if is_other or word not in dialect.ischema_names:
            column.type = SpelledType(spelling)
        collations = definition.clauses_of(createtable.COLLATE)
        if collations and isinstance(column.type, String):
            name = unquote(stored.slice(collations[-1].argument).strip())
            column.type.collation = name
    _restate_constraints(table, stored)
    if any(
        key.autoincrement for key in stored.of_kind(createtable.PRIMARY_KEY)
    ):
        table.kwargs["sqlite_autoincrement"] = True
    if stored.without_rowid:
        table.kwargs["sqlite_with_rowid"] = False
    if stored.strict:
        table.kwargs["sqlite_strict"] = True


def _restate_constraints(table: Table, stored: CreateTable) -> None:
    """Take unique constraints and checks from the parser.

    SQLAlchemy looks for them with regular expressions, line by line.
    """
    for known in [*table.constraints]:
        if isinstance(known, (CheckConstraint, UniqueConstraint)):
            table.constraints.discard(known)
    by_name = {column.name.lower(): column for column in table.columns}
    for each in stored.of_kind(createtable.UNIQUE):
        columns = [by_name[name.lower()] for name in each.columns]
        table.append_constraint(UniqueConstraint(*columns, name=each.name))
    for each in stored.of_kind(createtable.CHECK):
        sql = stored.slice(each.argument).strip()
        table.append_constraint(
            CheckConstraint(text(literal_text(sql)), name=each.name)
        )


def _complete_index(table: Table, name: str, sql: str) -> None:
    """Add an index as reflection cannot: on expressions, or descending."""
    stored = parse_index(sql)
    start, end = stored.list_span
    items = [item.strip() for item in items_of(sql[start:end])]
    parts = [
        table.columns[unquote(item)]
        if unquote(item) in table.columns
        else text(literal_text(item))
        for item in items
    ]
    if not any(isinstance(part, TextClause) for part in parts):
        return
    for known in [*table.indexes]:
        if known.name == name:
            table.indexes.discard(known)
    found = re.match(r"\s*\)?\s*WHERE\s+(.*)", sql[end:], re.I | re.S)
    where = None if found is None else text(literal_text(found[1].strip()))
    Index(name, *parts, unique=stored.unique, sqlite_where=where, _table=table)


_READ_OTHERWISE = {
    "sqlite": "expression-based",
    "postgresql": "Did not recognize type",
    "mysql": "Did not recognize type",
    "mariadb": "Did not recognize type",
}
_COMPLETIONS = {
    "postgresql": _complete_postgresql,
    "mysql": _complete_mysql,
    "mariadb": _complete_mysql,
    "sqlite": _complete_sqlite,
}
