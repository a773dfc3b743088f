"""The settings of a repository: what ``migrate.cfg`` has to say."""

from __future__ import annotations

from configparser import Error
from typing import Any

from migrate.exceptions import InvalidNameError
from migrate.exceptions import InvalidRepositoryError
from migrate.versioning import template
from migrate.versioning.cfgparse import Config
from migrate.versioning.cfgparse import escape
from migrate.versioning.cfgparse import read_back
from migrate.versioning.util import asbool

__all__ = ["NAMES", "SECTION", "read", "text"]

SECTION = "db_settings"
_DEFAULTS = {
    "version_table": "migrate_version",
    "required_dbs": "[]",
    "use_timestamp_numbering": "False",
}
#: What a new migrate.cfg says, and ``create`` takes.
NAMES = (*_DEFAULTS, "repository_id")
#: Of the column in the control table.
_ID_LENGTH = 250


def read(path: str) -> Config:
    """Read migrate.cfg and check that it says what is needed.

    :raises InvalidRepositoryError: when it does not.
    :raises PermissionError: when it may not be read.
    """
    try:
        config = Config(path)
        for option in ("repository_id", "version_table"):
            config.get(SECTION, option)
        asbool(config.get(SECTION, "use_timestamp_numbering", fallback="0"))
        _check_signs(config)
        _check_tables(config)
    except PermissionError:
        raise
    except (Error, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InvalidRepositoryError(f"{path!r}: {reason}") from error
    return config


def _check_signs(config: Config) -> None:
    for option, value in config.items(SECTION):
        if "\0" in value:
            raise ValueError(f"{option} has a NUL character")


def _check_tables(config: Config) -> None:
    version_table = config.get(SECTION, "version_table").strip()
    history_table = config.get(SECTION, "history_table", fallback="").strip()
    if not version_table:
        raise ValueError("version_table is empty: name a table")
    # Databases differ in whether capitals matter.
    if version_table.casefold() == history_table.casefold():
        raise ValueError(
            f"version_table and history_table are both {version_table!r}: "
            "name two tables"
        )


def text(path: str, given: dict[str, Any]) -> str:
    """Return the text of a new migrate.cfg.

    :param path: of its template.
    :param given: the ``repository_id``, and what is not as usual.
    :raises InvalidNameError: when a value would not be read back.
    """
    settings = _DEFAULTS | given
    if len(str(settings["repository_id"])) > _ID_LENGTH:
        raise InvalidNameError(
            f"the name of a repository has at most {_ID_LENGTH} signs"
        )
    made = template.substitute(
        path, {name: escape(value) for name, value in settings.items()}
    )
    read_back(made, settings)
    return made
