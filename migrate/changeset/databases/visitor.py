"""Names that applications import from here; see :mod:`..ansisql`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.engine import Engine

from migrate.changeset.ansisql import AlterTableVisitor
from migrate.changeset.ansisql import ANSIDialect
from migrate.changeset.ansisql import SQLiteDialect
from migrate.changeset.databases import EDITORS

__all__ = [
    "DIALECTS",
    "get_dialect_visitor",
    "get_engine_visitor",
    "run_single_visitor",
]

DIALECTS: dict[str, type[ANSIDialect]] = {
    **dict.fromkeys(EDITORS, ANSIDialect),
    "sqlite": SQLiteDialect,
}


def get_engine_visitor(engine: Engine, name: str) -> type[AlterTableVisitor]:
    """Return the visitor ``name`` for the engine's database."""
    return get_dialect_visitor(engine.dialect, name)


def get_dialect_visitor(
    dialect: Dialect, name: str
) -> type[AlterTableVisitor]:
    """Return the visitor ``name``, like ``columngenerator``."""
    visitors = DIALECTS.get(dialect.name, ANSIDialect)
    visitor: type[AlterTableVisitor] = getattr(visitors, name)
    return visitor


def run_single_visitor(
    engine: Engine,
    visitorcallable: type[AlterTableVisitor],
    element: Any,
    connection: Any = None,
    **kwargs: Any,
) -> Any:
    """Do what the visitor does to ``element``."""
    bind = engine if connection is None else connection
    return visitorcallable.run(element, bind, **kwargs)
