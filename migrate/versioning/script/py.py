"""Change scripts in Python: a module with ``upgrade`` and ``downgrade``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import nullcontext
from functools import cached_property
from os import PathLike
from os.path import join
from types import ModuleType
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import InvalidScriptError
from migrate.exceptions import NotSupportedError
from migrate.exceptions import ScriptArgumentError
from migrate.exceptions import ScriptError
from migrate.exceptions import ScriptExitError
from migrate.versioning.cfgparse import Config
from migrate.versioning.config import operations
from migrate.versioning.script.base import BaseScript
from migrate.versioning.script.base import StatementJournal
from migrate.versioning.template import Template
from migrate.versioning.util import import_path

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from migrate.binding import Bind
    from migrate.legacy import Memory

__all__ = ["PythonScript"]


class PythonScript(BaseScript):
    """A Python file; imported when first needed, once for this object."""

    @classmethod
    def _template(cls, folder: Template, theme: str | None) -> str:
        return folder.get_script(theme)

    @classmethod
    def verify_module(cls, path: str | PathLike[str]) -> ModuleType:
        """Import the file at ``path`` and return the module.

        :raises InvalidScriptError: when it does not compile, or has no
            function ``upgrade``; :exc:`.Python2ScriptError` when it is
            written for Python 2.  What it raises while it is imported
            passes through.
        """
        # Scripts call column.create() without importing migrate themselves.
        import migrate.changeset  # noqa: F401 - for its effect on SQLAlchemy
        from migrate import legacy  # imports SQLAlchemy
        from migrate.versioning.script import python2  # only to run

        try:
            with (
                legacy.installed(),
                python2.told_apart(str(path)),
                _kept_from_exiting(path),
            ):
                module = import_path(str(path))
        except SyntaxError as error:
            if error.filename != str(path):
                raise
            raise InvalidScriptError(
                f"{path}, line {error.lineno or 1}: {error.msg}"
            ) from error
        if not callable(getattr(module, "upgrade", None)):
            raise InvalidScriptError(
                f"{path}: module {module.__name__!r} "
                "has no attribute 'upgrade'"
            )
        return module

    @cached_property
    def module(self) -> ModuleType:
        """The imported script.

        :raises InvalidScriptError: see :meth:`verify_module`.
        """
        return self.verify_module(self.path)

    def source(self) -> str:
        """Return the text of the script, in the encoding that it names.

        :raises InvalidScriptError: when it is in another.
        """
        import tokenize  # slow to import, and only needed here

        try:
            with tokenize.open(self.path) as file:
                return file.read()
        except (SyntaxError, UnicodeDecodeError) as error:
            raise InvalidScriptError(f"{self.path}: {error}") from error

    def forget(self) -> None:
        """Import the script anew when it is next needed.

        Before it is run again: what it made at the top, such as tables in a
        MetaData, would be there twice.
        """
        vars(self).pop("module", None)

    @property
    def transactional(self) -> bool:
        """False when the script says ``transactional = False``."""
        return bool(getattr(self.module, "transactional", True))

    def run(
        self,
        engine: Bind,
        step: str | int = "upgrade",
        journal: StatementJournal | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Call the function for a step, inside 1.x style.

        :param engine: see :meth:`BaseScript.run`.
        :param step: 'upgrade' or 'downgrade', or a number above or below 0.
        :param journal: see :meth:`BaseScript.run`; nothing is left out.
        :param memory: see :func:`migrate.legacy.style`.
        :raises ScriptError: for step 0, or without such a function.
        :raises ScriptArgumentError: when the function takes no argument.
        :raises ScriptExitError: when it calls ``sys.exit()``, however.
        """
        from migrate import legacy  # imports SQLAlchemy
        from migrate.binding import can_roll_back_ddl
        from migrate.versioning.script import python2  # only to run

        function = self._func(_operation(step))
        _check_parameter(function, self.path)
        transactional = self.transactional and can_roll_back_ddl(engine)
        with (
            self._connection(engine, transactional) as connection,
            journal.watching() if journal else nullcontext(),
            legacy.style(
                connection, transactional=transactional, memory=memory
            ) as migrate_engine,
            python2.told_apart(self.path),
            _kept_from_exiting(self.path),
        ):
            function(migrate_engine)

    def preview_sql(self, url: str, step: str | int, **args: Any) -> str:
        """Return the SQL of a step, without asking a database.

        So the script is shown as far as it sends statements of its own; one
        that reads, or looks what there is, needs ``--preview_sql``.

        :param url: says how SQL is spelled; nothing connects to it.
        :param step: see :meth:`run`.
        :param args: of ``create_engine``, without effect.
        :returns: the statements, with a ``;`` between two.
        :raises NotSupportedError: the script wants more than to send.
        """
        # Few scripts are shown, and all are run.
        from sqlalchemy import create_mock_engine
        from sqlalchemy import make_url
        from sqlalchemy.exc import NoInspectionAvailable

        from migrate import legacy
        from migrate.binding import running

        statements: list[str] = []

        def send(statement: Any, *parameters: Any, **options: Any) -> Any:
            if not isinstance(statement, str):
                statement = str(statement.compile(dialect=engine.dialect))
            statements.append(statement.strip())
            return answer

        engine: Any = create_mock_engine(url, send)
        engine.url = make_url(url)
        answer = _NoAnswer()
        function = self._func(_operation(step))
        _check_parameter(function, self.path)
        try:
            with (
                legacy.installed(),
                running(engine),
                _kept_from_exiting(self.path),
            ):
                function(engine)
        except (AttributeError, NoInspectionAvailable) as error:
            asked = getattr(error, "name", "inspect")
            whom = getattr(error, "obj", engine)
            if whom is not engine and whom is not answer:
                raise
            raise NotSupportedError(
                f"{self.path}: the script asks the database for more than to "
                f"carry out statements ({asked}), so that its SQL is "
                "known only there; use upgrade --preview_sql"
            ) from error
        return ";\n\n".join(statements)

    def _func(self, funcname: str) -> Callable[..., object]:
        function = getattr(self.module, funcname, None)
        if not callable(function):
            raise ScriptError(
                f"Function {funcname!r} is not defined in this script "
                f"({self.path})"
            )
        return function  # type: ignore[no-any-return]  # callable() is no type

    @classmethod
    def make_update_script_for_model(
        cls,
        engine: Engine,
        oldmodel: Any,
        model: Any,
        repository: Any,
        **opts: Any,
    ) -> str:
        """Return the text of a script that brings one model to another.

        :param engine: of the database that it is for.
        :param oldmodel: and ``model``: see :func:`.models.given.metadata_of`.
        :param repository: or its path; its own tables are left out.
        :param templates_path: another folder of templates.
        :param templates_theme: another theme than ``default``.
        :raises InvalidModelError: when a model is none.
        """
        # Few scripts are made, and all are run.
        from migrate.versioning.models.given import metadata_of
        from migrate.versioning.models.updatescript import update_script

        folder = Template(opts.get("templates_path"))
        return update_script(
            engine,
            metadata_of(oldmodel, "oldmodel"),
            metadata_of(model),
            cls._template(folder, opts.get("templates_theme")),
            _tables_of(repository),
        )


