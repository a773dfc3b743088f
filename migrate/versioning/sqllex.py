"""The tokens of SQL text, as each database reads them.

Only what is needed to see where statements end: which stretches are
comments or quoted, and which are words and signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

__all__ = ["Token", "pattern", "token_at"]

_LINE_COMMENT = r"--[^\n]*"
# MySQL 8.0 manual, 11.7: "--" needs a space after it; "#" does not.
_MYSQL_COMMENT = r"--(?=\s|\Z)[^\n]*|\#[^\n]*"
_BLOCK_COMMENT = r"/\*(?s:.*?)(?:\*/|\Z)"
# MySQL runs the text inside /*! */ and MariaDB that inside /*M! */.
_MYSQL_CODE = r"/\*M?!(?s:.*?)(?:\*/|\Z)"

_PLAIN = r"'(?:[^']|'')*(?:'|\Z)"
_ESCAPED = r"'(?:[^'\\]|''|\\(?s:.))*(?:'|\\?\Z)"
_NAME = r'"(?:[^"]|"")*(?:"|\Z)'
_ESCAPED_DOUBLE = r'"(?:[^"\\]|""|\\(?s:.))*(?:"|\\?\Z)'
_BACKTICK = r"`(?:[^`]|``)*(?:`|\Z)"
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
    [_MYSQL_CODE, _ESCAPED, _ESCAPED_DOUBLE, _BACKTICK],
    _WORD,
)
_POSTGRESQL = (
    [_LINE_COMMENT],
    [rf"[eE]{_ESCAPED}", _PLAIN, _NAME, _DOLLAR],
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


@dataclass(frozen=True)
class Token:
    """A stretch of the text: ``space comment quoted word`` or ``sign``."""

    kind: str
    text: str

    @property
    def is_code(self) -> bool:
        """Whether a database would see it at all."""
        return self.kind not in ("space", "comment")


@cache
def pattern(dialect: str) -> re.Pattern[str]:
    """Return the expression that matches one token of ``dialect``.

    Comments that nest (PostgreSQL, SQL Server) are left to
    :func:`token_at`.  An unfinished comment or quotation reaches to the end.
    """
    comments, quoted, word = _DIALECTS.get(dialect, _ANSI)
    return re.compile(
        rf"(?P<space>\s+)|(?P<quoted>{'|'.join(quoted)})"
        rf"|(?P<comment>{'|'.join(comments)})"
        rf"|(?P<word>{word})|(?P<sign>(?s:.))"
    )


def token_at(text: str, place: int, dialect: str) -> Token:
    """Return the token that starts at ``place``, which is inside ``text``."""
    found = pattern(dialect).match(text, place)
    assert found is not None
    if found["sign"] == "/" and text.startswith("/*", place):
        return Token("comment", _nested_comment(text, place))
    for kind in ("space", "word", "sign", "quoted", "comment"):
        if found[kind] is not None:
            return Token(kind, found.group())
    raise AssertionError(kind)


def _nested_comment(text: str, place: int) -> str:
    """Return the comment at ``place``, with the comments inside it."""
    depth = 0
    for edge in re.compile(r"/\*|\*/").finditer(text, place):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return text[place : edge.end()]
    return text[place:]
