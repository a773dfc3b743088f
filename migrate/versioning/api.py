"""What can be done with a repository and a database; the commands.

Every function named in ``__all__`` is a command of the shell, its docstring
is the help of that command, and its parameters are what the command takes.
Progress is told to the log of this module, results are returned.

Nothing that needs SQLAlchemy is imported before a database is asked for.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

# Applications import these from here.
from migrate import exceptions as exceptions
from migrate.exceptions import UsageError
from migrate.versioning.commands.control import db_version
from migrate.versioning.commands.control import drop_version_control
from migrate.versioning.commands.control import repair
from migrate.versioning.commands.control import resolve
from migrate.versioning.commands.control import verify
from migrate.versioning.commands.control import version_control
from migrate.versioning.commands.files import create
from migrate.versioning.commands.files import manage
from migrate.versioning.commands.files import modernize
from migrate.versioning.commands.files import script
from migrate.versioning.commands.files import script_sql
from migrate.versioning.commands.files import source
from migrate.versioning.commands.files import version
from migrate.versioning.commands.models import compare_model_to_db
from migrate.versioning.commands.models import create_model
from migrate.versioning.commands.models import make_update_script_for_model
from migrate.versioning.commands.models import update_db_from_model
from migrate.versioning.commands.moving import downgrade
from migrate.versioning.commands.moving import test
from migrate.versioning.commands.moving import upgrade
from migrate.versioning.repository import Repository as Repository
from migrate.versioning.script import PythonScript as PythonScript
from migrate.versioning.script import SqlScript as SqlScript
from migrate.versioning.vernum import VerNum as VerNum

command_desc = {
    "help": "explain a command",
    "create": "make an empty repository of change scripts",
    "script": "add an empty Python change script",
    "script_sql": "add empty SQL change scripts for one database",
    "version": "print the latest version of a repository",
    "db_version": "print the version a database is at",
    "source": "print the Python change script of a version",
    "version_control": "put a database under control of a repository",
    "upgrade": "bring a database to a later version",
    "downgrade": "bring a database back to an earlier version",
    "resolve": "say where a database is after a step died half way",
    "verify": "look for what does not fit between database and repository",
    "repair": "record the present text of the applied change scripts",
    "drop_version_control": "release a database from control",
    "modernize": "rewrite old change scripts in today's forms",
    "manage": "write a script that calls this program with your defaults",
    "test": "prove a version on a database: up, down and up again",
    "compare_model_to_db": "show how a database differs from a model",
    "create_model": "print a database as a Python model",
    "make_update_script_for_model": (
        "print a change script from an old model to a new one"
    ),
    "update_db_from_model": "make a database look like a model",
}

__all__ = [  # noqa: RUF022  # as the help lists them
    "help",
    "create",
    "script",
    "script_sql",
    "version",
    "db_version",
    "source",
    "version_control",
    "upgrade",
    "downgrade",
    "resolve",
    "verify",
    "repair",
    "drop_version_control",
    "modernize",
    "manage",
    "test",
    "compare_model_to_db",
    "create_model",
    "make_update_script_for_model",
    "update_db_from_model",
]


def __getattr__(name: str) -> Any:
    # This one as well, but it needs SQLAlchemy.
    if name == "ControlledSchema":
        from migrate.versioning.schema import ControlledSchema

        return ControlledSchema
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def help(cmd: str | None = None, **opts: object) -> str:
    """%prog help COMMAND

    Explain COMMAND: what it does and which words and options it takes.
    """
    if cmd is None:
        raise UsageError(None)
    if cmd not in command_desc:
        raise UsageError(f"'{cmd}' isn't a valid command. Try 'help COMMAND'")
    text = inspect.getdoc(globals()[cmd]) or ""
    return text.replace("%prog", sys.argv[0])


# The short names of the shell, which old code uses as functions too.
s = script
vc = version_control
dbv = db_version
v = version
