"""What the suite asks of every database, by the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

import migrate  # noqa: F401  (gives the methods)
from migrate.changeset.databases import editor_for
from migrate.changeset.editor import SchemaEditor


@dataclass
class Catalogue:
    """Reads the database anew for each question."""

    engine: Engine

    def columns(self, table: str) -> dict[str, Any]:
        found = inspect(self.engine).get_columns(table)
        return {column["name"]: column for column in found}

    def uniques(self, table: str) -> dict[Any, list[str]]:
        found = inspect(self.engine).get_unique_constraints(table)
        return {each["name"]: each["column_names"] for each in found}

    def indexes(self, table: str) -> dict[Any, list[Any]]:
        """Indexes that are no constraint, by name."""
        uniques = self.uniques(table)
        found = inspect(self.engine).get_indexes(table)
        return {
            each["name"]: each["column_names"]
            for each in found
            if each["name"] not in uniques
        }

    def checks(self, table: str) -> dict[Any, str]:
        found = inspect(self.engine).get_check_constraints(table)
        return {each["name"]: each["sqltext"] for each in found}

    def foreign_keys(self, table: str) -> dict[Any, Any]:
        found = inspect(self.engine).get_foreign_keys(table)
        return {each["name"]: each for each in found}

    def primary_key(self, table: str) -> list[str]:
        return inspect(self.engine).get_pk_constraint(table)[
            "constrained_columns"
        ]

    def tables(self) -> list[str]:
        return sorted(inspect(self.engine).get_table_names())

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def default(self, table: str, column: str) -> str | None:
        """The server default, as plain as the databases let it be."""
        stated = self.columns(table)[column]["default"]
        if stated is None or str(stated).upper() == "NULL":
            return None
        return str(stated).split("::")[0].strip("()'")


@pytest.fixture
def catalogue(engine: Engine) -> Catalogue:
    return Catalogue(engine)


@pytest.fixture
def account(engine: Engine) -> Table:
    """A table with two rows, bound to the engine."""
    metadata = MetaData()
    metadata.bind = engine  # type: ignore[attr-defined]
    Table("team", metadata, Column("id", Integer, primary_key=True))
    table = Table(
        "account",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("login", String(40)),
        Column("age", Integer, nullable=False, server_default="7"),
        Column("team_id", Integer, ForeignKey("team.id", name="team_fk")),
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(metadata.tables["team"].insert().values(id=1))
        connection.execute(
            table.insert(),
            [
                {"id": 1, "login": "ann", "age": 30, "team_id": 1},
                {"id": 2, "login": "bob", "age": 40, "team_id": None},
            ],
        )
    return table


@pytest.fixture
def editor(engine: Engine) -> SchemaEditor:
    return editor_for(engine.dialect)
