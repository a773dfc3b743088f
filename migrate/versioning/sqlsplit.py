"""Where one statement of an SQL script ends and the next begins.

Pure: text in, statements out.  Every statement is the text as written, its
comments and hints included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from migrate.sqltext.body import Body
from migrate.sqltext.lexer import MYSQL
from migrate.sqltext.lexer import Token
from migrate.sqltext.lexer import token_at

__all__ = ["Statement", "refusal", "split"]

_TRANSACTION = re.compile(
    r"""(BEGIN|START)(\ (TRAN(SACTION)?|WORK|DEFERRED|IMMEDIATE|EXCLUSIVE
        |READ|ONLY|WRITE|ISOLATION|LEVEL|SERIALIZABLE|REPEATABLE|COMMITTED
        |UNCOMMITTED|NOT|DEFERRABLE|WITH|CONSISTENT|SNAPSHOT))*
      |(COMMIT|END)(\ (TRAN(SACTION)?|WORK|AND|NO|CHAIN|RELEASE))*""",
    re.VERBOSE,
)
_TABLE_LOCK = re.compile(r"LOCK TABLES? |UNLOCK TABLES?\Z")
_ANY_CASE = re.IGNORECASE | re.DOTALL
#: A line that ends a statement, of a client program and not of the database.
_SEPARATORS = {
    "oracle": re.compile(r"[ \t]*/[ \t]*(\n|\Z)"),
    "mssql": re.compile(r"[ \t]*GO[ \t]*(\n|\Z)", re.IGNORECASE),
}
_DELIMITER = re.compile(
    r"DELIMITER[ \t]+(?:(?P<mark>['\"`])(?P<quoted>[^\n]+?)(?P=mark)"
    r"|(?P<bare>\S+))[^\n]*",
    re.IGNORECASE,
)
#: (dialect, what no database takes, why)
_CLIENTS = [
    (
        "postgresql",
        re.compile(r"\\"),
        "is a command of psql, not of the database",
    ),
    (
        "postgresql",
        re.compile(r"COPY\b[^;]*\bFROM\s+STDIN\b", re.IGNORECASE),
        "takes its rows from psql; write INSERT",
    ),
    (
        "mssql",
        re.compile(r"(.*\n)?[ \t]*GO[ \t]+\d+[ \t]*(\n|\Z)", _ANY_CASE),
        "has a GO that repeats; write the batch as often as it is to run",
    ),
]


@dataclass(frozen=True)
class Statement:
    """A statement as it is sent, and the line (from 1) that it begins on."""

    text: str
    line: int
    #: Its first tokens without comments, in capitals, single spaces between.
    head: str = ""
    #: Where in the text the first of them begins.
    start: int = 0

    @property
    def is_transaction_control(self) -> bool:
        """Whether all it does is to begin or to commit a transaction."""
        return _TRANSACTION.fullmatch(self.head) is not None

    @property
    def is_begin(self) -> bool:
        """Whether it begins a transaction."""
        return self.is_transaction_control and self.head.startswith(
            ("BEGIN", "START")
        )

    @property
    def is_end(self) -> bool:
        """Whether there is no transaction after it."""
        return (
            self.is_rollback
            or self.is_handing_over
            or (self.is_transaction_control and not self.is_begin)
        )

    @property
    def is_rollback(self) -> bool:
        """Whether it rolls back, and not only to a savepoint."""
        words = self.head.split()
        return words[:1] in (["ROLLBACK"], ["ABORT"]) and "TO" not in words

    @property
    def is_handing_over(self) -> bool:
        """Whether it takes the transaction away from its connection."""
        return self.head.startswith("PREPARE TRANSACTION")

    @property
    def is_table_lock(self) -> bool:
        """Whether it is MySQL's ``LOCK TABLES`` or ``UNLOCK TABLES``."""
        return _TABLE_LOCK.match(self.head) is not None


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

    @property
    def _has_no_marks(self) -> bool:
        return self.delimiter == ";" and self.separator is None

    def statements(self) -> Iterator[Statement]:
        counted, line = 0, 1
        while self.place < len(self.source):
            start = self.place
            body = Body(self.dialect)
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
            blank = len(self.source[start:first].lstrip())
            yield Statement(text, line, _head(code), blank)

    def _tokens(self, body: Body) -> list[Token]:
        """Take the tokens up to the end of the statement at ``place``."""
        tokens: list[Token] = []
        while self.place < len(self.source):
            if self._skip_mark(body):
                break
            token = token_at(
                self.source,
                self.place,
                self.dialect,
                is_coarse=body.is_plain and self._has_no_marks,
            )
            self.place += len(token.text)
            tokens.append(token)
            if not token.is_code:
                continue
            body.add(token)
            if token.text == ";" == self.delimiter and body.is_closed:
                break
        return tokens

    def _skip_mark(self, body: Body) -> bool:
        """Go past what ends a statement here and is not sent, if anything."""
        source, place = self.source, self.place
        if self.delimiter != ";" and source.startswith(self.delimiter, place):
            self.place += len(self.delimiter)
            return True
        mark = None
        if self.dialect in MYSQL and body.is_empty:
            if mark := _DELIMITER.match(source, place):
                self.delimiter = mark["quoted"] or mark["bare"]
        elif self.separator and self._is_line_start():
            mark = self.separator.match(source, place)
        if mark:
            self.place = mark.end()
        return mark is not None

    def _is_line_start(self) -> bool:
        begin = self.source.rfind("\n", 0, self.place) + 1
        return not self.source[begin : self.place].strip()


def refusal(statement: Statement, dialect: str) -> str | None:
    """Return why a statement is for a client program, if it is."""
    for name, form, reason in _CLIENTS:
        if name == dialect and form.match(statement.text, statement.start):
            return reason
    return None


def _head(code: list[Token]) -> str:
    first = " ".join(token.text for token in code[:12] if token.text != ";")
    return " ".join(first.upper().replace(",", " ").split())
