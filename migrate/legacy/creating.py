"""CREATE TABLE with its indexes, on MySQL and MariaDB.

SQLAlchemy sends a CREATE INDEX for each, and every statement there commits by
itself.  Stated in the CREATE TABLE (MySQL 8.0 manual, CREATE TABLE Statement)
they take a third of the time, and a process that dies leaves no table without
its indexes behind.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from typing import Any

from sqlalchemy import Index
from sqlalchemy import Table
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import CompileError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.ddl import SchemaGenerator

from migrate.driver import code_of

__all__ = ["TableGenerator"]

# After these the statement was good, but not to be carried out (manual,
# Server Error Message Reference): waited too long, deadlock, interrupted,
# server going down, connection killed, took too long (MariaDB, MySQL).
_STOPPED = {1205, 1213, 1317, 1053, 1927, 1969, 3024}


class TableGenerator(SchemaGenerator):
    """Creates tables, the plain indexes of each in the same statement.

    Its connection asks :meth:`send` how to send what creates a table.
    """

    _table: Table | None = None  # about to be created
    _joined: Collection[Index] = ()  # came with it

    def visit_table(self, table: Table, *args: Any, **options: Any) -> None:
        """Create a table and its indexes."""
        plain: Any = super()  # SQLAlchemy has no types for it
        self._table, self._joined = table, ()
        # A listener to one table may create another, on this connection.
        outer, self.connection.generator = self.connection.generator, self
        try:
            plain.visit_table(table, *args, **options)
        finally:
            self.connection.generator = outer

    def visit_index(self, index: Index, *args: Any, **options: Any) -> None:
        """Create an index, unless it came with its table."""
        plain: Any = super()
        if index not in self._joined:
            plain.visit_index(index, *args, **options)
            return
        with self.with_ddl_events(index):
            pass

    def send(self, run: Callable[[Any], Any], statement: Any) -> Any:
        """Send a statement; that which creates the table with the indexes.

        If the database refuses that, without: a script that catches the
        error of a wrong index finds its table made.
        """
        if type(statement) is not CreateTable or (
            statement.element is not self._table
        ):
            return run(statement)
        # Now: its listeners may have changed the table.
        keys = _keys_of(self._table, self.dialect)
        if not keys:
            return run(statement)
        joined = CreateTableWithKeys(statement, keys.values())
        try:
            result = run(joined)
        except DBAPIError as error:
            if error.connection_invalidated or code_of(error) in _STOPPED:
                raise
        else:
            self._joined = keys if joined.is_spelled else ()
            return result
        return run(statement)


class CreateTableWithKeys(CreateTable):
    """What another CREATE TABLE says, and its indexes.

    :param keys: as they are stated there.
    :ivar is_spelled: whether they are in the text; not if a listener of the
        application sends something else instead.
    """

    def __init__(self, plain: CreateTable, keys: Collection[str]) -> None:
        vars(self).update(vars(plain))
        self.keys = tuple(keys)
        self.is_spelled = False


def _keys_of(table: Table, dialect: Dialect) -> dict[Index, str]:
    """Spell the indexes of a table, in the order of their names.

    Those are left out that somebody else has a say in: their conditions and
    listeners are asked, and other spellings used, when each is created by
    itself.
    """
    if any("_compiler_dispatcher" in vars(one) for one in _SPELLED_HERE):
        return {}
    plain = [
        index
        for index in getattr(table, "indexes", ())
        if type(index) is Index
        and index._ddl_if is None
        and not index.dispatch.before_create
    ]
    try:
        plain.sort(key=lambda index: str(index.name))
        return {index: _key(index, dialect) for index in plain}
    # An index without a name is an AssertionError of SQLAlchemy.
    except (CompileError, AssertionError):
        return {}  # to be raised where it is created


# What @compiles() has not been used for.
_SPELLED_HERE = CreateTable, CreateIndex


def _key(index: Index, dialect: Dialect) -> str:
    """Spell an index as in CREATE TABLE: without the table."""
    spelled = str(CreateIndex(index).compile(dialect=dialect))
    owner: Any = index.table
    table = dialect.identifier_preparer.format_table(owner)
    head, found, columns = spelled.partition(f" ON {table} ")
    if not found:
        raise CompileError(f"the index {index.name!r} is not of {table}")
    return f"{head.removeprefix('CREATE ')} {columns}"


@compiles(CreateTableWithKeys, "mysql", "mariadb")
def _create_table(
    element: CreateTableWithKeys, compiler: Any, **options: Any
) -> str:
    text: str = compiler.visit_create_table(element, **options)
    end = f"\n){compiler.post_create_table(element.element)}"
    body, found, rest = text.rpartition(end)
    if not found:
        return text  # another's, which ends otherwise
    element.is_spelled = True
    return ", \n\t".join([body, *element.keys]) + found + rest
