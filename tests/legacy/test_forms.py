"""Every form gives the answer that SQLAlchemy 1.4 (or 1.3) gave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import clear_mappers
from sqlalchemy.orm import close_all_sessions
from sqlalchemy.pool import NullPool

from migrate import legacy
from tests import servers
from tests.legacy import forms

ANSWERS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("answers.json").read_text()
)

# Where the answer is another one, and meant to be.
DIFFERENT: dict[str, str] = {
    # A column's bind was None; it is that of its table.
    "bound.bind_of_items": "[True, True, True, True]",
    # 1.4 failed, with an AttributeError inside SQLAlchemy.
    "bound.postgresql_enum": "['kind']",
    # 1.4 asked for convert_unicode= in the same call.
    "types.unicode_error": "5",
}

with legacy.installed():
    FORMS = dict(forms.forms())


@pytest.fixture(scope="module")
def database(
    server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """One database for all forms; each cleans up after itself."""
    with servers.empty_database(server, tmp_path_factory.mktemp("db")) as url:
        engine = create_engine(url, poolclass=NullPool)
        yield engine
        engine.dispose()


@pytest.fixture
def ask(database: Engine) -> Any:
    """Run a form as a change script runs, and undo what it did."""

    def ask(function: Any) -> str:
        rolls_back = database.dialect.name != "mysql"
        with database.connect() as connection:
            with legacy.style(
                connection, transactional=rolls_back
            ) as migrate_engine:
                found = forms.answer(function, migrate_engine)
            connection.rollback()
            if not rolls_back:
                _drop_all(connection)
        close_all_sessions()
        clear_mappers()
        return found

    return ask


def _drop_all(connection: Any) -> None:
    metadata = MetaData()
    metadata.reflect(connection, views=True)
    for table in reversed(metadata.sorted_tables):
        kind = "VIEW" if table.name == "v" else "TABLE"
        connection.execute(text(f"DROP {kind} `{table.name}`"))


@pytest.mark.parametrize("name", sorted(FORMS))
def test_form(name: str, ask: Any, database: Engine) -> None:
    recorded = ANSWERS[name]
    if database.dialect.name not in recorded:
        pytest.skip("not for this database")

    found = ask(FORMS[name])

    assert found == DIFFERENT.get(name, recorded[database.dialect.name])
