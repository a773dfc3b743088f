"""MySQL and MariaDB: what is not asked for stays, to the letter."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

import migrate
from migrate import PrimaryKeyConstraint
from migrate.changeset.databases.showcreate import Definition
from migrate.changeset.databases.showcreate import columns_of
from migrate.changeset.databases.showcreate import keys_of

RICH = """
CREATE TABLE rich (
  id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `a "b%` varchar(10) CHARACTER SET latin1 COLLATE latin1_german1_ci
    NOT NULL DEFAULT 'x''y,(' COMMENT 'c''o %, (',
  changed timestamp NOT NULL DEFAULT current_timestamp
    ON UPDATE current_timestamp COMMENT 'when',
  twice int GENERATED ALWAYS AS (n * 2) VIRTUAL COMMENT 'g',
  n int unsigned zerofill INVISIBLE DEFAULT 5 CHECK (n > 0 or n = '`n`'),
  kind enum('a','b,c') DEFAULT 'a',
  price decimal(10,2) NOT NULL DEFAULT -1.50,
  word varchar(20) DEFAULT (concat('a', 'b')),
  doc json,
  other int,
  CONSTRAINT ck CHECK (price > other),
  UNIQUE KEY uq (other, kind),
  KEY k (kind, other),
  CONSTRAINT fk FOREIGN KEY (other) REFERENCES rich (id) ON DELETE CASCADE
) COMMENT 'rich ('
"""


@pytest.fixture
def rich(engine: Engine) -> Table:
    if engine.dialect.name not in {"mysql", "mariadb"}:
        pytest.skip("of MySQL and MariaDB")
    with engine.begin() as connection:
        connection.exec_driver_sql(RICH.replace("%", "%%"))
    table = Table("rich", MetaData(), autoload_with=engine)
    table.metadata.bind = engine  # type: ignore[attr-defined]
    return table


def shown(engine: Engine) -> str:
    with engine.connect() as connection:
        result = connection.exec_driver_sql("SHOW CREATE TABLE rich")
        return str(result.one()[1])


def lines(engine: Engine) -> list[str]:
    return [line.strip().rstrip(",") for line in shown(engine).split("\n")]


def difference(before: list[str], after: list[str]) -> tuple[Any, Any]:
    """The one line that differs, before and after."""
    assert len(before) == len(after)
    pairs = [
        pair for pair in zip(before, after, strict=True) if len({*pair}) > 1
    ]
    (pair,) = pairs
    return pair


@pytest.mark.parametrize(
    ("column", "change", "old", "new"),
    [
        ('a "b%', {"nullable": True}, " NOT NULL", ""),
        ('a "b%', {"server_default": "%'"}, "'x''y,('", "'%'''"),
        ('a "b%', {"comment": "new %"}, "'c''o %, ('", "'new %'"),
        ('a "b%', {"type": String(99)}, "varchar(10)", "varchar(99)"),
        ("changed", {"comment": None}, " COMMENT 'when'", ""),
        ("twice", {"type": BigInteger}, "int(11)", "bigint(20)"),
        (
            "n",
            {"server_default": "6"},
            "DEFAULT 0000000005",
            "DEFAULT 0000000006",
        ),
        ("id", {"autoincrement": False}, " AUTO_INCREMENT", ""),
        ("kind", {"nullable": False}, "DEFAULT 'a'", "NOT NULL DEFAULT 'a'"),
        ("word", {"comment": "w"}, "b')", "b') COMMENT 'w'"),
        ("price", {"server_default": None}, " DEFAULT -1.50", ""),
        ("doc", {"nullable": False}, " DEFAULT NULL", " NOT NULL"),
    ],
)
def test_alteration_changes_what_it_names(
    rich: Table,
    engine: Engine,
    column: str,
    change: dict[str, Any],
    old: str,
    new: str,
) -> None:
    before = lines(engine)

    rich.c[column].alter(**change)

    one, other = difference(before, lines(engine))
    assert [*_words(other)] == [*_words(one.replace(old, new))]


def _words(line: str) -> list[str]:
    """The clauses in any order: the server prints them in its own."""
    return sorted(line.split())


@pytest.mark.parametrize("column", ['a "b%', "changed", "doc"])
def test_rename_keeps_all(rich: Table, engine: Engine, column: str) -> None:
    before = lines(engine)

    rich.c[column].alter(name="new`name")

    one, other = difference(before, lines(engine))
    quoted = "`" + column.replace("`", "``") + "`"
    assert other == one.replace(quoted, "`new``name`")


def test_rename_is_followed_by_keys(rich: Table, engine: Engine) -> None:
    rich.c.kind.alter(name="sort")

    keys = {key.name: key.columns for key in keys_of(shown(engine))}
    assert keys["uq"] == ("other", "sort")
    assert keys["k"] == ("sort", "other")


def test_dropping_a_column_drops_what_holds_it(
    rich: Table, engine: Engine
) -> None:
    rich.c.other.drop()

    keys = {key.name: key for key in keys_of(shown(engine))}
    assert keys.keys() == {None, "k"}
    assert keys["k"].columns == ("kind",)
    assert "other" not in columns_of(shown(engine))


def test_column_that_another_table_refers_to_is_not_dropped(
    rich: Table, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE child (r int, "
            "CONSTRAINT child_fk FOREIGN KEY (r) REFERENCES rich (id))"
        )

    with pytest.raises(DBAPIError, match="child_fk"):
        rich.c.id.drop()

    assert "id" in columns_of(shown(engine))


def test_renaming_a_foreign_key_keeps_its_actions(
    rich: Table, engine: Engine
) -> None:
    constraint = migrate.ForeignKeyConstraint(
        [rich.c.other], [rich.c.id], name="fk"
    )

    constraint.rename("fk2")

    (key,) = (key for key in keys_of(shown(engine)) if key.kind == "FOREIGN")
    assert key.name == "fk2"
    assert "ON DELETE CASCADE" in key.text


def test_generated_column_from_an_ordinary_one(
    rich: Table, engine: Engine
) -> None:
    rich.c.word.alter(server_default=None)
    rich.c.word.alter(computed=Computed("concat(kind, '!')", persisted=True))

    word = str(columns_of(shown(engine))["word"])
    assert "GENERATED ALWAYS AS (concat(`kind`,'!')) STORED" in word


@pytest.mark.parametrize(
    "text",
    [
        "varchar(10) CHARACTER SET latin1 NOT NULL DEFAULT ''",
        "int GENERATED ALWAYS AS (if(`a` > 1,'DEFAULT',')')) STORED NOT NULL",
        "int DEFAULT NULL /*!80023 INVISIBLE */ COMMENT 'NOT NULL'",
        "datetime(6) DEFAULT now(6) ON UPDATE now(6) COLUMN_FORMAT FIXED",
        "point NOT NULL /*!80003 SRID 4326 */",
        "bit(3) DEFAULT b'101'",
    ],
)
def test_definition_is_read_and_said_as_it_was(text: str) -> None:
    assert str(Definition.parse(text)) == text


def test_collation_goes_with_a_text_and_stays_with_another() -> None:
    stored = Definition.parse(
        "varchar(9) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL"
    )

    as_text = stored.altered(Definition.parse("VARCHAR(20)"), {"type"})
    as_number = stored.altered(Definition.parse("INTEGER"), {"type"})

    assert str(as_text) == (
        "VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL"
    )
    assert str(as_number) == "INTEGER DEFAULT NULL"


def test_names_under_ansi_quotes() -> None:
    text = (
        'CREATE TABLE "t" (\n  "a" int(11) DEFAULT NULL,\n  KEY "k" ("a")\n)'
    )

    assert [*columns_of(text)] == ["a"]
    assert [(key.name, key.columns) for key in keys_of(text)] == [
        ("k", ("a",))
    ]


def test_primary_key_of_a_new_column_that_counts(engine: Engine) -> None:
    if engine.dialect.name not in {"mysql", "mariadb"}:
        pytest.skip("of MySQL and MariaDB")
    table = Table("bare", MetaData(), Column("a", Integer))
    table.create(engine)

    Column("id", Integer, primary_key=True).create(
        table, primary_key_name="pk", connection=engine
    )

    with engine.connect() as connection:
        told = connection.exec_driver_sql("SHOW CREATE TABLE bare").one()[1]
    assert columns_of(told)["id"].says("AUTO_INCREMENT")


@pytest.mark.parametrize("gathered", [True, False])
def test_column_counts_on_when_its_key_is_made_anew(
    engine: Engine, gathered: bool
) -> None:
    if engine.dialect.name not in {"mysql", "mariadb"}:
        pytest.skip("of MySQL and MariaDB")
    table = Table(
        "bare",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("a", Integer, nullable=False),
    )
    table.create(engine)
    table.metadata.bind = engine  # type: ignore[attr-defined]  # as of 1.x

    with table.batch() if gathered else nullcontext():
        PrimaryKeyConstraint(table.c.id).drop()
        if not gathered:
            assert not _told(engine)["id"].says("AUTO_INCREMENT")
        PrimaryKeyConstraint(table.c.id, table.c.a).create()
    table.c.a.alter(primary_key=False, primary_key_name="pk")

    assert _told(engine)["id"].says("AUTO_INCREMENT")
    assert table.primary_key.columns.keys() == ["id"]


def _told(engine: Engine) -> dict[str, Definition]:
    with engine.connect() as connection:
        told = connection.exec_driver_sql("SHOW CREATE TABLE bare").one()[1]
    return columns_of(told)


def test_unique_key_that_is_renamed_leaves_no_index_in_the_table(
    rich: Table, engine: Engine
) -> None:
    unique = migrate.UniqueConstraint("other", "kind", table=rich, name="uq")
    before = {index.name for index in rich.indexes}

    unique.rename("uq2", engine=engine)

    assert {index.name for index in rich.indexes} == before
