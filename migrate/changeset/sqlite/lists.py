"""Lists of columns in SQL text: what they name, and one name less."""

from __future__ import annotations

from itertools import accumulate

from migrate.changeset.sqlite.tokens import Token
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant

__all__ = ["items_of", "names_in", "without_name"]


def names_in(columns: str) -> tuple[str, ...]:
    """Return the columns of a list such as ``a, "b c" COLLATE x DESC``.

    An element that is no plain column gives an empty name; a column in
    parentheses is plain, as it is to SQLite.
    """
    names = []
    for element in map(_bare, _split(columns)):
        head = element[0] if element else None
        plain = (
            head is not None
            and head.kind in ("word", "quoted", "string")
            and (
                len(element) == 1
                or element[1].is_word(
                    "ASC", "DESC", "COLLATE", "NULLS", "AUTOINCREMENT"
                )
            )
        )
        names.append(head.name if head is not None and plain else "")
    return tuple(names)


def items_of(columns: str) -> list[str]:
    """Return the texts between the commas of a list."""
    items = []
    start = depth = 0
    for token in significant(columns):
        depth += token.depth
        if token.is_operator(",") and not depth:
            items.append(columns[start : token.start])
            start = token.end
    return [*items, columns[start:]]


def without_name(columns: str, column: str) -> str:
    """Take a plain column out of a list of columns, with one comma."""
    kept = [
        item
        for item, name in zip(
            items_of(columns), names_in(columns), strict=True
        )
        if not same_name(name, column)
    ]
    return ",".join(kept).strip()


def _split(columns: str) -> list[list[Token]]:
    """Cut a list at its commas, outside parentheses."""
    elements: list[list[Token]] = [[]]
    depth = 0
    for token in significant(columns):
        depth += token.depth
        if token.is_operator(",") and not depth:
            elements.append([])
        else:
            elements[-1].append(token)
    return elements


def _bare(element: list[Token]) -> list[Token]:
    """Take away parentheses that an element begins with."""
    while element and element[0].is_operator("("):
        end = [*accumulate(token.depth for token in element)].index(0)
        element = element[1:end] + element[end + 1 :]
    return element