def _tables_of(repository: Any) -> list[str]:
    """Return the names of the tables that a repository keeps its state in."""
    config = getattr(repository, "config", None)
    if config is None:
        config = Config(join(repository, "migrate.cfg"))
    names = ("version_table", "history_table")
    found = [config.get("db_settings", each, fallback="") for each in names]
    return [str(name).strip() for name in found if name]


class _NoAnswer:
    """What a statement gives that is only shown: nothing can be read."""

    def __iter__(self) -> Iterator[Any]:
        raise AttributeError("nothing to read", name="rows", obj=self)

    def __getitem__(self, key: object) -> Any:
        raise AttributeError("nothing to read", name="rows", obj=self)


@contextmanager
def _kept_from_exiting(path: str | PathLike[str]) -> Iterator[None]:
    """Let no script end the program: it would end as if all was done."""
    try:
        yield
    except SystemExit as error:
        code = "" if error.code is None else repr(error.code)
        raise ScriptExitError(
            f"{path}: the script called sys.exit({code}); raise an exception "
            "to stop, return to be done"
        ) from error
    except StopIteration as error:  # a generator above us would take it
        raise ScriptError(f"{path}: the script raised {error!r}") from error


def _operation(step: str | int) -> str:
    if step in operations:
        return str(step)
    try:
        number = int(step)
    except ValueError:
        number = 0
    if number == 0:
        raise ScriptError(f"{step} is not a valid step")
    return "upgrade" if number > 0 else "downgrade"


def _check_parameter(function: Callable[..., object], path: str) -> None:
    """Raise unless ``function`` takes a positional argument."""
    import inspect  # slow to import, and only needed here

    parameters = inspect.signature(function).parameters.values()
    needed = [
        p.name
        for p in parameters
        if p.default is p.empty
        and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if len(needed) > 1:
        raise ScriptArgumentError(
            f"{path}: {function.__name__} is called with the engine alone, "
            f"and needs {', '.join(needed)}"
        )
    if not any(p.kind <= p.VAR_POSITIONAL for p in parameters):
        raise ScriptArgumentError(
            "upgrade/downgrade functions must accept engine parameter "
            f"(since version 0.5.4): {path}"
        )
