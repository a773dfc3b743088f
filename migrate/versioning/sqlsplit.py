"""Where one statement of an SQL script ends and the next begins.

Pure: text in, statements out.  Every statement is the text as written, its
comments and hints included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from itertools import takewhile

from migrate.versioning.sqllex import Token
from migrate.versioning.sqllex import token_at

__all__ = ["Statement", "split"]

_TRANSACTION = re.compile(
    r"""(BEGIN|START)(\ (TRAN(SACTION)?|WORK|DEFERRED|IMMEDIATE|EXCLUSIVE
        |READ|ONLY|WRITE|ISOLATION|LEVEL|SERIALIZABLE|REPEATABLE|COMMITTED
        |UNCOMMITTED|NOT|DEFERRABLE|WITH|CONSISTENT|SNAPSHOT|,))*
      |(COMMIT|END)(\ (TRAN(SACTION)?|WORK|AND|NO|CHAIN|RELEASE))*""",
    re.VERBOSE,
)
#: What CREATE makes: the first of these words says it.
_KINDS = re.compile(
    r"TABLE|INDEX|VIEW|SEQUENCE|DATABASE|SCHEMA|USER|ROLE|TYPE|DOMAIN"
    r"|EXTENSION|RULE|POLICY|SERVER|LANGUAGE|COLLATION|CAST|OPERATOR"
)
_ROUTINES = re.compile(r"PACKAGE|TRIGGER|FUNCTION|PROC(EDURE)?|EVENT")
_LOOPS = ("IF", "LOOP", "WHILE", "REPEAT", "FOR")
#: A line that ends a statement, of a client program and not of the database.
_SEPARATORS = {
    "oracle": re.compile(r"[ \t]*/[ \t]*(\n|\Z)"),
    "mssql": re.compile(r"[ \t]*GO[ \t]*(\n|\Z)", re.IGNORECASE),
}
_MYSQL = ("mysql", "mariadb")
_DELIMITER = re.compile(r"DELIMITER[ \t]+(\S+)[^\n]*", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """A statement as it is sent, and the line (from 1) that it begins on."""

    text: str
    line: int
    #: Its first tokens without comments, in capitals, single spaces between.
    head: str = ""

    @property
    def is_transaction_control(self) -> bool:
        """Whether all it does is to begin or to commit a transaction."""
        return _TRANSACTION.fullmatch(self.head) is not None

    @property
    def is_rollback(self) -> bool:
        """Whether it rolls back, and not only to a savepoint."""
        words = self.head.split()
        return words[:1] in (["ROLLBACK"], ["ABORT"]) and "TO" not in words


def split(text: str, dialect: str = "") -> list[Statement]:
    """Return the statements of a script in order.

    :param dialect: SQLAlchemy's name of the database, which decides what is
        quoted, what a comment, and how bodies of routines end.

    ``;`` at the end stays, as it was written; what MySQL's ``DELIMITER``,
    Oracle's ``/`` or SQL Server's ``GO`` marks does not.  A statement of
    nothing but comments is left out.
    """
    return list(_Splitter(text, dialect).statements())


class _Splitter:
    """One pass over a script."""

    def __init__(self, source: str, dialect: str) -> None:
        self.source = source
        self.dialect = dialect
        self.place = 0
        self.delimiter = ";"
        self.separator = _SEPARATORS.get(dialect)

    def statements(self) -> Iterator[Statement]:
        counted, line = 0, 1
        while self.place < len(self.source):
            start = self.place
            body = _Body(self.dialect)
            tokens = self._tokens(body)
            code = [token for token in tokens if token.is_code]
            if not code or code[0].text == ";":
                continue
            first = start + sum(
                len(token.text)
                for token in takewhile(lambda token: not token.is_code, tokens)
            )
            line += self.source.count("\n", counted, first)
            counted = first
            text = "".join(token.text for token in tokens).strip()
            if self.dialect == "oracle" and not body.is_to_separator:
                text = text.removesuffix(";")  # ORA-00911 with it
            head = (token.text.upper() for token in code if token.text != ";")
            yield Statement(text, line, " ".join(islice(head, 12)))

    def _tokens(self, body: _Body) -> list[Token]:
        """Take the tokens up to the end of the statement at ``place``."""
        tokens: list[Token] = []
        while self.place < len(self.source):
            if self._skip_mark(body):
                break
            token = token_at(self.source, self.place, self.dialect)
            self.place += len(token.text)
            tokens.append(token)
            if not token.is_code:
                continue
            body.add(token)
            if token.text == ";" == self.delimiter and body.is_closed:
                break
        return tokens

    def _skip_mark(self, body: _Body) -> bool:
        """Go past what ends a statement here and is not sent, if anything."""
        source, place = self.source, self.place
        if self.delimiter != ";" and source.startswith(self.delimiter, place):
            self.place += len(self.delimiter)
            return True
        mark = None
        if self.dialect in _MYSQL and body.is_empty:
            if mark := _DELIMITER.match(source, place):
                self.delimiter = mark[1]
        elif self.separator and self._is_line_start():
            mark = self.separator.match(source, place)
        if mark:
            self.place = mark.end()
        return mark is not None

    def _is_line_start(self) -> bool:
        begin = self.source.rfind("\n", 0, self.place) + 1
        return not self.source[begin : self.place].strip()


class _Body:
    """How deep inside the body of a routine the tokens so far lead."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.is_empty = True
        #: Only a mark of the client program ends it, no ``;``.
        self.is_to_separator = False
        self._head: list[str] | None = []
        self._is_routine = False
        self._parentheses = 0
        self._open: list[str] = []
        self._ended = ""
        self._last = ["", "", ""]

    @property
    def is_closed(self) -> bool:
        """Whether the ``;`` that was just added ends the statement."""
        if self.is_to_separator or self._parentheses:
            return False
        if self._is_routine and self.dialect == "sqlite":
            # The rule of sqlite3_complete(), for triggers.
            return self._last == [";", "END", ";"]
        return not self._open

    def add(self, token: Token) -> None:
        """Take the next token that is no comment."""
        self.is_empty = False
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
        self._head.append(word)
        first = self._head[0]
        if first in ("CREATE", "ALTER", "RECREATE"):
            self._is_routine = _ROUTINES.fullmatch(word) is not None
            if not self._is_routine and not _KINDS.fullmatch(word):
                return
        elif first == "BEGIN" and self.dialect in _MYSQL:
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
        """Follow BEGIN and CASE down, and END up again.

        ``END IF`` and its like close what was never counted.
        """
        if not self._is_routine:
            return
        before, ended, self._ended = self._last[-1], self._ended, ""
        if word == "BEGIN" and before != ",":
            self._open.append("BEGIN")
        elif word == "CASE" and before != "END" and self._open:
            self._open.append("CASE")
        elif word == "END" and self._open and self._can_end(before):
            self._ended = self._open.pop()
        elif ended and word in _LOOPS:
            self._open.append(ended)
        elif before == "BEGIN" and word in ("TRAN", "TRANSACTION"):
            self._open.pop()

    def _can_end(self, before: str) -> bool:
        """Whether END is no column of that name."""
        return (
            self._open[-1] == "CASE"
            or before in (";", "BEGIN")
            or self.dialect == "mssql"
        )
