"""The command ``modernize``: what it shows, writes and refuses."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.python2names import BUILTINS
from migrate.versioning.repository import Repository
from tests.command import Command

OLD = "def upgrade(migrate_engine):\n    print unicode(1)\n"
NEW = "def upgrade(migrate_engine):\n    print(str(1))\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    Repository.create(str(tmp_path / "r"), "shop")
    path = tmp_path / "r" / "versions" / "001_a.py"
    path.write_text(OLD)
    return path


def test_shows_the_differences_and_writes_nothing(
    command: Command, script: Path, tmp_path: Path
) -> None:
    shown = command("modernize", tmp_path / "r")

    assert shown.code == 0
    assert shown.out == (
        "--- a/versions/001_a.py\n+++ b/versions/001_a.py\n@@ -1,2 +1,2 @@\n"
        " def upgrade(migrate_engine):\n"
        "-    print unicode(1)\n+    print(str(1))\n"
    )
    assert script.read_text() == OLD


def test_writes_when_told_so(
    command: Command, script: Path, tmp_path: Path
) -> None:
    written = command("modernize", tmp_path / "r", "--write")
    again = command("modernize", tmp_path / "r", "--write")

    assert (written.code, written.out) == (0, "versions/001_a.py\n")
    assert script.read_text() == NEW
    assert (again.code, again.out, again.err) == (0, "", "")


def test_what_stays_is_listed_on_standard_error(
    command: Command, script: Path, tmp_path: Path
) -> None:
    script.write_text("import sqlalchemy\ndef upgrade(e):\n    x.create()\n")

    shown = command("modernize", tmp_path / "r")

    assert (shown.code, shown.out) == (0, "")
    assert shown.err.startswith(f"{script}, line 3: needs the 1.x layer if x")


def test_what_stays_is_listed_on_one_line(
    command: Command, script: Path, tmp_path: Path
) -> None:
    script.write_text("import migrate\ndef f(e):\n    (x.\n     y).create()\n")

    shown = command("modernize", tmp_path / "r")

    assert len(shown.err.splitlines()) == 1


def test_module_outside_that_is_given_tables_is_named(
    command: Command, script: Path, tmp_path: Path
) -> None:
    (script.parent / "mine.py").write_text("def use(engine): pass\n")
    script.write_text(
        "import json, os\nfrom app.db import helper, Thing\n"
        "from versions.mine import use\nfrom other import harmless\n"
        "def upgrade(migrate_engine):\n"
        "    helper(migrate_engine)\n    use(migrate_engine)\n"
        "    harmless(1)\n    json.dumps(migrate_engine)\n"
    )

    shown = command("modernize", tmp_path / "r")

    assert shown.code == 0
    assert shown.err == (
        "module app.db is outside of this folder, and is given tables or "
        "engines: it may need the 1.x layer\n"
    )


def test_unreadable_file_is_named_and_the_others_written(
    command: Command, script: Path, tmp_path: Path
) -> None:
    bad = script.with_name("002_b.py")
    bad.write_text("x = (\n")

    written = command("modernize", tmp_path / "r", "--write")

    assert written.code == 1
    assert f"{bad}: not rewritten: line 1: " in written.err
    assert written.error.endswith(
        "error: 1 files were rewritten, but not versions/002_b.py"
    )
    assert script.read_text() == NEW
    assert bad.read_text() == "x = (\n"


def test_unreadable_file_is_named_and_the_differences_shown(
    command: Command, script: Path, tmp_path: Path
) -> None:
    script.with_name("002_b.py").write_text("x = (\n")

    shown = command("modernize", tmp_path / "r")

    assert shown.code == 1
    assert shown.out.endswith("-    print unicode(1)\n+    print(str(1))\n")
    assert shown.error.endswith(
        "error: 1 files can be rewritten, but not versions/002_b.py"
    )
    assert script.read_text() == OLD


@pytest.mark.parametrize("place", ["before", "after"])
def test_killed_while_it_writes_leaves_nothing_for_the_next(
    command: Command, script: Path, tmp_path: Path, place: str
) -> None:
    calls = ["os.kill(os.getpid(), 9)", "replace(*words)"]
    if place == "after":
        calls.reverse()
    program = (
        "import os, sys; replace = os.replace\n"
        f"def die(*words): {'; '.join(calls)}\n"
        "os.replace = die\n"
        "from migrate.versioning.shell import main\n"
        "main(['modernize', 'r', '--write'])\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=False
    )
    left = script.read_text()
    version = command("version", tmp_path / "r")
    again = command("modernize", tmp_path / "r", "--write")

    assert killed.returncode == -9
    assert left == (OLD if place == "before" else NEW)
    assert version.out == "1\n"
    assert again.code == 0
    assert script.read_text() == NEW
    names = {one.name for one in script.parent.iterdir()}
    assert names == {"__init__.py", script.name}


def test_file_that_cannot_be_written_is_named_and_the_others_written(
    command: Command,
    script: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locked, last = script.with_name("002_b.py"), script.with_name("003_c.py")
    locked.write_text(OLD)
    last.write_text(OLD)
    replace = os.replace

    def refuse(source: str, target: Path) -> None:
        if target == locked:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)

    written = command("modernize", tmp_path / "r", "--write")

    assert written.code == 1
    assert f"{locked}: not rewritten: Permission denied\n" in written.err
    assert locked.read_text() == OLD
    assert last.read_text() == NEW


def test_manual_names_what_python_2_had() -> None:
    manual = Path(__file__).parents[2] / "docs" / "modernize.rst"

    text = manual.read_text()

    assert [name for name in BUILTINS if f"``{name}``" not in text] == []


def test_no_repository(command: Command, tmp_path: Path) -> None:
    assert command("modernize", tmp_path / "nowhere").code == 1


@pytest.mark.parametrize("package", ["libcst", "fissix"])
def test_missing_package_is_named(
    script: Path, tmp_path: Path, package: str
) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; "
        "from migrate.versioning.shell import main; main(['modernize', 'r'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.endswith(
        f"error: this needs {package}: pip install 'remigrate[modernize]'\n"
    )
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (["modernize", "r"], "sqlalchemy"),
        (["version", "r"], "libcst"),
        (["help", "modernize"], "libcst"),
    ],
)
def test_nothing_is_imported_in_vain(
    script: Path, tmp_path: Path, words: list[str], absent: str
) -> None:
    program = (
        "import sys; from migrate.versioning.shell import main; "
        f"main({words!r}); sys.exit({absent!r} in sys.modules)"
    )

    subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
