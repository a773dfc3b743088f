"""Expressions of SQL that a database tells in words of its own.

PostgreSQL writes ``x IN (1, 2)`` as ``x = ANY (ARRAY[1, 2])``, MariaDB quotes
every name: texts cannot be compared, what they mention can.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["bare", "mentioned", "same_expression"]

_STRING = r"'(?:[^'\\]|''|\\.)*'"
# Of PostgreSQL: ::character varying(10)[]
_CAST = re.compile(
    rf"({_STRING})|::\s*\"?[a-z_][\w.\"]*"
    r"(?: varying| precision| with(?:out)? time zone)?"
    r"(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?:\b[eb]|\b_\w+ ?)?(?P<string>{_STRING})"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|[`\"\[]?(?P<word>[^\W\d][\w$]*)[`\"\]]?"
    r"(?P<call>\s*\()?"
    r"|(?P<operator><>|!=|<=|>=|<|>|[-+*/%]|\|\|)",
    re.IGNORECASE,
)
# What is written with a parenthesis behind and is no function.
_NO_FUNCTIONS = frozenset(
    {"all", "and", "any", "array", "as", "between", "case", "cast", "check"}
    | {"char", "decimal", "else", "exists", "in", "like", "not", "numeric"}
    | {"or", "then", "values", "varchar", "when", "where"}
)


def bare(sql: str) -> str:
    """Return ``sql`` without casts of PostgreSQL and outer parentheses."""
    text = _CAST.sub(lambda found: found[1] or "", sql).strip()
    while text.startswith("(") and _closes_last(text):
        text = text[1:-1].strip()
    return text


def mentioned(sql: str, names: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return what ``sql`` says: literals, columns, functions, operators.

    :param names: of columns, as any of them may be a word of SQL.
    """
    columns = {name.lower() for name in names}
    found = set()
    for token in _TOKEN.finditer(bare(sql)):
        word = (token["word"] or "").lower()
        if token["string"] or token["number"]:
            value = token["number"] or token["string"][1:-1]
            found.add(("literal", value.lstrip("-")))
        elif word == "between":
            found |= {("operator", "<="), ("operator", ">=")}
        elif word == "desc":
            found.add(("order", word))
        elif word in columns:
            found.add(("column", word))
        elif word and token["call"] and word not in _NO_FUNCTIONS:
            found.add(("function", word))
        elif token["operator"] and token["operator"] not in "-":
            operator = token["operator"].replace("!=", "<>")
            found.add(("operator", operator))
    return frozenset(found)


def same_expression(one: str, other: str, names: Iterable[str]) -> bool:
    """Tell whether two expressions mention the same.

    >>> same_expression("a IN (1, 2)", "(a = ANY (ARRAY[1, 2]))", ["a"])
    True
    >>> same_expression("a > 1", "`a` > 2", ["a"])
    False
    """
    names = [*names]
    return mentioned(one, names) == mentioned(other, names)


def _closes_last(text: str) -> bool:
    """Tell whether the first parenthesis is closed by the last sign."""
    depth = 0
    outside = re.sub(_STRING, lambda found: " " * len(found[0]), text)
    for place, sign in enumerate(outside):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place == len(text) - 1
    return False
