"""Read and edit a stored CREATE INDEX."""

from __future__ import annotations

from dataclasses import dataclass

from migrate.changeset.sqlite.lists import names_in
from migrate.changeset.sqlite.lists import without_name
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import identifiers_in
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant
from migrate.exceptions import NotSupportedError

__all__ = ["CreateIndex", "parse_index"]


@dataclass(frozen=True)
class CreateIndex:
    """A CREATE INDEX statement, read.

    :ivar columns: the plain columns, in order; "" for an expression.
    :ivar list_span: the inside of the list of columns.
    """

    text: str
    name_span: tuple[int, int]
    table_span: tuple[int, int]
    list_span: tuple[int, int]
    unique: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain columns, in order; "" stands for an expression."""
        return names_in(self.text[slice(*self.list_span)])

    @property
    def partial(self) -> bool:
        """Whether it has a WHERE."""
        behind = significant(self.text[self.list_span[1] :])
        return any(token.is_word("WHERE") for token in behind[:2])

    def has_plain(self, column: str) -> bool:
        """Tell whether ``column`` is one of the plain columns."""
        return any(same_name(name, column) for name in self.columns)

    def computes_with(self, column: str) -> bool:
        """Tell whether an expression or the WHERE mentions ``column``."""
        start, end = self.list_span
        rest = self.text[end:]
        if "" in self.columns:
            rest += self.text[start:end]
        return fold(column) in identifiers_in(rest)

    def without(self, column: str) -> str:
        """Return the text of a smaller index, without a plain column."""
        start, end = self.list_span
        shorter = without_name(self.text[start:end], column)
        return self.text[:start] + shorter + self.text[end:]

    def moved(self, name: str, table: str, schema: str | None = None) -> str:
        """Return the text with another name, on another table."""
        if schema is not None:
            name = f"{quote(schema)}.{quote(name)}"
        else:
            name = quote(name)
        text, (start, end) = self.text, self.table_span
        text = text[:start] + quote(table) + text[end:]
        start, end = self.name_span
        return text[:start] + name + text[end:]


def parse_index(text: str) -> CreateIndex:
    """Read a CREATE INDEX as SQLite stores it."""
    tokens = significant(text)
    place = 1 + tokens[1].is_word("UNIQUE")
    if not (
        len(tokens) > place + 5
        and tokens[place].is_word("INDEX")
        and tokens[place + 2].is_word("ON")
        and tokens[place + 4].is_operator("(")
    ):
        raise NotSupportedError(
            f"cannot read the stored index {text!r}; drop it first, and "
            "create it again"
        )
    name, table, depth, end = tokens[place + 1], tokens[place + 3], 0, 0
    for token in tokens[place + 4 :]:
        depth += token.depth
        if not depth:
            end = token.start
            break
    return CreateIndex(
        text,
        name_span=(name.start, name.end),
        table_span=(table.start, table.end),
        list_span=(tokens[place + 4].end, end),
        unique=place == 2,
    )
