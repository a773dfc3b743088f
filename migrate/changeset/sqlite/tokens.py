"""SQLite's lexer: the tokens of an SQL text and where they stand."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "Token",
    "fold",
    "identifiers_in",
    "quote",
    "same_name",
    "significant",
    "tokenize",
    "unquote",
]

# The rules of sqlite3GetToken() in SQLite's tokenize.c, in its order.  An
# unterminated comment runs to the end of the text; an unterminated string
# is no SQL and ends up as single "illegal" characters.
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\n\f\r][ \t\n\v\f\r]*|\ufeff)
  | (?P<comment>--[^\n]*|/\*(?:.*?\*/|.*\Z))
  | (?P<blob>[xX]'[^']*')
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<number>0[xX][0-9a-fA-F_]+
      |(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)
  | (?P<bind>\?[0-9]*|[:@\#$](?:[\w$]|[^\x00-\x7f])+)
  | (?P<word>(?:[A-Za-z_]|[^\x00-\x7f])(?:[A-Za-z0-9_$]|[^\x00-\x7f])*)
  | (?P<operator>->>|->|\|\||<=|<>|<<|>=|>>|==|!=|[-+*/%&|~<>=(),.;])
  | (?P<illegal>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of a text, ``text[start:end]``.

    :ivar kind: space, comment, blob, string, quoted, number, bind, word,
        operator or illegal.
    """

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Tell whether this is one of the bare keywords, in any case."""
        # str.upper() makes an S of what is no S to SQLite.
        return (
            self.kind == "word"
            and self.text.isascii()
            and self.text.upper() in words
        )

    def is_operator(self, text: str) -> bool:
        """Tell whether this is the operator ``text``."""
        return self.kind == "operator" and self.text == text

    @property
    def depth(self) -> int:
        """How much deeper in parentheses it leads: 1, 0 or -1."""
        return self.is_operator("(") - self.is_operator(")")

    @property
    def name(self) -> str:
        """The name this token spells, where the grammar wants a name.

        SQLite takes a string literal for a name in most of those places.
        """
        return unquote(self.text)


@lru_cache(maxsize=64)
def tokenize(text: str) -> tuple[Token, ...]:
    """Cut ``text`` into tokens; together they are the whole text.

    Kept, since every part of an alteration reads the same few texts.
    """
    return tuple(
        Token(str(match.lastgroup), match.group(), *match.span())
        for match in _TOKEN.finditer(text)
    )


@lru_cache(maxsize=64)
def significant(text: str) -> tuple[Token, ...]:
    """Return the tokens of ``text`` without space and comments."""
    return tuple(
        token
        for token in tokenize(text)
        if token.kind not in ("space", "comment")
    )


@lru_cache(maxsize=256)
def identifiers_in(text: str, *, strings: bool = False) -> frozenset[str]:
    """Return, folded, every name that ``text`` may mention.

    Keywords are among them, and what is quoted: the lexer does not know a
    name from a keyword or, in double quotes, from a string.

    :param strings: what is in single quotes too.  That is no name in an
        expression, and one after FROM, INTO, REFERENCES or ON.
    """
    kinds = ("word", "quoted", *(["string"] if strings else []))
    return frozenset(
        fold(token.name) for token in significant(text) if token.kind in kinds
    )


def unquote(text: str) -> str:
    """Return the name or string in ``text``, which may be quoted or bare."""
    if text[:1] == "[":
        return text[1:-1]
    if text[:1] in ("'", '"', "`"):
        mark = text[0]
        return text[1:-1].replace(mark * 2, mark)
    return text


def quote(name: str) -> str:
    """Quote ``name`` as an identifier, always."""
    return '"' + name.replace('"', '""') + '"'


def same_name(one: str | None, other: str | None) -> bool:
    """Compare names as SQLite does: without regard to the case of ASCII."""
    if one is None or other is None:
        return one is other
    return fold(one) == fold(other)


def fold(name: str) -> str:
    """Return what names have in common that SQLite takes for the same."""
    if name.isascii():
        return name.lower()
    # bytes.lower() leaves what is not ASCII alone, as SQLite does.
    return (
        name.encode(errors="surrogatepass")
        .lower()
        .decode(errors="surrogatepass")
    )
