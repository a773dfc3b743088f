"""Transaction control that a change script sends as text.

A 1.x script that sent ``COMMIT`` ended the transaction of its own connection.
Here that would end the step's, of which nothing could be undone any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.exceptions import ScriptError
from migrate.sqltext.comments import bare

__all__ = [
    "control_in",
    "ends_transaction",
    "is_control",
    "without_control",
]

_CONTROL = re.compile(
    r"""(?P<begin>(BEGIN|START)(\s+(TRAN(SACTION)?|WORK|DEFERRED|IMMEDIATE
        |EXCLUSIVE|READ|ONLY|WRITE|ISOLATION|LEVEL|SERIALIZABLE|REPEATABLE
        |COMMITTED|UNCOMMITTED|NOT|DEFERRABLE)\b,?)*)
      |(?P<commit>(COMMIT|END)(\s+(TRAN(SACTION)?|WORK|AND|NO|CHAIN))*)
      |(?P<rollback>(ROLLBACK|ABORT)(\s+(TRAN(SACTION)?|WORK|AND|NO|CHAIN))*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: What ends a transaction and cannot be told from the text around it.
_HIDDEN = re.compile(
    r"PREPARE\s+TRANSACTION\b"
    r"|(BEGIN|COMMIT|END|ROLLBACK|ABORT)(\s+(WORK|TRANSACTION))?\s*;"
    r"|.*;\s*(COMMIT|ROLLBACK)(\s+(WORK|TRANSACTION))?\Z",
    re.IGNORECASE | re.DOTALL,
)
#: What has semicolons and words that are no statements.
_QUOTED = re.compile(
    r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\$(\w*)\$.*?\$\1\$"
    r"|--[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_INSIDE = re.compile(
    r";\s*(COMMIT|ABORT|END|PREPARE\s+TRANSACTION"
    r"|ROLLBACK(?!\s+(WORK\s+|TRANSACTION\s+)?TO\b))\b",
    re.IGNORECASE,
)
#: Whose body has statements of its own.
_ROUTINE = re.compile(r"(CREATE|ALTER)\b.*?\bBEGIN\b", re.I | re.DOTALL)
#: A transaction round the statements of one text.
_ROUND = re.compile(r"(begin )?(other )+(commit begin (other )+)*(commit )?")
_ANY = re.compile(
    r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE
)


def without_control(statement: str) -> str:
    """Leave out a ``BEGIN`` and ``COMMIT`` round statements.

    One text is all or nothing in a step, too.  What says anything else about
    transactions is returned as it is.

    >>> without_control("begin; DROP TABLE a; DELETE FROM b; commit")
    ' DROP TABLE a; DELETE FROM b;'
    >>> without_control("COMMIT; CREATE DATABASE c")
    'COMMIT; CREATE DATABASE c'
    """
    if ";" not in statement:
        return statement
    pieces = [*_pieces(statement)]
    kinds = "".join(f"{kind} " for kind, _ in pieces)
    if "begin" not in kinds and "commit" not in kinds:
        return statement
    if not _ROUND.fullmatch(kinds):
        return statement
    return "".join(text for kind, text in pieces if kind == "other")


def _pieces(statements: str) -> Iterator[tuple[str, str]]:
    """Split at semicolons; ``END`` may be that of a routine."""
    plain = _QUOTED.sub(_blanked, statements)
    start = 0
    for part in re.findall(r"[^;]*;|[^;]+\Z", plain):
        text = statements[start : start + len(part)]
        start += len(part)
        said = part.strip("; \t\r\n").upper()
        found = None if said.startswith("END") else _CONTROL.fullmatch(said)
        if found:
            kind = next(k for k, v in found.groupdict().items() if v)
            yield kind, text
        elif said:
            yield "end" if said == "END" else "other", text


def _blanked(quoted: re.Match[str]) -> str:
    """Put something of the same length in the place of what is quoted."""
    text = quoted.group()
    return (" " if text[:2] in ("--", "/*") else "x") * len(text)


def control_in(statement: str) -> str | None:
    """Return ``begin``, ``commit`` or ``rollback`` if that is all it does.

    :raises ScriptError: when it ends the transaction among other things, or
        hands it over (``PREPARE TRANSACTION``).

    >>> control_in("/* now */ commit work;")
    'commit'
    >>> control_in("ROLLBACK TO SAVEPOINT a") is None
    True
    >>> control_in("DROP TABLE a; COMMIT; DROP TABLE b")
    Traceback (most recent call last):
    migrate.exceptions.ScriptError: 'DROP TABLE a; COMMIT; DROP TABLE b' ...
    """
    text = bare(statement).rstrip("; \t\r\n")
    if found := _CONTROL.fullmatch(text):
        return next(k for k, text in found.groupdict().items() if text)
    if _HIDDEN.match(text) or (";" in text and _ends_inside(text)):
        raise ScriptError(
            f"{_shortened(text)!r} would end the transaction of the step; "
            "set transactional = False in the script, or leave it out"
        )
    return None


def _ends_inside(statements: str) -> bool:
    plain = _QUOTED.sub("''", statements)
    return bool(_INSIDE.search(plain)) and not _ROUTINE.match(plain)


def ends_transaction(statement: str) -> bool:
    """Tell whether the transaction is over after it."""
    try:
        return control_in(statement) in ("commit", "rollback")
    except ScriptError:
        return True


def is_control(statement: str) -> bool:
    """Tell whether it is transaction control, of savepoints too."""
    return bool(_ANY.match(bare(statement)))


def _shortened(text: str) -> str:
    return text if len(text) < 80 else f"{text[:40]}...{text[-30:]}"
