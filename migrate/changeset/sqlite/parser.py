"""Read the text of a CREATE TABLE.

The grammar is that of SQLite's parse.y; whatever it does not account for is
an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import COLLATE
from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ColumnDef
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.lists import names_in
from migrate.changeset.sqlite.tokens import Token
from migrate.changeset.sqlite.tokens import significant
from migrate.exceptions import NotSupportedError

__all__ = ["parse"]

# Words that end the type of a column and begin a clause.
_COLUMN_WORDS = (
    "CONSTRAINT",
    "PRIMARY",
    "NOT",
    "NULL",
    "UNIQUE",
    "CHECK",
    "DEFAULT",
    "COLLATE",
    "REFERENCES",
    "AS",
    "DEFERRABLE",
)
# Words that begin a constraint of the table; no column has such a bare name.
_TABLE_WORDS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@lru_cache(maxsize=256)
def parse(text: str) -> CreateTable:
    """Read a CREATE TABLE statement; kept, as scripts return to a table.

    :raises NotSupportedError: if the text is not one, or uses a grammar
        that is not known here (a virtual table, a later SQLite).
    """
    return _Parser(text).table()


class _Parser:
    """A cursor over the significant tokens of one statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = significant(text)
        self.place = 0

    # The cursor.

    @property
    def token(self) -> Token:
        if self.place < len(self.tokens):
            return self.tokens[self.place]
        return Token("end", "", len(self.text), len(self.text))

    @property
    def last_end(self) -> int:
        return self.tokens[self.place - 1].end

    def take(self) -> Token:
        token = self.token
        if token.kind in ("end", "illegal"):
            raise self.unknown()
        self.place += 1
        return token

    def skip(self, *words: str) -> bool:
        """Go over ``words`` if all of them come next."""
        ahead = self.tokens[self.place : self.place + len(words)]
        found = len(ahead) == len(words) and all(
            token.is_word(word)
            for token, word in zip(ahead, words, strict=True)
        )
        if found:
            self.place += len(words)
        return found

    def skip_operator(self, text: str) -> bool:
        found = self.token.is_operator(text)
        self.place += found
        return found

    def expect(self, *words: str) -> None:
        if not self.skip(*words):
            raise self.unknown()

    def name(self) -> str:
        if self.token.kind not in ("word", "quoted", "string"):
            raise self.unknown()
        return self.take().name

    def group(self) -> tuple[int, int]:
        """Go over ``( ... )``; return the span of the inside."""
        if not self.skip_operator("("):
            raise self.unknown()
        start, depth = self.last_end, 1
        while depth:
            depth += self.take().depth
        return start, self.tokens[self.place - 1].start

    def unknown(self) -> NotSupportedError:
        near = self.text[self.token.start : self.token.start + 30]
        return NotSupportedError(
            f"cannot read the stored CREATE TABLE near {near!r}; "
            "alter this table by hand"
        )

    # The statement.

    def table(self) -> CreateTable:
        self.expect("CREATE")
        self.skip("TEMP") or self.skip("TEMPORARY")
        self.expect("TABLE")
        self.skip("IF", "NOT", "EXISTS")
        name, token = self.name(), self.tokens[self.place - 1]
        if self.skip_operator("."):
            name, token = self.name(), self.tokens[self.place - 1]
        if not self.skip_operator("("):
            raise self.unknown()
        columns = [*self.columns()]
        constraints = [*self.table_constraints()]
        body_end = self.token.start
        if not self.skip_operator(")"):
            raise self.unknown()
        return CreateTable(
            text=self.text,
            name=name,
            name_span=(token.start, token.end),
            columns=tuple(columns),
            constraints=tuple(constraints),
            body_end=body_end,
            options=frozenset(self.options()),
        )

    def columns(self) -> Iterator[ColumnDef]:
        yield self.column()
        while self.token.is_operator(","):
            if any(
                token.is_word(*_TABLE_WORDS)
                for token in self.tokens[self.place + 1 : self.place + 2]
            ):
                return
            self.place += 1
            yield self.column()

    def table_constraints(self) -> Iterator[ConstraintDef]:
        # The comma between two table constraints is optional in parse.y.
        while self.skip_operator(",") or self.token.is_word(*_TABLE_WORDS):
            yield self.constraint(self.table_clause, ())

    def options(self) -> Iterator[str]:
        while self.token.kind != "end" and not self.skip_operator(";"):
            words = [self.take().text.upper()]
            while self.token.kind == "word":
                words.append(self.take().text.upper())
            option = " ".join(words)
            if option not in ("WITHOUT ROWID", "STRICT"):
                self.place -= len(words)
                raise self.unknown()
            yield option
            self.skip_operator(",")

    # A column.

    def column(self) -> ColumnDef:
        start, name = self.token.start, self.name()
        name_end = self.last_end
        type_span = self.type_name()
        clauses = [*self.column_clauses(name)]
        return ColumnDef(
            name, start, name_end, type_span, self.last_end, tuple(clauses)
        )

    def type_name(self) -> tuple[int, int]:
        start = self.token.start
        before = self.place
        while (
            self.token.kind in ("word", "quoted", "string")
            and not self.token.is_word(*_COLUMN_WORDS)
            and not self.at_generated()
        ):
            self.place += 1
        if self.place == before:
            return self.last_end, self.last_end
        if self.token.is_operator("("):
            self.group()
        return start, self.last_end

    def at_generated(self) -> bool:
        ahead = self.tokens[self.place : self.place + 2]
        return len(ahead) == 2 and (
            ahead[0].is_word("GENERATED") and ahead[1].is_word("ALWAYS")
        )

    def column_clauses(self, column: str) -> Iterator[ConstraintDef]:
        while self.token.is_word(*_COLUMN_WORDS) or self.at_generated():
            yield self.constraint(self.column_clause, (column,))

    def constraint(
        self,
        clause: Callable[[], ConstraintDef],
        columns: tuple[str, ...],
    ) -> ConstraintDef:
        start, name, span = self.token.start, None, None
        if self.skip("CONSTRAINT"):
            name = self.name()
            span = (self.tokens[self.place - 1].start, self.last_end)
        body = self.token.start
        found = clause()
        if self.last_end <= start:
            raise self.unknown()
        return replace(
            found,
            start=start,
            body=min(body, self.last_end),
            end=self.last_end,
            name=name,
            name_span=span,
            columns=columns or found.columns,
            in_column=bool(columns),
        )

    def column_clause(self) -> ConstraintDef:
        if self.skip("PRIMARY", "KEY"):
            self.skip("ASC") or self.skip("DESC")
            self.on_conflict()
            autoincrement = self.skip("AUTOINCREMENT")
            return ConstraintDef(PRIMARY_KEY, autoincrement=autoincrement)
        if self.skip("NOT", "NULL"):
            self.on_conflict()
            return ConstraintDef(NOT_NULL)
        if self.skip("NULL"):
            self.on_conflict()
            return ConstraintDef("null")
        if self.skip("UNIQUE"):
            self.on_conflict()
            return ConstraintDef(UNIQUE)
        if self.skip("CHECK"):
            return self.check()
        if self.skip("DEFAULT"):
            return ConstraintDef(DEFAULT, argument=self.default())
        if self.skip("COLLATE"):
            self.name()
            token = self.tokens[self.place - 1]
            return ConstraintDef(COLLATE, argument=(token.start, token.end))
        if self.skip("REFERENCES"):
            return self.references()
        if self.skip("GENERATED", "ALWAYS", "AS") or self.skip("AS"):
            argument = self.group()
            stored = self.skip("STORED")
            stored or self.skip("VIRTUAL")
            return ConstraintDef(GENERATED, argument=argument, stored=stored)
        if self.deferrable():
            return ConstraintDef("deferrable")
        return ConstraintDef("name")

    def default(self) -> tuple[int, int]:
        start = self.token.start
        if self.token.is_operator("("):
            self.group()
        else:
            self.skip_operator("+") or self.skip_operator("-")
            self.take()
        return start, self.last_end

    # Constraints of columns and of tables.

    def table_clause(self) -> ConstraintDef:
        if self.skip("PRIMARY", "KEY"):
            argument = self.group()
            self.on_conflict()
            return ConstraintDef(
                PRIMARY_KEY,
                argument=argument,
                columns=names_in(self.text[slice(*argument)]),
                autoincrement=any(
                    token.is_word("AUTOINCREMENT")
                    for token in significant(self.text[slice(*argument)])
                ),
            )
        if self.skip("UNIQUE"):
            argument = self.group()
            self.on_conflict()
            columns = names_in(self.text[slice(*argument)])
            return ConstraintDef(UNIQUE, argument=argument, columns=columns)
        if self.skip("CHECK"):
            return self.check()
        if self.skip("FOREIGN", "KEY"):
            argument = self.group()
            self.expect("REFERENCES")
            columns = names_in(self.text[slice(*argument)])
            return replace(
                self.references(), argument=argument, columns=columns
            )
        return ConstraintDef("name")

    def check(self) -> ConstraintDef:
        argument = self.group()
        self.on_conflict()
        return ConstraintDef(CHECK, argument=argument)

    def references(self) -> ConstraintDef:
        table = self.name()
        columns: tuple[str, ...] = ()
        if self.token.is_operator("("):
            columns = names_in(self.text[slice(*self.group())])
        while True:
            if self.skip("MATCH"):
                self.name()
            elif self.skip("ON"):
                self.take()
                self.action()
            elif not self.deferrable():
                break
        return ConstraintDef(
            FOREIGN_KEY, referenced=table, referenced_columns=columns
        )

    def action(self) -> None:
        if not (
            self.skip("SET", "NULL")
            or self.skip("SET", "DEFAULT")
            or self.skip("NO", "ACTION")
            or self.skip("CASCADE")
        ):
            self.expect("RESTRICT")

    def deferrable(self) -> bool:
        found = self.skip("NOT", "DEFERRABLE") or self.skip("DEFERRABLE")
        if found and self.skip("INITIALLY"):
            self.take()
        return found

    def on_conflict(self) -> None:
        if self.skip("ON", "CONFLICT"):
            self.take()
