"""The Table says what the database has; copies of it, too."""

from __future__ import annotations

import pytest
from sqlalchemy import CheckConstraint
from sqlalchemy import Column
from sqlalchemy import Computed
from sqlalchemy import Enum
from sqlalchemy import ForeignKey
from sqlalchemy import Identity
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import UniqueConstraint
from sqlalchemy import create_engine
from sqlalchemy import create_mock_engine
from sqlalchemy import func
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import CreateEnumType
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from migrate import ColumnDelta
from migrate import rename_index
from migrate.changeset import following
from migrate.changeset import operations as ops
from migrate.exceptions import NotSupportedError


@pytest.fixture
def table() -> Table:
    metadata = MetaData()
    Table(
        "child",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("t_id", Integer, ForeignKey("t.id")),
    )
    table = Table(
        "t",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("a", Integer),
        Column("b", Integer, Computed("a * 2")),
        CheckConstraint("a > 1 AND 'a' <> 'b a' AND alpha(a) > 2", name="c"),
        UniqueConstraint("a", "id", name="u"),
    )
    Index("i", table.c.a, table.c.id)
    return table


def rename(column: Column[int], name: str) -> None:
    operation = ColumnDelta(column, name=name).operation
    assert operation is not None
    following.follow(operation)


def created(table: Table) -> str:
    copies = MetaData()
    for each in table.metadata.tables.values():
        each.to_metadata(copies)
    return str(CreateTable(copies.tables[table.key]))


def test_rename_is_seen_in_keys_and_indexes(table: Table) -> None:
    column = table.c.a

    rename(column, "x")

    assert table.c.keys() == ["id", "x", "b"]
    (index,) = table.indexes
    assert index.columns.keys() == ["x", "id"]
    (unique,) = (
        each
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    )
    assert unique.columns.keys() == ["x", "id"]


def test_rename_is_seen_in_checks_and_expressions(table: Table) -> None:
    rename(table.c.a, "x")

    text = created(table)
    assert "x > 1 AND 'a' <> 'b a' AND alpha(x) > 2" in text
    assert "AS (x * 2)" in text


def test_rename_is_seen_by_foreign_keys_of_others(table: Table) -> None:
    assert table.metadata.tables["child"].c.t_id.references(table.c.id)

    rename(table.c.id, "key")
    following.follow(ops.RenameTable(table, "u"))

    assert "REFERENCES u (key)" in created(table.metadata.tables["child"])


def test_renamed_column_with_a_key_of_its_own_keeps_it() -> None:
    table = Table("t", MetaData(), Column("a", Integer, key="k"))

    rename(table.c.k, "b")

    assert table.c.keys() == ["k"]
    assert table.c.k.name == "b"


def test_altered_type_is_used_in_expressions() -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    assert "||" not in str(table.c.a + "x")
    operation = ColumnDelta(table.c.a, type=String(9)).operation
    assert operation is not None

    following.follow(operation)

    assert "||" in str(table.c.a + "x")


def test_create_takes_the_place_of_a_column_of_that_name() -> None:
    engine = create_engine("sqlite://")
    table = Table("t", MetaData(), Column("id", Integer))
    table.create(engine)
    table.append_column(Column("a", Integer))
    column = Column("a", String(9))

    column.create(table, engine=engine)

    assert table.c.a is column

    column = Column("a", Integer)
    before = table.c.a
    with pytest.raises((DBAPIError, NotSupportedError)):
        column.create(table, engine=engine)

    assert table.c.a is before
    assert column.table is None


def test_both_alterations_of_a_column_become_one() -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    one = ColumnDelta(table.c.a, name="b", nullable=False).operation
    other = ColumnDelta(table.c.a, type=String(9)).operation
    assert one is not None
    assert other is not None

    both = following.both(one, other)

    assert both.changes == {"name", "nullable", "type"}
    assert both.after.name == "b"
    assert not both.after.nullable
    assert isinstance(both.after.type, String)


