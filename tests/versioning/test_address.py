"""Database URLs of the environment: ``env:NAME``."""

from __future__ import annotations

import ast
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from migrate.exceptions import InvalidEngineError
from migrate.versioning import api
from migrate.versioning.address import resolved
from tests.command import Command

SECRET = "wr0ng-pa55word"
URL_WITH_PASSWORD = f"postgresql+psycopg2://me:{SECRET}@127.0.0.1:1/x"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    api.create("shop", "shop")
    return Path("shop")


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_other_urls_stay() -> None:
    assert resolved("sqlite:///env:X", {"X": "y"}) == "sqlite:///env:X"


def test_variable_is_read() -> None:
    assert resolved("env:MY_URL2", {"MY_URL2": " sqlite:// "}) == "sqlite://"


@pytest.mark.parametrize(
    ("url", "environment", "message"),
    [
        ("env:X", {}, "environment variable 'X' is not set"),
        ("env:X", {"X": ""}, "environment variable 'X' is empty"),
        ("env:X", {"X": " \n"}, "environment variable 'X' is empty"),
        ("env:", {"": "sqlite://"}, "after env: the name"),
        ("env:a b", {"a b": "sqlite://"}, "after env: the name"),
        ("env:\u0663", {}, "after env: the name"),
        (f"env:{URL_WITH_PASSWORD}", {}, "after env: the name"),
    ],
)
def test_variable_without_a_url(
    url: str, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidEngineError, match=message) as caught:
        resolved(url, environment)

    assert SECRET not in str(caught.value)


def test_commands_take_it(
    command: Command,
    repository: Path,
    database_url: URL,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        "SHOP", database_url.render_as_string(hide_password=False)
    )

    command("version_control", "env:SHOP", "shop")

    assert command("db_version", "--url=env:SHOP", "shop").out == "0\n"
    assert command("dbv", repository="shop", url="env:SHOP").out == "0\n"
    assert api.db_version("env:SHOP", "shop") == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "environment variable 'SHOP' is not set: .*"),
        ("", "environment variable 'SHOP' is empty: .*"),
        (URL_WITH_PASSWORD, ".*refused.*"),
        (f"postgresql//me:{SECRET}@h/x", ".*expected dialect://.*"),
        (f"postgresql://me:{SECRET}@h:{SECRET}/x", ".*'[*]+'.*"),
        (f"nosuch://me:{SECRET}@h/x", ".*nosuch; expected dialect://.*"),
        (f"env:{SECRET}", ".*expected dialect://.*"),
    ],
)
@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
def test_error_is_a_line_without_the_value(
    command: Command,
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: str | None,
    message: str,
    debug: tuple[str, ...],
) -> None:
    monkeypatch.delenv("SHOP", raising=False)
    if value is not None:
        monkeypatch.setenv("SHOP", value)

    done = command("db_version", "env:SHOP", "shop", *debug)

    assert done.code == 1
    assert SECRET not in done.out + done.err
    assert re.fullmatch(f"migrate: error: {message}", done.error), done.err


def test_manage_keeps_the_name(
    command: Command, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP", URL_WITH_PASSWORD)

    done = command("manage", "manage.py", "--url=env:SHOP", "--repository=x")

    text = Path("manage.py").read_text()
    assert "url='env:SHOP'" in text
    assert SECRET not in text
    assert done.err == ""
    assert mode("manage.py") & 0o044


def test_manage_reads_the_variable_when_it_runs(
    command: Command, repository: Path, tmp_path: Path
) -> None:
    command("manage", "manage.py", "--url=env:SHOP", "--repository=shop")
    environment = {**os.environ, "SHOP": f"sqlite:///{tmp_path}/a.db"}

    for word in ("version_control", "db_version"):
        done = subprocess.run(
            [sys.executable, "manage.py", word],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )

    assert done.stdout == "0\n"


@pytest.mark.parametrize(
    "option",
    [
        f"--url={URL_WITH_PASSWORD}",
        f"--url=postgresql://h/x?user=me&password={SECRET}",
        f"--engine_arg_password={SECRET}",
    ],
)
@pytest.mark.parametrize("before", [None, 0o644, 0o755, 0o400])
def test_manage_warns_of_a_password_and_keeps_it_private(
    command: Command, repository: Path, option: str, before: int | None
) -> None:
    manage = Path("manage.py")
    if before is not None:
        manage.touch()
        manage.chmod(before | 0o200)

    done = command("manage", "manage.py", option)

    assert len(done.err.splitlines()) == 1
    assert "manage.py holds a password" in done.err
    assert f"mode {mode(manage):04o}" in done.err
    assert "--url=env:DATABASE_URL" in done.err
    assert SECRET not in done.err
    assert mode(manage) & 0o077 == 0
    assert SECRET in manage.read_text()
    ast.parse(manage.read_text())


def test_create_warns_of_a_password_and_keeps_it_private(
    command: Command, repository: Path
) -> None:
    done = command("create", "other", "other", f"--url={URL_WITH_PASSWORD}")

    assert "other/manage.py holds a password" in done.err
    assert SECRET not in done.err
    assert mode("other/manage.py") == 0o600
    assert mode("other/README") & 0o044
