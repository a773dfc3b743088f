from __future__ import annotations

import pytest

from migrate.sqltext.made import Made
from migrate.sqltext.made import made_in


@pytest.mark.parametrize(
    ("sql", "kind", "table", "name", "is_dropped"),
    [
        ("CREATE TABLE t (a INT)", "table", "t", "", False),
        ("create table if not exists `t` (a INT", "table", "t", "", False),
        ("-- why\nDROP TABLE IF EXISTS t CASCADE;", "table", "t", "", True),
        ("CREATE UNIQUE INDEX i ON t (a)", "index", "t", "i", False),
        ("CREATE INDEX i USING BTREE ON t (a)", None, "", "", False),
        ("DROP INDEX i ON t", "index", "t", "i", True),
        ("DROP INDEX i", None, "", "", True),
        ("ALTER TABLE t ADD c INT", "column", "t", "c", False),
        ("ALTER TABLE t ADD COLUMN `c` INT", "column", "t", "c", False),
        ("ALTER TABLE t ADD UNIQUE KEY i (a)", "index", "t", "i", False),
        ("ALTER TABLE t ADD INDEX (a)", None, "", "", False),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a)", None, "", "", False),
        ("ALTER TABLE t ADD COLUMN (c INT, d INT)", None, "", "", False),
        ("ALTER TABLE t ADD PRIMARY KEY (a)", None, "", "", False),
        ("ALTER TABLE t DROP COLUMN c;", "column", "t", "c", True),
        ("ALTER TABLE t DROP c", "column", "t", "c", True),
        ("ALTER TABLE t DROP KEY i", "index", "t", "i", True),
        ("ALTER TABLE t DROP PRIMARY KEY", None, "", "", True),
        # What drops and makes again is not told from what has done nothing.
        ("ALTER TABLE t DROP COLUMN c, ADD c TEXT", None, "", "", True),
        ("DROP TABLE t, u", None, "", "", True),
        ("CREATE OR REPLACE TABLE t (a INT)", None, "", "", False),
        ("CREATE TEMPORARY TABLE t (a INT)", None, "", "", False),
        # Names that the marker may have changed, or cut off.
        ("CREATE TABLE `a b` (a INT)", None, "", "", False),
        ("CREATE TABLE `a``b` (a INT)", None, "", "", False),
        ("CREATE TABLE t...", None, "", "", False),
        ("INSERT INTO t VALUES (1)", None, "", "", False),
        ("", None, "", "", False),
    ],
)
def test_one_object_is_told(
    sql: str, kind: str | None, table: str, name: str, is_dropped: bool
) -> None:
    expected = kind and Made(kind, "", table, name, is_dropped)

    assert made_in(sql) == (expected or None)
