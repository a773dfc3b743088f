"""What a database stores of a table: read from ``sqlite_master``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.parser import parse
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import identifiers_in
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.exceptions import NotSupportedError

__all__ = [
    "READING",
    "Catalogue",
    "Statement",
    "StoredObject",
    "StoredTable",
    "master",
    "rowid_name",
]

#: SQL in SQLite's own paramstyle, and its parameters.
Statement = tuple[str, tuple[object, ...]]

#: Execution options of statements that change nothing.
READING = {"migrate_reading": True}

# As SQLite compares names: without regard to the case of ASCII.
_SAME = "= ? COLLATE nocase"


@dataclass(frozen=True)
class StoredObject:
    """A row of ``sqlite_master``.

    :ivar schema: main, temp, or the name of an attached database.
    :ivar type: table, index, view or trigger.
    :ivar sql: None for an index that a constraint made by itself.
    """

    schema: str
    rowid: int
    type: str
    name: str
    table_name: str
    rootpage: int
    sql: str | None

    def mentions(self, name: str) -> bool:
        """Tell whether the text may name a table or view ``name``."""
        text, name = self.sql or "", fold(name)
        # Reading every text of a large schema word by word takes long.
        if not set(name) & set("\"`'") and name not in fold(text):
            return False
        return name in identifiers_in(text, strings=True)

    def __str__(self) -> str:
        return f"{self.type} {self.name!r}"


@dataclass(frozen=True)
class StoredTable:
    """A table, read, with the rows of ``sqlite_master`` that belong to it."""

    row: StoredObject
    create: CreateTable
    indexes: tuple[StoredObject, ...]
    autoindexes: tuple[StoredObject, ...]

    @property
    def schema(self) -> str:
        """Where the table is: main, temp, or an attached database."""
        return self.row.schema

    @property
    def name(self) -> str:
        """The name of the table as the database spells it."""
        return self.row.name

    @property
    def quoted(self) -> str:
        """The name of the table with its schema."""
        return f"{quote(self.schema)}.{quote(self.name)}"


class Catalogue:
    """Reads the schema on a connection, and changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        driver: Any = connection.connection.dbapi_connection
        # An alteration asks some thirty questions.  They need nothing of
        # what SQLAlchemy, or a change script's connection, adds.
        self._driver = getattr(driver, "for_reading", driver)
        self._error = connection.dialect.loaded_dbapi.Error

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query, in SQLite's own paramstyle.

        It goes past the events of SQLAlchemy: a preview does not show it.

        :raises DBAPIError: as if it had not.
        """
        try:
            found = self._driver.execute(sql, parameters).fetchall()
        except self._error as error:
            raise DBAPIError.instance(
                sql,
                parameters,
                error,
                self._error,
                dialect=self.connection.dialect,
            ) from error
        return [tuple(row) for row in found]

    def value(self, sql: str, *parameters: object) -> Any:
        """Return the first value of the first row, or None."""
        rows = self.rows(sql, *parameters)
        return rows[0][0] if rows else None

    def schemas(self) -> list[str]:
        """Name the databases in the order in which SQLite looks up names."""
        # It names "temp" once there is something in it (pragma_database_list).
        names = [row[1] for row in self.rows("PRAGMA database_list")]
        return sorted(names, key=lambda name: name != "temp")

    def objects(
        self, schema: str | None = None, where: str = "1", *parameters: object
    ) -> list[StoredObject]:
        """Return rows of ``sqlite_master`` in their order.

        :param schema: of the databases, the one to look in; None: all.
        :param where: which rows.  A large schema has thousands, of which an
            alteration asks for the few that it concerns, thirty times.
        """
        return [
            StoredObject(each, *row)
            for each in ([schema] if schema else self.schemas())
            for row in self.rows(
                "SELECT rowid, type, name, tbl_name, rootpage, sql "
                f"FROM {master(each)} WHERE {where} ORDER BY rowid",
                *parameters,
            )
        ]

    def has_table(self, schema: str, name: str) -> bool:
        """Tell whether a table or view ``name`` is in ``schema``."""
        return bool(
            self.objects(
                schema, f"type IN ('table', 'view') AND name {_SAME}", name
            )
        )

    def table(self, name: str, schema: str | None = None) -> StoredTable:
        """Read the table ``name``.

        :raises NotSupportedError: if there is none, or it is not an
            ordinary table.
        """
        return stored_table(*self._find_table(name, schema))

    def table_row(self, name: str, schema: str | None = None) -> StoredObject:
        """Find the table ``name``, which may be a virtual one.

        :raises NotSupportedError: if there is none.
        """
        return self._find_table(name, schema)[0]

    def _find_table(
        self, name: str, schema: str | None
    ) -> tuple[StoredObject, list[StoredObject]]:
        for each in [schema] if schema else self.schemas():
            objects = self.objects(each, f"tbl_name {_SAME}", name)
            for row in objects:
                if row.type == "table":
                    return row, objects
        where = f" in schema {schema!r}" if schema else ""
        raise NotSupportedError(
            f"SQLite has no table {name!r}{where} to alter; "
            "give the name of one that the database has"
        )

    def has_index(self, name: str, schema: str | None = None) -> bool:
        """Tell whether there is an index ``name``."""
        return bool(self._indexes(name, schema))

    def index(self, name: str, schema: str | None = None) -> StoredObject:
        """Find an index that was created by name.

        :raises NotSupportedError: if there is none.
        """
        for row in self._indexes(name, schema):
            if row.sql is not None:
                return row
            raise NotSupportedError(
                f"index {name!r} belongs to a constraint of table "
                f"{row.table_name!r}; alter the constraint"
            )
        raise NotSupportedError(
            f"SQLite has no index {name!r}; give the name of one that the "
            "database has"
        )

    def _indexes(self, name: str, schema: str | None) -> list[StoredObject]:
        return self.objects(schema, f"type = 'index' AND name {_SAME}", name)

    def referrers(self, table: StoredTable) -> list[tuple[str, ConstraintDef]]:
        """Return the foreign keys that refer to ``table``, and whose."""
        found = []
        for row in self.objects(table.schema, "type = 'table'"):
            if not row.mentions(table.name):
                continue
            if (row.sql or "").upper().startswith("CREATE VIRTUAL"):
                continue
            found += [
                (row.name, constraint)
                for constraint in parse(row.sql or "").of_kind(FOREIGN_KEY)
                if same_name(constraint.referenced, table.name)
            ]
        return found


def stored_table(
    row: StoredObject, objects: list[StoredObject]
) -> StoredTable:
    """Put a table together from the rows of its database."""
    name = fold(row.name)
    indexes = [
        each
        for each in objects
        if each.type == "index" and fold(each.table_name) == name
    ]
    return StoredTable(
        row,
        parse(row.sql or ""),
        tuple(each for each in indexes if each.sql is not None),
        tuple(each for each in indexes if each.sql is None),
    )


def master(schema: str) -> str:
    """Name the schema table of a database, as SQLite before 3.33 does too."""
    table = "sqlite_temp_master" if schema == "temp" else "sqlite_master"
    return f"{quote(schema)}.{table}"


def rowid_name(*tables: CreateTable) -> str | None:
    """Return a name of the rowid that none of ``tables`` has a column for.

    None if there is no such name, or a table has no rowid.
    """
    if any(table.without_rowid for table in tables):
        return None
    for name in ("rowid", "_rowid_", "oid"):
        if not any(table.has_column(name) for table in tables):
            return name
    return None
