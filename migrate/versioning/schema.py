"""A database under version control of a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from sqlalchemy.exc import DBAPIError

from migrate.exceptions import InvalidVersionError
from migrate.exceptions import NotSupportedError
from migrate.versioning.models.given import metadata_of
from migrate.versioning.repository import Repository
from migrate.versioning.running.deployment import interruption_told
from migrate.versioning.running.deployment import running
from migrate.versioning.running.deployment import writing
from migrate.versioning.running.garbage import collecting_seldom
from migrate.versioning.session.database import check_file
from migrate.versioning.session.database import reading
from migrate.versioning.session.database import unreachable
from migrate.versioning.session.limits import Limits
from migrate.versioning.session.limits import limited
from migrate.versioning.steps import Step
from migrate.versioning.tables import check_names
from migrate.versioning.tables import control_of
from migrate.versioning.tables import history_of
from migrate.versioning.tables import own_tables
from migrate.versioning.util import load_model
from migrate.versioning.vernum import VerNum

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy import Table
    from sqlalchemy.engine import Engine

    from migrate.versioning.running.events import Event
    from migrate.versioning.running.events import Listener
    from migrate.versioning.schemadiff import SchemaDiff
    from migrate.versioning.steps import Changeset

__all__ = ["ControlledSchema", "Repository", "VerNum", "load_model"]

_LIMITS = Limits()


class ControlledSchema:
    """A database whose version is that of a repository.

    :param engine: of the database; the constructor reads it, in a
        transaction of its own.
    :param repository: a Repository or its path.
    :param limits: how long to wait for what.
    :raises DatabaseNotControlledError: when the version cannot be read.
    """

    def __init__(
        self,
        engine: Engine,
        repository: Repository | str,
        *,
        limits: Limits = _LIMITS,
    ) -> None:
        self.engine = engine
        self.limits = limits
        self.repository = _repository(repository)
        check_names(engine, self.repository)
        self._control = control_of(self.repository)
        self.table: Table = self._control.table
        self.meta: MetaData = self.table.metadata
        self._history = history_of(self.repository)
        self.version = 0
        self.load()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ControlledSchema)
            and self.repository == other.repository
            and self.version == other.version
        )

    __hash__ = None  # type: ignore[assignment]  # the version changes

    def load(self) -> None:
        """Read the version again.

        :raises DatabaseNotControlledError: when it cannot be read.
        """
        check_file(self.engine)
        try:
            with (
                self.engine.connect() as connection,
                limited(connection, self.limits),
            ):
                self.version, marker = self._control.state(connection)
        except DBAPIError as error:
            raise unreachable(self.engine, error) from error
        self._is_marked = marker is not None

    # -- running steps

    def changeset(
        self, version: VerNum | int | str | None = None
    ) -> Changeset:
        """Return the scripts from the present version to ``version``.

        :param version: the latest of the repository when None.
        :raises VersionNotFoundError: when one on the way is missing.
        """
        return self.repository.changeset(
            self.engine.name, self.version, _number(version)
        )

    def upgrade(
        self,
        version: VerNum | int | str | None = None,
        *,
        listener: Listener | None = None,
        limits: Limits | None = None,
        allow_missing: bool = False,
    ) -> None:
        """Take the database to ``version``, up or down, step by step.

        Every script is found before the first one runs.  Each step commits
        with its version; after an error the database is at the last version
        that was done.  A deployer that comes second waits, and does what
        is left to do.

        :param version: the latest of the repository when None.
        :param listener: is told of every event, see
            :mod:`migrate.versioning.running.events`.
        :param limits: other ones than those of the constructor.
        :param allow_missing: go on although the history knows of an applied
            script which the repository no longer has.
        :raises MissingAppliedScriptError: unless that is allowed.
        :raises VersionNotFoundError: when a version on the way is missing.
        :raises LockTimeoutError: when another deployer does not finish.
        """
        end = _number(version)
        if end is None:
            end = int(self.repository.latest)
        emit = listener or _ignore
        limits = limits or self.limits
        if end == self.version and self._is_marked:
            self._refuse_half_done(limits)
        is_upgrade = end >= self.version
        if not allow_missing:
            self._refuse_missing()
        while (end > self.version) is is_upgrade and end != self.version:
            steps = self.changeset(end).steps()
            is_done = self._run(steps, emit, limits)
            for step in steps:
                # Its tables have followed: the way back needs them as stated.
                step.script.forget()
            if is_done:
                return
            self.load()

    def runchange(self, ver: int, change: Any, step: int) -> None:
        """Run one script from version ``ver`` on, as a step of its own.

        :param step: 1 or -1, the direction.
        :raises InvalidVersionError: when the database is not at ``ver``.
        """
        start = int(ver)
        if start != self.version:
            raise InvalidVersionError(f"{start} is not {self.version}")
        if not self._run(
            [Step(VerNum(start), VerNum(start + step), change)],
            _ignore,
            _LIMITS,
        ):
            self.load()
            raise InvalidVersionError(f"{start} is not {self.version}")

    def update_repository_table(self, startver: int, endver: int) -> None:
        """Set the version in the database, without running anything.

        :raises StepConflictError: when it is not ``startver``.
        """
        with writing(self.engine, self.limits) as connection:
            self._control.move(connection, int(startver), int(endver))

    def _run(self, steps: list[Step], emit: Listener, limits: Limits) -> bool:
        """Run steps under the lock; False if somebody else was faster."""
        with (
            collecting_seldom(),
            interruption_told(emit, self._version_now) as emit,
            running(
                self.engine, limits, emit, self._control, self._history
            ) as runner,
        ):
            for step in steps:
                if not runner.run(step):
                    return False
                self.version = int(step.end)
            return True

    def _version_now(self) -> int:
        self.load()
        return self.version

    # -- looking after what was run

    def verify(self) -> list[str]:
        """Return a sentence for each thing that does not fit; writes nothing.

        A step left half done, a version that the repository does not have,
        a script that is never run; with a history also applied scripts that
        were edited, renamed or are gone, and new ones below the database's
        version.
        """
        from migrate.versioning import verification

        with self.engine.connect() as connection:
            return verification.findings(
                connection, self.repository, self._control, self._history
            )

    def repair(self) -> list[int]:
        """Record the present text of every applied script in the history.

        :returns: the versions whose records changed, in order.
        :raises NotSupportedError: when no history is kept.
        """
        from migrate.versioning import verification

        if self._history is None:
            raise NotSupportedError(
                f"repository {self.repository.id!r} keeps no history, there "
                "is nothing to repair; set history_table in migrate.cfg"
            )
        with writing(self.engine, self.limits) as connection:
            return verification.repair(
                connection, self.repository, self._history
            )

    def resolve(self, version: VerNum | int | str) -> None:
        """Say that a half-done step was mended by hand.

        :param version: that the schema is at now.
        :raises InvalidVersionError: when the repository has no such version.
        :raises NothingToResolveError: when no step is half done.
        """
        number = self.repository.number(version)
        with writing(self.engine, self.limits) as connection:
            marker = self._control.resolve(connection, number)
            if self._history is not None:
                from migrate.versioning.history import Record

                record = Record.of_resolved(marker, number)
                self._history.add(connection, record)
        self.version = number

    def _refuse_half_done(self, limits: Limits) -> None:
        """Let nobody take the version for the truth while a step is open.

        It is that before the step.  Where steps are to be run, the first
        finds out; the deployer who is at work may end it meanwhile.
        """
        from migrate.versioning.journal.remains import invalid_indexes

        with writing(self.engine, limits) as connection:
            _, marker = self._control.locked_state(connection)
            if marker is not None:
                remains = invalid_indexes(connection)
                raise self._control.half_done(marker, remains)
        self.load()

    def _refuse_missing(self) -> None:
        if self._history is None:
            return
        from migrate.versioning import verification

        with self.engine.connect() as connection:
            applied = self._history.applied(connection)
        verification.refuse_missing(self.repository, applied)

    # -- control

    @classmethod
    def create(
        cls,
        engine: Engine,
        repository: Repository | str,
        version: VerNum | int | str | None = None,
        *,
        limits: Limits = _LIMITS,
    ) -> ControlledSchema:
        """Put a database under control: make the table and the row.

        :param version: that the schema is at now, 0 when None.
        :param limits: how long to wait for what.
        :raises InvalidVersionError: when the repository has no such version.
        :raises DatabaseAlreadyControlledError: when there is a row already.
        """
        repository = _repository(repository)
        number = repository.number(version)
        check_names(engine, repository)
        control = control_of(repository)
        with writing(engine, limits) as connection:
            control.insert(connection, repository.path, number)
        return cls(engine, repository, limits=limits)

    def drop(self) -> None:
        """Take the database out of control; the schema stays as it is.

        Removes the row of this repository, and the control table with its
        last row.

        :raises DatabaseNotControlledError: when there is no such row.
        """
        with writing(self.engine, self.limits) as connection:
            self._control.remove(connection)

    # -- models

    def update_db_from_model(self, model: Any) -> None:
        """Make the tables of the database those of a model.

        Drops tables and columns that the model does not have, creates and
        alters others, and sets the version to the latest of the repository.

        :param model: see :func:`.models.given.metadata_of`.
        :raises ModelUpdateError: when a database that cannot roll back did
            a part of it.
        """
        from migrate.versioning.running.modelupdate import update

        latest = int(self.repository.latest)
        update(
            self.engine,
            metadata_of(model),
            self._control,
            latest,
            self.limits,
            own_tables(self.repository),
        )
        self.load()

    @classmethod
    def compare_model_to_db(
        cls, engine: Engine, model: Any, repository: Repository | str
    ) -> SchemaDiff:
        """Return how a model (A) and a database (B) differ.

        Reads only; the database need not be under control.

        :param model: see :func:`.models.given.metadata_of`.
        :param repository: its own tables are left out.
        """
        from migrate.versioning.schemadiff import getDiffOfModelAgainstDatabase

        exclude = own_tables(_repository(repository))
        with reading(engine):
            return getDiffOfModelAgainstDatabase(
                metadata_of(model), engine, exclude
            )

    @classmethod
    def create_model(
        cls,
        engine: Engine,
        repository: Repository | str,
        declarative: bool = False,
    ) -> str:
        """Return the tables of a database as Python code.

        Reads only; the database need not be under control.

        :param repository: its own tables are left out.
        :param declarative: write classes.
        """
        from sqlalchemy import MetaData

        from migrate.versioning.genmodel import ModelGenerator
        from migrate.versioning.schemadiff import getDiffOfModelAgainstDatabase

        exclude = own_tables(_repository(repository))
        with reading(engine):
            diff = getDiffOfModelAgainstDatabase(MetaData(), engine, exclude)
        return ModelGenerator(diff, engine, declarative).genBDefinition()


def _ignore(event: Event) -> None:
    pass


def _repository(repository: Repository | str) -> Repository:
    if isinstance(repository, Repository):
        return repository
    return Repository(repository)


def _number(version: VerNum | int | str | None) -> int | None:
    return None if version is None else int(VerNum(version))
