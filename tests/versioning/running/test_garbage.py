from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from migrate.versioning.running.garbage import collecting_seldom


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_collector_looks_less_often_inside_also_after_an_error() -> None:
    gc.set_threshold(700, 11, 12)

    inside = []

    def fail() -> None:
        with collecting_seldom():
            inside.extend(gc.get_threshold())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert inside[0] > 700
    assert inside[1:] == [11, 12]
    assert gc.get_threshold() == (700, 11, 12)


@pytest.mark.parametrize("first", [0, 1_000_000], ids=["off", "seldom"])
def test_collector_of_an_application_is_left_alone(first: int) -> None:
    gc.set_threshold(first)

    with collecting_seldom():
        assert gc.get_threshold()[0] == first


def test_last_of_several_at_once_restores_it() -> None:
    """As threads are that upgrade a database each."""
    gc.set_threshold(700, 11, 12)
    first, second = collecting_seldom(), collecting_seldom()

    with second:
        first.__enter__()
        with collecting_seldom():
            pass
        assert gc.get_threshold()[0] > 700
    first.__exit__(None, None, None)

    assert gc.get_threshold() == (700, 11, 12)
