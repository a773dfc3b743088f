"""Reads what ``SHOW CREATE TABLE`` of MySQL and MariaDB says.

A column is altered there by stating it whole; what is not stated is lost.
So the text of the server is taken, and only the clauses asked for are
exchanged: collation, comment, ON UPDATE, AUTO_INCREMENT, generated columns,
INVISIBLE, the column's own CHECK and what later versions add stay.
Pure functions from text to text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Definition", "Key", "columns_of", "keys_of"]

_TOKEN = re.compile(
    r"""
      `(?:[^`]|``)*`              # a name
    | "(?:[^"]|"")*"              # a name under ANSI_QUOTES
    | '(?:[^'\\]|''|\\.)*'        # a string
    | /\*.*?\*/                   # what only some versions read
    | [\w$.]+                     # a word or number
    | \s+
    | .                           # punctuation
    """,
    re.VERBOSE | re.DOTALL,
)

#: The first words of a column's clauses.  What is not here belongs to the
#: clause before it, as UPDATE to ON.
_CLAUSES = frozenset(
    """
    AUTO_INCREMENT CHARACTER CHECK COLLATE COLUMN_FORMAT COMMENT DEFAULT
    ENGINE_ATTRIBUTE GENERATED INVISIBLE NOT NULL ON REF_SYSTEM_ID
    SECONDARY_ENGINE_ATTRIBUTE SRID STORAGE VISIBLE WITH WITHOUT
    """.split()  # noqa: SIM905 (a table of words reads better so)
)

#: Which clauses say an attribute of :class:`~.operations.AlterColumn`.
_OF_ATTRIBUTE = {
    "autoincrement": ("AUTO_INCREMENT",),
    "comment": ("COMMENT",),
    "computed": ("GENERATED",),
    "nullable": ("NOT", "NULL"),
    "server_default": ("DEFAULT",),
    "type": ("TYPE", "CHARACTER", "COLLATE"),
}

#: These stand next to the type, in this order; all others in any order.
_FIRST = ("TYPE", "CHARACTER", "COLLATE", "GENERATED")

_TEXT_TYPE = re.compile(r"\s*(?:\w*char|\w*text|enum|set)\b", re.IGNORECASE)

_COUNTING_TYPE = re.compile(
    r"\s*(?:\w*int|integer|float|double|real|bool|boolean)\b", re.IGNORECASE
)


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield each token with the number of parentheses open before it."""
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == ")":
            depth -= 1
        yield depth, token
        if token == "(":
            depth += 1


def _items(statement: str) -> list[str]:
    """Split the body of a CREATE TABLE at its commas."""
    items = [""]
    for depth, token in _tokens(statement):
        if depth == 1 and token == ",":
            items.append("")
        elif depth >= 1:
            items[-1] += token
        elif token == ")":
            break
    return [item.strip() for item in items]


def _unquoted(token: str) -> str:
    quote = token[0]
    return token[1:-1].replace(quote * 2, quote)


def _is_name(token: str) -> bool:
    return token[0] in '`"'


