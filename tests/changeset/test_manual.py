"""The manual's examples run, and its table says what the editors can."""

from __future__ import annotations

import doctest
from pathlib import Path

MANUAL = Path(__file__).parents[2] / "docs" / "changeset.rst"


def test_examples_of_the_manual() -> None:
    failed, tried = doctest.testfile(str(MANUAL), module_relative=False)

    assert (failed, tried > 10) == (0, True)
