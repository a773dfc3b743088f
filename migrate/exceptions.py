"""Every error and warning that this package raises."""

from __future__ import annotations

__all__ = [
    "ApiError",
    "CommandLineError",
    "ControlledSchemaError",
    "DatabaseAlreadyControlledError",
    "DatabaseNotControlledError",
    "DatabaseUnreachableError",
    "Error",
    "ExistingRowsError",
    "HalfDoneStepError",
    "InvalidConstraintError",
    "InvalidEngineError",
    "InvalidModelError",
    "InvalidNameError",
    "InvalidRepositoryError",
    "InvalidScriptError",
    "InvalidVersionError",
    "IrreversibleError",
    "KnownError",
    "LockTimeoutError",
    "MigrateDeprecationWarning",
    "MissingAppliedScriptError",
    "MissingExtraError",
    "MissingScriptError",
    "ModelImportError",
    "ModelUpdateError",
    "NoSuchColumnError",
    "NoSuchTableError",
    "NotSupportedError",
    "NothingToResolveError",
    "OldRepositoryError",
    "PathError",
    "PathFoundError",
    "PathNotFoundError",
    "Python2ScriptError",
    "RepositoryError",
    "ScriptArgumentError",
    "ScriptError",
    "ScriptExitError",
    "StepConflictError",
    "TemplateError",
    "TemplateNotFoundError",
    "UnattachedError",
    "UnboundError",
    "UnconfirmedError",
    "UnprovenScriptError",
    "UsageError",
    "VerificationError",
    "VersionNotFoundError",
    "VersionNumberError",
    "WrongRepositoryError",
]


class Error(Exception):
    """Base of all errors raised by this package."""


class ApiError(Error):
    """A call of :mod:`migrate.versioning.api` cannot be carried out."""


class KnownError(ApiError):
    """The caller asked for something that cannot be; wording is final."""


class UsageError(ApiError):
    """A command was given the wrong arguments."""


class CommandLineError(UsageError):
    """The words of a command line make no command.

    ``usage`` is the text that tells how to write it.
    """

    def __init__(self, message: str, *, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class InvalidEngineError(ApiError, ValueError, TypeError):
    """SQLAlchemy makes no engine of a URL and its arguments."""


class ControlledSchemaError(Error):
    """The control table does not allow what was asked."""


class InvalidModelError(ApiError, ValueError):
    """What was given as a model is none that can be compared."""


class ModelImportError(InvalidModelError, ImportError):
    """The module of a model cannot be imported, or lacks what was named."""


class ModelUpdateError(Error):
    """A database that cannot roll back was not brought to its model."""


class InvalidVersionError(Error):
    """A version that is no whole number from 0, or not in the repository."""


class VersionNumberError(InvalidVersionError, ValueError):
    """A version that is no whole number from 0."""


class VersionNotFoundError(KeyError):
    """A version that the repository does not have.

    Not an :class:`Error`: applications catch it as the KeyError it has
    always been, and its ``str()`` is that of a KeyError, with quotes.
    """


class DatabaseNotControlledError(ControlledSchemaError):
    """The database holds no usable row for this repository."""


class DatabaseUnreachableError(DatabaseNotControlledError):
    """The database does not answer, so its version cannot be read.

    Below :class:`DatabaseNotControlledError` because that is what callers
    have always had to catch for it.
    """


class DatabaseAlreadyControlledError(ControlledSchemaError):
    """The database already holds a row for this repository."""


class WrongRepositoryError(ControlledSchemaError):
    """The database is under control of another repository."""


class NoSuchTableError(ControlledSchemaError):
    """The control table does not exist."""


class StepConflictError(ControlledSchemaError):
    """The version changed while a step ran; the step was rolled back."""


class HalfDoneStepError(ControlledSchemaError):
    """A step that the database cannot roll back did not end."""


class NothingToResolveError(ControlledSchemaError):
    """No step is half done."""


class VerificationError(ControlledSchemaError):
    """Something does not fit between a database and its repository."""


class HistoryTableError(ControlledSchemaError):
    """The table that migrate.cfg names for the history is another one."""


class MissingAppliedScriptError(ControlledSchemaError):
    """A script that the database's history knows is gone."""


class LockTimeoutError(Error, TimeoutError):
    """Another deployer did not finish in time; nothing was changed."""


class PathError(Error):
    """A path is not what the operation needs."""


class PathNotFoundError(PathError):
    """A path that must exist does not."""


class PathFoundError(PathError):
    """A path that must not exist does."""


class TemplateNotFoundError(PathNotFoundError, FileNotFoundError):
    """The theme asked for has no such template."""


class RepositoryError(Error):
    """A repository of change scripts cannot be used."""


class InvalidRepositoryError(RepositoryError):
    """A folder is no repository, or its parts are damaged."""


class OldRepositoryError(RepositoryError):
    """A repository from before release 0.4.5, a folder per version."""


class ScriptError(Error):
    """A change script cannot be used."""


class InvalidScriptError(ScriptError):
    """A change script is missing, does not load or lacks ``upgrade``."""


class ScriptArgumentError(ScriptError, TypeError):
    """A function of a change script takes no argument for the engine."""


class Python2ScriptError(InvalidScriptError):
    """A change script uses what only Python 2 understood."""


class MissingExtraError(Error, ImportError):
    """What was asked needs packages that are not installed."""


class TransactionEndedError(ScriptError):
    """A change script has ended the transaction of its step."""


class ScriptExitError(ScriptError):
    """A change script called ``sys.exit()``; its step counts as failed."""


class MissingScriptError(ScriptError):
    """A version has no script for a database and direction."""


class InvalidNameError(Error, ValueError):
    """A name that cannot become part of a file or of ``migrate.cfg``."""


class TemplateError(Error):
    """A template asks for a value that was not given, or does not parse."""


class IrreversibleError(ScriptError, NotImplementedError):
    """To be raised by a downgrade that cannot undo its upgrade."""


class UnprovenScriptError(ScriptError):
    """A change script did not pass its test; the message says how."""


class UnconfirmedError(Error):
    """What would be done for real, to rows, was not confirmed."""


class NotSupportedError(Error):
    """The database cannot do what was asked; raised before any SQL."""


class ExistingRowsError(Error):
    """Rows of a table are in the way of an alteration; nothing was done."""


class InvalidConstraintError(Error):
    """A constraint lacks what is needed to create or name it."""


class NoSuchColumnError(Error, LookupError):
    """A column is named that its table does not have."""


class UnattachedError(Error):
    """A column is to change that is part of no table."""


class UnboundError(Error):
    """No connection or engine was given, and none can be inferred."""


class MigrateDeprecationWarning(DeprecationWarning):
    """A form that still works and has a better successor."""
