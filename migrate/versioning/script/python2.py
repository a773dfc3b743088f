"""Telling a change script for Python 2 from one with a slip of the pen."""

from __future__ import annotations

import re

__all__ = ["hint"]

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
]


def hint(error: SyntaxError) -> str:
    """Return what to do about ``error``, to be put after its message.

    Empty when the line is not of a form that Python 2 knew.
    """
    if isinstance(error, TabError):
        return " (Python 2 allowed this: indent with spaces only)"
    for form, advice in _FORMS:
        if form.search(error.text or ""):
            return f" ({advice})"
    return ""
