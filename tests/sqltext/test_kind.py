from __future__ import annotations

import pytest

from migrate.sqltext import kind


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("INSERT INTO t VALUES (1)", True),
        ("-- old ones\n/* and */ delete from t", True),
        ("CREATE TABLE t (a INTEGER)", False),
        ("INSERTED", False),
    ],
)
def test_changes_rows_only(sql: str, expected: bool) -> None:
    assert kind.changes_rows_only(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", True),
        ("select * into t2 from t", False),
        ("\n  # note\nSHOW TABLES", True),
        ("CALL p()", False),
        ("DROP TABLE a", False),
        ("BEGIN", True),
        ("LOCK TABLES t WRITE", True),
        ("UNLOCK TABLES", True),
        ("BEGIN NOT ATOMIC DELETE FROM t; END", False),
        ("EXPLAIN DELETE FROM t", True),
        ("EXPLAIN (VERBOSE, ANALYZE) DELETE FROM t", False),
    ],
)
def test_only_reads(sql: str, expected: bool) -> None:
    assert kind.only_reads(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t (a INTEGER, b INTEGER)", True),
        ("DROP TABLE a", True),
        ("-- both\nDROP TABLE a, b", False),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", False),
        ("CALL p()", False),
        ("DO $$ BEGIN COMMIT; END $$", False),
        ("INSERT INTO t VALUES (1), (2)", True),
        ("DROP DATABASE shop", False),
        ("CREATE OR REPLACE TABLE t (a INTEGER)", False),
        ("CREATE OR REPLACE VIEW v AS SELECT a, b FROM t", True),
        ("CREATE USER a@localhost, b@localhost", False),
        ("GRANT SELECT, INSERT ON t TO a", True),
        ("GRANT SELECT ON t TO a, b", False),
    ],
)
def test_is_whole(sql: str, expected: bool) -> None:
    assert kind.is_whole(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t (a INTEGER)", True),
        ("CREATE TEMPORARY TABLE t (a INTEGER)", False),
        ("ANALYZE LOCAL TABLE t", True),
        ("ANALYZE DELETE FROM t", False),
    ],
)
def test_commits_by_itself(sql: str, expected: bool) -> None:
    assert kind.commits_by_itself(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SET @owner = 42", True),
        ("/*!40101 SET NAMES utf8 */", True),
        ("SELECT @a := 1", True),
        ("CREATE TEMPORARY TABLE t (a INTEGER)", True),
        ("USE other", True),
        ("CREATE TABLE settings (a INTEGER)", False),
    ],
)
def test_sets_session(sql: str, expected: bool) -> None:
    assert kind.sets_session(sql) is expected
