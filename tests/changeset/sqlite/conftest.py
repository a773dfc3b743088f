from __future__ import annotations

import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from contextlib import closing
from pathlib import Path

import pytest

Connect = Callable[..., sqlite3.Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open databases with the sqlite3 module; closed after the test."""
    with ExitStack() as stack:

        def connect(
            path: Path | str = ":memory:", **options: object
        ) -> sqlite3.Connection:
            opened = sqlite3.connect(path, **options)  # type: ignore[call-overload]  # passed on
            stack.enter_context(closing(opened))
            return opened  # type: ignore[no-any-return]  # see above

        yield connect