@dataclass(frozen=True)
class Definition:
    """A column: the first word of each clause, and the clause's text."""

    clauses: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> Definition:
        """Read a definition, from its type on."""
        clauses: list[tuple[str, str]] = [("TYPE", "")]
        for depth, token in _tokens(text.strip()):
            word = token.upper()
            value_is_due = clauses[-1][1].strip().upper() in {
                "DEFAULT",
                "NOT",
            }
            if token.startswith("/*"):
                clauses.append((token, ""))
            elif depth == 0 and word in _CLAUSES and not value_is_due:
                clauses.append((word, ""))
            first, so_far = clauses[-1]
            clauses[-1] = first, so_far + token
        return cls(tuple((word, said.strip()) for word, said in clauses))

    def __str__(self) -> str:
        ordered = sorted(
            self.clauses,
            key=lambda clause: (
                _FIRST.index(clause[0]) if clause[0] in _FIRST else len(_FIRST)
            ),
        )
        return " ".join(text for _, text in ordered)

    def says(self, word: str) -> bool:
        """Tell whether there is a clause that begins with ``word``."""
        return any(first == word for first, _ in self.clauses)

    def without(self, *words: str) -> Definition:
        """Return this definition less the clauses beginning so."""
        return Definition(
            tuple(each for each in self.clauses if each[0] not in words)
        )

    def altered(self, wanted: Definition, attributes: set[str]) -> Definition:
        """Return this definition with ``attributes`` as ``wanted`` has them.

        A text keeps its character set and collation when its new type says
        none.  NOT NULL takes a ``DEFAULT NULL`` away, and the check by which
        MariaDB tells JSON goes with that type.
        """
        words = {w for name in attributes for w in _OF_ATTRIBUTE.get(name, ())}
        if "type" in attributes and not wanted.says("COLLATE"):
            is_text = _TEXT_TYPE.match(dict(wanted.clauses)["TYPE"])
            if is_text and not wanted.says("CHARACTER"):
                words -= {"CHARACTER", "COLLATE"}
        if wanted.says("ON"):  # a default with its ON UPDATE
            words.add("ON")
        taken = tuple(each for each in wanted.clauses if each[0] in words)
        kept = [*self.without(*words).clauses]
        result = Definition((*taken, *kept))
        if result.says("NOT"):
            result = result._less(r"DEFAULT NULL")
        if "type" in attributes:
            if not _COUNTING_TYPE.match(dict(wanted.clauses)["TYPE"]):
                result = result.without("AUTO_INCREMENT")
            result = result._less(r"CHECK \(json_valid\(.*\)\)")
        if result.says("AUTO_INCREMENT") or result.says("GENERATED"):
            result = result.without("DEFAULT")
        if "computed" in attributes and result.says("GENERATED"):
            # MariaDB takes neither from a generated column.
            result = result.without("NOT", "NULL", "ON")
        return result

    def _less(self, pattern: str) -> Definition:
        return Definition(
            tuple(
                each
                for each in self.clauses
                if not re.fullmatch(pattern, each[1], re.IGNORECASE)
            )
        )

    def renamed(self, before: str, after: str) -> Definition:
        """Return this definition with another name in its own CHECK."""
        quoted = "`" + after.replace("`", "``") + "`"
        return Definition(
            tuple(
                (
                    word,
                    "".join(
                        quoted
                        if _is_name(token) and _unquoted(token) == before
                        else token
                        for _, token in _tokens(text)
                    )
                    if word == "CHECK"
                    else text,
                )
                for word, text in self.clauses
            )
        )


@dataclass(frozen=True)
class Key:
    """A key or constraint: its kind, name and the columns it mentions.

    ``kind`` is ``PRIMARY``, ``UNIQUE``, ``FOREIGN``, ``CHECK`` or ``KEY``.
    """

    kind: str
    name: str | None
    columns: tuple[str, ...]
    text: str

    def named(self, quoted: str) -> str:
        """Return the text of this constraint with another name."""
        tokens = [token for _, token in _tokens(self.text)]
        place = next(i for i, token in enumerate(tokens) if _is_name(token))
        return "".join([*tokens[:place], quoted, *tokens[place + 1 :]])


def columns_of(statement: str) -> dict[str, Definition]:
    """Return the columns of a SHOW CREATE TABLE, in order."""
    found: dict[str, Definition] = {}
    for item in filter(None, _items(statement)):
        (_, first), *rest = _tokens(item)
        if _is_name(first):
            text = "".join(token for _, token in rest)
            found[_unquoted(first)] = Definition.parse(text)
    return found


def keys_of(statement: str) -> list[Key]:
    """Return the keys and constraints of a SHOW CREATE TABLE, in order."""
    return [
        _key(item)
        for item in filter(None, _items(statement))
        if not _is_name(item[0])
    ]


def _key(item: str) -> Key:
    outside = [token for depth, token in _tokens(item) if depth == 0]
    kinds = [
        word
        for word in outside
        if word in {"PRIMARY", "UNIQUE", "FOREIGN", "CHECK"}
    ]
    names = [_unquoted(token) for token in outside if _is_name(token)]
    local = re.split(r"\bREFERENCES\b", item)[0]
    columns = tuple(
        _unquoted(token)
        for depth, token in _tokens(local)
        if depth > 0 and _is_name(token)
    )
    return Key(
        kinds[0] if kinds else "KEY",
        names[0] if names else None,
        columns,
        item,
    )
