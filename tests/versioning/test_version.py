from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.exceptions import InvalidNameError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import OldRepositoryError
from migrate.exceptions import PathFoundError
from migrate.exceptions import ScriptError
from migrate.exceptions import VersionNotFoundError
from migrate.exceptions import VersionNumberError
from migrate.versioning.vernum import VerNum
from migrate.versioning.version import Collection
from migrate.versioning.version import Version


def collection(folder: Path, *names: str) -> Collection:
    for name in names:
        (folder / name).touch()
    return Collection(folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_collection_reads_numbers_with_gaps(tmp_path: Path) -> None:
    found = collection(
        tmp_path,
        "001_a.py",
        "0015x.py",
        "1000.py",
        "002_b_sqlite_upgrade.sql",
        "002_b_sqlite_downgrade.sql",
    )

    assert sorted(map(int, found.versions)) == [1, 2, 15, 1000]
    assert found.latest == 1000
    assert found.version().version == 1000
    assert isinstance(found.latest, VerNum)


@pytest.mark.parametrize(
    "name",
    [
        "002_copy",
        "002_copypy",
        "002_a.py~",
        "002_a.py.orig",
        "002_a.pyc",
        "002_a.PY",
        ".002_a.py.swp",
        ".#002_a.py",
        "#002_a.py#",
        "02_a.py",
        "__init__.py",
        "helpers.py",
        "\uff10\uff10\uff12_wide.py",
        "002_a.sqlite",
        "__pycache__",
    ],
)
def test_collection_ignores(tmp_path: Path, name: str) -> None:
    found = collection(tmp_path, "001_a.py", name)

    assert list(found.versions) == [VerNum(1)]


def test_latest_of_no_versions_is_zero(tmp_path: Path) -> None:
    assert repr(collection(tmp_path).latest) == "<VerNum(0)>"


def test_missing_version_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(VersionNotFoundError) as caught:
        collection(tmp_path).version(3)

    assert str(caught.value) == (
        '"Database schema file with version 3 doesn\'t exist."'
    )


def test_two_python_scripts_of_one_number(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    with pytest.raises(
        ScriptError, match=r"versions/001_a\.py and .*/versions/001_b\.py"
    ):
        collection(tmp_path / "versions", "001_a.py", "001_b.py")


def test_two_sql_scripts_for_one_purpose(tmp_path: Path) -> None:
    with pytest.raises(
        ScriptError,
        match=r"001_a_sqlite_upgrade\.sql and 001_b_sqlite_upgrade\.sql",
    ):
        collection(
            tmp_path, "001_a_sqlite_upgrade.sql", "001_b_sqlite_upgrade.sql"
        )


def test_folder_is_no_script(tmp_path: Path) -> None:
    (tmp_path / "001_x.py").mkdir()

    assert not Collection(tmp_path).versions


@pytest.mark.parametrize("name", ["002.sql", "002_sqlite.sql"])
def test_sql_name_without_its_parts(tmp_path: Path, name: str) -> None:
    message = re.escape(
        f"Invalid SQL script name {name.removesuffix('.sql')} "
        "(needs to be ###_description_database_operation.sql)"
    )
    with pytest.raises(ScriptError, match=message):
        collection(tmp_path, name)


@pytest.mark.parametrize("name", ["1", "100_x"])
def test_layout_of_a_folder_per_version(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()

    if name == "1":
        with pytest.raises(OldRepositoryError, match="in the old format"):
            Collection(tmp_path)
    else:
        assert not Collection(tmp_path).versions


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "versions_of_others.py").write_text("")
    (versions / "shared.txt").write_text("")
    (versions / "001_inside.py").symlink_to("shared.txt")
    (versions / "readme.py").symlink_to("../versions_of_others.py")
    (tmp_path / "by_link").symlink_to(versions)
    inside = Collection(tmp_path / "by_link").latest

    (versions / "002_out.py").symlink_to("../versions_of_others.py")

    assert inside == 1
    with pytest.raises(ScriptError, match=r"002_out\.py is a symbolic link"):
        Collection(versions)


def test_number_that_no_database_stores(tmp_path: Path) -> None:
    highest = 2**63 - 1
    assert collection(tmp_path, f"000{highest}_x.py").latest == highest

    for name in (str(highest + 1), "9" * 200):
        path = tmp_path / f"{name}.py"
        path.touch()
        with pytest.raises(ScriptError, match=f"^{name}.py: no database"):
            Collection(tmp_path)
        path.unlink()


def test_collection_opens_no_script(tmp_path: Path) -> None:
    (tmp_path / "001_bad.py").write_text("syntax error here")

    assert Collection(tmp_path).version(1).python is not None


def test_script_is_of_the_database_else_default_else_python(
    tmp_path: Path,
) -> None:
    found = collection(
        tmp_path,
        "001_a.py",
        "001_a_sqlite_upgrade.sql",
        "001_a_default_downgrade.sql",
    ).version(1)

    def chosen(database: str, operation: str) -> str:
        return Path(str(found.script(database, operation))).name

    assert chosen("sqlite", "upgrade") == "001_a_sqlite_upgrade.sql"
    assert chosen("sqlite", "downgrade") == "001_a_default_downgrade.sql"
    assert chosen("mysql", "upgrade") == "001_a.py"
    assert found.script() is found.python
    assert found.sql["sqlite"]["upgrade"] is found.script("sqlite", "upgrade")


def test_mariadb_takes_scripts_for_mysql(tmp_path: Path) -> None:
    found = collection(
        tmp_path, "001_a_mysql_upgrade.sql", "001_a_default_upgrade.sql"
    ).version(1)

    assert str(found.script("mariadb", "upgrade")).endswith(
        "001_a_mysql_upgrade.sql"
    )


@pytest.mark.parametrize("dialect", ["firebird.firebird", "firebird.fdb"])
def test_firebird_takes_scripts_whatever_its_driver(
    tmp_path: Path, dialect: str
) -> None:
    found = collection(tmp_path, "001_a_firebird_upgrade.sql").version(1)

    chosen = found.script(dialect, "upgrade")

    assert str(chosen).endswith("001_a_firebird_upgrade.sql")
    with pytest.raises(
        MissingScriptError, match=f"for '{dialect}' .* script_sql firebird a "
    ):
        found.script(dialect, "downgrade")


def test_missing_script_says_what_there_is_and_what_to_do(
    tmp_path: Path,
) -> None:
    found = collection(
        tmp_path,
        "003_add_age_mysql_downgrade.sql",
        "003_add_age_mysql_upgrade.sql",
    )

    with pytest.raises(MissingScriptError) as caught:
        found.version(3).script("sqlite", "upgrade")

    assert str(caught.value) == (
        "version 3 has no upgrade script for 'sqlite' (there are: "
        "003_add_age_mysql_downgrade.sql, 003_add_age_mysql_upgrade.sql); "
        "make one with: script_sql sqlite add_age --version=3"
    )


def test_missing_python_script(tmp_path: Path) -> None:
    found = collection(tmp_path, "003_a_mysql_upgrade.sql")

    with pytest.raises(
        MissingScriptError, match=r"has no Python script \(there are: 003_a"
    ):
        found.version(3).script()


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("add account", "001_add_account.py"),
        ("_private", "001_private.py"),
        ("", "001.py"),
        ("_", "001.py"),
        ("ünï 50%", "001_ünï_50%.py"),
    ],
)
def test_new_python_script(
    tmp_path: Path, description: str, name: str
) -> None:
    found = collection(tmp_path)

    found.create_new_python_version(description)

    assert names(tmp_path) == [name]
    assert found.latest == 1
    assert "def upgrade(migrate_engine)" in found.version(1).python.source()  # type: ignore[union-attr]  # just made


