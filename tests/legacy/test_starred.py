"""``from sqlalchemy import *``: today's names beside those of 1.x."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import sqlalchemy

from migrate import legacy


def star(module: str, **names: Any) -> dict[str, Any]:
    exec(f"from {module} import *", names)
    return names


def test_todays_names_are_there_for_who_has_none() -> None:
    with legacy.installed():
        names = star("sqlalchemy")

    assert names["Uuid"] is sqlalchemy.Uuid


def test_names_that_a_script_has_stay_its_own() -> None:
    with legacy.installed():
        names = star("sqlalchemy", log="mine", Uuid="mine", Table="mine")

    assert (names["log"], names["Uuid"]) == ("mine", "mine")
    assert names["Table"] is sqlalchemy.Table


@pytest.mark.parametrize("module", ["sqlalchemy", "sqlalchemy.orm"])
def test_no_modules_are_given_for_a_helper_to_pass_on(module: str) -> None:
    with legacy.installed():
        names = star(module)

    del names["__builtins__"]
    assert [n for n, v in names.items() if isinstance(v, ModuleType)] == []


def test_no_names_of_1x_style_are_added_to_a_script() -> None:
    with legacy.installed():
        names = star("sqlalchemy")

    assert not {"databases", "exceptions", "interfaces"} & names.keys()


@pytest.mark.parametrize("name", ["__all__", "no_such_name"])
def test_outside_of_the_scope_is_all_as_it_was(name: str) -> None:
    with legacy.installed():
        hasattr(sqlalchemy, name)

    assert not hasattr(sqlalchemy, name)


def test_other_names_are_missing_as_ever() -> None:
    with legacy.installed(), pytest.raises(AttributeError, match="'nothing'"):
        sqlalchemy.nothing  # noqa: B018  # the asking is what is tested
