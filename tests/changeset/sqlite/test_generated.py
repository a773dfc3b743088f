"""Schemas that nobody thought of, with rows, altered and compared."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import event
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.sqlite.alteration import Features
from migrate.changeset.sqlite.parser import parse
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError
from tests.changeset.sqlite.alterations import NEUTRAL
from tests.changeset.sqlite.alterations import Alteration
from tests.changeset.sqlite.alterations import model

NAMES = st.sampled_from(
    [
        "a",
        "B b",
        'q"q',
        "select",
        "größe",
        "100%",
        "x)",
        "it's",
        "rowid",
        "[y]",
    ]
)
TYPES = st.sampled_from(
    [
        *("", "INTEGER", "TEXT", "VARCHAR(10)", "REAL", "BLOB"),
        *("floating point", '"odd type"', "BOOLEAN", "DATE"),
        *("INT UNSIGNED", "NUMERIC(5, 2)"),
    ]
)
SPACES = st.sampled_from(
    [" ", "\n    ", "\t", " /* , ( ' */ ", "\n-- ) a ' comment\n  "]
)
VALUES = st.one_of(
    st.none(),
    st.integers(-9, 9),
    st.sampled_from([2**62, 0.1, -0.0, "7", "a", "A", "it's", b"\x00", ""]),
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def in_ticks(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def joined(parts: list[str], space: str) -> str:
    """Put parts together; without a space where they can touch."""
    text = parts[0]
    for part in parts[1:]:
        touch = not space and (text[-1] in ")`]" or part[0] in "('`[")
        text += part if touch else (space or " ") + part
    return text


@st.composite
def clauses(draw: st.DrawFn, q: str) -> list[str]:
    every = [
        "NOT NULL",
        "NOT NULL ON CONFLICT IGNORE",
        "NULL",
        "UNIQUE",
        # Not REPLACE: beside a foreign key to the same table, whether SQLite
        # enforces that key hangs on the order in which tables were created.
        'CONSTRAINT "a b" UNIQUE ON CONFLICT FAIL',
        f"CHECK ({q} <> ')')",
        f"CONSTRAINT small CHECK (typeof({q}) <> 'blob' OR {q} > x'')",
        "DEFAULT 'it''s ('",
        "DEFAULT -1.5",
        "DEFAULT(3)",
        "DEFAULT k",
        "DEFAULT (abs(-3) /* ) */)",
        "DEFAULT CURRENT_DATE",
        "COLLATE nocase",
        "REFERENCES other",
        "REFERENCES 'other'('id')",
        "REFERENCES t (u) ON DELETE SET NULL ON UPDATE CASCADE",
    ]
    chosen = draw(st.lists(st.sampled_from(every), max_size=4, unique=True))
    kept: list[str] = []
    for clause in chosen:
        kind = clause.split("(")[0].split()[-1]
        if not any(kind in each for each in kept):
            kept.append(clause)
    return kept


@st.composite
def schemas(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """The statements of a schema, and the names of its extra columns."""
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    space = draw(SPACES)
    key, constraint, options = draw(
        st.sampled_from(
            [
                ("id INTEGER PRIMARY KEY", "", ""),
                ("id INTEGER PRIMARY KEY AUTOINCREMENT", "", ""),
                ("id INTEGER PRIMARY KEY DESC", "", ""),
                ("id INTEGER UNIQUE", "", ""),
                ("id INT", "PRIMARY KEY (id, k)", ""),
                ("id INT", "PRIMARY KEY (id)", " WITHOUT ROWID"),
                ("id INT", "PRIMARY KEY(k DESC, id)", "WITHOUT ROWID"),
            ]
        )
    )
    elements = [key, "n INTEGER DEFAULT 3", "m INTEGER NOT NULL DEFAULT 4"]
    elements += ["u INTEGER", "k INTEGER", "f INTEGER"]
    for name in names:
        q = draw(st.sampled_from([quoted, in_ticks]))(name)
        parts = [q, draw(TYPES), *draw(clauses(q))]
        between = draw(st.one_of(SPACES, st.just("")))
        elements.append(joined([each for each in parts if each], between))
    if draw(st.booleans()):
        elements.append(
            "g INTEGER GENERATED ALWAYS AS (k + 1)"
            + draw(st.sampled_from(["", " STORED", " VIRTUAL"]))
        )
    elements += ["CONSTRAINT uq UNIQUE (u)", "CONSTRAINT ck CHECK (k > 0)"]
    elements.append(
        "CONSTRAINT fk FOREIGN KEY (f) REFERENCES other (id)"
        + draw(st.sampled_from(["", " ON DELETE CASCADE", " MATCH FULL"]))
    )
    if constraint:
        elements.append(constraint)
    body = f",{space}".join(elements)
    vacuum = draw(st.sampled_from(["NONE", "FULL", "INCREMENTAL"]))
    statements = [
        f"PRAGMA auto_vacuum = {vacuum}",
        "CREATE TABLE other (id INTEGER PRIMARY KEY)",
        f"CREATE TABLE t ({body}){options}",
        "CREATE INDEX by_k ON t (k)",
    ]
    first = quoted(names[0]) if names else "k"
    more = [
        f"CREATE INDEX mixed ON t ({first} COLLATE nocase DESC, k)",
        f"CREATE UNIQUE INDEX part ON t (id, {first}) WHERE t.{first} > 1",
        f"CREATE INDEX expr ON t (lower({first}) || ')', k)",
        f"CREATE VIEW v AS SELECT id, {first} AS one FROM 't' WHERE k > 1",
        "CREATE TABLE log (x)",
        f"CREATE TRIGGER r AFTER UPDATE OF {first} ON t BEGIN "
        f"INSERT INTO log VALUES (new.{first}); END",
        "CREATE TABLE child (id REFERENCES 't' ('u') ON DELETE CASCADE)",
    ]
    return statements + [each for each in more if draw(st.booleans())], names


def fill(
    raw: sqlite3.Connection, names: list[str], rows: list[list[object]]
) -> None:
    raw.executemany("INSERT INTO other VALUES (?)", [(i,) for i in range(9)])
    listed = ", ".join(["id", "n", "u", "k", "f", *map(quoted, names)])
    for place, row in enumerate(rows, start=1):
        values = [place * 3, place + 3, place, place, place % 9]
        values += row[: len(names)]  # type: ignore[arg-type]
        with contextlib.suppress(sqlite3.Error):
            raw.execute(
                f"INSERT INTO t ({listed}) "
                f"VALUES ({', '.join('?' * len(values))})",
                values,
            )
    # Rows without a value for the last column.
    raw.execute("ALTER TABLE t ADD COLUMN late TEXT DEFAULT 'late'")
    raw.commit()


def seen(
    raw: sqlite3.Connection, names: list[str], table: str
) -> list[object]:
    """All rows with rowids and storage classes, and what writing does."""
    columns = ["id", "u", "k", "f", "late", *names]
    listed = ", ".join(
        f"{quoted(name)}, typeof({quoted(name)})" for name in columns
    )
    rowid = next(
        (
            name
            for name in ("rowid", "_rowid_")
            if name not in names
            and "WITHOUT" not in stored(raw, table).split(")")[-1]
        ),
        "1",
    )
    found: list[object] = raw.execute(
        f"SELECT {rowid}, {listed} FROM {table} ORDER BY id"
    ).fetchall()
    found += raw.execute("PRAGMA integrity_check").fetchall()
    found += raw.execute(
        "SELECT rowid FROM pragma_foreign_key_check"
    ).fetchall()
    for statement in (
        f"INSERT INTO {table} (id, m, k) VALUES (99, 1, 50)",
        f"UPDATE {table} SET k = k + 100",
        f"DELETE FROM {table} WHERE k = 2",
    ):
        raw.execute("SAVEPOINT probe")
        try:
            raw.execute(statement)
            found.append(
                raw.execute(
                    f"SELECT {listed} FROM {table} ORDER BY id"
                ).fetchall()
            )
        except sqlite3.Error as error:
            found.append(type(error))
        raw.execute("ROLLBACK TO probe")
        raw.execute("RELEASE probe")
    return found


def stored(raw: sqlite3.Connection, table: str) -> str:
    (text,) = raw.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?",
        (table,),
    ).fetchone()
    return str(text)


@contextlib.contextmanager
def database(
    statements: list[str],
) -> Iterator[sqlite3.Connection]:
    raw = sqlite3.connect(":memory:", check_same_thread=False)
    raw.execute("PRAGMA foreign_keys = ON")
    for statement in statements:
        raw.execute(statement)
    yield raw
    raw.close()


def altered(
    raw: sqlite3.Connection, alteration: Alteration, way: Features
) -> None:
    """Alter in a transaction of its own, which is committed."""
    engine = create_engine(
        "sqlite://", creator=lambda: raw, poolclass=StaticPool
    )
    editor = SQLiteEditor()
    editor.features = way  # type: ignore[misc]  # of this editor alone
    with engine.connect() as connection:
        for operation in alteration.operations(model()):
            editor.run(connection, operation)
        connection.commit()


WAYS = {
    "now": Features(),
    "twelve steps": Features(write_schema=False, drop_column=False),
}


ROWS = st.lists(st.lists(VALUES, min_size=3, max_size=3), max_size=5)
many = settings(
    # More of them if the profile wants more.
    max_examples=max(200, settings.default.max_examples),
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("way", WAYS)
@many
@given(schema=schemas(), rows=ROWS, alteration=st.sampled_from(NEUTRAL))
def test_generated_schema_is_kept(
    way: str,
    schema: tuple[list[str], list[str]],
    rows: list[list[object]],
    alteration: Alteration,
) -> None:
    statements, names = schema
    with database(statements) as raw:
        fill(raw, names, rows)
        before, text = seen(raw, names, "t"), stored(raw, "t")
        event(alteration.name)

        try:
            altered(raw, alteration, WAYS[way])
        except (ExistingRowsError, NotSupportedError):
            event("refused")
            assert seen(raw, names, "t") == before
            assert stored(raw, "t") == text
            return

        assert seen(raw, names, alteration.table) == before
        if alteration.expected is not None and way == "now":
            expected = alteration.expected(parse(text))
            assert stored(raw, "t") == expected.text


# "Five at once" adds a column too.
ONE_BY_ONE = [
    each
    for each in NEUTRAL
    if each.name != "add column" and not each.name.startswith("rename")
]


@pytest.mark.parametrize("way", WAYS)
@many
@given(
    schema=schemas(),
    rows=ROWS,
    alterations=st.lists(
        st.sampled_from(ONE_BY_ONE), min_size=2, max_size=4, unique=True
    ),
)
def test_rows_are_kept_from_one_alteration_to_the_next(
    way: str,
    schema: tuple[list[str], list[str]],
    rows: list[list[object]],
    alterations: list[Alteration],
) -> None:
    statements, names = schema
    with database(statements) as raw:
        fill(raw, names, rows)
        columns = ["id", "u", "k", "f", "late", *names]
        every = f"SELECT {', '.join(map(quoted, columns))} FROM t ORDER BY id"
        before = raw.execute(every).fetchall()

        for alteration in alterations:
            with contextlib.suppress(ExistingRowsError, NotSupportedError):
                altered(raw, alteration, WAYS[way])

        assert raw.execute(every).fetchall() == before
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not raw.execute("PRAGMA foreign_key_check").fetchall()