def test_rename_reaches_what_indexes_say_as_text(table: Table) -> None:
    Index("e", text('lower(a) COLLATE "a"'), func.abs(table.c.a))
    Index("w", table.c.id, sqlite_where=text("a > 1 OR alpha(a) = 'a'"))
    Index(
        "o",
        table.c.id,
        postgresql_where="a > 1",
        postgresql_using="a",
        postgresql_ops={"a": "int4_ops"},
        postgresql_include=["a"],
    )

    rename(table.c.a, "z")

    indexes = {index.name: index for index in table.indexes}
    assert [str(each) for each in indexes["e"].expressions] == [
        "lower(z) COLLATE z",
        "abs(t.z)",
    ]
    assert str(indexes["w"].dialect_kwargs["sqlite_where"]) == (
        "z > 1 OR alpha(z) = 'a'"
    )
    assert dict(indexes["o"].dialect_kwargs) == {
        "postgresql_where": "z > 1",
        "postgresql_using": "a",
        "postgresql_ops": {"z": "int4_ops"},
        "postgresql_include": ["z"],
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("A > 1", '"a z" > 1'),
        ('"a" > 1', '"a z" > 1'),
        ("`a` > 1", '"a z" > 1'),
        ("a > '\\:a'", "\"a z\" > '\\:a'"),
        ("ab > a(1)", "ab > a(1)"),
    ],
)
def test_new_name_is_quoted_in_texts_as_the_database_does(
    said: str, expected: str
) -> None:
    check = CheckConstraint(text(said))
    table = Table("t", MetaData(), Column("a", Integer), check)
    operation = ColumnDelta(table.c.a, name="a z").operation
    assert operation is not None

    following.follow(operation, following.Habits(quote='"{}"'.format))

    assert str(check.sqltext) == expected.replace("\\:", ":")


def test_name_with_a_colon_in_texts() -> None:
    check = CheckConstraint(text('"a\\:b" > 1'))
    table = Table("t", MetaData(), Column("a:b", Integer), check)

    for before, after in (("a:b", "c:d"), ("c:d", "e")):
        operation = ColumnDelta(table.c[before], name=after).operation
        assert operation is not None
        following.follow(operation, following.Habits(quote='"{}"'.format))

    assert 'CHECK ("e" > 1)' in str(CreateTable(table))


def test_index_that_says_a_dropped_column_goes_with_it(table: Table) -> None:
    Index("w", table.c.id, postgresql_where=text("a > 1"))
    Index("e", text("abs(a)"), table.c.id)

    following.detach_column(
        table, table.c.a, following.Habits(shrinks_indexes=True)
    )

    assert {index.name for index in table.indexes} == {"i"}


def test_index_named_by_text_is_the_one_of_the_table() -> None:
    table = Table("t", MetaData(), Column("a", Integer))
    Index("i", table.c.a)
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.metadata.create_all(connection)

        rename_index("i", "i2", table=table, connection=connection)

    assert [index.name for index in table.indexes] == ["i2"]


def test_type_that_the_database_makes_is_made_for_a_copy_too() -> None:
    table = Table("t", MetaData(), Column("a", String(9)))
    delta = ColumnDelta(table.c.a, Enum("x", "y", name="kinds"))
    assert delta.operation is not None

    following.follow(delta.operation)

    sent: list[object] = []
    engine = create_mock_engine(
        "postgresql://", lambda element, *p, **k: sent.append(element)
    )
    table.metadata.create_all(engine, checkfirst=False)
    assert any(isinstance(each, CreateEnumType) for each in sent)
    assert table.constraints == {table.primary_key}


def test_column_that_has_no_identity_any_more_does_not_count() -> None:
    table = Table("t", MetaData(), Column("a", Integer, Identity()))

    following.follow(_altered(table.c.a, identity=None))

    assert table.c.a.autoincrement is False


def test_identity_of_a_column_that_did_not_count() -> None:
    column = Column("a", Integer, primary_key=True, autoincrement=False)
    table = Table("t", MetaData(), column)

    following.follow(_altered(column, identity=Identity()))

    assert column.identity is not None
    assert table.primary_key._autoincrement_column is column


def _altered(column: Column[int], **changes: object) -> ops.AlterColumn:
    operation = ColumnDelta(column, **changes).operation
    assert operation is not None
    return operation
