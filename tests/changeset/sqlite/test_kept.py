"""Every feature survives every alteration, by each way of carrying it out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.sqlite.alteration import Features
from migrate.changeset.sqlite.parser import parse
from tests.changeset.sqlite.alterations import NEUTRAL
from tests.changeset.sqlite.alterations import Alteration
from tests.changeset.sqlite.alterations import alter
from tests.changeset.sqlite.alterations import model
from tests.changeset.sqlite.features import FEATURES
from tests.changeset.sqlite.features import Feature

Outcome = list[object]


class Oldest(SQLiteEditor):
    """Has RENAME COLUMN; everything else is the twelve steps."""

    features = Features(drop_column=False, write_schema=False)


@pytest.fixture
def raw() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


@pytest.fixture
def connection(raw: sqlite3.Connection) -> Iterator[Connection]:
    engine = create_engine(
        "sqlite://", creator=lambda: raw, poolclass=StaticPool
    )
    with engine.connect() as connection:
        yield connection


def prepared(raw: sqlite3.Connection, feature: Feature) -> None:
    for statement in feature.schema():
        raw.execute(statement)
    raw.commit()


def outcome(raw: sqlite3.Connection, script: str) -> Outcome:
    """Run a script, and undo it."""
    raw.execute("SAVEPOINT probe")
    try:
        rows: Outcome = []
        for statement in script.split(";"):
            rows = raw.execute(statement).fetchall()
        return rows
    except sqlite3.Error as error:
        return [type(error)]
    finally:
        raw.execute("ROLLBACK TO probe")
        raw.execute("RELEASE probe")


def probes(
    raw: sqlite3.Connection, feature: Feature, table: str, column: str
) -> list[Outcome]:
    quoted = '"' + column.replace('"', '""') + '"'
    return [
        outcome(raw, probe.replace("{t}", table).replace("{c}", quoted))
        for probe in feature.probes
    ]


def rows(raw: sqlite3.Connection, feature: Feature, table: str) -> Outcome:
    """All rows by their keys, but not the columns that are altered."""
    rowid = "1"
    if "WITHOUT ROWID" not in feature.options:
        rowid = "_rowid_"
    return raw.execute(
        f"SELECT {rowid}, id, m, u, k, f, {feature.quoted}, "
        f"typeof({feature.quoted}) FROM {table} ORDER BY id"
    ).fetchall()


def texts(raw: sqlite3.Connection) -> dict[str, str | None]:
    return dict(
        raw.execute("SELECT name, sql FROM sqlite_master ORDER BY name")
    )


def alterable(feature: Feature, alteration: Alteration) -> bool:
    # A typed column of a STRICT table takes SQLite's own type names only.
    strict = "STRICT" in feature.options
    return not strict or alteration.name not in (
        "type of the same affinity",
        "type of another affinity",
        "add column",
        "five at once",
    )


MATRIX = [
    pytest.param(feature, alteration, id=f"{feature}-{alteration}")
    for feature in FEATURES
    for alteration in NEUTRAL
    if alterable(feature, alteration)
]


@pytest.mark.parametrize(("feature", "alteration"), MATRIX)
def test_alteration_in_a_transaction_keeps_feature(
    raw: sqlite3.Connection,
    connection: Connection,
    feature: Feature,
    alteration: Alteration,
) -> None:
    prepared(raw, feature)
    name = feature.column_name
    before, stored = probes(raw, feature, "t", name), texts(raw)
    seen = rows(raw, feature, "t")

    raw.execute("BEGIN IMMEDIATE")
    for operation in alteration.operations(model(name)):
        SQLiteEditor().run(connection, operation)
    raw.commit()

    assert rows(raw, feature, alteration.table) == seen
    assert probes(raw, feature, alteration.table, name) == before
    assert raw.execute("PRAGMA integrity_check").fetchall() in (
        [("ok",)],
        [("CHECK constraint failed in t",)],
        [(f"CHECK constraint failed in {alteration.table}",)],
    )
    assert not raw.execute("PRAGMA foreign_key_check").fetchall()
    if alteration.expected is not None:
        left = texts(raw)
        expected = alteration.expected(parse(stored["t"] or "")).text
        assert left["t"] == expected
        for each in left.keys() & stored.keys() - {"t"}:
            assert left[each] == stored[each]


@pytest.mark.parametrize(("feature", "alteration"), MATRIX)
def test_twelve_steps_keep_feature(
    raw: sqlite3.Connection,
    connection: Connection,
    feature: Feature,
    alteration: Alteration,
) -> None:
    prepared(raw, feature)
    name = feature.column_name
    before = probes(raw, feature, "t", name)
    seen = rows(raw, feature, "t")

    for operation in alteration.operations(model(name)):
        Oldest().run(connection, operation)

    assert rows(raw, feature, alteration.table) == seen
    assert probes(raw, feature, alteration.table, name) == before
    assert not raw.execute("PRAGMA foreign_key_check").fetchall()
    assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert raw.execute("PRAGMA legacy_alter_table").fetchone() == (0,)


@pytest.mark.parametrize("feature", FEATURES, ids=str)
def test_renamed_column_keeps_feature(
    raw: sqlite3.Connection, connection: Connection, feature: Feature
) -> None:
    prepared(raw, feature)
    before = probes(raw, feature, "t", feature.column_name)

    table = model(feature.column_name)
    (operation,) = alter(table, feature.column_name, name="the new")
    SQLiteEditor().run(connection, operation)

    assert probes(raw, feature, "t", "the new") == before


NEVER_NULL = [
    feature
    for feature in FEATURES
    if feature.name not in ("nan", "rowids", "autoincrement")
    and "NULL"
    not in "".join([*feature.schema(), *feature.probes])
    .replace("INTEGER NOT NULL DEFAULT 4", "")
    .replace("TEXT NOT NULL PRIMARY KEY", "")
]


@pytest.mark.parametrize("feature", NEVER_NULL, ids=str)
def test_column_made_not_null_and_back_keeps_feature(
    raw: sqlite3.Connection, connection: Connection, feature: Feature
) -> None:
    prepared(raw, feature)
    name = feature.column_name
    before, stored = probes(raw, feature, "t", name), texts(raw)

    for nullable in (False, True):
        (operation,) = alter(model(name), name, nullable=nullable)
        SQLiteEditor().run(connection, operation)

    assert probes(raw, feature, "t", name) == before
    assert texts(raw) == stored
