from __future__ import annotations

import re

import pytest
from sqlalchemy import create_engine
from sqlalchemy import make_url

from migrate.versioning.secret import hidden
from migrate.versioning.secret import hidden_in_sql
from migrate.versioning.secret import secrets_in
from migrate.versioning.secret import shown

URL = "postgresql://me:s3%40cret@host/db"


@pytest.mark.parametrize(
    "values",
    [
        {"url": URL},
        {"words": ["upgrade", f"--url={URL}"]},
        {"url": make_url(URL)},
        {"url": create_engine("mysql+pymysql://me:s3%40cret@host/db")},
        {"url": "postgresql://host/db?user=me&password=s3%40cret"},
        {"engine_dict": {"connect_args": {"password": "s3@cret"}}},
        {"engine_arg_passwd": "s3@cret"},
        {"odbc": "mssql+pyodbc://?odbc_connect=UID%3Dme%3BPWD%3Ds3%40cret"},
        {"odbc": "mssql+pyodbc://?odbc_connect=PWD%3D%7Bs3%40cret%7D%3BA%3D1"},
        {"connect_args": {"dsn": "user=me password='s3@cret' host=h"}},
        {"words": ["--engine_arg_password=s3@cret"]},
    ],
    ids=lambda values: str(next(iter(values))),
)
def test_password_is_found(values: dict[str, object]) -> None:
    assert "s3@cret" in secrets_in(values)


def test_password_is_found_as_it_is_written_too() -> None:
    assert "s3%40cret" in secrets_in({"url": URL})


@pytest.mark.parametrize(
    "values",
    [
        {"url": "sqlite:///x.db"},
        {"url": "postgresql://me@host/db"},
        {"repository": "a:b@c"},
        {"version": 3, "debug": False, "model": None},
    ],
    ids=str,
)
def test_nothing_to_hide(values: dict[str, object]) -> None:
    assert not secrets_in(values)


def test_secret_is_hidden_between_delimiters() -> None:
    assert hidden("postgresql://me:pw@h 'pw'", ["pw"]) == (
        "postgresql://me:***@h '***'"
    )


def test_secret_of_the_environment_is_found_where_it_is_given() -> None:
    environment = {"SHOP": URL}

    assert "s3@cret" in secrets_in({"url": "env:SHOP"}, environment)
    assert "s3@cret" in secrets_in({"w": ["--url=env:SHOP"]}, environment)
    assert not secrets_in({"url": "env:SHOP"})


@pytest.mark.parametrize(
    "secret", ["a'b", "a\\b", 'a"b', "a\nb", "a  b", "\té"]
)
def test_secret_is_hidden_in_a_repr_of_a_repr(secret: str) -> None:
    shown = f"{secret} " + repr([secret, repr([secret]), ascii(secret)])

    words = re.findall(r"\w+", hidden(shown, secrets_in({"pwd": secret})))
    assert not {"a", "b", "é", "xe9"} & {*words}


def test_long_secret_is_hidden_inside_a_word() -> None:
    assert hidden("xlong-secret-onex", ["long-secret-one"]) == "x***x"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("CREATE USER a PASSWORD 'x''y'", "CREATE USER a PASSWORD '***'"),
        (
            "CREATE USER a@b IDENTIFIED BY 'x' REQUIRE SSL",
            "CREATE USER a@b IDENTIFIED BY '***' REQUIRE SSL",
        ),
        (
            "create user a identified via p using 'x\\'y'",
            "create user a identified via p using '***'",
        ),
        ("SET PASSWORD = PASSWORD('x')", "SET PASSWORD = PASSWORD('***')"),
        ("ALTER ROLE a PASSWORD 'cut", "ALTER ROLE a PASSWORD '***'"),
        ("SELECT 'password'", "SELECT 'password'"),
        ("SELECT 'pw' || x", "SELECT '***' || x"),
    ],
)
def test_password_in_sql_is_hidden(statement: str, shown: str) -> None:
    assert hidden_in_sql(statement, ["pw"]) == shown


def test_secret_inside_a_word_leaves_the_word() -> None:
    assert hidden("database", ["a"]) == "database"


def test_longer_secret_is_hidden_whole() -> None:
    assert hidden("a@b", {"a", "a@b"}) == "***"


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (URL, "postgresql://me:***@host/db"),
        (
            "postgresql://h/db?password=p%40w&a=b",
            "postgresql://h/db?a=b&password=***",
        ),
        ("sqlite:///x.db", "sqlite:///x.db"),
    ],
)
def test_url_is_shown_without_secrets(url: str, text: str) -> None:
    assert shown(make_url(url)) == text
