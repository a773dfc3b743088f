"""Versions: their numbers, their files, and the files of new ones."""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from functools import total_ordering
from operator import attrgetter
from os import PathLike
from os.path import join
from typing import Any

from migrate.exceptions import InvalidNameError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import OldRepositoryError
from migrate.exceptions import PathFoundError
from migrate.exceptions import ScriptError
from migrate.exceptions import VersionNotFoundError
from migrate.exceptions import VersionNumberError
from migrate.versioning.config import operations
from migrate.versioning.script import BaseScript
from migrate.versioning.script import PythonScript
from migrate.versioning.script import SqlScript

__all__ = ["Collection", "Extensions", "VerNum", "Version", "str_to_filename"]

_TIMESTAMP = "%Y%m%d%H%M%S"
#: What a column of 64 bits holds.
_HIGHEST = 2**63 - 1
#: The one dialect name that has the sign which separates names.
_IBM = "ibm_db_sa"
#: Whose scripts a database takes when it has none of its own.
_RELATIVES = {"mariadb": "mysql"}


_value = attrgetter("value")


@total_ordering
class VerNum:
    """The number of a version: whole, from 0, and 0 is the empty database.

    :param value: anything that ``int()`` takes.
    :raises VersionNumberError: (a ValueError) when it is negative, or text
        that is no number.
    :raises TypeError: for None and the like.

    Compares with anything ``int()`` takes.  It hashes as its text, so that
    a dict of versions is asked for ``'1'``, not for ``1``.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        try:
            self.value = int(value)
        except ValueError:
            self.value = -1
        if self.value < 0:
            raise VersionNumberError(
                f"version {value!r} is not a whole number from 0"
            )

    def __add__(self, value: Any) -> VerNum:
        return VerNum(self.value + int(value))

    def __sub__(self, value: Any) -> VerNum:
        return VerNum(self.value - int(value))

    def __eq__(self, value: object) -> bool:
        return self.value == int(value)  # type: ignore[call-overload,no-any-return]  # its error is the promise

    def __lt__(self, value: Any) -> bool:
        return self.value < int(value)

    def __hash__(self) -> int:
        return hash(str(self.value))

    def __int__(self) -> int:
        return self.value

    def __index__(self) -> int:
        return self.value

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"<VerNum({self.value})>"


class Extensions:
    """What the names of change scripts end with, without the dot."""

    py = "py"
    sql = "sql"


class Collection:
    """The versions in the folder ``path``, as its file names tell them.

    One look at the folder; no script is opened or imported.  Files count
    whose names begin with three or more ASCII digits and end with ``.py``
    or ``.sql``; numbers may have gaps.

    :raises OldRepositoryError: when the folder has one folder per version.
    :raises ScriptError: when two Python scripts have one number, the name
        of an SQL script has no database and direction, a number does not
        fit into 64 bits, or a script is a symbolic link that leads out of
        the folder.
    """

    FILENAME_WITH_VERSION = re.compile(
        r"^(\d{3,}).*\.(?:py|sql)\Z", re.ASCII | re.DOTALL
    )

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.versions = {
            VerNum(number): Version(number, self.path, names)
            for number, names in _numbered(self.path).items()
        }

    @property
    def latest(self) -> VerNum:
        """The highest number; VerNum(0) when there is none."""
        return max(self.versions, key=_value, default=VerNum(0))

    def version(self, vernum: Any = None) -> Version:
        """Return a version, by default the latest.

        :raises VersionNotFoundError: when there is none of that number.
        """
        number = self.latest if vernum is None else VerNum(vernum)
        try:
            return self.versions[number]
        except KeyError:
            raise VersionNotFoundError(
                f"Database schema file with version {number} doesn't exist."
            ) from None

    def create_new_python_version(self, description: str, **k: Any) -> None:
        """Make the Python script of a new version from its template.

        :param use_timestamp_numbering: number it by the time of day.
        :raises InvalidNameError: when ``description`` cannot be in a name.
        """
        name = _file_name("description", description)
        number = self._next(k.pop("use_timestamp_numbering", False))
        file_name = _join_names(f"{number:03d}", name) + f".{Extensions.py}"
        path = self._path(file_name)
        PythonScript.create(path, **k)
        self._add(number, [file_name])

    def create_new_sql_version(
        self,
        database: str,
        description: str,
        *,
        version: Any = None,
        **k: Any,
    ) -> None:
        """Make two SQL scripts, up and down, of a new version.

        :param database: name of a dialect, or ``default`` for all.
        :param version: an existing version that gets these scripts too.
        :param use_timestamp_numbering: number it by the time of day.
        :raises InvalidNameError: when a name cannot be part of a file's.
        :raises VersionNotFoundError: when there is no such ``version``.
        :raises PathFoundError: when a script exists; nothing is made.
        """
        name = _file_name("description", description)
        _check_database(database)
        use_timestamps = k.pop("use_timestamp_numbering", False)
        if version is None:
            number = self._next(use_timestamps)
        else:
            number = int(self.version(version).version)
        stem = _join_names(f"{number:03d}", name, database)
        names = [f"{stem}_{way}.{Extensions.sql}" for way in operations]
        for path in map(self._path, names):
            if os.path.exists(path):
                raise PathFoundError(path)
        for path in map(self._path, names):
            SqlScript.create(path, **k)
        self._add(number, names)

    def _path(self, file_name: str) -> str:
        if len(os.fsencode(file_name)) > 255:
            raise InvalidNameError(f"the name is too long: {file_name!r}")
        return join(self.path, file_name)

    def _add(self, number: int, names: list[str]) -> None:
        version = self.versions.setdefault(
            VerNum(number), Version(number, self.path, [])
        )
        for name in names:
            version.add_script(join(self.path, name))

    def _next(self, use_timestamps: bool) -> int:
        latest = int(self.latest)
        if not use_timestamps:
            return latest + 1
        now = int(datetime.now(timezone.utc).strftime(_TIMESTAMP))
        return now if now > latest else _second_after(latest)


class Version:
    """The scripts of one version.

    :param path: the folder that they are in.
    :param filelist: their names in it.
    :raises ScriptError: as :class:`Collection` says.
    """

    __slots__ = ("_folder", "_python", "_sql", "version")

    def __init__(
        self, vernum: Any, path: str | PathLike[str], filelist: list[str]
    ) -> None:
        self.version = VerNum(vernum)
        self._folder = os.fspath(path)
        self._python: str | PythonScript | None = None
        self._sql: dict[str, dict[str, str | SqlScript]] = {}
        for name in filelist:
            self._add(name)

    @property
    def python(self) -> PythonScript | None:
        """The Python script, if there is one; the same object each time."""
        if isinstance(self._python, str):
            self._python = PythonScript(join(self._folder, self._python))
        return self._python

    @property
    def sql(self) -> dict[str, dict[str, SqlScript]]:
        """The SQL scripts: {database: {operation: script}}."""
        return {
            database: {way: self._sql_script(database, way) for way in ways}
            for database, ways in self._sql.items()
        }

    def script(
        self, database: str | None = None, operation: str | None = None
    ) -> BaseScript:
        """Return what is to be run on a database.

        That is its own SQL script, else the one for ``default``, else the
        Python script, whose functions are for both directions.

        :raises MissingScriptError: when there is none of these; it says
            which there are and how to make the one that is missing.
        """
        for name in (database, _RELATIVES.get(str(database)), "default"):
            if operation in self._sql.get(str(name), ()):
                return self._sql_script(str(name), str(operation))
        if self.python is None:
            raise MissingScriptError(
                self._what_is_missing(database, operation)
            )
        return self.python

    def add_script(self, path: str | PathLike[str]) -> None:
        """Take one more file, which lies in the folder of the version."""
        self._add(os.path.basename(path))

    def _add(self, name: str) -> None:
        if name.endswith(".py"):
            if self._python is not None:
                raise ScriptError(
                    "You can only have one Python script per version, but "
                    f"you have: {self.python} and {join(self._folder, name)}"
                )
            self._python = name
        elif name.endswith(".sql"):
            database, way = _read_sql_name(name.removesuffix(".sql"))
            ways = self._sql.setdefault(database, {})
            if way in ways:
                raise ScriptError(
                    f"You can only have one {way} script for {database} per "
                    f"version, but you have: {ways[way]} and {name}"
                )
            ways[way] = name

    def _sql_script(self, database: str, way: str) -> SqlScript:
        found = self._sql[database][way]
        if isinstance(found, str):
            found = SqlScript(join(self._folder, found))
            self._sql[database][way] = found
        return found

    def _what_is_missing(
        self, database: str | None, operation: str | None
    ) -> str:
        present = sorted(
            os.path.basename(str(name))
            for ways in self._sql.values()
            for name in ways.values()
        )
        import shlex  # only to complain

        there = f"(there are: {', '.join(present) or 'none'})"
        if database is None or operation is None:
            return f"version {self.version} has no Python script {there}"
        description = _description_of(present[0]) if present else "description"
        return (
            f"version {self.version} has no {operation} script for "
            f"{database!r} {there}; make one with: "
            f"script_sql {shlex.quote(database)} "
            f"{shlex.quote(description)} --version={self.version}"
        )


def str_to_filename(s: str) -> str:
    """Replace blanks, quotes and dots by ``_``, and runs of it by one."""
    return re.sub("_+", "_", re.sub("[ \"'.]", "_", s))


def _numbered(folder: str) -> dict[int, list[str]]:
    """Return {number: names of its files}, everything in order."""
    match = Collection.FILENAME_WITH_VERSION.match
    with os.scandir(folder) as entries:
        there = {
            entry.name: entry.is_symlink() or not entry.is_file()
            for entry in entries
            if entry.name == "1" or not _is_folder(entry)
        }
    if "1" in there:
        raise OldRepositoryError(
            "It looks like you have a repository in the old format (with "
            "directories for each version). Please convert repository "
            "before proceeding."
        )
    found: dict[int, list[str]] = {}
    for name in sorted(there):
        if parts := match(name):
            if there[name]:
                _check_kind(folder, name)
            number = _checked_number(parts[1], name)
            found.setdefault(number, []).append(name)
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _check_kind(folder: str, name: str) -> None:
    """Refuse what can be exchanged by who may not write in the folder.

    And what is read for ever, such as a pipe.
    """
    inside = os.path.realpath(folder)
    target = os.path.realpath(join(folder, name))
    if os.path.exists(target) and not os.path.isfile(target):
        raise ScriptError(
            f"{join(folder, name)} is no regular file: put a file there"
        )
    if os.path.commonpath([inside, target]) != inside:
        raise ScriptError(
            f"{join(folder, name)} is a symbolic link to {target}, which is "
            "not in the folder of the versions: put the file itself there"
        )


def _checked_number(digits: str, name: str) -> int:
    number = digits.lstrip("0")
    if len(number) > len(str(_HIGHEST)) or int(number or 0) > _HIGHEST:
        raise ScriptError(
            f"{name}: no database stores a version above {_HIGHEST}"
        )
    return int(number or 0)


def _second_after(timestamp: int) -> int:
    try:
        moment = datetime.strptime(str(timestamp), _TIMESTAMP)
    except ValueError:
        return timestamp + 1
    return int((moment + timedelta(seconds=1)).strftime(_TIMESTAMP))


def _file_name(what: str, given: str) -> str:
    """Make a description part of a file name."""
    if any(
        sign in "/\\" or unicodedata.category(sign) in ("Cc", "Zl", "Zp")
        for sign in given
    ):
        raise InvalidNameError(
            f"the {what} {given!r} becomes part of a file name: it cannot "
            "have slashes, line ends or control characters"
        )
    return str_to_filename(given)


def _check_database(name: str) -> None:
    if name != _IBM and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+-]*", name):
        raise InvalidNameError(
            f"{name!r} is no name of a database: expected one such as "
            "'sqlite', 'postgresql', 'mysql' or 'default'"
        )


def _join_names(*parts: str) -> str:
    """Put ``_`` between parts, where they bring none themselves."""
    return re.sub("_+", "_", "_".join(part for part in parts)).rstrip("_")


def _read_sql_name(stem: str) -> tuple[str, str]:
    """Return database and operation of ``001_description_sqlite_upgrade``."""
    parts = stem.split("_")
    if len(parts) < 3:
        raise ScriptError(
            f"Invalid SQL script name {stem} (needs to be "
            "###_description_database_operation.sql)"
        )
    if stem.removesuffix(f"_{parts[-1]}").endswith(f"_{_IBM}"):
        return _IBM, parts[-1]
    return parts[-2], parts[-1]


def _description_of(file_name: str) -> str:
    """Return what a script was said to do, from its name."""
    stem = file_name.removesuffix(".sql")
    database, way = _read_sql_name(stem)
    words = stem.removesuffix(f"_{database}_{way}").split("_")[1:]
    return "_".join(words) or "description"
