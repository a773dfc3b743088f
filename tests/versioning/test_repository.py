from __future__ import annotations

import ast
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.engine import make_url

from migrate.exceptions import InvalidNameError
from migrate.exceptions import InvalidRepositoryError
from migrate.exceptions import MissingScriptError
from migrate.exceptions import PathError
from migrate.exceptions import PathFoundError
from migrate.exceptions import TemplateError
from migrate.exceptions import TemplateNotFoundError
from migrate.exceptions import VersionNotFoundError
from migrate.versioning.repository import Changeset
from migrate.versioning.repository import Repository
from migrate.versioning.repository import Step
from migrate.versioning.version import VerNum

AWKWARD = [
    "Example project",
    "50% off",
    "100%",
    "%(here)s",
    "%%",
    'it\'s "quoted"',
    "back\\slash\\n",
    "ünï ☃ 日本",
    "{{ x }} {% y %} $z ${a}",
    "a = b : c # d ; e",
    "# not a comment",
    "two\nlines",
    "a\n\n[section]\nb = c",
    "",
]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.create(tmp_path / "repo", "shop")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def called_with(
    manage: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Run a manage.py and return what it calls ``main`` with."""
    calls: list[dict[str, Any]] = []
    shell = ModuleType("migrate.versioning.shell")
    shell.main = lambda **keywords: calls.append(keywords)  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "migrate.versioning.shell", shell)
    runpy.run_path(str(manage), run_name="__main__")
    return calls[0]


def test_create_makes_exactly_these_files(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "repo", "shop")

    assert files(tmp_path) == [
        "repo",
        "repo/README",
        "repo/__init__.py",
        "repo/manage.py",
        "repo/migrate.cfg",
        "repo/versions",
        "repo/versions/__init__.py",
    ]
    assert repository.id == "shop"
    assert repository.version_table == "migrate_version"
    assert repository.use_timestamp_numbering is False
    assert repository.latest == 0
    assert str(repository) == repository.path == str(tmp_path / "repo")


@pytest.mark.parametrize("path", ["a/b/repo", "repo/", "a/../repo", "./repo"])
def test_create_makes_folders_above(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    made = Repository.create(path, "shop")

    assert made.path == path
    assert Repository(path).id == "shop"


def test_create_where_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(
        PathError, match=r"file/repo' cannot be made: .*/file'"
    ):
        Repository.create(tmp_path / "file" / "repo", "shop")


@pytest.mark.parametrize("name", AWKWARD)
def test_name_reads_back_as_given(tmp_path: Path, name: str) -> None:
    Repository.create(tmp_path / "repo", name)

    assert Repository(tmp_path / "repo").id == name


@pytest.mark.parametrize(
    "name", ["a\n# b", "a\r# b", "a\n; b", "\udc80", "x" * 251]
)
def test_name_that_would_not_read_back_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(InvalidNameError):
        Repository.create(tmp_path / "repo", name)

    assert files(tmp_path) == []


def test_settings_are_options(tmp_path: Path) -> None:
    made = Repository.create(
        tmp_path / "repo",
        "shop",
        version_table="vers%ion",
        required_dbs="['sqlite']",
        use_timestamp_numbering="True",
    )

    assert made.version_table == "vers%ion"
    assert made.use_timestamp_numbering is True
    assert made.config.to_dict()["db_settings"]["required_dbs"] == "['sqlite']"


@pytest.mark.parametrize("name", AWKWARD)
def test_manage_file_calls_main_with_values_as_given(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage = tmp_path / "manage.py"

    Repository.create_manage_file(manage, repository=name, url=name + "@")

    assert called_with(manage, monkeypatch) == {
        "repository": name,
        "url": name + "@",
    }


def test_other_options_of_create_go_to_manage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Repository.create(tmp_path / "repo", "shop", debug="False", url="x://")

    assert called_with(tmp_path / "repo" / "manage.py", monkeypatch) == {
        "debug": "False",
        "url": "x://",
    }


def test_manage_file_holds_engines_and_urls_with_their_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_engine: Engine
) -> None:
    manage = tmp_path / "manage.py"
    url = make_url("postgresql://me:p%40ss@host/db")

    Repository.create_manage_file(
        manage, url=url, other=sqlite_engine, debug=True
    )

    assert called_with(manage, monkeypatch) == {
        "url": "postgresql://me:p%40ss@host/db",
        "other": str(sqlite_engine.url),
        "debug": "True",
    }


@pytest.mark.parametrize("option", ["a-b", "class", "1", "a=1, b"])
def test_manage_file_refuses_what_is_no_keyword(
    tmp_path: Path, option: str
) -> None:
    with pytest.raises(InvalidNameError, match="cannot be a keyword"):
        Repository.create_manage_file(tmp_path / "manage.py", **{option: "x"})

    assert files(tmp_path) == []


def test_pylons_theme_is_python_and_needs_the_name_of_the_project(
    tmp_path: Path,
) -> None:
    Repository.create(tmp_path / "r", "shop", templates_theme="pylons", x="'")

    manage = (tmp_path / "r" / "manage.py").read_text()
    ast.parse(manage)
    assert "from shop.model import migrations" in manage
    assert 'repository=migrations.__path__[0], x="\'")' in manage
    with pytest.raises(TemplateError, match="repository_name"):
        Repository.create_manage_file(tmp_path / "m", templates_theme="pylons")


def test_templates_of_users_pop_what_they_use(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    (templates / "repository" / "mine" / "versions").mkdir(parents=True)
    (templates / "repository" / "mine" / "extra").touch()
    (templates / "repository" / "mine" / "migrate.cfg").write_text(
        "[db_settings]\n"
        "repository_id={{ locals().pop('repository_id') }}\n"
        "version_table={{ locals().pop('version_table') }}\n"
    )
    (templates / "manage").mkdir()
    (templates / "manage" / "mine.py_tmpl").write_text(
        "{{py:\n"
        "mine = locals().pop('mine')\n"
        "locals().pop('repository_name', None)\n"
        "}}\n"
        "{{mine}}"
    )
    (templates / "script").mkdir()
    (templates / "script" / "mine.py_tmpl").write_text("{{ verbatim }}")
    theme = {"templates_path": templates, "templates_theme": "mine"}

    made = Repository.create(tmp_path / "r", "50%", mine="yes", **theme)
    made.create_script("x", **theme)

    assert Repository(tmp_path / "r").id == "50%"
    assert (tmp_path / "r" / "extra").exists()
    assert (tmp_path / "r" / "manage.py").read_text().strip() == "yes"
    assert made.version(1).script().source() == "{{ verbatim }}"


@pytest.mark.parametrize(
    "theme", ["..", "../..", "a/b", "/etc", "..\\x", ".", "C:x"]
)
def test_theme_stays_inside_the_templates(
    tmp_path: Path, repository: Repository, theme: str
) -> None:
    with pytest.raises(InvalidNameError, match="no name of a theme"):
        Repository.create(tmp_path / "r", "shop", templates_theme=theme)
    with pytest.raises(InvalidNameError, match="no name of a theme"):
        Repository.create_manage_file(tmp_path / "m", templates_theme=theme)
    with pytest.raises(InvalidNameError, match="no name of a theme"):
        repository.create_script("x", templates_theme=theme)
    with pytest.raises(InvalidNameError, match="no name of a theme"):
        repository.create_script_sql("mysql", "x", templates_theme=theme)

    assert sorted(os.listdir(tmp_path)) == ["repo"]


def test_unknown_theme(tmp_path: Path, repository: Repository) -> None:
    with pytest.raises(TemplateNotFoundError, match=r"no template .*nosuch"):
        Repository.create(tmp_path / "r", "shop", templates_theme="nosuch")
    with pytest.raises(FileNotFoundError):
        repository.create_script("x", templates_theme="nosuch")


def test_create_leaves_what_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    for name in ("repo", "link"):
        with pytest.raises(PathFoundError) as caught:
            Repository.create(tmp_path / name, "shop")
        assert str(caught.value) == str(tmp_path / name)

    assert files(tmp_path) == ["link", "repo"]


@pytest.mark.parametrize(
    ("failure", "seen"),
    [(OSError, PathError), (KeyboardInterrupt, KeyboardInterrupt)],
)
def test_interrupted_create_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[BaseException],
    seen: type[BaseException],
) -> None:
    def interrupted(*args: Any) -> None:
        raise failure

    monkeypatch.setattr(os, "rename", interrupted)

    with pytest.raises(seen):
        Repository.create(tmp_path / "repo", "shop")

    assert files(tmp_path) == []


def test_existing_manage_file_survives_a_failed_new_one(
    tmp_path: Path,
) -> None:
    manage = tmp_path / "manage.py"
    manage.write_text("mine")

    with pytest.raises(TemplateNotFoundError):
        Repository.create_manage_file(manage, templates_theme="nosuch")

    assert manage.read_text() == "mine"


@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        ("repo", "it is not there"),
        ("repo/migrate.cfg", "it has no migrate.cfg"),
        ("repo/versions", "it has no versions"),
    ],
)
def test_folder_that_is_no_repository(
    tmp_path: Path, repository: Repository, lacking: str, message: str
) -> None:
    os.rename(tmp_path / lacking, tmp_path / "away")

    with pytest.raises(InvalidRepositoryError, match=message):
        Repository(tmp_path / "repo")


def test_file_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "x").touch()

    with pytest.raises(InvalidRepositoryError, match="it is a file"):
        Repository(tmp_path / "x")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "No section: 'db_settings'"),
        (b"nonsense", "no section headers"),
        (b"[db_settings]\nversion_table=x\n", "No option 'repository_id'"),
        (b"[db_settings]\nrepository_id=x\n", "No option 'version_table'"),
        (
            b"[db_settings]\nrepository_id=x\nversion_table=y\n"
            b"use_timestamp_numbering=maybe\n",
            "String is not true/false: 'maybe'",
        ),
        (
            b"[db_settings]\nrepository_id=x\nrepository_id=y\n",
            "already exists",
        ),
        (b"[db_settings]\nrepository_id=\xe9\n", "can't decode byte 0xe9"),
    ],
)
def test_damaged_settings_are_named(
    repository: Repository, content: bytes, message: str
) -> None:
    path = Path(repository.path) / "migrate.cfg"
    path.write_bytes(content)

    with pytest.raises(InvalidRepositoryError) as caught:
        Repository(repository.path)

    assert str(caught.value).startswith(f"{str(path)!r}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_that_are_a_folder(repository: Repository) -> None:
    os.remove(Path(repository.path) / "migrate.cfg")
    (Path(repository.path) / "migrate.cfg").mkdir()

    with pytest.raises(InvalidRepositoryError, match="Is a directory"):
        Repository(repository.path)


def test_versions_that_are_a_file(repository: Repository) -> None:
    os.remove(Path(repository.path) / "versions" / "__init__.py")
    os.rmdir(Path(repository.path) / "versions")
    (Path(repository.path) / "versions").touch()

    with pytest.raises(InvalidRepositoryError, match="Not a directory"):
        Repository(repository.path)


def test_settings_of_the_old_library_with_a_lone_percent_sign(
    repository: Repository,
) -> None:
    (Path(repository.path) / "migrate.cfg").write_text(
        "[db_settings]\nrepository_id=50% off\nversion_table=a%%b\n"
        "required_dbs=[]\n",
        encoding="utf-8-sig",
    )

    reread = Repository(repository.path)

    assert reread.id == "50% off"
    assert reread.version_table == "a%b"
    assert reread.use_timestamp_numbering is False


def test_repositories_are_equal_by_folder(repository: Repository) -> None:
    same = Repository(repository.path + os.sep)

    assert repository == same
    assert hash(repository) == hash(same)
    assert repository != repository.path


def test_scripts_are_numbered_by_the_settings(tmp_path: Path) -> None:
    plain = Repository.create(tmp_path / "a", "a")
    timed = Repository.create(
        tmp_path / "b", "b", use_timestamp_numbering="True"
    )

    for repository in (plain, timed):
        repository.create_script("x")
        repository.create_script_sql("sqlite", "y")

    assert sorted(map(int, plain.versions.versions)) == [1, 2]
    assert min(map(int, timed.versions.versions)) > 20250101000000
    assert len(timed.versions.versions) == 2


# -- planning


def way(changeset: Changeset) -> list[tuple[int, int, str]]:
    return [
        (int(step.start), int(step.end), os.path.basename(str(step.script)))
        for step in changeset.steps()
    ]


def fill(repository: Repository, *names: str) -> Repository:
    for name in names:
        (Path(repository.path) / "versions" / name).touch()
    return Repository(repository.path)


def test_way_up_and_down(repository: Repository) -> None:
    filled = fill(repository, "001_a.py", "002_b.py", "003_c.py")

    assert way(filled.changeset("sqlite", 0)) == [
        (0, 1, "001_a.py"),
        (1, 2, "002_b.py"),
        (2, 3, "003_c.py"),
    ]
    assert way(filled.changeset("sqlite", "3", "1")) == [
        (3, 2, "003_c.py"),
        (2, 1, "002_b.py"),
    ]
    assert filled.changeset("sqlite", 2, 2) == {}


def test_direction_chooses_the_script(repository: Repository) -> None:
    filled = fill(
        repository,
        "001_a_sqlite_upgrade.sql",
        "001_a_sqlite_downgrade.sql",
    )

    assert way(filled.changeset("sqlite", 0)) == [
        (0, 1, "001_a_sqlite_upgrade.sql")
    ]
    assert way(filled.changeset("sqlite", 1, 0)) == [
        (1, 0, "001_a_sqlite_downgrade.sql")
    ]


@pytest.mark.parametrize(
    ("start", "end", "missing"),
    [(0, None, 3), (2, 4, 3), (4, 2, 3), (4, 9, 5), (0, 10**14, 3), (9, 0, 9)],
)
def test_numbers_in_a_row_have_no_gaps(
    repository: Repository, start: int, end: int | None, missing: int
) -> None:
    filled = fill(repository, "001_a.py", "002_b.py", "004_d.py")

    with pytest.raises(VersionNotFoundError) as caught:
        filled.changeset("sqlite", start, end)

    assert str(caught.value).startswith(
        f"\"Database schema file with version {missing} doesn't exist."
    )


def test_missing_script_of_a_database_is_found_when_planning(
    repository: Repository,
) -> None:
    filled = fill(repository, "001_a.py", "002_b_mysql_upgrade.sql")

    with pytest.raises(MissingScriptError, match="version 2 has no upgrade"):
        filled.changeset("sqlite", 0)


@pytest.mark.parametrize("end", [-1, "x", ""])
def test_versions_that_are_no_numbers(
    repository: Repository, end: object
) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 0"):
        repository.changeset("sqlite", 0, end)


TIMES = ["20260101000000_a.py", "20260102000000_b.py", "20260301000000_c.py"]
A, B, C = 20260101000000, 20260102000000, 20260301000000


@pytest.fixture
def timed(tmp_path: Path) -> Repository:
    made = Repository.create(
        tmp_path / "timed", "shop", use_timestamp_numbering="True"
    )
    return fill(made, *TIMES)


@pytest.mark.parametrize(
    ("start", "end", "numbers"),
    [
        (0, None, [(0, A), (A, B), (B, C)]),
        (A, C, [(A, B), (B, C)]),
        (C, A, [(C, B), (B, A)]),
        (C, 0, [(C, B), (B, A), (A, 0)]),
        (B, B, []),
        (0, 0, []),
    ],
)
def test_timestamps_have_gaps(
    timed: Repository,
    start: int,
    end: int | None,
    numbers: list[tuple[int, int]],
) -> None:
    plan = timed.changeset("sqlite", start, end)

    assert [step[:2] for step in way(plan)] == numbers
    changed = {max(pair) for pair in numbers}
    assert {int(step[2][:14]) for step in way(plan)} == changed
    assert [int(key) for key in plan.keys()] == [n[0] for n in numbers]  # noqa: SIM118  # iterating gives pairs


@pytest.mark.parametrize(
    ("start", "end"), [(0, B + 1), (A, B - 1), (C, B - 1), (C + 1, 0)]
)
def test_timestamps_that_do_not_exist(
    timed: Repository, start: int, end: int
) -> None:
    with pytest.raises(VersionNotFoundError):
        timed.changeset("sqlite", start, end)


# -- Changeset as a dict


def test_changeset_is_a_dict_in_running_order() -> None:
    plan = Changeset(10, "j", "i", "h", step=-1)

    assert (plan.start, plan.end, plan.step) == (10, 7, -1)
    assert plan.keys() == [10, 9, 8]
    assert plan.values() == ["j", "i", "h"]
    assert list(plan) == list(plan.items()) == [(10, "j"), (9, "i"), (8, "h")]
    assert plan[VerNum(9)] == "i"
    assert plan.steps()[-1] == Step(VerNum(8), VerNum(7), "h")  # type: ignore[arg-type]  # stands for a script
    assert Changeset(0) == {}


def test_changeset_runs_every_script() -> None:
    calls: list[Any] = []

    class Script:
        def run(self, *args: Any, **keywords: Any) -> None:
            calls.append((args, keywords))

    plan = Changeset(0, Script())
    plan.add(Script())
    plan.run("engine", step=1)

    assert calls == [(("engine",), {"step": 1})] * 2
