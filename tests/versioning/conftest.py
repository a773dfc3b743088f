from __future__ import annotations

from pathlib import Path

import pytest

from migrate.versioning.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository 'shop' in the folder ``repo``."""
    return Repository.create(tmp_path / "repo", "shop")
