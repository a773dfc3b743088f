"""Arguments that types took before SQLAlchemy 0.8, and scripts still give."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import BigInteger
from sqlalchemy import Date
from sqlalchemy import Integer
from sqlalchemy import SmallInteger
from sqlalchemy.dialects.mysql import INTEGER

from migrate import legacy


@pytest.mark.parametrize("kind", [Integer, SmallInteger, BigInteger, Date])
def test_types_without_arguments_take_those_of_strings(kind: Any) -> None:
    with legacy.installed():
        made = kind(length=None, convert_unicode=False, assert_unicode=None)
        again = made.copy()

    assert type(again) is kind


def test_a_dialects_integer_keeps_its_arguments() -> None:
    with legacy.installed():
        made = INTEGER(11, unsigned=True)

    assert (made.display_width, made.unsigned) == (11, True)
