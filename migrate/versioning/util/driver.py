"""Which driver a database URL means that names none."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = ["with_driver"]

# What a URL without a driver meant on SQLAlchemy 1.4, and what may stand in
# for it.  SQLAlchemy 2.1 takes psycopg for postgresql://.
_DRIVERS = {
    "postgresql": ("psycopg2", "psycopg"),
    "mysql": ("mysqldb", "pymysql"),
    "mariadb": ("mysqldb", "pymysql"),
}
_MODULES = {"mysqldb": "MySQLdb"}


def with_driver(url: str | URL) -> str | URL:
    """Name a driver that is installed, where the URL names none.

    ``postgres://``, which SQLAlchemy 1.4 dropped, is ``postgresql://``.
    """
    from sqlalchemy.engine import make_url

    made = make_url(url)
    if made.drivername == "postgres":
        made = made.set(drivername="postgresql")
    for driver in _DRIVERS.get(made.drivername, ()):
        if find_spec(_MODULES.get(driver, driver)) is not None:
            return made.set(drivername=f"{made.drivername}+{driver}")
    return made if made.drivername == "postgresql" else url
