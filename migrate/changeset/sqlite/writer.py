"""Writes ``sqlite_master``, and makes every connection read it again."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from migrate.changeset.sqlite.stored import READING
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.stored import Statement
from migrate.changeset.sqlite.stored import master
from migrate.changeset.sqlite.tokens import quote
from migrate.exceptions import NotSupportedError

__all__ = ["SchemaWriter"]


class SchemaWriter(Catalogue):
    """A catalogue that can be changed, inside a transaction.

    :param altered: the only table whose definition changes meanwhile; empty
        if others may change too.  A change script's connection then knows
        that it need not read the others again.
    """

    def __init__(self, connection: Connection, altered: str = "") -> None:
        super().__init__(connection)
        self._options = {"migrate_changes": altered}

    def run(self, *statements: Statement) -> None:
        """Execute statements in order."""
        for sql, parameters in statements:
            self.connection.exec_driver_sql(
                sql, parameters, execution_options=self._options
            )

    def can_write(self, schema: str) -> bool:
        """Find out whether ``sqlite_master`` can be written.

        In defensive mode SQLite before 3.44 takes the pragma and refuses
        the UPDATE; later the pragma stays off.  Nothing is changed here.
        """
        try:
            self.try_out("PRAGMA writable_schema = ON")
            self.try_out(f"UPDATE {master(schema)} SET sql = sql WHERE 0")
        except DBAPIError:
            return False
        finally:
            self.try_out("PRAGMA writable_schema = OFF")
        return True

    def try_out(self, sql: str) -> None:
        """Execute what changes nothing."""
        self.connection.exec_driver_sql(
            sql, execution_options={**READING, **self._options}
        )

    def write_schema(
        self, schema: str, statements: Iterable[Statement]
    ) -> None:
        """Write ``sqlite_master``, read it anew, and count the version up.

        The version comes last: it marks the schema as changed in this
        transaction, so that a rollback makes this connection read it again;
        and it makes the others do so after a commit.
        """
        self.run(("PRAGMA writable_schema = ON", ()))
        try:
            for sql, parameters in statements:
                result = self.connection.exec_driver_sql(
                    sql, parameters, execution_options=self._options
                )
                if result.rowcount != 1:
                    raise NotSupportedError(
                        "the schema has changed meanwhile; try again"
                    )
        finally:
            self.run(("PRAGMA writable_schema = RESET", ()))
        try:
            self.rows(f"SELECT count(*) FROM {master(schema)}")
        except DBAPIError as error:
            # Any stored text that SQLite cannot read shows here.
            raise NotSupportedError(
                f"SQLite does not take the new definition ({error.orig})"
            ) from error
        self.count_version_up(schema)

    def count_version_up(self, schema: str) -> None:
        """Make every connection read the schema again."""
        pragma = f"PRAGMA {quote(schema)}.schema_version"
        version = self.value(pragma)
        self.run((f"{pragma} = {version + 1}", ()))
