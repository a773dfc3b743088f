"""The tokens of SQL text, as each database reads them.

Only what is needed to see where statements end: which stretches are
comments or quoted, and which are words and signs.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

__all__ = ["MYSQL", "Token", "pattern", "token_at"]

#: The names of the dialects that are MySQL's.
MYSQL = ("mysql", "mariadb")

_LINE_COMMENT = r"--[^\n]*"
# MySQL 8.0 manual, 11.7: "--" needs a space after it; "#" does not.
_MYSQL_COMMENT = r"--(?=\s|\Z)[^\n]*|\#[^\n]*"
_BLOCK_COMMENT = r"/\*(?s:.*?)(?:\*/|\Z)"
# MySQL runs the text inside /*! */ and MariaDB that inside /*M! */.
_MYSQL_CODE = r"/\*M?!(?s:.*?)(?:\*/|\Z)"


def _quoted(mark: str) -> str:
    return rf"{mark}[^{mark}]*(?:{mark}{mark}[^{mark}]*)*(?:{mark}|\Z)"


def _escaped(mark: str) -> str:
    plain = rf"[^{mark}\\]*"
    return (
        rf"{mark}{plain}(?:(?:{mark}{mark}|\\(?s:.)){plain})*"
        rf"(?:{mark}|\\?\Z)"
    )


_PLAIN = _quoted("'")
_ESCAPED = _escaped("'")
_NAME = _quoted('"')
_BACKTICK = _quoted("`")
_BRACKET = r"\[[^\]]*(?:\]|\Z)"
_DOLLAR = r"\$(?P<tag>(?:[^\W\d]\w*)?)\$(?s:.*?)(?:\$(?P=tag)\$|\Z)"
# Oracle SQL reference, text literals: q'[it's]'.
_ORACLE_Q = (
    r"[nN]?[qQ]'(?s:\[.*?\]'|\{.*?\}'|\(.*?\)'|<.*?>'"
    r"|(?P<mark>\S).*?(?P=mark)')"
)

_WORD = r"\w+"
_DOLLAR_WORD = r"[^\W\d][\w$]*|\d\w*"

#: dialect name: (comments, quoted text, words)
_MYSQL = (
    [_MYSQL_COMMENT, _BLOCK_COMMENT],
    [_MYSQL_CODE, _ESCAPED, _escaped('"'), _BACKTICK],
    _WORD,
)
_POSTGRESQL = (
    [_LINE_COMMENT],
    [f"[eE]{_ESCAPED}", _PLAIN, _NAME, _DOLLAR],
    _DOLLAR_WORD,
)
_DIALECTS = {
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "postgresql": _POSTGRESQL,
    "cockroachdb": _POSTGRESQL,
    "redshift": _POSTGRESQL,
    "sqlite": (
        [_LINE_COMMENT, _BLOCK_COMMENT],
        [_PLAIN, _NAME, _BACKTICK, _BRACKET],
        _DOLLAR_WORD,
    ),
    "mssql": (
        [_LINE_COMMENT],
        [_PLAIN, _NAME, _BRACKET],
        _DOLLAR_WORD,
    ),
    "oracle": (
        [_LINE_COMMENT, _BLOCK_COMMENT],
        [_ORACLE_Q, _PLAIN, _NAME],
        _DOLLAR_WORD,
    ),
}
_ANSI = ([_LINE_COMMENT, _BLOCK_COMMENT], [_PLAIN, _NAME], _DOLLAR_WORD)


#: What can be taken in one go where only the end of the statement matters.
_RUN = r"(?:\b\w+\b(?!['$])|[\s(),.=+<>!%&|^~?:{}\]])+"


class Token(NamedTuple):
    """A stretch of the text.

    ``kind`` is ``space comment quoted word sign``, or ``run`` for several
    words, signs and spaces at once.
    """

    kind: str
    text: str

    @property
    def is_code(self) -> bool:
        """Whether a database would see it at all."""
        return self.kind not in ("space", "comment")


@cache
def pattern(dialect: str, is_coarse: bool) -> re.Pattern[str]:
    """Return the expression that matches one token of ``dialect``.

    Comments that nest (PostgreSQL, SQL Server) are left to
    :func:`token_at`.  An unfinished comment or quotation reaches to the end.
    """
    comments, quoted, word = _DIALECTS.get(dialect, _ANSI)
    kinds = {
        "space": r"\s+",
        "run": _RUN if is_coarse else r"(?!)",
        "quoted": "|".join(quoted),
        "comment": "|".join(comments),
        "word": word,
        "sign": r"(?s:.)",
    }
    return re.compile(
        "|".join(f"(?P<{kind}>{form})" for kind, form in kinds.items())
    )


def token_at(
    text: str, place: int, dialect: str, *, is_coarse: bool = False
) -> Token:
    """Return the token that starts at ``place``, which is inside ``text``.

    :param is_coarse: give runs, if only quotes, comments and ``;`` matter.
    """
    found = pattern(dialect, is_coarse).match(text, place)
    assert found is not None
    assert found.lastgroup is not None
    if found.lastgroup == "sign" and text.startswith("/*", place):
        return Token("comment", _nested_comment(text, place))
    return Token(found.lastgroup, found.group())


def _nested_comment(text: str, place: int) -> str:
    """Return the comment at ``place``, with the comments inside it."""
    depth = 0
    for edge in re.compile(r"/\*|\*/").finditer(text, place):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return text[place : edge.end()]
    return text[place:]
