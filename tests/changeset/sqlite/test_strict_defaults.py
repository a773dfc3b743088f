"""Defaults of columns added to a STRICT table that has rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Column
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import MetaData
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeEngine

import migrate  # noqa: F401  # gives the methods
from migrate.exceptions import NotSupportedError

pytestmark = pytest.mark.skipif(
    sqlite3.sqlite_version_info < (3, 37), reason="SQLite knows no STRICT"
)


def add(
    connection: Connection, kind: TypeEngine[object], default: str
) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT"
    )
    connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
    connection.commit()
    table = Table("t", MetaData(), Column("id", Integer, primary_key=True))
    column: Column[object] = Column("x", kind, server_default=text(default))
    column.create(table, connection=connection)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("kind", "default"),
    [(Integer(), "'x'"), (Integer(), "x'00'"), (LargeBinary(), "'x'")],
)
def test_default_of_another_type_is_refused(
    connection: Connection, kind: TypeEngine[object], default: str
) -> None:
    with pytest.raises(NotSupportedError, match="'t' is STRICT"):
        add(connection, kind, default)

    connection.rollback()
    rows = connection.exec_driver_sql("SELECT * FROM t").all()
    assert rows == [(1,), (2,)]
    check = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    assert check == "ok"


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        (Integer(), "7", 7),
        (Integer(), "'7'", 7),
        (Text(), "'x'", "x"),
        (Text(), "7", "7"),
        (LargeBinary(), "x'00'", b"\0"),
        (Integer(), "NULL", None),
    ],
)
def test_default_of_the_type_is_taken(
    connection: Connection,
    kind: TypeEngine[object],
    default: str,
    value: object,
) -> None:
    add(connection, kind, default)

    rows = connection.exec_driver_sql("SELECT x FROM t").all()
    assert rows == [(value,)] * 2
    check = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    assert check == "ok"
