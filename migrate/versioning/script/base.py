"""What every change script has: a path, a source and a way to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from hashlib import sha256
from os import PathLike
from os import fspath
from os.path import exists
from typing import TYPE_CHECKING
from typing import Any
from typing import ClassVar
from typing import Protocol

from migrate.exceptions import InvalidScriptError
from migrate.exceptions import PathFoundError
from migrate.versioning import template

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from typing_extensions import Self

    from migrate.binding import Bind

__all__ = ["BaseScript", "StatementJournal", "checksum_of"]


def checksum_of(content: bytes) -> str:
    """Return the SHA-256 of a script; how its lines end does not count."""
    return sha256(b"\n".join(content.splitlines())).hexdigest()


class StatementJournal(Protocol):
    """Where a script that cannot be rolled back notes how far it is."""

    def is_done(self, number: int, sql: str) -> bool:
        """Tell whether an earlier run carried out statement ``number``."""

    def statement(self, number: int, sql: str) -> AbstractContextManager[None]:
        """Note the statement that is carried out inside."""

    def watching(self) -> AbstractContextManager[None]:
        """Note every statement that is sent inside."""


class BaseScript:
    """A change script in a file of its own.

    To be implemented: :meth:`run`, and :attr:`transactional` where a script
    can opt out.  Making the object reads nothing but whether the file exists.

    :raises InvalidScriptError: when there is no such file.
    """

    #: How a script asks to run outside of a transaction.
    opt_out: ClassVar[str] = "set transactional = False in the script"

    def __init__(self, path: str | PathLike[str]) -> None:
        self.verify(path)
        self.path = fspath(path)

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    @classmethod
    def verify(cls, path: str | PathLike[str]) -> None:
        """Raise InvalidScriptError if there is no file at ``path``."""
        if not exists(path):
            raise InvalidScriptError(path)

    @classmethod
    def create(cls, path: str | PathLike[str], **opts: Any) -> Self:
        """Make a script from the template of its kind, and return it.

        :param templates_path: another folder of templates.
        :param templates_theme: another theme than ``default``.
        :raises PathFoundError: when ``path`` exists; it is left alone.
        """
        folder = template.Template(opts.get("templates_path"))
        source = cls._template(folder, opts.get("templates_theme"))
        text = template.read(source)
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:
            raise PathFoundError(path) from error
        return cls(path)

    @classmethod
    def _template(cls, folder: template.Template, theme: str | None) -> str:
        raise NotImplementedError

    @property
    def transactional(self) -> bool:
        """Whether the step may run in a transaction, and be undone by it."""
        return True

    @property
    def checksum(self) -> str:
        """SHA-256 of the file; how its lines end does not count."""
        with open(self.path, "rb") as file:
            return checksum_of(file.read())

    def source(self) -> str:
        """Return the text of the script."""
        with open(self.path, encoding="utf-8-sig") as file:
            return file.read()

    def forget(self) -> None:
        """Forget what was read or imported; to be called before a retry."""

    def run(
        self,
        engine: Bind,
        step: Any = None,
        journal: StatementJournal | None = None,
    ) -> None:
        """Carry out the change.

        :param engine: a Connection: everything happens in the transaction
            that is open on it, which stays the caller's to commit.  An
            Engine: on a connection and in a transaction of its own.
        :param step: the direction, for a script that has both.
        :param journal: is told of each statement, and knows those that an
            earlier run has carried out, which are left out.
        :raises Exception: whatever the script raises passes through as it
            is; on an Engine the transaction is rolled back first.
        """
        raise NotImplementedError

    @contextmanager
    def _connection(
        self, bind: Bind, transactional: bool
    ) -> Iterator[Connection]:
        """Give the connection to run on, by the rules of :meth:`run`."""
        from sqlalchemy.engine import Engine  # only to run, not to list

        if not isinstance(bind, Engine):
            yield bind
        elif transactional:
            with bind.begin() as connection:
                driver: Any = connection.connection.dbapi_connection
                if bind.dialect.name == "sqlite" and not driver.in_transaction:
                    # sqlite3 begins by itself before INSERT, not CREATE.
                    connection.exec_driver_sql("BEGIN")
                yield connection
        else:
            options = bind.execution_options(isolation_level="AUTOCOMMIT")
            with options.connect() as connection:
                yield connection
