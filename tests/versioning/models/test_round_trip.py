"""For random models: nothing is told that is not so, nothing gets lost."""

from __future__ import annotations

import types
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import Phase
from hypothesis import given
from hypothesis import note
from hypothesis import settings
from sqlalchemy import MetaData
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.versioning.genmodel import ModelGenerator
from migrate.versioning.repository import Repository
from migrate.versioning.schemadiff import getDiffOfModelAgainstDatabase
from migrate.versioning.script import PythonScript
from tests.versioning.models.catalogue import everything
from tests.versioning.models.strategies import models

_EXAMPLES = {"sqlite": 40, "postgresql": 20, "mysql": 12}


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
            return
        quote = connection.dialect.identifier_preparer.quote
        names = inspect(connection).get_table_names()
        if engine.dialect.name == "mysql":
            connection.execute(text("SET foreign_key_checks = 0"))
        for name in names:
            connection.exec_driver_sql(f"DROP TABLE {quote(name)}")
        if engine.dialect.name == "mysql":
            connection.execute(text("SET foreign_key_checks = 1"))


def create(metadata: MetaData, engine: Engine) -> None:
    empty(engine)
    metadata.create_all(engine)


def model_of(engine: Engine, repository: Repository) -> Any:
    diff = getDiffOfModelAgainstDatabase(
        MetaData(), engine, [repository.version_table]
    )
    module = types.ModuleType("old_model")
    exec(ModelGenerator(diff, engine).genBDefinition(), vars(module))
    return module.meta


def _properties(engine: Engine) -> Any:
    """Few examples, or with ``--hypothesis-profile=search`` new ones.

    To shrink one takes minutes, for each try is a schema.
    """
    profile = settings()
    found = _EXAMPLES[engine.dialect.name]
    return settings(
        max_examples=found if profile.derandomize else 10 * found,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )


@pytest.fixture
def repository(tmp_path: Any) -> Repository:
    return Repository.create(tmp_path / "repo", "shop")


def test_created_model_does_not_differ(engine: Engine) -> None:
    @_properties(engine)
    @given(models())
    def check(model: MetaData) -> None:
        create(model, engine)

        diff = getDiffOfModelAgainstDatabase(model, engine)

        assert not diff, str(diff)

    check()


def test_generated_model_gives_the_same_schema(
    engine: Engine, repository: Repository
) -> None:
    @_properties(engine)
    @given(models())
    def check(model: MetaData) -> None:
        create(model, engine)
        before = everything(engine)

        generated = model_of(engine, repository)

        create(generated, engine)
        assert everything(engine) == before

    check()


def test_script_leads_to_the_model_and_back(
    engine: Engine, repository: Repository, tmp_path: Any
) -> None:
    numbers = iter(range(10**6))

    @_properties(engine)
    @given(models(), models())
    def check(old: MetaData, new: MetaData) -> None:
        create(new, engine)
        wanted = everything(engine)
        create(old, engine)
        before = everything(engine)
        path = tmp_path / f"script_{next(numbers)}.py"
        path.write_text(
            PythonScript.make_update_script_for_model(
                engine, model_of(engine, repository), new, repository
            ),
            encoding="ascii",
        )

        note(path.read_text())
        PythonScript(path).run(engine, "upgrade")

        diff = getDiffOfModelAgainstDatabase(new, engine)
        assert not diff, str(diff)
        assert everything(engine) == wanted

        PythonScript(path).run(engine, "downgrade")

        assert everything(engine) == before

    check()
