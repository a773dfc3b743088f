from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pytest
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import bindparam
from sqlalchemy import event
from sqlalchemy import insert
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import IntegrityError

from migrate.driver import Prepared
from migrate.driver import code_of
from migrate.driver import raised
from migrate.driver import send

TABLE = Table(
    "noted",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String(40)),
    Column("at", DateTime),
    Column("done", Boolean),
)
ROW = {
    "name": "100 % \N{SNOWMAN} 'a' \\",
    "at": datetime(2026, 2, 3, 4, 5, 6),  # as it is stored
    "done": True,
}
INSERT = Prepared(insert(TABLE).inline(), [*ROW])


@pytest.fixture
def begun(connection: Connection) -> Connection:
    TABLE.create(connection)
    connection.commit()
    connection.begin()
    return connection


def test_values_are_stored_as_sqlalchemy_does(begun: Connection) -> None:
    INSERT.execute(begun, ROW)
    begun.execute(insert(TABLE), ROW)

    stored = text("SELECT name, at, done FROM noted")
    first, second = begun.execute(stored).all()
    assert first == second
    assert begun.execute(select(TABLE)).mappings().all() == [
        {"id": 1, **ROW},
        {"id": 2, **ROW},
    ]


def test_parameters_go_to_their_places(begun: Connection) -> None:
    """Also where the driver counts them, and one has its value already."""
    change = Prepared(
        update(TABLE)
        .values(name=bindparam("new") + literal("!") + bindparam("new"))
        .where(TABLE.c.id == bindparam("number"))
    )
    for _ in range(2):
        INSERT.execute(begun, ROW)

    found = change.execute(begun, {"number": 2, "new": "b"})

    assert found == 1
    names = begun.scalars(select(TABLE.c.name).order_by(TABLE.c.id)).all()
    assert names == [ROW["name"], "b!b"]
    assert change.execute(begun, {"number": 3, "new": "b"}) == 0


def test_rows_are_kept_with_the_transaction(begun: Connection) -> None:
    INSERT.execute(begun, ROW)
    begun.rollback()

    assert begun.execute(select(TABLE)).all() == []


def test_errors_are_those_of_sqlalchemy(begun: Connection) -> None:
    taken = Prepared(insert(TABLE), ["id"])
    taken.execute(begun, {"id": 1})

    with pytest.raises(IntegrityError) as caught:
        taken.execute(begun, {"id": 1})

    assert caught.value.statement is not None
    assert caught.value.statement.startswith("INSERT INTO noted")


def test_lost_connection_is_noticed(begun: Connection) -> None:
    statements = {
        "postgresql": "SELECT pg_terminate_backend(pg_backend_pid())",
        "mysql": "KILL CONNECTION_ID()",
    }
    if begun.dialect.name not in statements:
        pytest.skip("there is no server that could cut the connection")

    with suppress(DBAPIError):  # some drivers tell at once
        send(begun, statements[begun.dialect.name])
    if not begun.invalidated:
        with pytest.raises(DBAPIError):
            INSERT.execute(begun, ROW)

    assert begun.invalidated


def test_error_on_a_lost_connection_does_not_connect_again(
    connection: Connection,
) -> None:
    def fail() -> None:
        raise connection.dialect.loaded_dbapi.OperationalError("gone")

    connection.invalidate()

    with pytest.raises(DBAPIError) as caught:
        raised(connection, fail)

    assert caught.value.connection_invalidated
    assert connection.invalidated


def test_interruption_costs_the_connection(connection: Connection) -> None:
    """Drivers in Python are in the middle of an answer then."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    connection.begin()

    with pytest.raises(KeyboardInterrupt):
        raised(connection, interrupt)

    assert connection.invalidated


def test_code_of_an_error_is_that_of_the_database(begun: Connection) -> None:
    expected = {"postgresql": "42P01", "mysql": 1146}

    with pytest.raises(DBAPIError) as caught:
        begun.execute(text("SELECT 1 FROM nosuch"))

    assert code_of(caught.value) == expected.get(begun.dialect.name)


def test_listeners_are_not_told(engine: Engine) -> None:
    with engine.connect() as connection:
        TABLE.create(connection)
        connection.commit()
        heard: list[object] = []
        for name in ("begin", "before_cursor_execute"):
            event.listen(connection, name, lambda *told: heard.append(told))

        INSERT.execute(connection, ROW)

        assert heard == []


def test_schemas_have_the_names_of_the_connection(
    connection: Connection,
) -> None:
    schema = {"sqlite": "main", "postgresql": "public"}.get(
        connection.dialect.name, connection.engine.url.database
    )
    TABLE.create(connection)
    elsewhere = TABLE.to_metadata(MetaData(), schema="unknown")
    prepared = Prepared(insert(elsewhere).inline(), [*ROW])
    for own_name in ("nosuch", schema):
        connection.commit()
        connection.execution_options(
            schema_translate_map={"unknown": own_name}
        )
        with suppress(DBAPIError):
            connection.begin()
            prepared.execute(connection, ROW)

    assert len(connection.execute(select(TABLE)).all()) == 1
