from __future__ import annotations

from pathlib import Path

import pytest

from migrate.exceptions import PathNotFoundError
from migrate.exceptions import TemplateError
from migrate.versioning import template as template_module
from migrate.versioning.cfgparse import Config
from migrate.versioning.template import Template
from migrate.versioning.template import substitute

OWN = Path(template_module.__file__).parent / "templates"


def test_own_templates() -> None:
    template = Template()

    assert str(template) == str(OWN)
    assert template.get_repository() == str(OWN / "repository" / "default")
    assert template.get_script() == str(OWN / "script" / "default.py_tmpl")
    assert template.get_sql_script(theme="pylons") == str(
        OWN / "sql_script" / "pylons.py_tmpl"
    )
    assert template.get_manage("pylons") == str(
        OWN / "manage" / "pylons.py_tmpl"
    )


def test_other_folder_need_not_exist(tmp_path: Path) -> None:
    template = Template(tmp_path / "mine")

    assert template.get_script("x") == str(
        tmp_path / "mine" / "script" / "x.py_tmpl"
    )
    assert str(template.repository) == str(tmp_path / "mine" / "repository")


@pytest.mark.parametrize("text", ["{{ nosuch }}", "{{py: x", "{{ 1 + }}"])
def test_template_that_cannot_be_filled_in_is_named(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.py_tmpl"
    path.write_text(text)

    with pytest.raises(TemplateError, match="broken"):
        substitute(str(path), {})


def test_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PathNotFoundError, match="nosuch"):
        Config(tmp_path / "nosuch")


def test_config_as_dicts(tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    path.write_text("[a]\nb=1\n[c]\nd=50%\n")

    config = Config(path)

    assert config.to_dict() == {"a": {"b": "1"}, "c": {"d": "50%"}}
    assert config.to_dict(["c"]) == {"c": {"d": "50%"}}
