"""What is written to manage.py and migrate.cfg is read back, or refused."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from migrate.exceptions import InvalidNameError
from migrate.exceptions import InvalidRepositoryError
from migrate.versioning.repository import Repository
from migrate.versioning.template import Template

awkward = st.one_of(
    st.text(),
    st.text(
        "'\"\\\n\r\t{}%$#;:=[]()<> \0a\u2028\u00e9\U0001f600", max_size=12
    ),
    st.sampled_from(
        ['"""', "'''", "{{x}}", "{{py:x}}", "%(a)s", "%%", "\\N{DIGIT ONE}"]
    ),
)
keywords = st.dictionaries(
    st.sampled_from(["url", "repository", "x", "version", "engine_arg_x"]),
    awkward,
)


def arguments(source: str) -> dict[str, object]:
    """Return what a manage.py passes to ``main``, without running it."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "main"
    ]
    assert len(calls) == 1
    return {
        str(one.arg): ast.literal_eval(one.value) for one in calls[0].keywords
    }


@given(keywords)
def test_manage_holds_its_arguments_and_nothing_else(
    values: dict[str, str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "manage.py")

        Repository.create_manage_file(path, **values)

        found = path.read_text(encoding="utf-8")
    assert arguments(found) == values
    assert len(ast.parse(found).body) == 2


@given(awkward, awkward, awkward)
def test_settings_of_a_new_repository_are_read_back(
    name: str, table: str, required: str
) -> None:
    settings = {
        "repository_id": name,
        "version_table": table,
        "required_dbs": required,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "r")
        try:
            made = Repository.create(
                path, name, version_table=table, required_dbs=required
            )
        except (InvalidNameError, InvalidRepositoryError):
            assert list(Path(folder).iterdir()) == []
            return

    found = made.config.to_dict()["db_settings"]
    assert {key: found[key] for key in settings} == {
        key: value.strip() for key, value in settings.items()
    }


@given(st.text("./\\\0:ab~$ ", max_size=8) | st.text(max_size=5))
def test_themes_stay_in_their_folder(theme: str) -> None:
    template = Template("/templates")

    for get in (
        template.get_repository,
        template.get_script,
        template.get_sql_script,
        template.get_manage,
    ):
        try:
            path = Path(get(theme))
        except InvalidNameError:
            continue
        assert path.parent.parent == Path("/templates")
        assert ".." not in path.parts