@pytest.mark.parametrize(
    "description", ["a/b", "..\\x", "a\nb", "a\0b", "\x1b"]
)
def test_description_stays_inside_the_folder(
    tmp_path: Path, description: str
) -> None:
    found = collection(tmp_path)

    with pytest.raises(InvalidNameError, match="becomes part of a file name"):
        found.create_new_python_version(description)
    with pytest.raises(InvalidNameError, match="becomes part of a file name"):
        found.create_new_sql_version("sqlite", description)

    assert names(tmp_path) == []


def test_too_long_description(tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError, match="too long"):
        collection(tmp_path).create_new_python_version("x" * 300)


@pytest.mark.parametrize("database", ["../x", "a/b", "", "my_db", "a\nb", "1"])
def test_database_is_a_name(tmp_path: Path, database: str) -> None:
    with pytest.raises(InvalidNameError, match="no name of a database"):
        collection(tmp_path).create_new_sql_version(database, "x")

    assert names(tmp_path) == []


@pytest.mark.parametrize("database", ["sqlite", "ibm_db_sa", "default"])
def test_new_sql_scripts_are_read_back(tmp_path: Path, database: str) -> None:
    found = collection(tmp_path, "001_a.py")

    found.create_new_sql_version(database, "add two columns")

    assert names(tmp_path)[1:] == [
        f"002_add_two_columns_{database}_downgrade.sql",
        f"002_add_two_columns_{database}_upgrade.sql",
    ]
    for reread in (found, Collection(tmp_path)):
        assert {*reread.version(2).sql[database]} == {"upgrade", "downgrade"}


