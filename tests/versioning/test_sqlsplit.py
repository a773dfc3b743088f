from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.versioning.sqlsplit import refusal
from migrate.versioning.sqlsplit import split

TRIGGER = """\
CREATE TRIGGER log AFTER UPDATE ON account BEGIN
    -- the old one; and the new
    UPDATE history SET what = CASE WHEN new.id > 1 THEN 'a;' ELSE 'b' END;
    DELETE FROM history WHERE what = 'END;';
END;"""
NESTED = """\
CREATE PROCEDURE p(n INT)
outer_block: BEGIN
    DECLARE i INT DEFAULT 0;
    IF n > 1 THEN SET i = IF(n > 2, 1, 2); END IF;
    WHILE i < 3 DO
        BEGIN
            SET i = i + 1;
        END;
    END WHILE;
    CASE i WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE;
    SELECT CASE WHEN i THEN 1 ELSE 2 END;
    again: LOOP LEAVE again; END LOOP again;
    REPEAT SET i = i - 1; UNTIL i = 0 END REPEAT;
END;"""
ONLY_IF = """\
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW
IF NEW.a > 1 THEN
    IF (NEW.a > 5) THEN SET NEW.a = 6; ELSEIF NEW.a > 4 THEN SET NEW.a = 5;
    END IF;
    SET NEW.a = CASE WHEN NEW.a THEN IF(NEW.a, 7, 8) ELSE 9 END;
END IF;"""
ATOMIC = """\
CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC
    SELECT 1;
    SELECT CASE WHEN true THEN 1 END;
END;"""
DOLLARS = """\
CREATE FUNCTION f() RETURNS int AS $body$
BEGIN
    EXECUTE $$SELECT 1; SELECT 2$$;
    RETURN 1;
END;
$body$ LANGUAGE plpgsql;"""


def texts(script: str, dialect: str = "") -> list[str]:
    return [statement.text for statement in split(script, dialect)]


@pytest.mark.parametrize(
    ("dialect", "whole"),
    [
        ("sqlite", TRIGGER),
        ("sqlite", TRIGGER.replace("CREATE", "CREATE TEMP")),
        ("sqlite", "INSERT INTO t VALUES ('it''s; fine');"),
        ("sqlite", 'CREATE TABLE "a;b" ([c;d] INT, `e;f` INT);'),
        ("sqlite", "CREATE TABLE begin (end INTEGER, [case] TEXT);"),
        ("sqlite", "SELECT 'C:\\';"),
        ("mysql", NESTED),
        (
            "mysql",
            NESTED.replace("PROCEDURE p", "DEFINER=`a`@`b` PROCEDURE p"),
        ),
        (
            "mysql",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x=1;",
        ),
        ("mysql", "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END;"),
        ("mysql", "SELECT 'it\\'s; fine', \"a\\\";b\";"),
        ("mysql", "SELECT 5--1; "),
        ("mysql", "/*!40101 SET NAMES utf8 */;"),
        (
            "mysql",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; END;",
        ),
        ("mysql", "CREATE TABLE event (begin INT, end INT);"),
        (
            "mysql",
            "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN "
            "UPDATE b SET end = 1, t.begin = 2; END;",
        ),
        ("mysql", ONLY_IF),
        ("mysql", "CREATE PROCEDURE p(n INT) IF n THEN SELECT 1; END IF;"),
        (
            "mysql",
            "CREATE PROCEDURE IF NOT EXISTS p(n INT) SQL SECURITY INVOKER "
            "again: WHILE n < 9 DO SET n = IF(n, 1, 2); END WHILE;",
        ),
        (
            "mysql",
            "CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC "
            "CASE n WHEN 1 THEN RETURN IF(n, 2, 3); ELSE RETURN 1; END CASE;",
        ),
        (
            "mysql",
            "CREATE FUNCTION f(n INT) RETURNS INT RETURN "
            "CASE WHEN n THEN IF(n, 2, 3) WHEN 2 THEN 4 END;",
        ),
        (
            "mysql",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO "
            "LOOP SELECT 1; SELECT 2; END LOOP;",
        ),
        (
            "mysql",
            "CREATE PROCEDURE p() REPEAT SELECT 1; UNTIL 1 END REPEAT;",
        ),
        ("sqlite", f"EXPLAIN QUERY PLAN {TRIGGER}"),
        (
            "postgresql",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC "
            "SELECT 1 AS begin; SELECT 2; END;",
        ),
        ("postgresql", DOLLARS),
        ("postgresql", ATOMIC),
        ("postgresql", "DO $$ BEGIN PERFORM 1; END $$;"),
        ("postgresql", "SELECT E'it\\'s; fine', 'C:\\', U&'d\\0061;';"),
        ("postgresql", "SELECT 1 /* a /* nested; */ comment; */;"),
        (
            "postgresql",
            "CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2);",
        ),
        ("postgresql", 'SELECT a$b$ FROM "x;y" WHERE c = $1;'),
        ("postgresql", "SELECT x[1] FROM t;"),
        ("firebird", TRIGGER),
        ("", TRIGGER),
        ("", "SELECT /*+ INDEX(a b) */ 1; "),
        ("", "CREATE TABLE endpoint (begin_date DATE);"),
    ],
)
def test_statement_stays_whole_and_as_written(
    dialect: str, whole: str
) -> None:
    script = f"SELECT 0;\n{whole}\nSELECT 9"

    assert texts(script, dialect) == ["SELECT 0;", whole.strip(), "SELECT 9"]


