"""A change script that leads from one model to another."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

from migrate.versioning import template
from migrate.versioning.genmodel import ModelGenerator
from migrate.versioning.models.generation.filling import filled
from migrate.versioning.schemadiff import getDiffOfModelAgainstModel
from migrate.versioning.session.database import left_missing

__all__ = ["update_script"]


def update_script(
    engine: Engine,
    old: MetaData,
    new: MetaData,
    path: str,
    exclude: Iterable[str] = (),
) -> str:
    """Return the text of the script.

    :param engine: of the database that it is for; it is asked for its kind
        and version.
    :param path: of the template.
    :param exclude: names of tables that are left out.
    """
    # Some of a dialect is known once connected.
    with left_missing(engine), engine.connect():
        dialect = engine.dialect
    diff = getDiffOfModelAgainstModel(new, old, exclude, dialect)
    generator = ModelGenerator(diff, engine)
    return filled(
        template.read(path),
        path,
        generator.declarations,
        {"upgrade": generator.upgrade, "downgrade": generator.downgrade},
    )