def test_existing_version_gets_scripts_for_another_database(
    tmp_path: Path,
) -> None:
    found = collection(tmp_path, "003_a_mysql_upgrade.sql", "004_b.py")

    found.create_new_sql_version("sqlite", "a", version=3)

    assert {*found.version(3).sql} == {"mysql", "sqlite"}
    assert found.latest == 4
    with pytest.raises(VersionNotFoundError):
        found.create_new_sql_version("sqlite", "a", version=9)
    with pytest.raises(VersionNumberError, match="'x' is not a whole number"):
        found.create_new_sql_version("sqlite", "a", version="x")
    with pytest.raises(PathFoundError):
        found.create_new_sql_version("sqlite", "a", version=3)


def test_existing_script_is_left_alone(tmp_path: Path) -> None:
    found = collection(tmp_path)
    script = tmp_path / "001_a_sqlite_downgrade.sql"
    script.write_text("SELECT 1")

    with pytest.raises(PathFoundError):
        found.create_new_sql_version("sqlite", "a")

    assert names(tmp_path) == [script.name]
    assert script.read_text() == "SELECT 1"


def test_timestamps_within_a_second_differ(tmp_path: Path) -> None:
    found = collection(tmp_path)

    for _ in range(3):
        found.create_new_python_version("x", use_timestamp_numbering=True)

    numbers = sorted(map(int, found.versions))
    assert len(numbers) == 3
    assert all(len(str(number)) == 14 for number in numbers)


def test_version_has_the_names_of_its_files(tmp_path: Path) -> None:
    found = collection(
        tmp_path,
        "001_b.py",
        "001_a_mysql_upgrade.sql",
        "001_c_mysql_downgrade.sql",
    ).version(1)
    before = found.names

    found.script("sqlite", "upgrade")
    found.script("mysql", "upgrade")

    assert before == found.names
    assert before == [
        "001_a_mysql_upgrade.sql",
        "001_b.py",
        "001_c_mysql_downgrade.sql",
    ]


def test_version_can_be_made_of_file_names(tmp_path: Path) -> None:
    found = Version(1, tmp_path, ["001_a_sqlite_upgrade.sql", "notes.txt"])
    (tmp_path / "001_a.py").touch()
    (tmp_path / "001_a_sqlite_upgrade.sql").touch()

    found.add_script(tmp_path / "001_a.py")

    assert found.version == 1
    assert str(found.python) == str(tmp_path / "001_a.py")
    assert str(found.sql["sqlite"]["upgrade"]).endswith("upgrade.sql")


def test_sqlalchemy_is_not_imported() -> None:
    code = (
        "import sys, migrate.versioning.repository;"
        "sys.exit('sqlalchemy' in sys.modules or 'tempita' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)

    assert done.returncode == 0
