"""Change scripts in SQL: statements for one database and direction."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar

from migrate.exceptions import InvalidScriptError
from migrate.versioning.script.base import BaseScript
from migrate.versioning.script.base import StatementJournal
from migrate.versioning.script.base import checksum_of
from migrate.versioning.template import Template

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.binding import Bind
    from migrate.versioning.sqlsplit import Statement

__all__ = ["SqlScript"]

log = logging.getLogger(__name__)

#: As the first line of a script: run it outside a transaction.
NO_TRANSACTION = "-- migrate: no-transaction"


class SqlScript(BaseScript):
    """A file of SQL statements."""

    opt_out: ClassVar[str] = f"begin the script with {NO_TRANSACTION!r}"

    @classmethod
    def _template(cls, folder: Template, theme: str | None) -> str:
        return folder.get_sql_script(theme)

    @property
    def transactional(self) -> bool:
        """False when the first line is ``-- migrate: no-transaction``."""
        first, _, _ = self.source().partition("\n")
        return " ".join(first.split()).lower() != NO_TRANSACTION

    def source(self) -> str:
        """Return the text of the script; the file is read once.

        :raises InvalidScriptError: when it is not UTF-8, or has a NUL.
        """
        try:
            text = self._content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidScriptError(
                f"{self.path}: is not UTF-8 at byte {error.start}: "
                "save it in that encoding"
            ) from error
        before, nul, _ = text.partition("\0")
        if nul:
            line = before.count("\n") + 1
            raise InvalidScriptError(
                f"{self.path}, line {line}: has a NUL character, which "
                "databases cut the text at; take it out"
            )
        return text.replace("\r\n", "\n").replace("\r", "\n")

    @property
    def checksum(self) -> str:
        """SHA-256 of what :meth:`source` gives, as it was read."""
        return checksum_of(self._content)

    def forget(self) -> None:
        """Read the file anew when it is next needed."""
        vars(self).pop("_content", None)

    @cached_property
    def _content(self) -> bytes:
        with open(self.path, "rb") as file:
            return file.read()

    def statements(self, dialect: str) -> list[Statement]:
        """Return the statements in order, as they are sent.

        :param dialect: SQLAlchemy's name of the database.
        """
        from migrate.versioning.sqlsplit import split  # only to run

        return split(self.source(), dialect)

    def run(
        self,
        engine: Bind,
        step: Any = None,
        journal: StatementJournal | None = None,
    ) -> None:
        """Send each statement as it is written.

        :param engine: see :meth:`BaseScript.run`.
        :param step: not used; the file is for one direction.
        :param journal: see :meth:`BaseScript.run`.
        :raises sqlalchemy.exc.DBAPIError: of the first statement that
            fails; its message begins with file, statement and line.
        :raises InvalidScriptError: when it would roll the step back, leaves
            a transaction open, or is written for a client program; nothing
            was sent then.

        Nothing in the text is a placeholder, neither ``%s`` nor ``:name``.
        ``BEGIN``, ``COMMIT`` and ``END`` as statements are skipped with a
        warning: the transaction is the step's.  A script that opted out of
        it has them sent.  MySQL's ``LOCK TABLES`` and ``UNLOCK TABLES``, as
        in any dump, are skipped as well: they would forbid to write how far
        the script is, and the step has a lock of its own.
        """
        from migrate.binding import rolls_back_ddl  # imports SQLAlchemy
        from migrate.sqltext.lexer import MYSQL  # only to run

        transactional = self.transactional
        with self._connection(engine, transactional) as connection:
            statements = self.statements(connection.dialect.name)
            self._refuse_clients(statements, connection.dialect.name)
            if transactional:
                self._refuse_ends(statements)
            elif rolls_back_ddl(connection.dialect):
                self._refuse_open_end(statements)
            else:
                self._refuse_rollback(statements)
            locks_tables = connection.dialect.name in MYSQL
            for number, statement in enumerate(statements, start=1):
                if journal and journal.is_done(number, statement.text):
                    continue
                if locks_tables and statement.is_table_lock:
                    log.warning(
                        '%s, line %d: "%s" found in SQL script; ignoring: '
                        "it would keep the version from being written",
                        self.path,
                        statement.line,
                        statement.text,
                    )
                    continue
                if transactional and statement.is_transaction_control:
                    log.warning(
                        '"%s" found in SQL script; ignoring', statement.text
                    )
                    continue
                with (
                    journal.statement(number, statement.text)
                    if journal
                    else nullcontext()
                ):
                    self._execute(connection, statement, number)

    def _refuse_clients(
        self, statements: list[Statement], dialect: str
    ) -> None:
        from migrate.versioning.sqlsplit import refusal  # only to run

        for statement in statements:
            reason = refusal(statement, dialect)
            if reason is not None:
                raise InvalidScriptError(
                    f"{self.path}, line {statement.line}: {reason}"
                )

    def _refuse_ends(self, statements: list[Statement]) -> None:
        for statement in statements:
            if statement.is_rollback:
                what, effect = "ROLLBACK", "undo the step"
            elif statement.is_handing_over:
                what, effect = "PREPARE TRANSACTION", "take the step away"
            else:
                continue
            raise InvalidScriptError(
                f"{self.path}, line {statement.line}: {what} would "
                f"{effect}; take it out, or begin the script with "
                f"{NO_TRANSACTION!r}"
            )

    def _refuse_open_end(self, statements: list[Statement]) -> None:
        begin = None
        for statement in statements:
            if statement.is_begin:
                begin = statement
            elif statement.is_end:
                begin = None
        if begin is not None:
            raise InvalidScriptError(
                f"{self.path}, line {begin.line}: this transaction is never "
                "committed; end the script with COMMIT"
            )

    def _refuse_rollback(self, statements: list[Statement]) -> None:
        for statement in statements:
            if statement.is_rollback:
                raise InvalidScriptError(
                    f"{self.path}, line {statement.line}: ROLLBACK would "
                    "undo nothing: rows are committed with the record of how "
                    "far the script is; take it out"
                )

    def _execute(
        self, connection: Connection, statement: Statement, number: int
    ) -> None:
        from sqlalchemy.exc import DBAPIError  # only to run, not to list

        try:
            # Without parameters at all, drivers leave % and : alone.
            connection.exec_driver_sql(
                statement.text, execution_options={"no_parameters": True}
            )
        except DBAPIError as error:
            place = f"{self.path}, statement {number} (line {statement.line})"
            error.args = (f"{place}: {error.args[0]}", *error.args[1:])
            raise
