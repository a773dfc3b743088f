"""Fuzzing by coverage: ``python -m tests.nonsense.fuzz TARGET [SECONDS]``.

Needs atheris, which has no part in the tests.  A target reads bytes that a
person or a file could bring, and may refuse them only by the errors named for
it; anything else ends the run and is shown with the input.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["migrate"]):
    from migrate.changeset.sqlite import parser
    from migrate.exceptions import Error
    from migrate.versioning import cfgparse
    from migrate.versioning import commandline
    from migrate.versioning import sqlsplit

_WORDS = (
    "CREATE TABLE TRIGGER FUNCTION PROCEDURE BEGIN END IF CASE WHEN THEN "
    "LOOP REPEAT WHILE DECLARE DELIMITER // $$ $a$ -- /* */ GO COMMIT "
    "CONSTRAINT PRIMARY KEY UNIQUE CHECK FOREIGN REFERENCES DEFAULT COLLATE "
    "GENERATED ALWAYS AS STORED NOT NULL INTEGER STRICT WITHOUT ROWID ); , "
    "AUTOINCREMENT ASC DESC ON CONFLICT DEFERRABLE upgrade --url= --version= "
    "--help -- %% %( )s"
)
_DIALECTS = ("sqlite", "postgresql", "mysql", "mssql", "oracle", "")


def split(provider: atheris.FuzzedDataProvider) -> None:
    """Split SQL; nothing that is sent was not in the script, in order."""
    dialect = provider.PickValueInList(list(_DIALECTS))
    text = provider.ConsumeUnicodeNoSurrogates(sys.maxsize)
    statements = sqlsplit.split(text, dialect)
    rest = iter(text)
    for statement in statements:
        assert all(sign in rest for sign in statement.text)
        sqlsplit.refusal(statement, dialect)


def create_table(provider: atheris.FuzzedDataProvider) -> None:
    """Read a stored CREATE TABLE; its parts are parts of the text."""
    text = "CREATE TABLE t (a " + provider.ConsumeUnicodeNoSurrogates(
        sys.maxsize
    )
    try:
        table = parser.parse(text)
    except Error:
        return
    for column in table.columns:
        assert table.type_of(column) in text


def command_line(provider: atheris.FuzzedDataProvider) -> None:
    """Read words of a command line."""
    words = provider.ConsumeUnicode(sys.maxsize).split("\n")
    try:
        commandline.parse(words, {"repository": "r"}, "migrate")
    except Error:
        return


def settings(provider: atheris.FuzzedDataProvider) -> None:
    """Write a value to migrate.cfg; it is read back or refused."""
    value = provider.ConsumeUnicodeNoSurrogates(sys.maxsize)
    text = f"[db_settings]\nrepository_id={cfgparse.escape(value)}\n"
    try:
        cfgparse.read_back(text, {"repository_id": value})
    except Error:
        return


TARGETS: dict[str, Callable[[atheris.FuzzedDataProvider], None]] = {
    "split": split,
    "create_table": create_table,
    "command_line": command_line,
    "settings": settings,
}


def main() -> None:
    target = TARGETS[sys.argv[1]]
    seconds = sys.argv[2] if len(sys.argv) > 2 else "60"
    with tempfile.NamedTemporaryFile("w", suffix=".dict") as words:
        words.write("".join(f'"{word}"\n' for word in _WORDS.split()))
        words.flush()
        atheris.Setup(
            [
                sys.argv[0],
                f"-max_total_time={seconds}",
                f"-dict={words.name}",
                "-timeout=10",
                "-max_len=400",
            ],
            lambda data: target(atheris.FuzzedDataProvider(data)),
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
