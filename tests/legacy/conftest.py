from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine

from migrate import legacy


def rolls_ddl_back(connection: Connection) -> bool:
    return connection.dialect.name != "mysql"


@pytest.fixture
def migrate_engine(connection: Connection) -> Iterator[Engine]:
    """What a change script gets, on each database in turn."""
    transactional = rolls_ddl_back(connection)
    with legacy.style(connection, transactional=transactional) as engine:
        yield engine
    connection.commit()
