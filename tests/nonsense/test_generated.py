"""Generated nonsense, judged by the same oracle as what is written by hand.

As many as in docs/reliability: ``--hypothesis-profile=search``.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import string
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import event
from hypothesis import given
from hypothesis import strategies as st

from migrate.versioning.commandline import ALIASES
from migrate.versioning.commandline import COMMANDS
from tests.nonsense import feeding
from tests.nonsense import oracle
from tests.nonsense import stage

#: What a command that succeeds may write, besides what its words name.
WRITES = {
    "create": [],
    "manage": [],
    "source": [],
    "script": ["shop", "other"],
    "script_sql": ["shop", "other"],
    "modernize": ["shop", "other"],
    "upgrade": ["app.db"],
    "downgrade": ["app.db"],
    "resolve": ["app.db"],
    "version_control": ["app.db", "new.db"],
    "drop_version_control": ["app.db"],
}
NAMED_BY_WORDS = {"create", "manage", "source"}


def any_of(words: str) -> st.SearchStrategy[str]:
    """Draw one of the words."""
    return st.sampled_from(words.split())


# No slash: what is written far away would be written for real.
free_text = st.text(
    st.characters(exclude_characters="/\\", exclude_categories=["Cs"]),
    max_size=12,
)
signs = st.text(
    "\0\n\r\t \x1b\u202e\u2028\x80'\"`;%{}$-#=[]()~*?<>|&!", max_size=4
)
numbers = any_of(
    "0 1 2 -1 +1 01 1.0 1e3 0x1 \u0661 \xb2 \uff11 1_0 2147483648 "
    "9223372036854775807 9223372036854775808 99999999999999999999 "
    "nan inf -inf None True NULL"
)


class Stage:
    """A stage that is built anew only after something has changed."""

    def __init__(self, built: Path, folder: Path) -> None:
        self._built = built
        self._folder = folder
        self.folder = folder / "stage"
        self.state: dict[str, object] = {}
        self.reset()

    def reset(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._built, self.folder)
        self.state = stage.snapshot(self._folder)

    @contextmanager
    def fed(self) -> Iterator[None]:
        """Go to the stage, and take away what was put on it."""
        with stage.inside(self.folder):
            yield
        self.reset()

    def judge(
        self, calls: list[feeding.Call], is_fed: bool = True
    ) -> list[str]:
        """Run commands; return what the oracle finds wrong."""
        found = []
        for words, defaults in calls:
            before = stage.snapshot(self._folder) if is_fed else self.state
            done = stage.run(words, defaults)
            after = stage.snapshot(self._folder)
            allowed = [f"stage/{path}" for path in writes(words)]
            wrong = oracle.judge(
                done,
                before,
                after,
                may_change=allowed,
                is_debug=asks_for_debug(words, defaults),
            )
            found += [f"{words}: {one}: {done.err[-500:]}" for one in wrong]
            event(f"exit code {done.code}")
        return found


def asks_for_debug(
    words: Collection[str], defaults: Mapping[str, object]
) -> bool:
    short = any(word[:1] == "-" and "d" in word for word in words)
    return short or bool(defaults.get("debug"))


def writes(words: Collection[str]) -> list[str]:
    given = list(words)
    command = ALIASES.get(given[0], given[0]) if given else ""
    if command not in NAMED_BY_WORDS:
        return WRITES.get(command, [])
    names = (word.rpartition("=")[2] for word in given[1:])
    paths = [os.path.normpath(name) for name in names if name]
    return [path for path in paths if path not in (".", "shop", "other")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    built = tmp_path_factory.mktemp("built")
    stage.build(built)
    return Stage(built, tmp_path_factory.mktemp("nonsense"))


words = st.one_of(
    st.sampled_from([*COMMANDS, *ALIASES]),
    any_of(
        "shop other shop/versions empty precious app.db new new.db "
        "nowhere sqlite:///app.db sqlite:///new.db sqlite:// env:NAME "
        "env: -- - a:b . .."
    ),
    numbers,
    signs,
    free_text,
    st.builds(
        "--{}{}{}".format,
        any_of(
            "url repository version debug disable_logging preview_sql "
            "preview_py preview all yes lock_timeout ddl_lock_timeout "
            "statement_timeout retries allow_missing templates_theme name "
            "version_table use_timestamp_numbering description database "
            "file dest cmd model help write x"
        ),
        st.sampled_from(["", "=", "=", "=", "=="]),
        st.one_of(
            numbers,
            signs,
            free_text,
            any_of("shop sqlite:///app.db true false yes x default .."),
        ),
    ),
    st.builds("-{}".format, st.text(string.ascii_letters, max_size=3)),
)


@given(
    st.one_of(st.sampled_from([*COMMANDS, *ALIASES]), words),
    st.lists(words, max_size=6),
)
def test_command_lines(place: Stage, first: str, rest: list[str]) -> None:
    with stage.inside(place.folder):
        found = place.judge([([first, *rest], {})], is_fed=False)
    if stage.snapshot(place._folder) != place.state:
        place.reset()

    assert found == []


@given(
    st.sampled_from(["upgrade", "version", "db_version", "test", "script"]),
    st.dictionaries(
        any_of(
            "url repository version debug disable_logging preview_sql all "
            "lock_timeout retries engine_dict engine_arg_x echo "
            "description templates_theme allow_missing"
        ),
        st.one_of(
            st.sampled_from(["shop", stage.URL, "x", "", "true", {}, []]),
            st.none(),
            st.booleans(),
            st.integers(-(2**70), 2**70),
            st.floats(),
            st.binary(max_size=3),
            free_text,
            st.tuples(st.integers()),
            st.builds(object),
        ),
    ),
)
def test_keywords_of_main(
    place: Stage, word: str, keywords: dict[str, object]
) -> None:
    with stage.inside(place.folder):
        found = place.judge(
            [([word], {**feeding.MANAGE, **keywords})], is_fed=False
        )
    if stage.snapshot(place._folder) != place.state:
        place.reset()

    assert found == []


lines_of_settings = st.one_of(
    st.sampled_from(
        [
            "[db_settings]",
            "[db_settings",
            "[]",
            "repository_id=shop",
            "version_table=migrate_version",
            "[DEFAULT]",
            "%(x)s",
            " ",
            "# x",
            "; x",
            "=",
            ":",
        ]
    ),
    st.builds(
        "{}{}{}".format,
        any_of(
            "repository_id version_table history_table lock_timeout "
            "use_timestamp_numbering required_dbs x"
        ),
        st.sampled_from(["=", ":", " = ", ""]),
        st.one_of(
            numbers,
            signs,
            free_text,
            st.sampled_from(["shop", "%(x)s", "%(repository_id)s", "a;b'\""]),
        ),
    ),
    free_text,
)


@given(
    st.booleans(),
    st.lists(lines_of_settings, max_size=7),
    st.sampled_from(["upgrade", "version", "db_version", "verify", "test"]),
)
def test_texts_of_migrate_cfg(
    place: Stage, is_sound: bool, lines: list[str], word: str
) -> None:
    start = ["[db_settings]", "repository_id=shop"] if is_sound else []
    if is_sound:
        start.append("version_table=migrate_version")
    text = "\n".join([*start, *lines])
    with place.fed():
        Path("shop/migrate.cfg").write_text(text, newline="")
        found = place.judge([([word], feeding.MANAGE)])

    assert found == []


names = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(
        ["001", "002", "003", "2", "", "0002", "\u0660\u0660\u0662", "9" * 25]
    ),
    st.one_of(st.sampled_from(["_add", "_", "-", " "]), free_text),
    st.sampled_from(
        [
            "",
            "_sqlite_upgrade",
            "_upgrade",
            "_sqlite",
            "_mysql_downgrade",
            "_sqlite_downgrade",
            "_default_upgrade",
            "__",
            "_sqlite_up",
        ]
    ),
    st.sampled_from([".py", ".sql", ".pyc", ".PY", "", ".py ", ".sql~"]),
).filter(
    lambda name: (
        "\0" not in name
        and name not in ("", ".", "..")
        and len(os.fsencode(name)) < 200
    )
)


@given(
    st.lists(names, min_size=1, max_size=3),
    st.sampled_from(["upgrade", "version", "test", "verify", "source 1"]),
)
def test_names_of_files(place: Stage, names: list[str], word: str) -> None:
    with place.fed():
        for name in names:
            feeding.file_name(name.replace("\\", "\\\\"))
        found = place.judge([(word.split(), feeding.MANAGE)])

    assert found == []


tokens_of_sql = st.one_of(
    any_of(
        "CREATE TABLE TRIGGER VIEW INDEX a account ( ) , ; ' \" ` [ ] "
        "BEGIN END COMMIT ROLLBACK SAVEPOINT RELEASE SELECT INSERT "
        "INTO VALUES UPDATE SET DELETE FROM DROP ALTER RENAME TO "
        "COLUMN id x INTEGER PRIMARY KEY NOT NULL DEFAULT CHECK AS ON "
        "-- /* */ # $$ $a$ \\ : ? % 1 'a' 'it''s' CASE WHEN THEN ELSE "
        "IF EXISTS GO DELIMITER // migrate_version version PRAGMA "
        "VACUUM EXPLAIN WITH"
    ),
    st.sampled_from(["\n", "\n\n", "\t", "\0", "\r\n", "\ufeff", "\u00a0"]),
    free_text,
)


@given(
    st.lists(tokens_of_sql, max_size=14),
    st.sampled_from([" ", "", "\n"]),
    st.sampled_from(["upgrade", "upgrade --preview_sql", "test"]),
)
def test_texts_of_sql_scripts(
    place: Stage, tokens: list[str], between: str, word: str
) -> None:
    with place.fed():
        path = Path("shop/versions/002_more_sqlite_upgrade.sql")
        path.write_text(between.join(tokens), newline="")
        found = place.judge([(word.split(), feeding.MANAGE)])

    assert found == []


lines_of_python = st.one_of(
    st.sampled_from(
        [
            "def upgrade(e):",
            "def upgrade(e): pass",
            "def upgrade(): pass",
            "def downgrade(e): pass",
            "upgrade = 1",
            "    pass",
            "    e.execute('SELECT 1')",
            "    e.execute('CREATE TABLE a (x INTEGER)')",
            "    e.execute('DROP TABLE account')",
            "    e.execute('DROP TABLE migrate_version')",
            "    e.execute('COMMIT')",
            "    e.execute('nonsense')",
            "    e.nosuch()",
            "    1 / 0",
            "    raise SystemExit",
            "    return e",
            "    yield",
            "transactional = False",
            "transactional = None",
            "from sqlalchemy import *",
            "from migrate import *",
            "import nosuch",
            "print 'x'",
            "\tpass",
            "'''",
            "# -*- coding: latin-1 -*-",
        ]
    ),
    st.builds("    e.execute({!r})".format, free_text),
    st.builds("x = {!r}".format, free_text),
    free_text.filter(lambda text: "open" not in text),
)


@given(
    st.lists(lines_of_python, max_size=8),
    st.sampled_from(["upgrade", "upgrade --preview_sql", "test"]),
)
def test_texts_of_python_scripts(
    place: Stage, lines: list[str], word: str
) -> None:
    with place.fed():
        path = Path("shop/versions/002_more.py")
        path.write_text("\n".join(lines), newline="")
        found = place.judge([(word.split(), feeding.MANAGE)])

    assert found == []


cells = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=4),
    free_text,
    st.sampled_from(
        [
            "shop",
            "shop (step under way)",
            "(elsewhere) shop (step elsewhere)",
            "1",
            "{}",
            "[]",
        ]
    ),
    st.just('{"operation": "upgrade", "start": 1, "end": 2}'),
)


@given(
    st.lists(st.tuples(cells, cells, cells), max_size=4),
    st.sampled_from(["upgrade", "db_version", "verify", "test", "resolve 1"]),
)
def test_rows_of_control_tables(
    place: Stage, rows: list[tuple[object, object, object]], word: str
) -> None:
    with place.fed():
        with closing(sqlite3.connect("app.db")) as connection, connection:
            connection.execute("DROP TABLE migrate_version")
            connection.execute(
                "CREATE TABLE migrate_version"
                " (repository_id, repository_path, version)"
            )
            connection.executemany(
                "INSERT INTO migrate_version VALUES (?, ?, ?)", rows
            )
        found = place.judge([(word.split(), feeding.MANAGE)])

    assert found == []


@given(st.data(), st.sampled_from(["delete", "double", "swap", "insert"]))
def test_inputs_by_hand_changed_a_little(
    place: Stage, data: st.DataObject, change: str
) -> None:
    nouns = ("config", "control", "sql", "scripts")
    cases = [case for case in feeding.cases() if case.noun in nouns]
    case = data.draw(st.sampled_from(cases))
    at = data.draw(st.integers(0, len(case.text)))
    more = data.draw(free_text) if change == "insert" else ""
    text = {
        "delete": case.text[:at] + case.text[at + 1 :],
        "double": case.text[:at] + case.text[at:] + case.text[at:],
        "swap": case.text[at:] + case.text[:at],
        "insert": case.text[:at] + more + case.text[at:],
    }[change]
    with place.fed():
        try:
            calls = feeding.NOUNS[case.noun][1](text)
        except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError):
            return  # the database refuses it before we see it
        except ValueError:
            return
        found = place.judge(calls[:1])

    assert found == []
