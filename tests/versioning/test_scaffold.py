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
from migrate.exceptions import PathError
from migrate.exceptions import PathFoundError
from migrate.exceptions import TemplateError
from migrate.exceptions import TemplateNotFoundError
from migrate.versioning.repository import Repository

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
