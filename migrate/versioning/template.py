"""Where the templates of new repositories and scripts lie."""

from __future__ import annotations

from os import PathLike
from os import fspath
from os.path import dirname
from os.path import exists
from os.path import join
from typing import Any
from typing import ClassVar

from migrate.exceptions import InvalidNameError
from migrate.exceptions import TemplateError
from migrate.exceptions import TemplateNotFoundError

__all__ = [
    "Collection",
    "ManageCollection",
    "RepositoryCollection",
    "SQLScriptCollection",
    "ScriptCollection",
    "Template",
    "read",
    "substitute",
]


class Collection:
    """The templates of one kind, a file or folder for each theme."""

    _mask: ClassVar[str]

    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return self.path

    def get_path(self, file: str) -> str:
        """Return where the theme ``file`` lies, whether it exists or not.

        :raises InvalidNameError: when that would be outside this folder.
        """
        if file in ("", ".", "..") or any(sign in file for sign in "/\\\0:"):
            raise InvalidNameError(
                f"{file!r} is no name of a theme: it must be a single name "
                f"inside {self.path!r} (templates_path= names other folders)"
            )
        return join(self.path, self._mask % file)


class RepositoryCollection(Collection):
    """Folders to be copied as new repositories."""

    _mask = "%s"


class ScriptCollection(Collection):
    """Texts of new Python scripts, copied as they are."""

    _mask = "%s.py_tmpl"


class SQLScriptCollection(Collection):
    """Texts of new SQL scripts, copied as they are."""

    _mask = "%s.py_tmpl"


class ManageCollection(Collection):
    """Texts of ``manage.py``, filled in by Tempita."""

    _mask = "%s.py_tmpl"


class Template:
    """A folder of templates: the given one, else the package's own."""

    pkg = "migrate.versioning.templates"

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self.path = (
            fspath(path) if path else join(dirname(__file__), "templates")
        )
        self.repository = RepositoryCollection(join(self.path, "repository"))
        self.script = ScriptCollection(join(self.path, "script"))
        self.manage = ManageCollection(join(self.path, "manage"))
        self.sql_script = SQLScriptCollection(join(self.path, "sql_script"))

    def __str__(self) -> str:
        return self.path

    def get_repository(self, theme: str | None = None) -> str:
        """Return the folder that a new repository is copied from."""
        return self.repository.get_path(theme or "default")

    def get_script(self, theme: str | None = None) -> str:
        """Return the file that a new Python script is copied from."""
        return self.script.get_path(theme or "default")

    def get_sql_script(self, theme: str | None = None) -> str:
        """Return the file that a new SQL script is copied from."""
        return self.sql_script.get_path(theme or "default")

    def get_manage(self, theme: str | None = None) -> str:
        """Return the file that a new ``manage.py`` is made from."""
        return self.manage.get_path(theme or "default")


def read(path: str) -> str:
    """Return the text of a template.

    :raises TemplateNotFoundError: when the theme lacks it.
    """
    if not exists(path):
        raise TemplateNotFoundError(
            f"there is no template {path!r}: check templates_path "
            "and templates_theme"
        )
    with open(path, encoding="utf-8") as file:
        return file.read()


def substitute(path: str, values: dict[str, Any]) -> str:
    """Fill in the Tempita template at ``path``.

    :raises TemplateError: naming what it lacks or where it does not parse.
    """
    from tempita import Template as Tempita  # only when files are made
    from tempita import TemplateError as ParseError

    try:
        text: str = Tempita(read(path), name=path).substitute(values)
    except (ParseError, SyntaxError, NameError, KeyError) as error:
        reason = error.args[0] if error.args else error
        raise TemplateError(f"template {path!r}: {reason}") from error
    return text
