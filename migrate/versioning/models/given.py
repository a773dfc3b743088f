"""The model that a command is given: a MetaData, or where one is found."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING
from typing import Any

from migrate.exceptions import InvalidModelError
from migrate.exceptions import ModelImportError
from migrate.versioning.util import load_model

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["metadata_of"]

_EXPECTED = "expected package.module:attribute"


def metadata_of(given: Any, what: str = "model") -> MetaData:
    """Return the MetaData that ``given`` is, has or names.

    :param given: a MetaData, a declarative base or another object with one
        as ``metadata``, or ``package.module:attribute`` of such a thing.
    :param what: it is called in messages.
    :raises ModelImportError: when there is no such module or attribute, or
        the module raises an error.
    :raises InvalidModelError: when something else is there.
    """
    from sqlalchemy import MetaData  # only commands with a database

    found = _loaded(given, what) if isinstance(given, str) else given
    for each in (found, getattr(found, "metadata", None)):
        if isinstance(each, MetaData):
            return each
    name = f"{what} {given!r}" if isinstance(given, str) else what
    raise InvalidModelError(
        f"{name} is {_described(found)}, expected a MetaData or what has one "
        "as its attribute metadata"
    )


def _loaded(name: str, what: str) -> Any:
    module_name, colon, attribute = name.partition(":")
    if not module_name or not (attribute if colon else "." in name):
        raise ModelImportError(
            f"{what} {name!r} does not say where the MetaData is, {_EXPECTED}"
        )
    try:
        return load_model(name)
    except Exception as error:  # a module may raise any
        raise ModelImportError(
            f"{what} {name!r} cannot be imported: {_reason(error)}"
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        reason = f"there is no module {error.name!r}"
        if not {"", os.getcwd()} & {*sys.path}:
            reason += " (to look in the current folder, set PYTHONPATH=.)"
        return reason
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({error.filename}, line {error.lineno})"
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, ImportError):
        message = str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    if frame.filename.startswith(os.path.dirname(__file__)):
        return message
    return f"{message} ({frame.filename}, line {frame.lineno})"


def _described(found: object) -> str:
    if isinstance(found, type):
        return f"the class {found.__name__!r}"
    kind = type(found).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
