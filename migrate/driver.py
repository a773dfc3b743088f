"""What is sent straight to the driver, because the way there is long.

The events and the echo of an application are not told of it, and no
transaction is begun for it; its errors are those of SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.base import Executable
    from sqlalchemy.types import TypeEngine

__all__ = ["Prepared", "code_of", "raised", "send"]

_T = TypeVar("_T")


class Prepared:
    """A statement that changes rows, compiled once for a database.

    :param columns: of an INSERT, those that get a value.
    """

    def __init__(
        self, statement: Executable, columns: Sequence[str] | None = None
    ) -> None:
        self._statement: Any = statement
        self._columns = columns
        # What it is compiled for; a dialect, and the schemas by other names.
        self._made_for: tuple[Dialect, Any] | None = None
        self._text = ""
        self._names: list[str] | None = None
        self._fixed: Mapping[str, Any] = {}
        self._converted: dict[str, Callable[[Any], Any]] = {}

    def execute(
        self, connection: Connection, values: Mapping[str, object]
    ) -> int:
        """Send it; return how many rows it found.

        :param values: of its parameters, by name.
        :raises sqlalchemy.exc.DBAPIError: for an error of the driver.
        """
        schemas = connection.get_execution_options().get(
            "schema_translate_map"
        )
        if self._made_for != (connection.dialect, schemas):
            self._compile(connection.dialect, schemas)
        values = {**self._fixed, **values}
        for name, convert in self._converted.items():
            values[name] = convert(values[name])
        if self._names is None:
            return send(connection, self._text, values)
        return send(
            connection, self._text, tuple(values[name] for name in self._names)
        )

    def _compile(self, dialect: Dialect, schemas: Any) -> None:
        compiled = self._statement.compile(
            dialect=dialect,
            column_keys=self._columns,
            schema_translate_map=schemas,
            render_schema_translate=bool(schemas),
        )
        self._text = str(compiled)
        self._names = compiled.positiontup
        self._fixed = compiled.params
        self._converted = {
            name: convert
            for name, parameter in compiled.binds.items()
            if (convert := _converter(parameter.type, dialect))
        }
        self._made_for = dialect, schemas


def _converter(
    kind: TypeEngine[Any], dialect: Dialect
) -> Callable[[Any], Any] | None:
    """Return what makes a value of a type one that the driver takes."""
    return kind.dialect_impl(dialect).bind_processor(dialect)


def send(connection: Connection, sql: str, *parameters: object) -> int:
    """Send a statement that gives no rows; return how many it found.

    :param parameters: none, or one set in the driver's style.
    :raises sqlalchemy.exc.DBAPIError: for an error of the driver.
    """
    driver: Any = connection.connection.dbapi_connection

    def execute() -> int:
        cursor = driver.cursor()
        try:
            cursor.execute(sql, *parameters)
            return int(cursor.rowcount)
        finally:
            cursor.close()

    return raised(connection, execute, sql)


def raised(
    connection: Connection, call: Callable[[], _T], statement: str = ""
) -> _T:
    """Call something of the driver, and raise errors as SQLAlchemy does.

    As there, what is no error, such as Ctrl-C, costs the connection.

    :raises sqlalchemy.exc.DBAPIError: for an error of the driver.
    """
    dialect = connection.dialect
    base = dialect.loaded_dbapi.Error
    try:
        return call()
    except base as error:
        is_lost = connection.invalidated  # to ask for it would connect again
        if not is_lost:
            driver: Any = connection.connection.dbapi_connection
            is_lost = dialect.is_disconnect(error, driver, None)
            if is_lost:
                connection.invalidate(error)
        raise DBAPIError.instance(
            statement or None,
            None,
            error,
            base,
            connection_invalidated=is_lost,
            dialect=dialect,
        ) from error
    except Exception:
        raise
    except BaseException as error:
        # A signal: the driver may be in the middle of an answer.
        if not connection.invalidated:
            connection.invalidate(error)
        raise


def code_of(error: DBAPIError) -> str | int | None:
    """Return the code that the database gave an error.

    Of PostgreSQL the SQLSTATE, of MySQL and MariaDB the number; None where
    the driver tells neither.
    """
    original: Any = error.orig
    (first, *_) = getattr(original, "args", None) or (None,)
    if isinstance(first, Mapping):  # pg8000: the fields of the message
        return first.get("C")
    # mysql-connector and MariaDB's own; the others give it with the text.
    number = getattr(original, "errno", None) or first
    if isinstance(number, int):
        return number
    # psycopg2, psycopg 3
    return getattr(original, "pgcode", None) or getattr(
        original, "sqlstate", None
    )
