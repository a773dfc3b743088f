"""The versions of a repository, and the change scripts of each."""

from __future__ import annotations

import os
from operator import attrgetter
from os import PathLike
from os.path import join
from typing import Any

from migrate.exceptions import MissingScriptError
from migrate.exceptions import OldRepositoryError
from migrate.exceptions import PathFoundError
from migrate.exceptions import ScriptError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning import filename
from migrate.versioning.filename import Extensions
from migrate.versioning.filename import str_to_filename
from migrate.versioning.script import BaseScript
from migrate.versioning.script import PythonScript
from migrate.versioning.script import SqlScript
from migrate.versioning.vernum import VerNum
from migrate.versioning.vernum import timestamp_after

__all__ = ["Collection", "Extensions", "VerNum", "Version", "str_to_filename"]

#: Whose scripts a database takes when it has none of its own.
_RELATIVES = {"mariadb": "mysql"}

_value = attrgetter("value")


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

    FILENAME_WITH_VERSION = filename.NUMBERED

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
        number = self._next(k.pop("use_timestamp_numbering", False))
        name = filename.python_name(number, description)
        PythonScript.create(join(self.path, name), **k)
        self._add(number, [name])

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
        use_timestamps = k.pop("use_timestamp_numbering", False)
        if version is None:
            number = self._next(use_timestamps)
        else:
            number = int(self.version(version).version)
        names = filename.sql_names(number, description, database)
        paths = [join(self.path, name) for name in names]
        for path in paths:
            if os.path.exists(path):
                raise PathFoundError(path)
        for path in paths:
            SqlScript.create(path, **k)
        self._add(number, names)

    def _add(self, number: int, names: list[str]) -> None:
        version = self.versions.setdefault(
            VerNum(number), Version(number, self.path, [])
        )
        for name in names:
            version.add_script(join(self.path, name))

    def _next(self, use_timestamps: bool) -> int:
        latest = int(self.latest)
        return timestamp_after(latest) if use_timestamps else latest + 1


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

    @property
    def names(self) -> list[str]:
        """The names of all its files, sorted."""
        scripts = [one for ways in self._sql.values() for one in ways.values()]
        python = [self._python] if self._python is not None else []
        return sorted(
            os.path.basename(str(script)) for script in (*scripts, *python)
        )

    def script(
        self, database: str | None = None, operation: str | None = None
    ) -> BaseScript:
        """Return what is to be run on a database.

        That is its own SQL script, else the one for ``default``, else the
        Python script, whose functions are for both directions.

        :raises MissingScriptError: when there is none of these; it says
            which there are and how to make the one that is missing.
        """
        own = str(database)
        plain = _without_driver(own)
        for name in (own, plain, _RELATIVES.get(plain, plain), "default"):
            if operation in self._sql.get(name, ()):
                return self._sql_script(name, str(operation))
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
            database, way = filename.purpose_of(name)
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
        import shlex  # only to complain

        present = self.names
        there = f"(there are: {', '.join(present) or 'none'})"
        if database is None or operation is None:
            return f"version {self.version} has no Python script {there}"
        description = (
            filename.description_of(present[0]) if present else "description"
        )
        return (
            f"version {self.version} has no {operation} script for "
            f"{database!r} {there}; make one with: "
            f"script_sql {shlex.quote(_without_driver(database))} "
            f"{shlex.quote(description)} --version={self.version}"
        )


def _without_driver(dialect: str) -> str:
    """Return ``firebird`` for ``firebird.fdb``, as its dialect is called.

    The name of a script has no place for a dot.
    """
    return dialect.partition(".")[0]


def _numbered(folder: str) -> dict[int, list[str]]:
    """Return {number: names of its files}, everything in order."""
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
        number = filename.number_of(name)
        if number is not None:
            if there[name]:
                _check_kind(folder, name)
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
