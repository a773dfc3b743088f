"""The commands that compare: what they print, refuse, and leave alone."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Column
from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import event
from sqlalchemy.engine import Engine

from migrate.exceptions import InvalidModelError
from migrate.exceptions import ModelImportError
from migrate.versioning import api
from migrate.versioning.genmodel import ModelGenerator
from migrate.versioning.schemadiff import getDiffOfModelAgainstDatabase
from migrate.versioning.schemadiff import getDiffOfModelAgainstModel
from tests.command import Command
from tests.versioning.models.test_tutorial import models

MODULE = """\
from sqlalchemy import Column, Integer, MetaData, Table

meta = MetaData()
Table('account', meta, Column('id', Integer, primary_key=True))


class Base:
    metadata = meta


number = 7
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a repository and the module ``shopmodel``."""
    api.create(str(tmp_path / "shop"), "shop")
    (tmp_path / "shopmodel.py").write_text(MODULE)
    (tmp_path / "brokenmodel.py").write_text("x = 1\ny = x.nothing\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("shopmodel", "brokenmodel"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_commands_in_a_shell(folder: Path, command: Command) -> None:
    url = "sqlite:///app.db"
    command("version_control", url, "shop")

    compared = command("compare_model_to_db", url, "shop", "shopmodel:meta")
    script = command(
        "make_update_script_for_model",
        url,
        "shop",
        "shopmodel:meta",
        "shopmodel:Base",
    )
    updated = command("update_db_from_model", url, "shop", "shopmodel:Base")
    again = command("compare_model_to_db", url, "shop", "shopmodel:meta")
    created = command("create_model", url, "shop")
    classes = command("create_model", url, "shop", "--declarative")

    assert compared.out == (
        "Schema diffs:\n  tables missing from database: account\n"
    )
    assert "def upgrade(migrate_engine):" in script.out
    assert (updated.code, updated.out, updated.err) == (0, "", "")
    assert again.out == "No schema diffs\n"
    assert "account = Table('account', meta,\n" in created.out
    assert "class account(Base):\n" in classes.out


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("shopmodel:number", "is an int, expected a MetaData"),
        ("shopmodel:nosuch", "has no attribute 'nosuch'"),
        ("nosuchmodel:meta", "there is no module 'nosuchmodel'"),
        ("brokenmodel:meta", "brokenmodel.py, line 2)"),
        ("shopmodel", "expected package.module:attribute"),
        ("", "expected package.module:attribute"),
    ],
)
def test_bad_model_is_one_line(
    model: str, said: str, folder: Path, command: Command
) -> None:
    command("version_control", "sqlite:///app.db", "shop")

    for name in ("compare_model_to_db", "update_db_from_model"):
        outcome = command(name, "sqlite:///app.db", "shop", model)

        assert outcome.code == 1
        assert outcome.err.count("\n") == 1
        assert f"model {model!r}" in outcome.err
        assert said in outcome.err


def test_bad_model_has_the_error_of_old(folder: Path) -> None:
    with pytest.raises(ImportError):
        api.compare_model_to_db("sqlite://", "shop", "nosuchmodel:meta")
    with pytest.raises(ModelImportError, match="oldmodel"):
        api.make_update_script_for_model("sqlite://", "shop", "a:b", "c:d")
    with pytest.raises(InvalidModelError, match="model is a NoneType"):
        api.compare_model_to_db("sqlite://", "shop", None)


def test_reference_to_no_table_is_named(folder: Path) -> None:
    metadata = MetaData()
    reference = Column("r", Integer, ForeignKey("nosuch.id"))
    Table("t", metadata, Column("id", Integer, primary_key=True), reference)

    with pytest.raises(InvalidModelError, match=r"'t' .* 'nosuch.id'"):
        api.make_update_script_for_model(
            "sqlite://", "shop", MetaData(), metadata
        )


def test_database_that_is_not_there_is_not_made(folder: Path) -> None:
    api.compare_model_to_db("sqlite:///new.db", "shop", models(2))
    api.create_model("sqlite:///new.db", "shop")
    api.make_update_script_for_model(
        "sqlite:///new.db", "shop", models(1), models(2)
    )

    assert not Path("new.db").exists()


def test_reading_writes_nothing(engine: Engine, folder: Path) -> None:
    models(4).create_all(engine)
    sent: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        sent.append(statement)

    path = engine.url.database or ""
    is_file = engine.dialect.name == "sqlite"
    before = is_file and hashlib.sha256(Path(path).read_bytes()).hexdigest()

    api.compare_model_to_db(engine, "shop", models(6))
    api.create_model(engine, "shop")
    api.make_update_script_for_model(engine, "shop", models(2), models(6))

    assert sent
    first = {statement.split()[0].upper() for statement in sent}
    assert first <= {"DESCRIBE", "PRAGMA", "SELECT", "SHOW"}
    assert before == (
        is_file and hashlib.sha256(Path(path).read_bytes()).hexdigest()
    )


def test_own_tables_are_no_part_of_the_model(
    engine: Engine, folder: Path
) -> None:
    config = folder / "shop" / "migrate.cfg"
    config.write_text(config.read_text() + "\nhistory_table=past\n")
    api.version_control(engine, "shop")
    api.script("nothing", "shop")
    api.upgrade(engine, "shop")

    diff = api.compare_model_to_db(engine, "shop", MetaData())

    assert sa.inspect(engine).has_table("past")
    assert str(diff) == "No schema diffs"
    assert "Table(" not in api.create_model(engine, "shop")


def test_diff_has_the_text_and_attributes_of_old(
    sqlite_engine: Engine,
) -> None:
    database, model = MetaData(), MetaData()
    Table("dropme", database, Column("id", Integer, primary_key=True))
    Table(
        "a",
        database,
        Column("id", Integer, primary_key=True),
        Column("x", String(10)),
        Column("gone", Integer),
    )
    database.create_all(sqlite_engine)
    Table("fresh", model, Column("id", Integer, primary_key=True))
    Table(
        "a",
        model,
        Column("id", Integer, primary_key=True),
        Column("x", String(20)),
        Column("n", Integer),
        Column("added", Integer),
    )

    diff = getDiffOfModelAgainstDatabase(model, sqlite_engine)

    assert str(diff) == (
        "Schema diffs:\n"
        "  tables missing from model: dropme\n"
        "  tables missing from database: fresh\n"
        "  table with differences: a\n"
        "    model missing these columns: gone\n"
        "    database missing these columns: added, n\n"
        "    column with differences: x\n"
        "         model: Column('x', String(length=20), table=<a>)\n"
        "      database: Column('x', VARCHAR(length=10), table=<a>)"
    )
    assert len(diff) == 3
    assert diff
    assert diff.tables_missing_from_A == ["dropme"]
    assert diff.tables_missing_from_B == ["fresh"]
    table = diff.tables_different["a"]
    assert table.columns_missing_from_A == ["gone"]
    assert table.columns_missing_from_B == ["added", "n"]
    column = table.columns_different["x"]
    assert column.diff
    assert column.type_B.length == 10  # type: ignore[attr-defined]
    assert column.affinity_A is column.affinity_B is String
    assert diff.metadataA is model
    assert (diff.labelA, diff.labelB) == ("model", "database")
    assert diff.label_width == 8


def test_diff_tells_what_old_ones_did_not(sqlite_engine: Engine) -> None:
    database, model = MetaData(), MetaData()
    for metadata, is_new in ((database, False), (model, True)):
        table = Table(
            "a",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("x", Integer, nullable=is_new, server_default="1"),
        )
        if is_new:
            Index("ix_x", table.c.x, unique=True)
    database.create_all(sqlite_engine)

    diff = getDiffOfModelAgainstDatabase(model, sqlite_engine)

    assert "      differs in: nullable\n" in str(diff)
    assert "    database missing this: unique index ix_x (x)" in str(diff)


def test_two_models_without_a_database() -> None:
    one, other = models(2), models(3)

    diff = getDiffOfModelAgainstModel(one, other, ["post"])

    assert not getDiffOfModelAgainstModel(one, models(2))
    assert str(diff) == (
        "Schema diffs:\n"
        "  table with differences: user\n"
        "    metadataA missing these columns: about_me, last_seen"
    )


def test_create_model_has_the_form_of_old(sqlite_engine: Engine) -> None:
    models(1).create_all(sqlite_engine)
    diff = getDiffOfModelAgainstDatabase(MetaData(), sqlite_engine)

    code = ModelGenerator(diff, sqlite_engine).genBDefinition()

    assert code == (
        "\n## File autogenerated by genmodel.py\n\n"
        "from sqlalchemy import *\n\n\n"
        "meta = MetaData()\n\n"
        "user = Table('user', meta,\n"
        "    Column('id', INTEGER, primary_key=True, nullable=False),\n"
        "    Column('nickname', VARCHAR(length=64)),\n"
        "    Column('email', VARCHAR(length=120)),\n"
        "    Column('role', SMALLINT),\n"
        "    Index('ix_user_email', 'email', unique=True),\n"
        "    Index('ix_user_nickname', 'nickname', unique=True),\n"
        ")\n\n"
    )


def test_generator_has_the_methods_of_old(sqlite_engine: Engine) -> None:
    models(1).create_all(sqlite_engine)
    diff = getDiffOfModelAgainstDatabase(models(2), sqlite_engine)
    generator = ModelGenerator(diff, sqlite_engine)

    declarations, up, down = generator.genB2AMigration(indent="  ")

    assert "post = Table('post', post_meta," in declarations
    binds = "  pre_meta.bind = migrate_engine\n"
    binds += "  post_meta.bind = migrate_engine\n"
    assert up == binds + "  post_meta.tables['post'].create()"
    assert down == binds + "  post_meta.tables['post'].drop()"
    column = models(1).tables["user"].c.nickname
    assert generator.column_repr(column) == (
        "Column('nickname', String(length=64))"
    )
    generator.runB2A()
    assert not getDiffOfModelAgainstDatabase(models(2), sqlite_engine)
