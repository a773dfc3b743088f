"""The editor of each database, by the name of its SQLAlchemy dialect."""

from __future__ import annotations

from sqlalchemy.engine import Dialect

from migrate.changeset.databases.firebird import FirebirdEditor
from migrate.changeset.databases.ibmdb2 import Db2Editor
from migrate.changeset.databases.mssql import SQLServerEditor
from migrate.changeset.databases.mysql import MySQLEditor
from migrate.changeset.databases.oracle import OracleEditor
from migrate.changeset.databases.postgres import PostgresEditor
from migrate.changeset.databases.sqlite import SQLiteEditor
from migrate.changeset.editor import SchemaEditor

__all__ = ["EDITORS", "editor_for"]

#: Dialects which speak the language of another have their parent's editor.
EDITORS: dict[str, type[SchemaEditor]] = {
    "cockroachdb": PostgresEditor,
    "firebird": FirebirdEditor,
    "ibm_db_sa": Db2Editor,
    "mariadb": MySQLEditor,
    "mssql": SQLServerEditor,
    "mysql": MySQLEditor,
    "oracle": OracleEditor,
    "postgresql": PostgresEditor,
    "redshift": PostgresEditor,
    "sqlite": SQLiteEditor,
}


def editor_for(dialect: Dialect) -> SchemaEditor:
    """Make the editor for ``dialect``; an unknown one gets ANSI's."""
    return EDITORS.get(dialect.name, SchemaEditor)()
