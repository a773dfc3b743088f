"""No password in anything that is printed, raised, logged or stored."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from migrate.versioning import api
from migrate.versioning.commandline import parse
from migrate.versioning.running.events import StepFailed
from migrate.versioning.schema import ControlledSchema
from tests.command import Command

#: Each is hard in its own way; none is part of anything else that is shown.
PASSWORDS = ["Zx7", "p@Zx7", "Zx7'w\\q", "Zx7 \n w", "a:Zx7/b@c", "Zx7%40é"]

WORDS = {
    "help": ["upgrade"],
    "create": ["new", "new"],
    "script": ["more"],
    "script_sql": ["sqlite", "more"],
    "version": [],
    "db_version": [],
    "source": ["1"],
    "version_control": [],
    "upgrade": [],
    "downgrade": ["0"],
    "resolve": ["1"],
    "verify": [],
    "repair": [],
    "drop_version_control": [],
    "modernize": [],
    "manage": ["manage.py"],
    "test": [],
    "compare_model_to_db": ["x:y"],
    "create_model": [],
    "make_update_script_for_model": ["x:y", "x:y"],
    "update_db_from_model": ["x:y"],
}
# These write what they were given, which is their purpose.
WRITERS = {"create", "manage"}


def traces(password: str) -> list[str]:
    """Return what nothing may contain."""
    return ["Zx7", quote(password, safe=""), password]


def is_clean(shown: str, password: str) -> bool:
    found = [trace for trace in traces(password) if trace in shown]
    assert not found, shown
    return True


def chatty_driver(name: str) -> Any:
    """Return a driver that quotes all it gets when it cannot connect."""

    def connect(*args: Any, **keywords: Any) -> None:
        words = " ".join(f"{k}={v}" for k, v in keywords.items())
        raise sqlite3.OperationalError(
            2003, f"{args!r} {keywords!r} {words} as {name}"
        )

    # A driver is known by its names; sqlite3 has them all.
    driver = SimpleNamespace(**vars(sqlite3))
    driver.connect = connect
    driver.paramstyle = "pyformat"
    driver.__version__ = "2.9.9"
    driver.version_info = (2, 2, 0)
    driver.NUMBER = driver.STRING = driver.DATETIME = object()
    driver.TIMESTAMP = driver.ROWID = object()
    return driver


def given(way: str, password: str) -> dict[str, object]:
    """Return how a command gets a password that does not let it in."""
    whole = URL.create(
        "postgresql+psycopg2", "me", password, "127.0.0.1", 1, "x"
    ).render_as_string(hide_password=False)
    coded = quote(password, safe="")
    return {
        "psycopg2": {"url": whole},
        "pymysql": {
            "url": whole.replace("postgresql+psycopg2", "mysql+pymysql")
        },
        "query": {
            "url": f"postgresql+psycopg2://127.0.0.1:1/x?password={coded}"
        },
        "unescaped": {"url": f"postgresql://me:{password}@127.0.0.1:1/x"},
        "no url": {"url": f"postgresql//me:{coded}@h/x"},
        "no such database": {"url": f"nosuch://me:{coded}@h/x"},
        "no such port": {"url": f"postgresql://me:{coded}@h:{coded}/x"},
        "odbc": {
            "url": "mssql+pyodbc://?odbc_connect="
            + quote(f"DRIVER=x;UID=me;PWD={{{password}}};SERVER=h", safe="")
        },
        "keyword": {
            "url": "sqlite://",
            "engine_dict": {"connect_args": {"password": password}},
        },
        "unknown keyword": {"url": whole, "engine_arg_password": password},
        "chatty psycopg2": {
            "url": whole,
            "engine_dict": {"module": chatty_driver("psycopg2")},
        },
        "chatty pymysql": {
            "url": whole.replace("postgresql+psycopg2", "mysql+pymysql"),
            "engine_dict": {"module": chatty_driver("pymysql")},
        },
    }[way]


WAYS = [
    "psycopg2",
    "pymysql",
    "query",
    "unescaped",
    "no url",
    "no such database",
    "no such port",
    "odbc",
    "keyword",
    "unknown keyword",
    "chatty psycopg2",
    "chatty pymysql",
]


@pytest.fixture(autouse=True)
def repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A repository 'shop' of one version in the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "1")
    api.create("shop", "shop")
    Path("shop/versions/001_add.py").write_text(
        "def upgrade(e):\n    pass\ndef downgrade(e):\n    pass\n"
    )
    yield Path("shop")
    logging.captureWarnings(False)


@pytest.mark.parametrize("debug", ["False", "True"])
@pytest.mark.parametrize("way", WAYS)
def test_commands_print_no_password(
    command: Command, way: str, debug: str
) -> None:
    assert set(WORDS) == set(api.__all__)
    for password in PASSWORDS:
        for word in WORDS:
            done = command(
                word,
                *WORDS[word],
                "--unknown=x",
                repository="shop",
                debug=debug,
                **given(way, password),
            )

            assert done.code in (0, 1, 2), done.err
            assert is_clean(done.out + done.err, password)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("word", [w for w in WORDS if w not in WRITERS])
def test_functions_raise_and_log_no_password(
    way: str, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for password in PASSWORDS:
        keywords = given(way, password)
        if word not in ("script", "script_sql", "help", "source", "version"):
            keywords["repository"] = "shop"
        call(getattr(api, word), word, password, keywords)

        assert is_clean(caplog.text, password)


def call(
    function: Callable[..., object],
    word: str,
    password: str,
    keywords: dict[str, object],
) -> None:
    """Call a command as a function; look at what it raises from all sides."""
    invocation = parse(
        [word, *WORDS[word]], {"repository": "shop", **keywords}, "migrate"
    )
    assert is_clean(repr(invocation), password)
    caught: BaseException | None = None
    try:
        function(**invocation.keywords)
    except Exception as error:
        caught = error
    if caught is None:
        return
    shown = [
        str(caught),
        repr(caught),
        repr(vars(caught)),
        *traceback.format_exception(caught),
        repr(StepFailed(None, caught, True)),  # type: ignore[arg-type]  # the error alone matters
    ]
    assert is_clean("\n".join(shown), password)


@pytest.mark.parametrize("word", [*WORDS, "nosuch"])
def test_wrong_words_print_no_password(command: Command, word: str) -> None:
    for password in PASSWORDS:
        url = str(given("psycopg2", password)["url"])
        raw = str(given("unescaped", password)["url"])
        for words in (
            [word, *["x"] * 9, url],
            [word, *["x"] * 9, raw],
            [word, f"--url={url}", "--preview-sq"],
            [word, "-x", url],
            [url, word],
            [word, f"--disable_logging={url}"],
            [word, f"--debug={url}"],
        ):
            done = command(*words)

            assert is_clean(done.out + done.err, password)


SCRIPTS = {
    # Whatever a script does with the password that it knows.
    "raises": "    raise RuntimeError(repr(str(e.url)), {PW})\n",
    "sql": "    e.execute('SELECT nosuch /* ' + {PW} + ' */')\n",
    "parameters": (
        "    from sqlalchemy import text\n"
        "    e.execute(text('SELECT nosuch = :p'), {{'p': {PW}}})\n"
    ),
    "logs": (
        "    import logging\n"
        "    log = logging.getLogger('migrate.shop')\n"
        "    log.debug('at %s', {PW})\n"
        "    log.warning('at %s', {PW})\n"
    ),
    "ddl": "    e.execute('CREATE TABLE a (x INTEGER) /* ' + {PW} + '*/')\n",
    "fails late": (
        "    e.execute(\"CREATE TABLE a (x INTEGER) /* \" + {PW} + ' */')\n"
        "    e.execute(\"CREATE TABLE a (x INTEGER) /* \" + {PW} + ' */')\n"
    ),
}


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("debug", ["False", "True"])
@pytest.mark.parametrize("kind", SCRIPTS)
def test_database_holds_no_password(
    command: Command,
    database_url: URL,
    kind: str,
    debug: str,
    transactional: bool,
) -> None:
    password = "Zx7-w0rd"
    url = unasked(database_url, password)
    config = Path("shop/migrate.cfg")
    config.write_text(config.read_text() + "\nhistory_table=history\n")
    Path("shop/versions/001_add.py").write_text(
        f"transactional = {transactional}\nPW = {password!r}\n"
        f"def upgrade(e):\n{SCRIPTS[kind].format(PW='PW')}"
    )
    command.defaults = {
        "url": url.render_as_string(hide_password=False),
        "repository": "shop",
        "debug": debug,
    }

    shown = ""
    for words in (
        ["version_control"],
        ["upgrade"],
        ["upgrade"],
        ["verify"],
        ["test"],
    ):
        done = command(*words)
        shown += done.out + done.err

    assert is_clean(shown, password)
    assert is_clean(stored(database_url), password)


def unasked(url: URL, password: str) -> URL:
    """Return a URL with a password that nobody asks for."""
    if url.get_backend_name() == "sqlite":
        query = {"uri": "true", "password": password}
        return url.set(database=f"file:{url.database}", query=query)
    if url.get_backend_name() == "mysql":
        # Of a key that is not used.
        return url.update_query_dict({"ssl_key_password": password})
    return url.set(password=password)  # it trusts local users


def stored(url: URL) -> str:
    """Return all rows of all tables as text."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = [
            (table, *row)
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    engine.dispose()
    assert any(row[0] == "migrate_version" for row in found)
    return repr(found)


def test_objects_show_no_password(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = unasked(make_url(sqlite_url), "Zx7")
    engine = create_engine(url, poolclass=NullPool)
    schema = ControlledSchema.create(engine, "shop")
    seen: list[object] = []

    schema.upgrade(listener=seen.append)

    shown = repr([schema, schema.limits, seen, schema.repository])
    assert is_clean(shown + caplog.text, "Zx7")
    assert len(seen) == 2
    engine.dispose()
