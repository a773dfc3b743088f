"""Schema migrations for SQLAlchemy: a successor of sqlalchemy-migrate.

Importing it gives ``create``, ``drop``, ``alter`` and ``rename`` to
SQLAlchemy's Column, Table and Index, whichever of the two is imported first.
All names are loaded when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module

from migrate import changeset
from migrate.deferred import DeferredModule
from migrate.deferred import loader
from migrate.importhook import when_imported

__version__ = "1.0.0"

#: Public name -> its module.  ``from migrate import *`` stands in every
#: change script written for sqlalchemy-migrate, and gives all of these.
HOMES = {
    **changeset.HOMES,
    "changeset": "migrate.changeset",
    "versioning": "migrate.versioning",
}

__all__ = [*HOMES, "pkg_resources"]

__getattr__ = loader(__name__, HOMES)

pkg_resources = DeferredModule("pkg_resources")


when_imported("sqlalchemy", lambda: import_module("migrate.changeset.schema"))
