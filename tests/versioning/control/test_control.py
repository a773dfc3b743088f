from __future__ import annotations

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from migrate.exceptions import DatabaseAlreadyControlledError
from migrate.exceptions import DatabaseNotControlledError
from migrate.exceptions import HalfDoneStepError
from migrate.exceptions import StepConflictError
from migrate.versioning.control.marker import Marker
from migrate.versioning.control.table import ControlTable

SHOP = ControlTable("migrate_version", "shop")
BLOG = ControlTable("migrate_version", "blog")
MARKER = Marker("upgrade", 0, 1, "001_x.py", "2026-01-01T00:00:00+00:00")


def rows(connection: Connection) -> list[tuple[object, ...]]:
    found = connection.execute(
        text("SELECT * FROM migrate_version ORDER BY repository_id")
    )
    return [tuple(row) for row in found]


def test_table_is_the_promised_one(connection: Connection) -> None:
    SHOP.insert(connection, "/srv/shop", 0)

    inspector = inspect(connection)
    columns = {
        column["name"]: (str(column["type"]).split("(")[0], column["nullable"])
        for column in inspector.get_columns("migrate_version")
    }
    assert columns == {
        "repository_id": ("VARCHAR", False),
        "repository_path": ("TEXT", True),
        "version": ("INTEGER", True),
    }
    assert inspector.get_pk_constraint("migrate_version")[
        "constrained_columns"
    ] == ["repository_id"]
    assert inspector.get_table_names() == ["migrate_version"]


def test_wide_table_holds_a_timestamp(connection: Connection) -> None:
    wide = ControlTable("migrate_version", "shop", is_wide=True)

    wide.insert(connection, "shop", 20261231235959)

    assert wide.version(connection) == 20261231235959


def test_repositories_share_a_table(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 3)
    BLOG.insert(connection, "blog", 5)

    assert rows(connection) == [("blog", "blog", 5), ("shop", "shop", 3)]
    assert SHOP.version(connection) == 3


def test_second_insert_is_refused(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 3)

    with pytest.raises(DatabaseAlreadyControlledError, match="'shop'"):
        SHOP.insert(connection, "elsewhere", 0)

    assert rows(connection) == [("shop", "shop", 3)]


def test_move_compares_and_sets(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 3)
    BLOG.insert(connection, "blog", 3)

    SHOP.move(connection, 3, 4)

    assert rows(connection) == [("blog", "blog", 3), ("shop", "shop", 4)]


def test_move_from_another_version_is_a_conflict(
    connection: Connection,
) -> None:
    SHOP.insert(connection, "shop", 3)

    with pytest.raises(StepConflictError, match="no longer 2"):
        SHOP.move(connection, 2, 3)

    assert rows(connection) == [("shop", "shop", 3)]


def test_remove_keeps_other_rows(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 3)
    BLOG.insert(connection, "blog", 5)

    SHOP.remove(connection)

    assert rows(connection) == [("blog", "blog", 5)]


def test_remove_of_the_last_row_drops_the_table(
    connection: Connection,
) -> None:
    SHOP.insert(connection, "shop", 3)

    SHOP.remove(connection)

    assert not inspect(connection).has_table("migrate_version")


def test_remove_without_a_row_is_refused(connection: Connection) -> None:
    BLOG.insert(connection, "blog", 5)

    with pytest.raises(DatabaseNotControlledError, match="no row"):
        SHOP.remove(connection)

    assert rows(connection) == [("blog", "blog", 5)]


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([], "no table 'migrate_version'; .* version_control"),
        (
            ["CREATE TABLE migrate_version (id INTEGER, version INTEGER)"],
            r"has the columns \['id', 'version'\], expected",
        ),
        (
            [
                "CREATE TABLE migrate_version (repository_id VARCHAR(250),"
                " repository_path TEXT, version INTEGER)"
            ],
            "has no row of repository 'shop'",
        ),
        (
            [
                "CREATE TABLE migrate_version (repository_id VARCHAR(250),"
                " repository_path TEXT, version INTEGER)",
                "INSERT INTO migrate_version VALUES ('shop', 'shop', NULL)",
            ],
            "the version None, expected a whole number from 0",
        ),
        (
            [
                "CREATE TABLE migrate_version (repository_id VARCHAR(250),"
                " repository_path TEXT, version VARCHAR(10))",
                "INSERT INTO migrate_version VALUES ('shop', 'shop', 'x')",
            ],
            "the version 'x', expected a whole number from 0",
        ),
    ],
)
def test_damage_is_named(
    engine: Engine, statements: list[str], message: str
) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))

    with (
        engine.connect() as connection,
        pytest.raises(DatabaseNotControlledError, match=message),
    ):
        SHOP.version(connection)


