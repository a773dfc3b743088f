from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import Enum
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from migrate import legacy
from migrate.exceptions import UnboundError


def account(metadata: MetaData) -> Any:
    return Table(
        "account",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("login", String(40)),
    )


@pytest.fixture
def unbound() -> Any:
    with legacy.installed():
        yield


@pytest.mark.parametrize("by", ["position", "keyword", "attribute"])
def test_metadata_is_bound(migrate_engine: Engine, by: str) -> None:
    binds: Any = {
        "position": lambda: MetaData(migrate_engine),  # type: ignore[arg-type]
        "keyword": lambda: MetaData(bind=migrate_engine),  # type: ignore[call-arg]
        "attribute": MetaData,
    }
    metadata = binds[by]()
    if by == "attribute":
        metadata.bind = migrate_engine

    assert metadata.bind is migrate_engine
    assert metadata.is_bound()
    assert account(metadata).bind is migrate_engine


def test_tables_of_bound_metadata_come_and_go(migrate_engine: Engine) -> None:
    metadata: Any = MetaData()
    metadata.bind = migrate_engine
    table = account(metadata)

    table.create()
    assert table.exists()
    table.drop()

    assert not table.exists()


def test_all_tables_of_bound_metadata_come_and_go(
    migrate_engine: Engine,
) -> None:
    metadata: Any = MetaData(migrate_engine)  # type: ignore[arg-type]
    table = account(metadata)

    metadata.create_all()
    assert table.exists()
    metadata.drop_all()

    assert not table.exists()


def test_a_script_binds_a_module_level_table(migrate_engine: Engine) -> None:
    table = account(MetaData())

    table.create()

    assert inspect(migrate_engine).has_table("account")


def test_create_takes_a_bind_as_in_both_generations(
    migrate_engine: Engine,
) -> None:
    table = account(MetaData())

    table.create(migrate_engine, checkfirst=True)
    table.create(bind=migrate_engine, checkfirst=True)

    assert table.exists(migrate_engine)


def test_bound_index(migrate_engine: Engine) -> None:
    table = account(MetaData(migrate_engine))  # type: ignore[arg-type]
    table.create()
    index: Any = Index("ix_login", table.c.login)

    index.create()
    found = inspect(migrate_engine).get_indexes("account")
    index.drop()

    assert [one["name"] for one in found] == ["ix_login"]
    assert not inspect(migrate_engine).get_indexes("account")


def test_index_that_is_there_already_is_as_asked_for(
    migrate_engine: Engine,
) -> None:
    if migrate_engine.dialect.name != "sqlite":
        pytest.skip("elsewhere no index was ever lost")
    table = account(MetaData(migrate_engine))  # type: ignore[arg-type]
    table.create()
    Index("ix_login", table.c.login).create()  # type: ignore[call-arg]

    again: Any = account(MetaData(migrate_engine))  # type: ignore[arg-type]
    Index("ix_login", again.c.login).create()  # type: ignore[call-arg]

    with pytest.raises(OperationalError, match="already exists"):
        Index("ix_login", again.c.id).create()  # type: ignore[call-arg]


def enums(engine: Engine) -> list[str]:
    # Others than PostgreSQL have no types by name.
    found = getattr(inspect(engine), "get_enums", list)
    return [each["name"] for each in found()]


def test_bound_enum(migrate_engine: Engine) -> None:
    metadata = MetaData(migrate_engine)  # type: ignore[arg-type]
    kind: Any = Enum("a", "b", name="kind", metadata=metadata)

    kind.create()
    there = enums(migrate_engine)
    kind.drop()

    has_types = migrate_engine.name == "postgresql"
    assert there == ["kind"] * has_types
    assert enums(migrate_engine) == []


def test_table_is_reflected(migrate_engine: Engine) -> None:
    account(MetaData(migrate_engine)).create()  # type: ignore[arg-type]

    table = Table(
        "account",
        MetaData(migrate_engine),  # type: ignore[arg-type]
        autoload=True,
    )

    assert table.c.keys() == ["id", "login"]


def test_table_is_reflected_over_what_the_script_says(
    migrate_engine: Engine,
) -> None:
    account(MetaData(migrate_engine)).create()  # type: ignore[arg-type]
    metadata: Any = MetaData()

    table = Table(
        "account",
        metadata,
        Column("login", String(7)),
        autoload=True,
        autoload_with=migrate_engine,
    )
    again = Table("account", metadata, useexisting=True)

    assert again is table
    assert table.c.login.type.length == 7
    assert table.c.keys() == ["id", "login"]


def test_autoload_false_is_no_reflection(unbound: None) -> None:
    assert not Table("t", MetaData(), autoload=False).c.keys()


def test_bound_metadata_is_reflected(migrate_engine: Engine) -> None:
    account(MetaData(migrate_engine)).create()  # type: ignore[arg-type]

    metadata: Any = MetaData(migrate_engine)  # type: ignore[arg-type]
    metadata.reflect()

    assert list(metadata.tables) == ["account"]


def test_url_as_bind(unbound: None) -> None:
    metadata: Any = MetaData("sqlite://")

    metadata.create_all()

    assert isinstance(metadata.bind, Engine)
    metadata.bind.dispose()


def test_schema_as_string_is_what_it_is_in_2x(unbound: None) -> None:
    metadata: Any = MetaData("shop")

    assert metadata.schema == "shop"
    assert metadata.bind is None


def test_unbound_metadata_says_how_to_bind(unbound: None) -> None:
    table = account(MetaData())

    with pytest.raises(UnboundError, match=r"create\(\) of 'account'"):
        table.create()


def test_bind_set_before_the_scope_is_seen_inside() -> None:
    engine = create_engine("sqlite://")
    metadata: Any = MetaData()
    metadata.bind = engine

    with legacy.installed():
        assert metadata.bind is engine

    assert metadata.bind is engine
