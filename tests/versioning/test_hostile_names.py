"""Names that are no plain words: quoted, or refused before any SQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.versioning import api
from tests.command import Command

NAMES = [
    'a"b',
    "a'b",
    "a`b",
    "a]b[c",
    "a; DROP TABLE account; --",
    "a'); DELETE FROM account; --",
    'a" (x int); DROP TABLE account; --',
    "a` (x int); DROP TABLE account; -- x",
    "a/*b",
    "a--b",
    "a%b",
    "a%%b",
    "%s%(x)s",
    ":a",
    "?",
    "$1",
    "{a}",
    "a\\b",
    "a\\",
    "a.b",
    "a b",
    "select",
    "MixedCase",
    "1a",
    "ünï☃",
    "a\tb",
    "a\nb",
    "a\x1bb",
    "x" * 63,
    "x" * 64,
    "x" * 65,
    "日" * 21,
    "日" * 22,
    "日" * 48,
    "x" * 250,
    "😀",
]
SCRIPT = """
def upgrade(e):
    e.execute('CREATE TABLE mine (x INTEGER)')

def downgrade(e):
    e.execute('DROP TABLE mine')
"""


@pytest.fixture
def manage(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: Engine,
) -> Command:
    monkeypatch.chdir(tmp_path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE account (x INTEGER)"))
        connection.execute(text("INSERT INTO account VALUES (1)"))
    command.defaults = {"repository": "shop", "url": engine}
    return command


def settle(id_: str, version_table: str, history_table: str) -> None:
    api.create("shop", "shop")
    lines = {
        "repository_id": id_,
        "version_table": version_table,
        "history_table": history_table,
    }
    Path("shop/migrate.cfg").write_text(
        "[db_settings]\n"
        + "".join(
            f"{key}={value.replace('%', '%%')}\n".replace("\nb", "\n b")
            for key, value in lines.items()
        )
    )
    Path("shop/versions/001_mine.py").write_text(SCRIPT)


def is_refused(manage: Command, engine: Engine) -> bool:
    """Tell whether the database is refused, in one line, and is untouched."""
    done = manage("version_control")
    if done.code == 0:
        return False
    assert done.code == 1
    assert "Traceback" not in done.err
    assert re.fullmatch(
        "migrate: error: .*(takes no table called|can be stored).*",
        done.error,
    ), done.err
    assert tables(engine) == {"account"}
    return True


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT x FROM account")).all()
    assert rows == [(1,)]
    return {*inspect(engine).get_table_names()}


def run_all(manage: Command, engine: Engine, names: set[str]) -> None:
    """Go up and down; there are exactly these tables."""
    for words in (["upgrade"], ["verify"]):
        done = manage(*words)
        assert done.code == 0, done.err
    assert tables(engine) == {"account", "mine", *names}
    assert manage("db_version").out == "1\n"
    manage("downgrade", "0")
    assert manage("drop_version_control").code == 0
    assert tables(engine) == {"account", *names} - {manage.version_table}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_version_table(manage: Command, engine: Engine, name: str) -> None:
    settle("shop", name, "")
    manage.version_table = name  # type: ignore[attr-defined]

    if not is_refused(manage, engine):
        run_all(manage, engine, {name})


@pytest.mark.parametrize("name", NAMES[::2], ids=ascii)
def test_history_table(manage: Command, engine: Engine, name: str) -> None:
    settle("shop", "migrate_version", name)
    manage.version_table = "migrate_version"  # type: ignore[attr-defined]

    if not is_refused(manage, engine):
        run_all(manage, engine, {"migrate_version", name})


@pytest.mark.parametrize("name", [*NAMES[::6], "x" * 251], ids=ascii)
def test_repository_id(manage: Command, engine: Engine, name: str) -> None:
    settle(name, "migrate_version", "history")
    manage.version_table = "migrate_version"  # type: ignore[attr-defined]

    if not is_refused(manage, engine):
        with engine.connect() as connection:
            stored = connection.execute(
                text("SELECT repository_id FROM migrate_version")
            ).scalars()
            assert stored.all() == [name]
        run_all(manage, engine, {"migrate_version", "history"})
