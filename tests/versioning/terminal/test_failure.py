from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.exceptions import InvalidVersionError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.terminal.failure import explain
from migrate.versioning.terminal.failure import is_bug


def caught(function: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as info:  # noqa: PT011 - any at all
        function()
    return info.value


def raising(error: BaseException) -> BaseException:
    def function() -> None:
        raise error

    return caught(function)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], BaseException]:
    """Give the error that a change script with this line raises."""
    (tmp_path / "migrate.cfg").touch()
    (tmp_path / "versions").mkdir()
    path = tmp_path / "versions" / "001_x.py"

    def error_of(line: str) -> BaseException:
        code = f"import json\n\ndef upgrade():\n    {line}\n"
        namespace: dict[str, Callable[[], object]] = {}
        exec(compile(code, str(path), "exec"), namespace)
        return caught(namespace["upgrade"])

    return error_of


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InvalidVersionError("version 9 is odd"), "version 9 is odd"),
        (VersionNotFoundError("no version 9"), "no version 9"),
        (
            PermissionError(13, "Permission denied", "my_repo"),
            "Permission denied: 'my_repo'",
        ),
        (KeyboardInterrupt(), "interrupted"),
        (InvalidVersionError("two\n lines"), "two lines"),
    ],
)
def test_known_error(error: BaseException, line: str) -> None:
    assert not is_bug(raising(error))
    assert explain(raising(error)) == line


@pytest.mark.parametrize(
    "error", [KeyError("x"), AssertionError(), TypeError()]
)
def test_anything_else_is_a_bug(error: BaseException) -> None:
    assert is_bug(raising(error))


def test_error_of_the_database_shows_its_message_and_the_statement(
    sqlite_engine: Engine,
) -> None:
    with sqlite_engine.connect() as connection:
        statement = text("SELECT :secret FROM\n account")
        error = caught(lambda: connection.execute(statement, {"secret": "x"}))

    assert not is_bug(error)
    assert explain(error) == (
        "(sqlite3.OperationalError) no such table: account "
        "[SQL: SELECT ? FROM account]"
    )


def test_long_statement_is_cut(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        statement = text("SELECT " + "a, " * 500 + "b FROM account")
        error = caught(lambda: connection.execute(statement))

    assert explain(error).endswith("a, a...]")


def test_missing_driver_is_named() -> None:
    error = caught(lambda: create_engine("oracle+cx_oracle://host"))

    assert not is_bug(error)
    assert explain(error) == (
        "ModuleNotFoundError: No module named 'cx_Oracle'; install this "
        "driver, or name another in the URL: dialect+driver://..."
    )


def test_unknown_dialect_is_named() -> None:
    error = caught(lambda: create_engine("nosuch://host"))

    assert not is_bug(error)
    assert explain(error) == (
        "NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:nosuch"
    )


def test_error_in_a_change_script_names_file_and_line(
    script: Callable[[str], BaseException], tmp_path: Path
) -> None:
    error = script("raise RuntimeError('no such user')")

    path = tmp_path / "versions" / "001_x.py"
    assert not is_bug(error)
    assert explain(error) == (f"{path}, line 4: RuntimeError: no such user")


def test_error_below_a_change_script_names_the_line_of_the_script(
    script: Callable[[str], BaseException],
) -> None:
    error = script("json.loads('{')")

    assert not is_bug(error)
    assert "001_x.py, line 4: JSONDecodeError: " in explain(error)


def test_error_deep_in_this_package_is_a_bug_even_below_a_change_script(
    script: Callable[[str], BaseException],
) -> None:
    error = script(
        "from migrate.versioning.secret import hidden; hidden('', None)"
    )

    assert is_bug(error)
