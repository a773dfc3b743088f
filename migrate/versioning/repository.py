"""A repository: a folder of change scripts and its settings."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from errno import EACCES
from os import PathLike
from os.path import join
from typing import Any

from migrate.exceptions import InvalidRepositoryError
from migrate.exceptions import InvalidVersionError
from migrate.exceptions import PathError
from migrate.exceptions import PathFoundError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning import settings
from migrate.versioning.permission import denied_on_disk
from migrate.versioning.permission import is_visible
from migrate.versioning.steps import Changeset
from migrate.versioning.steps import Step
from migrate.versioning.template import Template
from migrate.versioning.util import asbool
from migrate.versioning.vernum import VerNum
from migrate.versioning.version import Collection
from migrate.versioning.version import Version

__all__ = ["Changeset", "Repository", "Step"]

log = logging.getLogger(__name__)


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
        self.config = settings.read(join(self.path, self._config))
        try:
            self.versions = Collection(join(self.path, self._versions))
        except PermissionError:
            raise
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
        """Raise InvalidRepositoryError unless ``path`` holds a repository.

        :raises PermissionError: when that cannot be seen.
        """
        inside = join(path, cls._config)
        if not is_visible(inside):
            raise PermissionError(EACCES, os.strerror(EACCES), inside)
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
        # What makes files is needed once in the life of a repository.
        from migrate.versioning import scaffold

        path = os.fspath(path)
        if os.path.lexists(path):
            raise PathFoundError(path)
        templates = Template(opts.pop("templates_path", None))
        theme = opts.pop("templates_theme", None)
        chosen = {key: opts.pop(key) for key in settings.NAMES if key in opts}
        source = templates.get_repository(theme)
        config = cls.prepare_config(source, name, chosen)
        manage = scaffold.manage_text(
            templates.get_manage(theme), {**opts, "repository_name": name}
        )
        try:
            with scaffold.unfinished(path, source) as folder:
                scaffold.write(join(folder, cls._config), config, opts)
                scaffold.write(join(folder, "manage.py"), manage, opts)
                cls(folder)
        except OSError as error:
            reason = "; ".join(
                filter(None, [str(error), denied_on_disk(path)])
            )
            raise PathError(f"{path!r} cannot be made: {reason}") from error
        scaffold.warn_of_secrets(join(path, "manage.py"), opts)
        return cls(path)

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
        return settings.text(
            join(tmpl_dir, cls._config),
            {"repository_id": name} | (options or {}),
        )

    @classmethod
    def create_manage_file(
        cls, file_: str | PathLike[str], **opts: Any
    ) -> None:
        """Write a ``manage.py``; what is at ``file_`` is replaced.

        :param opts: become the keywords that it calls ``main`` with, as
            text; ``templates_path`` and ``templates_theme`` do not.

        With a password among them, nobody else may read the file.
        """
        from migrate.versioning import scaffold  # as above

        templates = Template(opts.pop("templates_path", None))
        source = templates.get_manage(opts.pop("templates_theme", None))
        scaffold.write(file_, scaffold.manage_text(source, opts), opts)
        scaffold.warn_of_secrets(file_, opts)

    @property
    def latest(self) -> VerNum:
        """The highest version; VerNum(0) when there is none."""
        return self.versions.latest

    @property
    def version_table(self) -> str:
        """Name of the control table."""
        return str(self.config.get(settings.SECTION, "version_table"))

    @property
    def history_table(self) -> str | None:
        """Name of the history table; None: no history is kept."""
        return self._setting("history_table")

    @property
    def lock_timeout(self) -> str | None:
        """Seconds to wait for another deployer, as text, if it says so."""
        return self._setting("lock_timeout")

    def _setting(self, name: str) -> str | None:
        value = self.config.get(settings.SECTION, name, fallback="")
        return str(value).strip() or None

    @property
    def id(self) -> str:
        """What databases store of which repository controls them."""
        return str(self.config.get(settings.SECTION, "repository_id"))

    @property
    def use_timestamp_numbering(self) -> bool:
        """Whether new scripts are numbered by the time they are made."""
        return asbool(
            self.config.get(
                settings.SECTION, "use_timestamp_numbering", fallback="False"
            )
        )

    def version(self, *p: Any, **k: Any) -> Version:
        """Return a version: see :meth:`Collection.version`."""
        return self.versions.version(*p, **k)

    def number(self, version: VerNum | int | str | None) -> int:
        """Return ``version`` as a number from 0, which None is, to the latest.

        :raises InvalidVersionError: when it is none of those.
        """
        try:
            number = 0 if version is None else int(VerNum(version))
        except ValueError as error:
            raise InvalidVersionError(version) from error
        if number > self.latest:
            raise InvalidVersionError(
                f"version {number} is not in repository {self.id!r} "
                f"(latest is {self.latest}); give one from 0 to that"
            )
        return number

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
