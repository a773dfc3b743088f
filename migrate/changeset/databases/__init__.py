"""The editor of each database, by the name of its SQLAlchemy dialect."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy.engine import Dialect

from migrate.changeset.editor import SchemaEditor

__all__ = ["EDITORS", "editor_for"]

#: By dialect, the module here and the editor in it: a module imports its
#: database's part of SQLAlchemy, and most programs work on one database.
#: Dialects which speak the language of another have their parent's editor.
EDITORS: dict[str, tuple[str, str]] = {
    "cockroachdb": ("postgres", "PostgresEditor"),
    "firebird": ("firebird", "FirebirdEditor"),
    "ibm_db_sa": ("ibmdb2", "Db2Editor"),
    "mariadb": ("mysql", "MySQLEditor"),
    "mssql": ("mssql", "SQLServerEditor"),
    "mysql": ("mysql", "MySQLEditor"),
    "oracle": ("oracle", "OracleEditor"),
    "postgresql": ("postgres", "PostgresEditor"),
    "redshift": ("postgres", "PostgresEditor"),
    "sqlite": ("sqlite", "SQLiteEditor"),
}


def editor_for(dialect: Dialect) -> SchemaEditor:
    """Make the editor for ``dialect``; an unknown one gets ANSI's.

    Firebird's dialect is called ``firebird.firebird`` or ``firebird.fdb``.
    """
    family = dialect.name.partition(".")[0]
    if family not in EDITORS:
        return SchemaEditor()
    module, name = EDITORS[family]
    editor: type[SchemaEditor] = getattr(
        import_module(f"{__name__}.{module}"), name
    )
    return editor()
