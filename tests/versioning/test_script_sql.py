"""SQL scripts, on every database."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import InvalidScriptError
from migrate.exceptions import PathFoundError
from migrate.versioning import api
from migrate.versioning.script import SqlScript
from tests.versioning.test_sqlsplit import ATOMIC
from tests.versioning.test_sqlsplit import DOLLARS
from tests.versioning.test_sqlsplit import NESTED
from tests.versioning.test_sqlsplit import ONLY_IF


def script(folder: Path, content: str) -> SqlScript:
    path = folder / "001_x_default_upgrade.sql"
    path.write_text(content, encoding="utf-8")
    return SqlScript(path)


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_percent_and_colon_pass_through(
    engine: Engine, tmp_path: Path
) -> None:
    script(
        tmp_path,
        "CREATE TABLE t (a VARCHAR(40));\n"
        "INSERT INTO t VALUES ('100% %s %(x)s :name ? ünï');\n"
        "UPDATE t SET a = a WHERE 5 % 2 = 1 AND a LIKE '1%';",
    ).run(engine)

    assert rows(engine, "SELECT a FROM t") == [("100% %s %(x)s :name ? ünï",)]


def test_everything_happens_on_the_given_connection(
    engine: Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        script(tmp_path, "CREATE TABLE t (a INT)").run(connection)
        script(tmp_path, "INSERT INTO t VALUES (1);").run(connection)

        assert connection.in_transaction()
        assert connection.execute(text("SELECT a FROM t")).all() == [(1,)]


def test_failure_names_file_statement_and_line_and_rolls_back(
    engine: Engine, tmp_path: Path
) -> None:
    failing = script(
        tmp_path,
        "CREATE TABLE t (a INT);\n-- a comment\n"
        "INSERT INTO nosuch\nVALUES (1);",
    )

    with pytest.raises(DBAPIError) as caught:
        failing.run(engine)

    first_line = str(caught.value).splitlines()[0]
    assert f"{failing.path}, statement 2 (line 3): " in first_line
    assert "nosuch" in first_line
    assert inspect(engine).has_table("t") != can_roll_back_ddl(engine)


def test_begin_and_commit_are_skipped_with_a_warning(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.connect() as connection, caplog.at_level(logging.WARNING):
        script(
            tmp_path,
            "BEGIN;\nCREATE TABLE endpoint (id INT);\nCOMMIT;\n"
            "INSERT INTO endpoint VALUES (1);",
        ).run(connection)
        connection.rollback()

    assert [record.message for record in caplog.records] == [
        '"BEGIN;" found in SQL script; ignoring',
        '"COMMIT;" found in SQL script; ignoring',
    ]
    if engine.dialect.name == "postgresql":
        assert not inspect(engine).has_table("endpoint")


def test_rollback_is_refused_before_anything_runs(
    engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(InvalidScriptError, match=r"line 2: ROLLBACK"):
        script(tmp_path, "CREATE TABLE t (a INT);\nROLLBACK;").run(engine)

    assert not inspect(engine).has_table("t")


def test_handing_the_transaction_over_is_refused(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(InvalidScriptError, match="line 2: PREPARE TRANS"):
        script(
            tmp_path, "CREATE TABLE t (a INT);\nPREPARE TRANSACTION 'x';"
        ).run(sqlite_engine)

    assert not inspect(sqlite_engine).has_table("t")


def test_command_of_psql_is_refused_before_anything_runs(
    engine: Engine, tmp_path: Path
) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("psql is PostgreSQL's")
    with pytest.raises(InvalidScriptError, match=r"line 3: .* of psql"):
        script(tmp_path, "CREATE TABLE t (a INT);\n\n\\connect x\n").run(
            engine
        )

    assert not inspect(engine).has_table("t")


def test_routine_of_mysql_without_begin(
    engine: Engine, tmp_path: Path
) -> None:
    if engine.dialect.name != "mysql":
        pytest.skip("others have no such routines")
    script(
        tmp_path,
        f"CREATE TABLE t (a INT);{ONLY_IF} INSERT INTO t VALUES (3);",
    ).run(engine)

    assert rows(engine, "SELECT a FROM t") == [(7,)]


def test_table_locks_of_a_dump_are_skipped(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if engine.dialect.name != "mysql":
        pytest.skip("only MySQL locks tables so")
    api.create(str(tmp_path / "shop"), "shop")
    (tmp_path / "shop/versions/001_x_mysql_upgrade.sql").write_text(
        "CREATE TABLE t (a INT);\nLOCK TABLES `t` WRITE;\n"
        "INSERT INTO t VALUES (1);\nUNLOCK TABLES;\n"
    )
    api.version_control(engine, str(tmp_path / "shop"))

    with caplog.at_level(logging.WARNING):
        api.upgrade(engine, str(tmp_path / "shop"))

    assert rows(engine, "SELECT a FROM t") == [(1,)]
    assert api.db_version(engine, str(tmp_path / "shop")) == 1
    assert [record.args[1:] for record in caplog.records] == [
        (2, "LOCK TABLES `t` WRITE;"),
        (4, "UNLOCK TABLES;"),
    ]


def test_nul_is_refused_with_its_line(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(InvalidScriptError, match="line 2: has a NUL"):
        script(tmp_path, "SELECT 1;\nSELECT '\0';").run(sqlite_engine)


def test_file_is_read_once_for_text_and_checksum(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    once = script(tmp_path, "CREATE TABLE t (a INT);")
    checksum = script(tmp_path, "CREATE TABLE t (a INT);").checksum
    once.run(sqlite_engine)
    Path(once.path).write_text("SELECT 1;")

    assert once.checksum == checksum
    once.forget()
    assert once.checksum != checksum


BODIES = {
    "sqlite": """
