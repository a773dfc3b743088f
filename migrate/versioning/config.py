"""The words that file names of SQL scripts and old callers are made of."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["databases", "operations"]

#: What SQL scripts were once made for.  Nothing is restricted to these.
databases = ("sqlite", "postgres", "mysql", "oracle", "mssql", "firebird")

#: The two directions of a step.
operations = OrderedDict(upgrade="upgrade", downgrade="downgrade")
