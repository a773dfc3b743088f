from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from datetime import timezone
from typing import Any

import pytest

from migrate.exceptions import VersionNumberError
from migrate.versioning.vernum import VerNum
from migrate.versioning.vernum import timestamp_after


@pytest.mark.parametrize("value", [3, " 3 ", "003", 3.7, VerNum(3)])
def test_vernum_takes_what_int_takes(value: Any) -> None:
    assert VerNum(value) == 3
    assert repr(VerNum(value)) == "<VerNum(3)>"


@pytest.mark.parametrize(
    ("value", "error"),
    [(-1, ValueError), ("", ValueError), ("x", ValueError), (None, TypeError)],
)
def test_vernum_refuses(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        VerNum(value)


def test_vernum_adds_and_subtracts_on_the_right() -> None:
    assert VerNum(2) + 1 == VerNum(3) + VerNum(0)
    assert isinstance(VerNum(2) + "1", VerNum)
    assert VerNum(2) - "1" == 1
    with pytest.raises(VersionNumberError, match="version -1 is not a whole"):
        VerNum(2) - 3
    with pytest.raises(TypeError):
        1 + VerNum(2)  # type: ignore[operator]  # what is tested


@pytest.mark.parametrize(
    ("compare", "other"),
    [
        (operator.eq, "2"),
        (operator.ne, 3),
        (operator.lt, "10"),
        (operator.le, VerNum(2)),
        (operator.gt, 1),
        (operator.ge, 2.0),
    ],
)
def test_vernum_compares_as_a_number(
    compare: Callable[[Any, Any], bool], other: Any
) -> None:
    assert compare(VerNum(2), other)


@pytest.mark.parametrize(
    ("other", "error"), [(None, TypeError), ("a", ValueError)]
)
def test_vernum_does_not_compare_with(
    other: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        VerNum(1) == other  # noqa: B015  # the comparison raises


def test_vernum_is_an_index_and_hashes_as_text() -> None:
    versions = {VerNum(1): "one"}

    assert versions["1"] == "one"  # type: ignore[index]  # what is tested
    with pytest.raises(KeyError):
        versions[1]  # type: ignore[index]  # what is tested
    assert f"{VerNum(7):}" == "7"
    assert "%03d" % VerNum(7) == "007"  # noqa: UP031  # the old callers' way
    assert [*range(VerNum(2))] == [0, 1]


def test_timestamp_is_the_time_of_day_in_utc() -> None:
    before = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S")

    timestamp = timestamp_after(20250101000000)

    after = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S")
    assert int(before) <= timestamp <= int(after)


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (29991231235959, 30000101000000),
        # No moment, as where scripts were counted first.
        (29991231235999, 29991231236000),
        (10**15, 10**15 + 1),
    ],
)
def test_timestamp_after_a_later_one_is_the_next_second(
    latest: int, expected: int
) -> None:
    assert timestamp_after(latest) == expected
