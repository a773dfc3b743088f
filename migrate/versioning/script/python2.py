"""Telling a change script for Python 2 from one with a slip of the pen."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from migrate.exceptions import Python2ScriptError
from migrate.python2names import BUILTINS
from migrate.python2names import DICT_METHODS
from migrate.python2names import MODULES

__all__ = ["told_apart"]

_FORMS = [
    (
        re.compile(r"\bprint\s+[^\s(=]|\bprint\s*$|\bprint\s*>>"),
        "'print x' is Python 2: write print(x)",
    ),
    (
        re.compile(r"\bexcept\s+.+,\s*\w+\s*:"),
        "'except E, e' is Python 2: write except E as e",
    ),
    (
        re.compile(r"\braise\s+\w[\w.]*\s*,"),
        "'raise E, x' is Python 2: write raise E(x)",
    ),
    (
        re.compile(r"(?<![\w.])0[0-7]+\b"),
        "0777 is Python 2: write 0o777",
    ),
    (
        re.compile(r"(?<![\w.])(0[xX])?[0-9a-fA-F]+[lL]\b"),
        "10L is Python 2: write 10",
    ),
    (
        re.compile(r"(?<!\w)[uU][rR]['\"]"),
        "ur'' is Python 2: write r''",
    ),
    (re.compile(r"<>"), "<> is Python 2: write !="),
    (re.compile(r"`"), "`x` is Python 2: write repr(x)"),
    (
        re.compile(r"\bexec\s+[^\s(=]"),
        "'exec x' is Python 2: write exec(x)",
    ),
    (
        re.compile(r"\bdef\s+\w+\(.*\(.*\).*\)\s*:"),
        "a tuple as a parameter is Python 2: write a name, and unpack it",
    ),
]


@contextmanager
def told_apart(path: str) -> Iterator[None]:
    """Say of errors inside what Python 2 has to do with them, if it has.

    Other errors pass through, and so do those of files outside of the
    repository that the script at ``path`` is part of.

    :raises Python2ScriptError: naming file, line and what to write instead.
    """
    try:
        yield
    except SyntaxError as error:
        advice = _syntax_advice(error)
        place = error.filename or path, error.lineno or 1
        if advice is None or not _is_part(place[0], path):
            raise
        raise _error(*place, error.msg, advice) from error
    except (AttributeError, ImportError, NameError, TypeError) as error:
        advice = _run_time_advice(error)
        place = _innermost(error.__traceback__)
        if advice is None or not _is_part(place[0], path):
            raise
        raise _error(*place, str(error), advice) from error


def _is_part(file: str, path: str) -> bool:
    return file.startswith(_repository(path) + os.sep)


def _error(
    path: str, line: int, message: str, advice: str
) -> Python2ScriptError:
    return Python2ScriptError(
        f"{path}, line {line}: {message} ({advice}, or let "
        f"'migrate modernize {_repository(path)} --write' do it)"
    )


def _repository(path: str) -> str:
    """Give the folder of the repository: above ``versions``, if in it."""
    folder = os.path.dirname(path)
    is_version = os.path.basename(folder) == "versions"
    return (os.path.dirname(folder) if is_version else folder) or os.curdir


def _innermost(tb: TracebackType | None) -> tuple[str, int]:
    frame = traceback.extract_tb(tb)[-1]
    return frame.filename, frame.lineno or 1


def _syntax_advice(error: SyntaxError) -> str | None:
    if isinstance(error, TabError):
        return "Python 2 allowed this: indent with spaces only"
    for form, advice in _FORMS:
        if form.search(error.text or ""):
            return advice
    return None


def _run_time_advice(error: Any) -> str | None:
    name = getattr(error, "name", None)
    if isinstance(error, ModuleNotFoundError) and name in MODULES:
        return f"the module is {MODULES[name]} in Python 3"
    if isinstance(error, NameError) and name in BUILTINS:
        return f"{name} is Python 2: write {BUILTINS[name]}"
    if isinstance(error, AttributeError) and isinstance(error.obj, dict):
        if name == "has_key":
            return "has_key is Python 2: write key in dict"
        if name in DICT_METHODS:
            return f"{name} is Python 2: write {DICT_METHODS[name]}"
    if isinstance(error, TypeError) and _is_print_to_file(error):
        return "'print >>f, x' is Python 2: write print(x, file=f)"
    return None


def _is_print_to_file(error: TypeError) -> bool:
    # Python adds "Did you mean print(<message>, file=<output_stream>)?"
    return "for >>: 'builtin_function_or_method'" in str(error)
