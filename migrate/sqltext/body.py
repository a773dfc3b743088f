"""Whether a ``;`` ends a statement, or is inside the body of a routine."""

from __future__ import annotations

import re

from migrate.sqltext.lexer import MYSQL
from migrate.sqltext.lexer import Token

__all__ = ["Body"]

#: What CREATE makes: the first of these words says it.
_KINDS = re.compile(
    r"TABLE|INDEX|VIEW|SEQUENCE|DATABASE|SCHEMA|USER|ROLE|TYPE|DOMAIN"
    r"|EXTENSION|RULE|POLICY|SERVER|LANGUAGE|COLLATION|CAST|OPERATOR"
)
_ROUTINES = re.compile(r"PACKAGE|TRIGGER|FUNCTION|PROC(EDURE)?|EVENT")
_LOOPS = ("IF", "LOOP", "WHILE", "REPEAT", "FOR")
#: After these, and after the head of a routine, MySQL begins a statement.
_STARTS = (";", "THEN", "ELSE", "DO", "LOOP", "REPEAT", "BEGIN", ":")
_HEAD_ENDS = (")", "ROW", "DETERMINISTIC", "SQL", "DATA", "DEFINER", "''")
_HEAD_NAMES = ("FOLLOWS", "PRECEDES", "RETURNS", "SECURITY")


class Body:
    """How deep inside the body of a routine the tokens so far lead."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.is_empty = True
        #: Only a mark of the client program ends it, no ``;``.
        self.is_to_separator = False
        self._head: list[str] | None = []
        self._is_routine = False
        self._is_rule = False
        self._parentheses = 0
        self._open: list[str] = []
        self._ended = ""
        self._is_if = False
        self._last = ["", "", ""]

    @property
    def is_plain(self) -> bool:
        """Whether the next ``;`` ends the statement, whatever comes before."""
        return (
            self._head is None and not self._is_routine and not self._is_rule
        )

    @property
    def is_closed(self) -> bool:
        """Whether the ``;`` that was just added ends the statement."""
        if self.is_plain:
            return not self.is_to_separator
        if self.is_to_separator or self._parentheses:
            return False
        if self._is_routine and self.dialect == "sqlite":
            # The rule of sqlite3_complete(), for triggers.
            return self._last == [";", "END", ";"]
        return not self._open

    def add(self, token: Token) -> None:
        """Take the next token that is no comment."""
        self.is_empty = False
        if self.is_plain:
            return
        word = "''" if token.kind == "quoted" else token.text.upper()
        if self._head is not None:
            self._look_for_routine(word)
        if word == "(":
            self._parentheses += 1
        elif word == ")":
            self._parentheses = max(0, self._parentheses - 1)
        elif not self._parentheses and self._last[-1] != ".":
            self._nest(word)
        self._last = [*self._last[1:], word]

    def _look_for_routine(self, word: str) -> None:
        """Decide by the first words whether bodies are to be expected."""
        assert self._head is not None
        if self.dialect == "sqlite" and word in ("EXPLAIN", "QUERY", "PLAN"):
            return
        self._head.append(word)
        first = self._head[0]
        if first in ("CREATE", "ALTER", "RECREATE"):
            if self.dialect == "oracle" and word == "TYPE":
                return
            self._is_routine = _ROUTINES.fullmatch(word) is not None
            if self._head[-2:-1] == ["TYPE"]:
                self._is_routine = word == "BODY"
            elif not self._is_routine and not _KINDS.fullmatch(word):
                return
            # PostgreSQL: CREATE RULE ... DO (SELECT 1; SELECT 2)
            self._is_rule = word == "RULE"
        elif first == "BEGIN" and self.dialect in MYSQL:
            # MariaDB: BEGIN NOT ATOMIC is a block, BEGIN a transaction.
            if len(self._head) == 1:
                return
            self._is_routine = word == "NOT"
            self._open = ["BEGIN"] if self._is_routine else []
        elif self.dialect == "oracle":
            self.is_to_separator = first in ("DECLARE", "BEGIN")
        elif self.dialect == "mssql":
            self._is_routine = True
        if self._is_routine and first != "BEGIN":
            # Their routines reach to the end of the batch.
            self.is_to_separator = self.dialect == "oracle" or (
                self.dialect == "mssql" and first in ("CREATE", "ALTER")
            )
        self._head = None

    def _nest(self, word: str) -> None:
        """Follow BEGIN, CASE and the like down, and END up again.

        An ``END IF`` without its IF closes what was never counted.
        """
        if not self._is_routine:
            return
        before, ended, self._ended = self._last[-1], self._ended, ""
        if self._begins(word, before):
            self._open.append(word)
        elif word == "END" and self._open and self._can_end(before):
            self._ended = self._open.pop()
        elif ended and word in _LOOPS and word != ended:
            self._open.append(ended)
        elif before == "BEGIN" and word in ("TRAN", "TRANSACTION"):
            self._open.pop()
        elif self.dialect in MYSQL:
            self._nest_if(word, before)

    def _begins(self, word: str, before: str) -> bool:
        """Whether an END will belong to the word."""
        if word == "BEGIN":
            # BEGIN ATOMIC does not nest; there, a column may be called so.
            nests = self.dialect != "postgresql"
            return before != "," and (nests or not self._open)
        is_mysql = self.dialect in MYSQL
        if word == "CASE":
            return before != "END" and (is_mysql or bool(self._open))
        is_loop = word in ("WHILE", "LOOP", "REPEAT")
        return is_mysql and is_loop and self._is_start(before)

    def _nest_if(self, word: str, before: str) -> None:
        """Tell the statement IF, which has a THEN, from the function."""
        if word == "IF":
            self._is_if = self._is_start(before)
        elif word in ("THEN", "WHEN", "ELSE", "END", ";"):
            if word == "THEN" and self._is_if:
                self._open.append("IF")
            self._is_if = False

    def _is_start(self, before: str) -> bool:
        """Whether a statement begins, be it the only one of a routine."""
        return before in _STARTS or (
            not self._open
            and (before in _HEAD_ENDS or self._last[-2] in _HEAD_NAMES)
        )

    def _can_end(self, before: str) -> bool:
        """Whether END is no column of that name."""
        return (
            self._open[-1] in ("CASE", "REPEAT")
            or before in (";", "BEGIN", "ATOMIC")
            or self.dialect == "mssql"
        )
