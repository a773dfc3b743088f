"""How an input of the corpus reaches a command."""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.nonsense.corpus import Case
from tests.nonsense.corpus import decoded
from tests.nonsense.corpus import lines
from tests.nonsense.corpus import texts
from tests.nonsense.stage import SCRIPT
from tests.nonsense.stage import URL

#: The words of a command, and the defaults of its manage.py.
Call = tuple[list[str], Mapping[str, object]]

MANAGE = {"url": URL, "repository": "shop"}
#: What is called on a stage where something is wrong; the first is judged
#: by its message too.
EVERYTHING: list[Call] = [
    (words.split(), MANAGE)
    for words in (
        "upgrade",
        "version",
        "db_version",
        "upgrade --preview_sql",
        "upgrade --preview_py",
        "downgrade 1",
        "test",
        "verify",
        "source 1",
        "repair",
        "resolve 1",
    )
]
#: Where several scripts are wrong at once, one command is enough.
UPGRADE = EVERYTHING[:1]


def command_line(text: str) -> list[Call]:
    words = shlex.split(text.replace("\\", "\\\\"))
    return [([decoded(word) for word in words], {})]


def defaults(text: str) -> list[Call]:
    word, _, source = text.partition(" ")
    names = {"URL": URL, "Path": Path}
    return [([word], eval(source, names))]


def url(text: str) -> list[Call]:
    os.environ["GOOD_URL"] = URL
    return [
        ([word], {"url": decoded(text), "repository": "shop"})
        for word in ("db_version", "upgrade", "verify", "test")
    ]


def settings(text: str) -> list[Call]:
    Path("shop/migrate.cfg").write_bytes(os.fsencode(decoded(text)))
    return EVERYTHING


def file_name(text: str) -> list[Call]:
    name = decoded(text)
    content = "SELECT 1;\n" if name.endswith(".sql") else SCRIPT
    Path("shop/versions", name).write_text(content.replace("account", "more"))
    return EVERYTHING[:-1]


def sql(text: str) -> list[Call]:
    path = Path("shop/versions/002_more_sqlite_upgrade.sql")
    path.write_bytes(os.fsencode(decoded(text)))
    return [EVERYTHING[0], EVERYTHING[3], EVERYTHING[6]]


def script(text: str) -> list[Call]:
    path = Path("shop/versions/002_more.py")
    path.write_bytes(os.fsencode(decoded(text)))
    return [EVERYTHING[0], *EVERYTHING[3:5], *EVERYTHING[6:8]]


def control(text: str) -> list[Call]:
    with closing(sqlite3.connect("app.db")) as connection:
        connection.executescript(text)
    return EVERYTHING[:-1]


Reader = Callable[[str], list[Case]]
Feeder = Callable[[str], list[Call]]
NOUNS: dict[str, tuple[Reader, Feeder]] = {
    "commands": (lines, command_line),
    "defaults": (lines, defaults),
    "urls": (lines, url),
    "config": (texts, settings),
    "names": (lines, file_name),
    "sql": (texts, sql),
    "scripts": (texts, script),
    "control": (texts, control),
}


def cases() -> list[Case]:
    return [case for noun, (read, _) in NOUNS.items() for case in read(noun)]


def feed(case: Case) -> list[Call]:
    """Put an input where it belongs, in the current folder."""
    return NOUNS[case.noun][1](case.text)