def test_delimiter_ends_routines_of_mysql_clients() -> None:
    script = (
        "DELIMITER $$\n"
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN\n"
        "  SELECT ';$';\n"
        "END$$\n"
        "SELECT 1; SELECT '$$' $$\n"
        "  delimiter ;\n"
        "SELECT 2;"
    )

    assert texts(script, "mysql") == [
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN\n"
        "  SELECT ';$';\n"
        "END",
        "SELECT 1; SELECT '$$'",
        "SELECT 2;",
    ]


def test_oracle_blocks_end_at_slash_and_plain_sql_loses_semicolon() -> None:
    script = (
        "CREATE TABLE a (b INT);\n"
        "CREATE OR REPLACE PROCEDURE p AS x INT; BEGIN x := 4 / 2; END;\n"
        "  /\n"
        "BEGIN p; END;\n/\n"
        "INSERT INTO a VALUES (q'[it's; fine]');\n/\n"
    )

    assert texts(script, "oracle") == [
        "CREATE TABLE a (b INT)",
        "CREATE OR REPLACE PROCEDURE p AS x INT; BEGIN x := 4 / 2; END;",
        "BEGIN p; END;",
        "INSERT INTO a VALUES (q'[it's; fine]')",
    ]


def test_body_of_a_type_of_oracle_ends_at_slash() -> None:
    body = "CREATE OR REPLACE TYPE BODY t AS MEMBER FUNCTION f; END;"
    head = "CREATE TYPE t AS OBJECT (a INT, MEMBER FUNCTION f RETURN INT)"

    assert texts(f"{head};\n/\n{body}\n/\nSELECT 1;", "oracle") == [
        head,
        body,
        "SELECT 1",
    ]


@pytest.mark.parametrize("mark", ["'//'", '"//"', "`//`", "//"])
def test_delimiter_may_be_quoted(mark: str) -> None:
    script = f"DELIMITER {mark}\nSELECT 1; SELECT 2//\nSELECT 3//"

    assert texts(script, "mysql") == ["SELECT 1; SELECT 2", "SELECT 3"]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgresql", "\\set ON_ERROR_STOP on\nSELECT 2;"),
        ("postgresql", "-- rows\nCOPY t (a, b) FROM stdin;"),
        ("mssql", "SELECT 2\n go 5\n"),
    ],
)
def test_what_only_a_client_takes_is_told(dialect: str, text: str) -> None:
    one, other = split(f"SELECT 1;\n{text}", dialect)

    assert refusal(one, dialect) is None
    assert refusal(other, dialect) is not None
    assert refusal(other, "sqlite") is None