CREATE TABLE account (id INT, [c;d] TEXT DEFAULT 'it''s;', begin INT, end INT);
CREATE TRIGGER g AFTER INSERT ON t BEGIN
    UPDATE account SET end = CASE id WHEN 1 THEN 2 END, begin = 1 WHERE end;
    UPDATE t SET a = CASE WHEN a > 1 THEN 7 ELSE 8 END;
END;
CREATE VIEW v AS SELECT CASE WHEN a > 1 THEN 1 END AS x FROM t;
CREATE TRIGGER h INSTEAD OF INSERT ON v WHEN new.x > 1 BEGIN
    SELECT 'C:\\'; SELECT 2 /* END; */;
END;
""",
    "mysql": f"""
{NESTED}
CREATE TABLE u (`c;d` TEXT COMMENT 'x -- y; #', begin INT, end INT);
INSERT INTO u VALUES ('a\\'b;c', 1--1, 2), ("d\\"q;", 1, 2); # more;
/*!40101 SET NAMES utf8mb4 */;
DELIMITER //
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN
    IF NEW.a > 1 THEN SET NEW.a = 7; END IF;
END//
DELIMITER ;
CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1;
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM u; SELECT 1; END;
BEGIN NOT ATOMIC SELECT 1; SELECT 2; END;
""",
    "postgresql": f"""
{ATOMIC}
{DOLLARS.replace("f()", "g()")}
CREATE FUNCTION h() RETURNS trigger AS 'BEGIN
NEW.a = 7; RETURN NEW; END;' LANGUAGE plpgsql;
CREATE TRIGGER begin BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION h();
CREATE TABLE u (a INT, "b;c" TEXT DEFAULT 'C:\\', d TEXT DEFAULT E'it\\'s;');
CREATE RULE r AS ON DELETE TO u DO ALSO (SELECT 1; SELECT 2);
INSERT INTO u VALUES (1, 'a''b;', U&'d\\0061;');
/* a /* b; */ c; */
COMMENT ON TABLE u IS $c$it's; $$ fine$c$;
DO $do$ BEGIN IF 7 % 2 = 1 THEN PERFORM 1; END IF; END $do$;
""",
}


def test_bodies_and_quotes_are_what_the_database_reads(
    engine: Engine, tmp_path: Path
) -> None:
    body = BODIES[engine.dialect.name]
    with engine.connect() as connection:
        if not getattr(connection.dialect, "is_mariadb", False):
            body = body.replace(
                "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END;", ""
            )
    text = f"CREATE TABLE t (a INT);{body}INSERT INTO t VALUES (2);"

    script(tmp_path, text).run(engine)

    assert rows(engine, "SELECT a FROM t") == [(7,)]


def test_dump_of_sqlite_makes_the_same_database(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    original = sqlite3.connect(":memory:")
    original.executescript(
        f"CREATE TABLE t (a INT);{BODIES['sqlite']}"
        "INSERT INTO t VALUES (2); INSERT INTO account VALUES (1, ';', 2, 3);"
    )
    dump = list(original.iterdump())
    original.close()

    script(tmp_path, "\n".join(dump)).run(sqlite_engine)

    with sqlite_engine.connect() as connection:
        copy: Any = connection.connection.dbapi_connection
        assert list(copy.iterdump()) == dump


def test_no_transaction_is_outside_one(engine: Engine, tmp_path: Path) -> None:
    statement = {
        "sqlite": "VACUUM;",
        "postgresql": "CREATE INDEX CONCURRENTLY i ON t (a);",
        "mysql": "CREATE INDEX i ON t (a);",
    }[engine.dialect.name]
    script(tmp_path, "CREATE TABLE t (a INT)").run(engine)
    opted_out = script(
        tmp_path,
        f"-- migrate:  no-transaction\n{statement}\n"
        "BEGIN; INSERT INTO t VALUES (1); COMMIT;",
    )

    opted_out.run(engine)

    assert not opted_out.transactional
    assert rows(engine, "SELECT a FROM t") == [(1,)]


def test_script_is_transactional_by_default(tmp_path: Path) -> None:
    assert script(
        tmp_path, "SELECT 1;\n-- migrate: no-transaction"
    ).transactional


def test_empty_script_does_nothing(
    connection: Connection, tmp_path: Path
) -> None:
    script(tmp_path, "\n-- nothing\n").run(connection)

    assert not inspect(connection).get_table_names()


def test_other_encodings_are_refused(sqlite_url: str, tmp_path: Path) -> None:
    path = tmp_path / "001_x_sqlite_upgrade.sql"
    path.write_bytes("SELECT 'é';".encode("latin-1"))

    with pytest.raises(InvalidScriptError, match="not UTF-8 at byte 8"):
        SqlScript(path).run(create_engine(sqlite_url))


def test_mark_of_byte_order_is_no_sql(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "001_x_sqlite_upgrade.sql"
    path.write_text("CREATE TABLE t (a INT);", encoding="utf-8-sig")

    SqlScript(path).run(sqlite_engine)

    assert inspect(sqlite_engine).has_table("t")


def test_missing_file_is_an_invalid_script(tmp_path: Path) -> None:
    with pytest.raises(InvalidScriptError):
        SqlScript(tmp_path / "nosuch.sql")


def test_create_refuses_an_existing_path(tmp_path: Path) -> None:
    existing = script(tmp_path, "SELECT 1")

    with pytest.raises(PathFoundError):
        SqlScript.create(existing.path)

    assert existing.source() == "SELECT 1"
