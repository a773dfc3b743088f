from __future__ import annotations

import pytest

from migrate.exceptions import UsageError
from migrate.exceptions import VersionNumberError
from migrate.versioning.commands import options
from migrate.versioning.session.limits import Limits
from migrate.versioning.vernum import VerNum


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3), (" 3 ", 3), ("007", 7), (0, 0), (VerNum(2), 2), (None, None)],
)
def test_number(value: object, expected: int | None) -> None:
    assert options.number(value) == expected


@pytest.mark.parametrize("value", ["", "abc", "-1", -1, "1.5", []])
def test_no_number(value: object) -> None:
    with pytest.raises(
        VersionNumberError, match=r"is not a whole number from 0$"
    ):
        options.number(value)


def test_required_number() -> None:
    assert options.required_number("3", "downgrade") == 3
    with pytest.raises(
        UsageError,
        match=r"^Not enough arguments for command downgrade: "
        r"version not specified$",
    ):
        options.required_number(None, "downgrade")


@pytest.mark.parametrize(
    ("opts", "expected"),
    [({}, False), ({"x": True}, True), ({"x": "no"}, False), ({"x": 1}, True)],
)
def test_flag(opts: dict[str, object], expected: bool) -> None:
    assert options.flag(opts, "x") is expected


def test_no_flag() -> None:
    with pytest.raises(
        UsageError, match=r"^x must be true or false, not 'maybe'$"
    ):
        options.flag({"x": "maybe"}, "x")


def test_limits_are_those_of_the_runner_unless_given() -> None:
    assert options.limits({}) == Limits()


def test_limits_are_read_as_words() -> None:
    opts = {
        "lock_timeout": "5",
        "ddl_lock_timeout": 0.5,
        "statement_timeout": "30",
        "retries": "3",
        "other": "x",
    }

    assert options.limits(opts) == Limits(5.0, 0.5, 30.0, 3)


@pytest.mark.parametrize("value", ["abc", "-1", "nan", "inf", "", None])
@pytest.mark.parametrize(
    "name", ["lock_timeout", "ddl_lock_timeout", "statement_timeout"]
)
def test_limit_that_is_no_time(name: str, value: object) -> None:
    message = f"^{name} must be a number of seconds from 0 to 2000000, not "
    with pytest.raises(UsageError, match=message):
        options.limits({name: value})


def test_retries_that_are_no_number() -> None:
    with pytest.raises(UsageError, match=r"^retries must be a whole number"):
        options.limits({"retries": "often"})
