"""What every deployer needs: imported once, by the fork server."""

from __future__ import annotations

from importlib import import_module

for name in (
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "migrate.changeset.schema",
    "migrate.changeset.constraint",
    "migrate.legacy",
    "migrate.versioning.terminal.failure",
    "migrate.versioning.schema",
    "migrate.versioning.shell",
    "migrate.versioning.sqlsplit",
    "tests.chaos.deployer",
):
    import_module(name)
