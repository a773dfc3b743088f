"""What ``import migrate`` gives, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> str:
    """Run ``code`` in an interpreter of its own, warnings being errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "imports",
    [
        "import migrate, sqlalchemy",
        "import sqlalchemy, migrate",
        "import migrate\nfrom sqlalchemy import Column",
        "import migrate\nimport sqlalchemy.schema",
        "from migrate import *",
        "import migrate.changeset",
        "from migrate.changeset.constraint import CheckConstraint",
        "from migrate.exceptions import Error\nimport sqlalchemy",
    ],
)
def test_import_gives_the_methods(imports: str) -> None:
    assert (
        run(
            f"{imports}\n"
            "import sqlalchemy as sa\n"
            "print(all([sa.Column.create, sa.Column.drop, sa.Column.alter,"
            " sa.Table.rename, sa.Table.batch, sa.Index.rename]))"
        )
        == "True"
    )


def test_import_does_not_import_sqlalchemy() -> None:
    assert run(
        "import sys, migrate, migrate.exceptions, migrate.changeset\n"
        "print([m for m in sys.modules if m.startswith('sqlalchemy')])"
    ) == str([])


def test_the_watch_for_sqlalchemy_goes_when_it_has_been_imported() -> None:
    assert (
        run(
            "import sys; before = [*sys.meta_path]\n"
            "import migrate, sqlalchemy, importlib\n"
            "importlib.reload(migrate)\n"
            "import sqlalchemy.orm\n"
            "print(sys.meta_path == before)"
        )
        == "True"
    )


def test_sqlalchemy_alone_loads_little_of_ours() -> None:
    assert run(
        "import sys, migrate, sqlalchemy\n"
        "print(sorted(m for m in sys.modules if m.startswith('migrate')))"
    ) == str(
        [
            "migrate",
            "migrate.changeset",
            "migrate.changeset.schema",
            "migrate.deferred",
            "migrate.exceptions",
            "migrate.importhook",
        ]
    )


def test_columns_are_changeset_columns() -> None:
    assert (
        run(
            "from sqlalchemy import *\nfrom migrate import *\n"
            "table = Table('t', MetaData(), Column('a', Integer))\n"
            "print(isinstance(table, ChangesetTable),"
            " isinstance(table.c.a, ChangesetColumn),"
            " isinstance(Index('i', table.c.a), ChangesetIndex),"
            " DefaultClause('1') == DefaultClause('1'),"
            " DefaultClause('1') == DefaultClause('2'))"
        )
        == "True True True True False"
    )


OLD_NAMES = """
    ApiError ChangesetColumn ChangesetDefaultClause ChangesetIndex
    ChangesetTable CheckConstraint ColumnDelta ConstraintChangeset
    ControlledSchemaError DatabaseAlreadyControlledError
    DatabaseNotControlledError Error ForeignKeyConstraint
    InvalidConstraintError InvalidRepositoryError InvalidScriptError
    InvalidVersionError KnownError MigrateDeprecationWarning
    NoSuchTableError NotSupportedError PathError PathFoundError
    PathNotFoundError PrimaryKeyConstraint RepositoryError SQLA_07 SQLA_08
    SQLA_09 SQLA_10 ScriptError UniqueConstraint UsageError
    VersionNotFoundError WrongRepositoryError alter_column ansisql changeset
    constraint create_column databases drop_column exceptions pkg_resources
    rename_index rename_table schema sqlalchemy util versioning
"""


def test_star_import_gives_the_old_names() -> None:
    assert run(
        "from migrate import *\n"
        f"print(sorted(set({OLD_NAMES!r}.split()) - set(globals())))"
    ) == str([])


def test_module_that_is_not_installed_can_be_looked_over() -> None:
    assert (
        run(
            "import doctest, inspect, sys\n"
            "sys.modules['pkg_resources'] = None\n"
            "import migrate\n"
            "inspect.unwrap(migrate.pkg_resources)\n"
            "print(len(doctest.DocTestFinder().find(migrate)) > 0)"
        )
        == "True"
    )


def test_star_import_of_changeset_gives_the_old_names() -> None:
    not_there = {"changeset", "pkg_resources", "versioning"}
    names = [name for name in OLD_NAMES.split() if name not in not_there]
    assert run(
        "from migrate.changeset import *\n"
        f"print(sorted(set({names!r}) - set(globals())))"
    ) == str([])


def test_constraints_in_a_script_are_migrates() -> None:
    assert (
        run(
            "from sqlalchemy import *\nfrom migrate import *\n"
            "print(UniqueConstraint.__module__)"
        )
        == "migrate.changeset.constraint"
    )


@pytest.mark.parametrize(
    "imports",
    [
        "from migrate.changeset import schema",
        "from migrate import *",
        "from migrate.changeset import *",
        "import migrate; schema = migrate.schema",
    ],
)
def test_schema_has_the_names_of_sqlalchemy_schema(imports: str) -> None:
    assert (
        run(
            f"{imports}\nimport sqlalchemy\n"
            "print(schema.Table is sqlalchemy.Table, schema.ChangesetTable)"
        )
        == "True <class 'migrate.changeset.schema.ChangesetTable'>"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "from migrate.changeset.ansisql import ANSIColumnDropper",
        "from migrate.changeset.databases.sqlite import SQLiteHelper",
        "from migrate.changeset.databases.sqlite import "
        "SQLiteConstraintGenerator, SQLiteConstraintDropper, "
        "SQLiteColumnDropper, SQLiteColumnGenerator, SQLiteSchemaChanger",
        "from migrate.changeset.databases.visitor import get_engine_visitor",
        "from migrate.changeset.util import fk_column_names",
        "from migrate.changeset.schema import ColumnDelta",
        "from migrate.changeset.constraint import PathNotFoundError",
        "from migrate.changeset.schema import NotSupportedError",
    ],
)
def test_names_that_applications_import(statement: str) -> None:
    run(statement)


def test_patches_of_applications_are_taken() -> None:
    """As oslo.db does it."""
    run(
        "from migrate.changeset import ansisql\n"
        "from migrate.changeset.databases import sqlite\n"
        "helper = sqlite.SQLiteHelper\n"
        "helper._get_constraints, helper.recreate_table = None, len\n"
        "class Own(ansisql.ANSIColumnDropper, helper): pass\n"
        "sqlite.SQLiteConstraintDropper.visit_migrate_unique_constraint = len"
    )


def test_visitors_do_what_they_say() -> None:
    assert (
        run(
            "from sqlalchemy import *\n"
            "from migrate.changeset.databases import visitor\n"
            "engine = create_engine('sqlite://')\n"
            "table = Table('t', MetaData(), Column('id', Integer))\n"
            "table.create(engine)\n"
            "table.append_column(Column('a', Integer))\n"
            "add = visitor.get_engine_visitor(engine, 'columngenerator')\n"
            "visitor.run_single_visitor(engine, add, table.c.a)\n"
            "print([c['name'] for c in inspect(engine).get_columns('t')])"
        )
        == "['id', 'a']"
    )
