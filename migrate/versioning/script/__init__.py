"""Change scripts: files that bring a database one version up or down."""

from __future__ import annotations

from migrate.versioning.script.base import BaseScript
from migrate.versioning.script.py import PythonScript
from migrate.versioning.script.sql import SqlScript

__all__ = ["BaseScript", "PythonScript", "SqlScript"]