def test_sql_server_routines_reach_to_the_end_of_the_batch() -> None:
    script = (
        "CREATE PROCEDURE p AS SELECT 1; SELECT 2\nGO\n"
        "IF 1 = 1 BEGIN SELECT ';'; SELECT [a;b] END;\n"
        "BEGIN TRAN; SELECT 3; COMMIT\n go \nSELECT 4"
    )

    assert texts(script, "mssql") == [
        "CREATE PROCEDURE p AS SELECT 1; SELECT 2",
        "IF 1 = 1 BEGIN SELECT ';'; SELECT [a;b] END;",
        "BEGIN TRAN;",
        "SELECT 3;",
        "COMMIT",
        "SELECT 4",
    ]


@pytest.mark.parametrize(
    "script", ["", " \n", ";", ";;", "-- only; this", "/* a; */ ; -- b\n"]
)
def test_nothing_but_comments_is_no_statement(script: str) -> None:
    assert split(script) == []


def test_comments_are_sent_with_the_statement_that_follows() -> None:
    script = "-- why; and how\nSELECT 1 -- really\n;\n-- last words"

    assert texts(script) == ["-- why; and how\nSELECT 1 -- really\n;"]


def test_line_is_where_the_code_begins() -> None:
    script = "\n-- first\nSELECT 1;\n\n/* two\nlines */ SELECT\n2;SELECT 3"

    assert [statement.line for statement in split(script)] == [3, 6, 7]


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN;",
        "begin transaction;",
        "BEGIN IMMEDIATE TRANSACTION;",
        "BEGIN /* now */ WORK;",
        "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY;",
        "START TRANSACTION;",
        "COMMIT",
        "COMMIT AND NO CHAIN;",
        "-- so\nEND TRANSACTION;",
        "END;",
    ],
)
def test_transaction_control_is_told(text: str) -> None:
    (statement,) = split(text)

    assert statement.is_transaction_control


@pytest.mark.parametrize(
    "text",
    [
        "BEGINNING;",
        "ENDPOINT 1;",
        "COMMIT PREPARED 'x';",
        "COMMITS;",
        "END 'x';",
        "SELECT 1 AS begin;",
        '"BEGIN";',
        "ROLLBACK;",
        "BEGIN NOT ATOMIC SELECT 1; END;",
    ],
)
def test_transaction_control_is_whole_statements_only(text: str) -> None:
    (statement,) = split(text, "mysql")

    assert not statement.is_transaction_control


STATEMENTS = st.sampled_from(
    [
        "SELECT 1;",
        "SELECT 'a;b', \"c;d\";",
        "-- note;\nSELECT 2;",
        "/* note; */ INSERT INTO t VALUES ('%s', ':name');",
        TRIGGER,
        "BEGIN;",
        "SELECT 5 % 2;",
        "SELECT '';",
    ]
)


@given(
    st.lists(STATEMENTS),
    st.sampled_from(["\n", " ", "", "\n\n", "\t"]),
    st.sampled_from(["sqlite", "mysql", "postgresql", "", "firebird"]),
)
def test_joined_statements_split_back(
    statements: list[str], between: str, dialect: str
) -> None:
    assert texts(between.join(statements), dialect) == statements


@given(
    st.text("ab';\"`$-/*#\\ \n()[]EBEGINEND"),
    st.sampled_from(["sqlite", "mysql", "postgresql", "mssql", ""]),
)
def test_no_code_is_lost_whatever_the_text(text: str, dialect: str) -> None:
    sent = "".join(texts(text, dialect))

    rest = iter(text)
    assert all(sign in rest for sign in sent)
    assert len(sent) <= len(text)
    if not any(mark in text for mark in ("--", "/*", "#", ";")):
        assert sent == text.strip()