def test_marker_is_read_back_and_removed(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 0)

    SHOP.marker_row.mark(connection, MARKER)
    found = SHOP.marker_row.read(connection)
    SHOP.marker_row.remove(connection)

    assert found == MARKER
    assert SHOP.marker_row.read(connection) is None
    assert rows(connection) == [("shop", "shop", 0)]


def test_marker_does_not_disturb_a_reader_of_the_version(
    connection: Connection,
) -> None:
    SHOP.insert(connection, "shop", 0)

    SHOP.marker_row.mark(connection, MARKER)

    assert SHOP.version(connection) == 0
    assert BLOG.marker_row.read(connection) is None


def test_second_marker_names_the_first(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 0)
    SHOP.marker_row.mark(connection, MARKER)
    connection.commit()

    connection.begin()
    with pytest.raises(
        HalfDoneStepError, match=r"from version 0 to 1 \(001_x.py, started 20"
    ):
        SHOP.marker_row.mark(connection, MARKER)


def test_parked_row_marks_nothing_and_is_taken_again(
    connection: Connection,
) -> None:
    SHOP.insert(connection, "shop", 0)
    SHOP.marker_row.mark(connection, MARKER)

    SHOP.move_and_park(connection, 0, 1)

    assert SHOP.state(connection) == (1, None)
    assert SHOP.marker_row.read(connection) is None
    SHOP.marker_row.mark(connection, MARKER)
    assert SHOP.state(connection) == (1, MARKER)


def test_version_moved_by_others_is_noticed_with_a_marker(
    connection: Connection,
) -> None:
    SHOP.insert(connection, "shop", 0)
    SHOP.marker_row.mark(connection, MARKER)

    with pytest.raises(StepConflictError, match="no longer 4"):
        SHOP.move_and_park(connection, 4, 5)


def test_marker_that_a_rollback_took_is_written_again(
    connection: Connection,
) -> None:
    SHOP.insert(connection, "shop", 0)

    SHOP.marker_row.write(connection, MARKER)

    assert SHOP.marker_row.read(connection) == MARKER


def test_only_a_parked_row_is_removed_as_such(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 0)
    SHOP.marker_row.mark(connection, MARKER)

    SHOP.marker_row.remove_parked(connection)
    assert SHOP.marker_row.read(connection) == MARKER

    SHOP.marker_row.park(connection)
    SHOP.marker_row.remove_parked(connection)
    assert rows(connection) == [("shop", "shop", 0)]


def test_parked_row_does_not_keep_the_table(connection: Connection) -> None:
    SHOP.insert(connection, "shop", 0)
    SHOP.marker_row.mark(connection, MARKER)
    SHOP.marker_row.park(connection)

    SHOP.remove(connection)

    assert inspect(connection).get_table_names() == []


@pytest.mark.parametrize("length", [1, 233, 234, 235, 250])
def test_marker_of_a_long_id_fits(connection: Connection, length: int) -> None:
    table = ControlTable("migrate_version", "i" * length)
    other = ControlTable("migrate_version", "i" * (length - 1) + "j")
    table.insert(connection, "p", 0)
    other.insert(connection, "p", 0)

    table.marker_row.mark(connection, MARKER)

    assert table.marker_row.read(connection) == MARKER
    assert other.marker_row.read(connection) is None

    table.elsewhere_row.write(connection, MARKER)

    assert other.marker(connection) is None
    assert len(rows(connection)) == 4
