"""A repository: a folder of change scripts and its settings."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from configparser import Error as ConfigError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from keyword import iskeyword
from os import PathLike
from os.path import join
from typing import Any

from migrate.exceptions import InvalidNameError
from migrate.exceptions import InvalidRepositoryError
from migrate.exceptions import PathError
from migrate.exceptions import PathFoundError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning import cfgparse
from migrate.versioning import template
from migrate.versioning.script import BaseScript
from migrate.versioning.secret import secrets_in
from migrate.versioning.template import Template
from migrate.versioning.util import asbool
from migrate.versioning.vernum import VerNum
from migrate.versioning.version import Collection
from migrate.versioning.version import Version

__all__ = ["Changeset", "Repository", "Step"]

log = logging.getLogger(__name__)

_SECTION = "db_settings"
#: Of the column in the control table.
_ID_LENGTH = 250
_DEFAULTS = {
    "version_table": "migrate_version",
    "required_dbs": "[]",
    "use_timestamp_numbering": "False",
}


@dataclass(frozen=True)
class Step:
    """One script, and the versions before and after it."""

    start: VerNum
    end: VerNum
    script: BaseScript

    @property
    def operation(self) -> str:
        """``upgrade`` or ``downgrade``."""
        return "upgrade" if self.end > self.start else "downgrade"

    @property
    def direction(self) -> int:
        """1 for an upgrade, -1 for a downgrade."""
        return 1 if self.end > self.start else -1


class Changeset(dict[VerNum, Any]):
    """The scripts that lead from one version to another.

    A dict of {version before the step: script}, in running order.

    :param start: the version to begin at.
    :param changes: scripts, each one number on.
    :param step: 1 upwards, -1 downwards.
    """

    def __init__(self, start: Any, *changes: Any, step: int = 1) -> None:
        super().__init__()
        self.start = VerNum(start)
        self.end = self.start
        self.step = step
        for change in changes:
            self.add(change)

    def add(self, change: Any, end: Any = None) -> None:
        """Add the script that follows.

        :param end: the version it leads to, by default the next number.
        """
        self[self.end] = change
        self.end = self.end + self.step if end is None else VerNum(end)

    def steps(self) -> list[Step]:
        """Return the steps in running order."""
        return [
            Step(start, end, self[start])
            for start, end in pairwise([*self.keys(), self.end])
        ]

    def run(self, *p: Any, **k: Any) -> None:
        """Call ``run`` of each script with these arguments."""
        for _, script in self:
            script.run(*p, **k)

    # Iterating gives pairs, the rest lists: callers of old rely on it.

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items())

    def keys(self) -> list[VerNum]:  # type: ignore[override]  # a list
        """Return the versions before each step, in running order."""
        return sorted(super().keys(), reverse=self.step < 0)

    def values(self) -> list[Any]:  # type: ignore[override]  # a list
        """Return the scripts in running order."""
        return [self[key] for key in self.keys()]

    def items(self) -> Any:
        """Return pairs of version before the step and script."""
        return zip(self.keys(), self.values(), strict=True)


class Repository:
    """The repository in the folder ``path``.

    Two are equal when they are the same folder, by name.

    :raises InvalidRepositoryError: when it is none, or ``migrate.cfg`` is
        damaged; the message says how.
    :raises OldRepositoryError: when it is from before release 0.4.5.
    :raises ScriptError: see :class:`~migrate.versioning.version.Collection`.
    """

    _config = "migrate.cfg"
    _versions = "versions"

    def __init__(self, path: str | PathLike[str]) -> None:
        log.debug("Loading repository %s...", os.fspath(path))
        self.verify(path)
        self.path = os.fspath(path)
        self.config = _read_config(join(self.path, self._config))
        try:
            self.versions = Collection(join(self.path, self._versions))
        except OSError as error:
            raise InvalidRepositoryError(str(error)) from error
        log.debug("Repository %s loaded: %s", self.path, self.id)

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"Repository({self.path!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Repository):
            return NotImplemented
        return os.path.abspath(self.path) == os.path.abspath(other.path)

    def __hash__(self) -> int:
        return hash(os.path.abspath(self.path))

    @classmethod
    def verify(cls, path: str | PathLike[str]) -> None:
        """Raise InvalidRepositoryError unless ``path`` holds a repository."""
        if not os.path.isdir(path):
            found = "a file" if os.path.exists(path) else "not there"
            raise InvalidRepositoryError(
                f"{os.fspath(path)!r} is no repository: it is {found}"
            )
        for name in (cls._config, cls._versions):
            if not os.path.exists(join(path, name)):
                raise InvalidRepositoryError(
                    f"{os.fspath(path)!r} is no repository: it has no {name}"
                )

    @classmethod
    def create(
        cls, path: str | PathLike[str], name: str, **opts: Any
    ) -> Repository:
        """Make a new repository at ``path``, and folders above it.

        :param name: its id, which every database it controls stores.
        :param templates_path: another folder of templates.
        :param templates_theme: another theme than ``default``.
        :param opts: settings of migrate.cfg; any other becomes a keyword in
            the repository's manage.py.
        :raises PathFoundError: when ``path`` exists.
        :raises InvalidNameError: when a value cannot be written.
        :raises PathError: when the disk does not allow it.

        All is made beside ``path`` under a hidden name and then moved, so
        that what fails leaves nothing.
        """
        path = os.fspath(path)
        if os.path.lexists(path):
            raise PathFoundError(path)
        templates = Template(opts.pop("templates_path", None))
        theme = opts.pop("templates_theme", None)
        settings = _DEFAULTS | {"repository_id": name}
        settings |= {key: opts.pop(key) for key in [*settings] if key in opts}
        source = templates.get_repository(theme)
        config = cls.prepare_config(source, name, settings)
        manage = _manage_text(
            templates, theme, {**opts, "repository_name": name}
        )
        try:
            cls._build(
                path,
                source,
                {cls._config: config, "manage.py": manage},
                is_private=bool(secrets_in(opts)),
            )
        except OSError as error:
            raise PathError(f"{path!r} cannot be made: {error}") from error
        _warn_of_secrets(join(path, "manage.py"), opts)
        return cls(path)

    @classmethod
    def _build(
        cls, path: str, source: str, texts: dict[str, str], *, is_private: bool
    ) -> None:
        """Copy the template beside ``path``, add texts, move it there."""
        import shutil  # only to create, and slow to import

        parent, base = os.path.split(path.rstrip(os.sep))
        unfinished = join(parent, f".{base}.{os.urandom(4).hex()}")
        os.makedirs(parent or ".", exist_ok=True)
        try:
            shutil.copytree(
                source,
                unfinished,
                ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
                copy_function=shutil.copyfile,
            )
            for name, text in texts.items():
                _write(join(unfinished, name), text, is_private)
            cls(unfinished)
            os.rename(unfinished, path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    @classmethod
    def prepare_config(
        cls,
        tmpl_dir: str | PathLike[str],
        name: str,
        options: dict[str, Any] | None = None,
    ) -> str:
        """Return the text of a new migrate.cfg.

        :param tmpl_dir: the folder whose migrate.cfg is the template.
        :param name: the ``repository_id``, unless ``options`` has one.
        :raises InvalidNameError: when a value would not be read back.
        """
        settings = _DEFAULTS | {"repository_id": name} | (options or {})
        if len(str(settings["repository_id"])) > _ID_LENGTH:
            raise InvalidNameError(
                f"the name of a repository has at most {_ID_LENGTH} signs"
            )
        text = template.substitute(
            join(tmpl_dir, cls._config),
            {key: cfgparse.escape(value) for key, value in settings.items()},
        )
        cfgparse.read_back(text, settings)
        return text

    @classmethod
    def create_manage_file(
        cls, file_: str | PathLike[str], **opts: Any
    ) -> None:
        """Write a ``manage.py``; what is at ``file_`` is replaced.

        :param opts: become the keywords that it calls ``main`` with, as
            text; ``templates_path`` and ``templates_theme`` do not.

        With a password among them, nobody else may read the file.
        """
        templates = Template(opts.pop("templates_path", None))
        theme = opts.pop("templates_theme", None)
        text = _manage_text(templates, theme, opts)
        _write(file_, text, is_private=bool(secrets_in(opts)))
        _warn_of_secrets(file_, opts)

    @property
    def latest(self) -> VerNum:
        """The highest version; VerNum(0) when there is none."""
        return self.versions.latest

    @property
    def version_table(self) -> str:
        """Name of the control table."""
        return str(self.config.get(_SECTION, "version_table"))

    @property
    def history_table(self) -> str | None:
        """Name of the history table; None: no history is kept."""
        return self._setting("history_table")

    @property
    def lock_timeout(self) -> str | None:
        """Seconds to wait for another deployer, as text, if it says so."""
        return self._setting("lock_timeout")

    def _setting(self, name: str) -> str | None:
        value = self.config.get(_SECTION, name, fallback="")
        return str(value).strip() or None

    @property
    def id(self) -> str:
        """What databases store of which repository controls them."""
        return str(self.config.get(_SECTION, "repository_id"))

    @property
    def use_timestamp_numbering(self) -> bool:
        """Whether new scripts are numbered by the time they are made."""
        return asbool(
            self.config.get(
                _SECTION, "use_timestamp_numbering", fallback="False"
            )
        )

    def version(self, *p: Any, **k: Any) -> Version:
        """Return a version: see :meth:`Collection.version`."""
        return self.versions.version(*p, **k)

    def create_script(self, description: str, **k: Any) -> None:
        """Make a Python script: see :class:`Collection`."""
        k.setdefault("use_timestamp_numbering", self.use_timestamp_numbering)
        self.versions.create_new_python_version(description, **k)

    def create_script_sql(
        self, database: str, description: str, **k: Any
    ) -> None:
        """Make a pair of SQL scripts: see :class:`Collection`."""
        k.setdefault("use_timestamp_numbering", self.use_timestamp_numbering)
        self.versions.create_new_sql_version(database, description, **k)

    def changeset(
        self, database: str, start: Any, end: Any = None
    ) -> Changeset:
        """Plan the way from one version to another, in either direction.

        :param database: name of the dialect.
        :param end: the version to reach, by default the latest.
        :raises VersionNotFoundError: when a number on the way has no files.
            Timestamps have gaps by nature: there, only ``end`` must exist,
            and downwards ``start``.
        :raises MissingScriptError: when a version has none for the database.

        Nothing is run or imported.
        """
        before = VerNum(start)
        after = self.latest if end is None else VerNum(end)
        step = 1 if before <= after else -1
        operation = "upgrade" if step > 0 else "downgrade"
        changes = Changeset(before, step=step)
        way: Sequence[int]
        with self._placed(before):
            if self.use_timestamp_numbering:
                way = self._existing(before, after)
            else:
                way = range(int(before), int(after) + step, step)
            for place, number in enumerate(way[1:]):
                changed = number if step > 0 else way[place]
                script = self.version(changed).script(database, operation)
                changes.add(script, end=number)
        return changes

    @contextmanager
    def _placed(self, start: VerNum) -> Iterator[None]:
        """Say of a missing version if the database is ahead of us."""
        try:
            yield
        except VersionNotFoundError as error:
            if start <= self.latest:
                raise
            raise VersionNotFoundError(
                f"{error.args[0]} The database is at version {start}, and "
                f"repository {self.id!r} ends at {self.latest}: is it an "
                "older copy?"
            ) from None

    def _existing(self, start: VerNum, end: VerNum) -> list[int]:
        """Return the versions from ``start`` to ``end`` that there are."""
        low, high = sorted((int(start), int(end)))
        between = [int(v) for v in self.versions.versions if low < v < high]
        way = sorted({low, *between, high}, reverse=start > end)
        for number in (end, start if start > end else 0):
            if number != 0 and start != end:
                self.version(number)
        return way


def _read_config(path: str) -> cfgparse.Config:
    """Read migrate.cfg and check that it says what is needed."""
    try:
        config = cfgparse.Config(path)
        for option in ("repository_id", "version_table"):
            config.get(_SECTION, option)
        asbool(config.get(_SECTION, "use_timestamp_numbering", fallback="0"))
        _check_signs(config)
        _check_tables(config)
    except (ConfigError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InvalidRepositoryError(f"{path!r}: {reason}") from error
    return config


def _check_signs(config: cfgparse.Config) -> None:
    for option, value in config.items(_SECTION):
        if "\0" in value:
            raise ValueError(f"{option} has a NUL character")


def _check_tables(config: cfgparse.Config) -> None:
    version_table = config.get(_SECTION, "version_table").strip()
    history_table = config.get(_SECTION, "history_table", fallback="").strip()
    if not version_table:
        raise ValueError("version_table is empty: name a table")
    # Databases differ in whether capitals matter.
    if version_table.casefold() == history_table.casefold():
        raise ValueError(
            f"version_table and history_table are both {version_table!r}: "
            "name two tables"
        )


def _manage_text(
    templates: Template, theme: str | None, opts: dict[str, Any]
) -> str:
    for name in opts:
        if not name.isidentifier() or iskeyword(name):
            raise InvalidNameError(
                f"option {name!r} cannot be a keyword in manage.py"
            )
    values = {name: _as_text(value) for name, value in opts.items()}
    return template.substitute(templates.get_manage(theme), values)


def _as_text(value: object) -> str:
    """Return a value as text, a URL or the URL of an engine whole."""
    url = getattr(value, "url", value)
    if hasattr(url, "render_as_string"):
        return str(url.render_as_string(hide_password=False))
    return str(value)


def _write(path: str | PathLike[str], text: str, is_private: bool) -> None:
    """Write a file; a private one is never readable by others."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600 if is_private else 0o666)

    with open(path, "w", encoding="utf-8", opener=opener) as file:
        mode = os.fstat(file.fileno()).st_mode
        # One that was there has its own mode.
        if is_private and mode & 0o077 and hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), mode & 0o700)
        file.write(text)


def _warn_of_secrets(
    path: str | PathLike[str], opts: Mapping[str, Any]
) -> None:
    if secrets_in(opts):
        log.warning(
            "%s holds a password, so that only you may read it (mode %04o); "
            "better keep the URL in an environment variable: "
            "--url=env:DATABASE_URL",
            os.fspath(path),
            stat.S_IMODE(os.stat(path).st_mode),
        )
