"""Files of a repository: found, compared, and replaced as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.modernize.files import Script
from migrate.modernize.files import read_scripts
from migrate.modernize.files import replace
from migrate.modernize.files import rewrite_all

OLD = "def upgrade(migrate_engine):\n    print migrate_engine.url\n"
NEW = "def upgrade(migrate_engine):\n    print(migrate_engine.url)\n"


def rewritten(folder: Path) -> dict[str, Script]:
    scripts = read_scripts(folder)
    rewrite_all(scripts)
    return {script.name: script for script in scripts}


def test_python_files_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in (
        "versions/002_b.py",
        "versions/001_a.py",
        "helper.py",
        ".venv/x.py",
        "__pycache__/x.py",
        "versions/003_c.sql",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert [script.name for script in read_scripts(tmp_path)] == [
        "helper.py",
        "versions/001_a.py",
        "versions/002_b.py",
    ]


def test_nothing_is_written_before_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "001_a.py").write_text(OLD)

    script = rewritten(tmp_path)["001_a.py"]

    assert (tmp_path / "001_a.py").read_text() == OLD
    assert script.diff() == (
        "--- a/001_a.py\n+++ b/001_a.py\n@@ -1,2 +1,2 @@\n"
        " def upgrade(migrate_engine):\n"
        "-    print migrate_engine.url\n"
        "+    print(migrate_engine.url)\n"
    )


def test_replaced_whole_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "001_a.py"
    path.write_text(OLD)
    path.chmod(0o640)

    replace(rewritten(tmp_path)["001_a.py"])

    assert path.read_text() == NEW
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["001_a.py"]


def test_failed_replacement_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "001_a.py"
    path.write_text(OLD)
    script = rewritten(tmp_path)["001_a.py"]

    def full(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)

    replace(script)

    assert script.refused == "disk full"
    assert path.read_text() == OLD
    assert os.listdir(tmp_path) == ["001_a.py"]


def test_symbolic_link_stays_one(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    (tmp_path / "real.py").write_text(OLD)
    (folder / "001_a.py").symlink_to(tmp_path / "real.py")

    replace(rewritten(folder)["001_a.py"])

    assert (folder / "001_a.py").is_symlink()
    assert (tmp_path / "real.py").read_text() == NEW


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encoding_and_line_ends_stay(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "001_a.py"
    text = f"# -*- coding: latin-1 -*-\n# caf\xe9\n{OLD}"
    path.write_bytes(text.replace("\n", newline).encode("latin-1"))

    replace(rewritten(tmp_path)["001_a.py"])

    new = f"# -*- coding: latin-1 -*-\n# caf\xe9\n{NEW}"
    assert path.read_bytes() == new.replace("\n", newline).encode("latin-1")


def test_byte_order_mark_stays(tmp_path: Path) -> None:
    path = tmp_path / "001_a.py"
    path.write_bytes(b"\xef\xbb\xbf" + OLD.encode())

    replace(rewritten(tmp_path)["001_a.py"])

    assert path.read_bytes() == b"\xef\xbb\xbf" + NEW.encode()


def test_folder_with_the_name_of_a_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "001_a.py").mkdir()

    assert read_scripts(tmp_path) == []


def test_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "001_a.py").symlink_to(tmp_path / "nowhere")

    script = rewritten(tmp_path)["001_a.py"]

    assert script.refused == "No such file or directory"


def test_what_libcst_cannot_read_is_refused_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "001_a.py").write_text("x = 1\n")
    (tmp_path / "002_b.py").write_text(OLD)
    # As where libcst is older than the Python that runs.
    monkeypatch.setattr("migrate.modernize.python2.rewrite", str)

    scripts = rewritten(tmp_path)

    assert scripts["002_b.py"].refused == "line 2: libcst cannot read this"
    assert not scripts["002_b.py"].is_changed
    assert not scripts["001_a.py"].refused


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x = (\n", "line 1"),
        (b"x = " + b"(" * 300 + b"1" + b")" * 300, "nested"),
        (b"x = '\xe9'\n", "encoding"),
        (b"\0", "null"),
    ],
)
def test_unreadable_is_refused_and_others_go_on(
    tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "001_a.py").write_bytes(content)
    (tmp_path / "002_b.py").write_text(OLD)

    scripts = rewritten(tmp_path)

    assert why in scripts["001_a.py"].refused
    assert not scripts["001_a.py"].is_changed
    assert scripts["002_b.py"].after == NEW


def test_helper_is_seen_where_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(
        "from sqlalchemy import Table\n"
        "def make(tables):\n"
        "    for table in tables:\n"
        "        table.create()\n"
    )
    (tmp_path / "001_a.py").write_text(
        "from sqlalchemy import MetaData, Table\n"
        "from helper import make\n"
        "def upgrade(migrate_engine):\n"
        "    meta = MetaData(migrate_engine)\n"
        "    make([Table('t', meta)])\n"
    )

    helper = rewritten(tmp_path)["helper.py"]

    assert "table.create(table.metadata.bind)" in helper.after
    assert not helper.left


WRAPPER = """\
import sqlalchemy.schema
def Table(name, metadata, *args, **kwargs):
    return sqlalchemy.schema.Table(
        name, metadata, *args, mysql_engine='InnoDB', **kwargs)
"""


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("schema.py", "from app.schema import Table"),
        ("schema/__init__.py", "from app.schema import Table"),
        ("schema.py", "from app import schema"),
        ("", WRAPPER),
    ],
)
def test_wrapper_of_table_is_one(
    tmp_path: Path, module: str, imported: str
) -> None:
    if module:
        (tmp_path / module).parent.mkdir(exist_ok=True)
        (tmp_path / module).write_text(WRAPPER)
    called = "schema.Table" if imported.endswith("schema") else "Table"
    (tmp_path / "001_a.py").write_text(
        "from sqlalchemy import MetaData\n"
        f"{imported}\n"
        "def upgrade(migrate_engine):\n"
        "    meta = MetaData()\n"
        "    meta.bind = migrate_engine\n"
        f"    t = {called}('t', meta, autoload=True)\n"
        "    t.drop()\n"
    )

    script = rewritten(tmp_path)["001_a.py"]

    assert f"{called}('t', meta, autoload_with=migrate_engine)" in script.after
    assert "t.drop(migrate_engine)" in script.after
    assert not script.left


def test_wrapper_that_keeps_its_keywords_is_none(tmp_path: Path) -> None:
    (tmp_path / "001_a.py").write_text(
        "from sqlalchemy import MetaData, schema\n"
        "def make(name, meta, autoload=False):\n"
        "    return schema.Table(name, meta)\n"
        "def upgrade(migrate_engine):\n"
        "    make('t', MetaData(), autoload=True)\n"
    )

    assert not rewritten(tmp_path)["001_a.py"].is_changed


def test_lines_that_stay_are_those_of_the_new_text(tmp_path: Path) -> None:
    (tmp_path / "001_a.py").write_text(
        "import sqlalchemy\n"
        "def upgrade(migrate_engine):\n"
        "    migrate_engine.execute('SELECT 1')\n"
        "    unknown.create()\n"
        "    print isinstance(x, str)\n"
    )

    script = rewritten(tmp_path)["001_a.py"]

    lines = script.after.splitlines()
    assert [lines[line - 1].strip() for line in script.left] == [
        "unknown.create()",
        "print(isinstance(x, str))",
    ]
