"""The commands that compare a database with a model: not in this release."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NoReturn

from migrate.exceptions import NotSupportedError

if TYPE_CHECKING:
    from migrate.versioning.commands.opening import Database
    from migrate.versioning.commands.opening import Folder

__all__ = [
    "compare_model_to_db",
    "create_model",
    "make_update_script_for_model",
    "update_db_from_model",
]


def compare_model_to_db(
    url: Database, repository: Folder, model: object, **opts: object
) -> object:
    """%prog compare_model_to_db URL REPOSITORY_PATH MODEL

    Print how the database differs from a model.

    MODEL names a MetaData: package.module:attribute.
    """
    _not_yet("compare_model_to_db")


def create_model(url: Database, repository: Folder, **opts: object) -> object:
    """%prog create_model URL REPOSITORY_PATH [--declarative=True]

    Print the tables of the database as Python code.
    """
    _not_yet("create_model")


def make_update_script_for_model(
    url: Database,
    repository: Folder,
    oldmodel: object,
    model: object,
    **opts: object,
) -> object:
    """%prog make_update_script_for_model URL REPOSITORY_PATH OLDMODEL MODEL

    Print a change script that leads from one model to another.

    OLDMODEL and MODEL each name a MetaData: package.module:attribute.
    """
    _not_yet("make_update_script_for_model")


def update_db_from_model(
    url: Database, repository: Folder, model: object, **opts: object
) -> object:
    """%prog update_db_from_model URL REPOSITORY_PATH MODEL

    Make the tables of the database those of a model, and set its version to
    the latest of the repository.

    MODEL names a MetaData: package.module:attribute.
    """
    _not_yet("update_db_from_model")


def _not_yet(command: str) -> NoReturn:
    raise NotSupportedError(
        f"{command} comes in a later release: this one has no comparison of "
        "models and databases; write the change script by hand"
    )
