"""The names of change scripts' files: what they say, and of new ones."""

from __future__ import annotations

import os
import re

from migrate.exceptions import InvalidNameError
from migrate.exceptions import ScriptError
from migrate.versioning.config import operations
from migrate.versioning.vernum import HIGHEST

__all__ = [
    "NUMBERED",
    "Extensions",
    "description_of",
    "number_of",
    "purpose_of",
    "python_name",
    "sql_names",
    "str_to_filename",
]

#: Of what counts as a change script, whatever else its name says.
NUMBERED = re.compile(r"^(\d{3,}).*\.(?:py|sql)\Z", re.ASCII | re.DOTALL)
#: The one dialect name that has the sign which separates names.
_IBM = "ibm_db_sa"
#: Bytes; what file systems take.
_LONGEST = 255


class Extensions:
    """What the names of change scripts end with, without the dot."""

    py = "py"
    sql = "sql"


# -- of what is there


def number_of(name: str) -> int | None:
    """Return the number that a file name begins with; None: no script.

    :raises ScriptError: when it does not fit into 64 bits.
    """
    parts = NUMBERED.match(name)
    if parts is None:
        return None
    number = parts[1].lstrip("0")
    if len(number) > len(str(HIGHEST)) or int(number or 0) > HIGHEST:
        raise ScriptError(
            f"{name}: no database stores a version above {HIGHEST}"
        )
    return int(number or 0)


def purpose_of(sql_name: str) -> tuple[str, str]:
    """Return database and operation of an SQL script.

    ``001_description_sqlite_upgrade.sql`` gives sqlite and upgrade.

    :raises ScriptError: when the name has no such parts.
    """
    stem = sql_name.removesuffix(f".{Extensions.sql}")
    parts = stem.split("_")
    if len(parts) < 3:
        raise ScriptError(
            f"Invalid SQL script name {stem} (needs to be "
            "###_description_database_operation.sql)"
        )
    if stem.removesuffix(f"_{parts[-1]}").endswith(f"_{_IBM}"):
        return _IBM, parts[-1]
    return parts[-2], parts[-1]


def description_of(sql_name: str) -> str:
    """Return what an SQL script was said to do."""
    stem = sql_name.removesuffix(f".{Extensions.sql}")
    database, way = purpose_of(sql_name)
    words = stem.removesuffix(f"_{database}_{way}").split("_")[1:]
    return "_".join(words) or "description"


# -- of new ones


def python_name(number: int, description: str) -> str:
    """Return the name of a new Python script.

    :raises InvalidNameError: when ``description`` cannot be part of it.
    """
    stem = _joined(f"{number:03d}", _described(description))
    return _checked_length(f"{stem}.{Extensions.py}")


def sql_names(number: int, description: str, database: str) -> list[str]:
    """Return the names of new SQL scripts, for both directions.

    :raises InvalidNameError: when an argument cannot be part of them.
    """
    words = _described(description)
    _check_database(database)
    stem = _joined(f"{number:03d}", words, database)
    return [
        _checked_length(f"{stem}_{way}.{Extensions.sql}") for way in operations
    ]


def str_to_filename(s: str) -> str:
    """Replace blanks, quotes and dots by ``_``, and runs of it by one."""
    return re.sub("_+", "_", re.sub("[ \"'.]", "_", s))


def _described(description: str) -> str:
    """Make a description part of a file name."""
    import unicodedata  # only to make a script

    if any(
        sign in "/\\" or unicodedata.category(sign) in ("Cc", "Zl", "Zp")
        for sign in description
    ):
        raise InvalidNameError(
            f"the description {description!r} becomes part of a file name: "
            "it cannot have slashes, line ends or control characters"
        )
    return str_to_filename(description)


def _check_database(name: str) -> None:
    if name != _IBM and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+-]*", name):
        raise InvalidNameError(
            f"{name!r} is no name of a database: expected one such as "
            "'sqlite', 'postgresql', 'mysql' or 'default'"
        )


def _joined(*parts: str) -> str:
    """Put ``_`` between parts, where they bring none themselves."""
    return re.sub("_+", "_", "_".join(parts)).rstrip("_")


def _checked_length(name: str) -> str:
    if len(os.fsencode(name)) > _LONGEST:
        raise InvalidNameError(f"the name is too long: {name!r}")
    return name
