"""The commands that compare a database with a model, or models."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from migrate.versioning.commands import options
from migrate.versioning.commands.opening import controlled
from migrate.versioning.commands.opening import repository_of
from migrate.versioning.script import PythonScript
from migrate.versioning.session.engine import engine_of

if TYPE_CHECKING:
    from migrate.versioning.commands.opening import Database
    from migrate.versioning.commands.opening import Folder
    from migrate.versioning.schemadiff import SchemaDiff

__all__ = [
    "compare_model_to_db",
    "create_model",
    "make_update_script_for_model",
    "update_db_from_model",
]


def compare_model_to_db(
    url: Database, repository: Folder, model: Any, **opts: object
) -> SchemaDiff:
    """%prog compare_model_to_db URL REPOSITORY_PATH MODEL

    Print how the database differs from a model. Nothing is changed.

    MODEL names a MetaData, or what has one as its attribute metadata:
    package.module:attribute.
    """
    from migrate.versioning.schema import ControlledSchema  # SQLAlchemy

    with engine_of(url, opts) as engine:
        return ControlledSchema.compare_model_to_db(
            engine, model, repository_of(repository)
        )


def create_model(url: Database, repository: Folder, **opts: object) -> str:
    """%prog create_model URL REPOSITORY_PATH [--declarative=True]

    Print the tables of the database as Python code: columns, keys, indexes,
    checks, defaults and comments. Nothing is changed.

    --declarative=True     classes instead of tables
    """
    from migrate.versioning.schema import ControlledSchema  # SQLAlchemy

    with engine_of(url, opts) as engine:
        return ControlledSchema.create_model(
            engine,
            repository_of(repository),
            declarative=options.truth(opts, "declarative"),
        )


def make_update_script_for_model(
    url: Database,
    repository: Folder,
    oldmodel: Any,
    model: Any,
    **opts: object,
) -> str:
    """%prog make_update_script_for_model URL REPOSITORY_PATH OLDMODEL MODEL

    Print a change script that leads from one model to another, and back.
    Look it over: what was renamed is dropped and created.

    OLDMODEL and MODEL each name a MetaData, or what has one as its
    attribute metadata: package.module:attribute. URL is the database that
    the script is for; nothing is changed.

    --templates_path=FOLDER, --templates_theme=THEME
                           where your own templates are
    """
    options.check_templates(opts)
    with engine_of(url, opts) as engine:
        return PythonScript.make_update_script_for_model(
            engine, oldmodel, model, repository_of(repository), **opts
        )


def update_db_from_model(
    url: Database, repository: Folder, model: Any, **opts: object
) -> None:
    """%prog update_db_from_model URL REPOSITORY_PATH MODEL

    Make the tables of the database those of a model, and set its version to
    the latest of the repository. What the model does not have is dropped,
    with its rows: see compare_model_to_db before.

    Where the database can take back schema changes (SQLite, PostgreSQL) an
    error leaves no trace; elsewhere what was done before it remains, and
    the next call goes on from there.

    MODEL names a MetaData, or what has one as its attribute metadata:
    package.module:attribute.
    """
    with controlled(url, repository, opts) as schema:
        schema.update_db_from_model(model)
