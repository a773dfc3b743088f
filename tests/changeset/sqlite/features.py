"""What a table can have that an alteration might lose.

``{t}`` stands for the table, ``{c}`` for the feature's column.  A probe is a
script whose outcome (an error, or the rows of its last statement) must be
the same before and after.
"""

from __future__ import annotations

from dataclasses import dataclass

READ = "SELECT id, k, {c} FROM {t} ORDER BY id"
STORED = "SELECT id, quote({c}), typeof({c}) FROM {t} ORDER BY id"
TYPED = "SELECT typeof({c}) FROM {t} ORDER BY id"


@dataclass(frozen=True)
class Feature:
    name: str
    column: str = "c INTEGER"
    constraint: str = ""
    options: str = ""
    key: str = "id INTEGER PRIMARY KEY"
    more: tuple[str, ...] = ()
    values: tuple[str, ...] = ("1", "2", "3")
    probes: tuple[str, ...] = ()
    column_name: str = "c"
    insert: str = "id, n, m, u, k, f, {c}"

    def __str__(self) -> str:
        return self.name

    def schema(self) -> list[str]:
        constraint = f",\n    {self.constraint}" if self.constraint else ""
        return [
            "CREATE TABLE other (id INTEGER PRIMARY KEY, x INTEGER UNIQUE)",
            "INSERT INTO other VALUES (1, 10), (2, 20), (3, 30)",
            "INSERT INTO other VALUES (4, 40), (5, 50)",
            f"CREATE TABLE t (\n    {self.key},\n    n INTEGER DEFAULT 3,\n"
            "    m INTEGER NOT NULL DEFAULT 4, -- m's comment\n"
            f"    u INTEGER, k INTEGER, f INTEGER,\n    {self.column},\n"
            "    CONSTRAINT uq UNIQUE (u),\n    CONSTRAINT ck CHECK (k > 0),"
            "\n    CONSTRAINT fk FOREIGN KEY (f) REFERENCES other (id)"
            f"{constraint}\n){self.options}",
            *(
                f"INSERT INTO t ({self.insert.format(c=self.quoted)}) "
                f"VALUES ({place * 7}, {place + 40}, {place}, {place}, "
                f"{place}, {place}{value and ', ' + value})"
                for place, value in enumerate(self.values, start=1)
            ),
            "CREATE INDEX by_k ON t (k)",
            *self.more,
        ]

    @property
    def quoted(self) -> str:
        return '"' + self.column_name.replace('"', '""') + '"'


def insert(value: str, identity: int = 99, more: str = READ) -> str:
    return (
        f"INSERT INTO {{t}} (id, m, {{c}}) VALUES ({identity}, 1, {value});"
        f"{more}"
    )


CHILD = (
    "CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER {})",
    "INSERT INTO child VALUES (1, 7), (2, 14)",
)
DELETE = "DELETE FROM {t} WHERE id = 7; SELECT id, p FROM child"
MOVE = "UPDATE {t} SET id = 70 WHERE id = 7; SELECT id, p FROM child"


def child(name: str, references: str) -> Feature:
    return Feature(
        f"child rows {name}",
        more=(CHILD[0].format(references), CHILD[1]),
        probes=(
            "SELECT id, p FROM child",
            DELETE,
            MOVE,
            "INSERT INTO child VALUES (9, 12345); SELECT 1",
        ),
    )


def default(name: str, text: str, columns: str = "c TEXT") -> Feature:
    return Feature(
        f"default {name}",
        column=f"{columns} DEFAULT {text}",
        probes=(
            "INSERT INTO {t} (id, m) VALUES (99, 1); "
            "SELECT quote({c}), typeof({c}) FROM {t} WHERE id = 99",
        ),
    )


def named(name: str) -> Feature:
    quoted = '"' + name.replace('"', '""') + '"'
    return Feature(
        f"name {name}",
        column=f"{quoted} INTEGER CHECK ({quoted} < 100)",
        column_name=name,
        more=(
            f'CREATE INDEX {quoted[:-1]}_ix" ON t ({quoted}, k)',
            f'CREATE VIEW {quoted[:-1]}_v" AS SELECT {quoted} AS q FROM t',
        ),
        probes=(
            insert("101"),
            insert("50"),
            f'SELECT q FROM {quoted[:-1]}_v"',
        ),
    )


FEATURES = [
    Feature("plain", probes=(insert("1"), READ)),
    Feature(
        "check of the column",
        column="c INTEGER CHECK (c < 100)",
        probes=(insert("101"), insert("99")),
    ),
    Feature(
        "named check of the column",
        column="c INTEGER CONSTRAINT small CHECK (c < 100)",
        probes=(insert("101"), insert("99")),
    ),
    Feature(
        "check with quotes and parentheses",
        column="c TEXT CHECK (c NOT IN (')', '(', 'it''s', '--', '/*'))",
        probes=(insert("')'"), insert("'it''s'"), insert("'ok'")),
    ),
    Feature(
        "check of the table",
        constraint="CHECK (c < k * 100)",
        probes=(
            "INSERT INTO {t} (id, k, {c}) VALUES (99, 1, 101); SELECT 1",
            "INSERT INTO {t} (id, k, {c}) VALUES (99, 1, 99); SELECT 1",
        ),
    ),
    Feature(
        "check that names its table",
        constraint="CHECK (t.c < 100)",
        probes=(insert("101"), insert("99")),
    ),
    Feature(
        "check that a row breaks",
        column="c INTEGER CHECK (c < 100)",
        more=(
            "PRAGMA ignore_check_constraints = ON",
            "UPDATE t SET c = 1000 WHERE id = 7",
            "PRAGMA ignore_check_constraints = OFF",
        ),
        probes=(READ, insert("101")),
    ),
    Feature(
        "collation of the column",
        column="c TEXT COLLATE NOCASE",
        values=("'a'", "'B'", "'C'"),
        probes=("SELECT id FROM {t} WHERE {c} = 'A'",),
    ),
    Feature(
        "collation of an index",
        column="c TEXT",
        values=("'a'", "'B'", "'C'"),
        more=("CREATE UNIQUE INDEX nocase ON t (c COLLATE NOCASE DESC)",),
        probes=(insert("'A'"), insert("'d'")),
    ),
    default("string", "'it''s (a) -- test'"),
    default("number", "-5", "c INTEGER"),
    default("real", "+1.5e3", "c REAL"),
    default("blob", "x'00ff'", "c BLOB"),
    default("double quotes", '"text"'),
    default("word", "word"),
    default("null", "NULL"),
    default("true", "TRUE", "c BOOLEAN"),
    default("expression", "(lower('A' || ')'))"),
    Feature(
        "default current_timestamp",
        column="c TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
        probes=(
            "INSERT INTO {t} (id, m) VALUES (99, 1); "
            "SELECT {c} > '2020' FROM {t} WHERE id = 99",
        ),
    ),
    Feature(
        "default of rows stored before it",
        column="c INTEGER",
        more=("ALTER TABLE t ADD COLUMN e INTEGER DEFAULT 5",),
        probes=(
            "SELECT id, e FROM {t}",
            "INSERT INTO {t} (id) VALUES (9);SELECT e FROM {t}",
        ),
    ),
    Feature(
        "autoincrement",
        key="id INTEGER PRIMARY KEY AUTOINCREMENT",
        more=(
            "INSERT INTO t (id, m) VALUES (500, 1)",
            "DELETE FROM t WHERE id = 500",
        ),
        probes=(
            "INSERT INTO {t} (m) VALUES (1); SELECT max(id) FROM {t}",
            "SELECT seq FROM sqlite_sequence WHERE name = '{t}'",
        ),
    ),
    Feature(
        "rowids",
        key="id INTEGER",
        more=(
            "DELETE FROM t WHERE id = 14",
            "INSERT INTO t (rowid, id) VALUES (1000, 21)",
        ),
        probes=("SELECT rowid, id FROM {t} ORDER BY rowid",),
    ),
    Feature(
        "column called rowid",
        column="rowid TEXT",
        column_name="rowid",
        key="id INTEGER",
        values=("'x'", "'y'", "'z'"),
        more=("UPDATE t SET _rowid_ = 77 WHERE id = 7",),
        probes=("SELECT _rowid_, {c}, id FROM {t} ORDER BY 1",),
    ),
    Feature(
        "unique index",
        more=("CREATE UNIQUE INDEX one ON t (c)",),
        probes=(insert("1"), insert("9")),
    ),
    Feature(
        "partial index",
        more=("CREATE UNIQUE INDEX one ON t (c) WHERE c > 2",),
        probes=(insert("1"), insert("3")),
    ),
    Feature(
        "partial index that names its table",
        more=("CREATE UNIQUE INDEX one ON t (c) WHERE t.c > 2",),
        probes=(insert("1"), insert("3")),
    ),
    Feature(
        "index on an expression",
        more=("CREATE UNIQUE INDEX one ON t (abs(c), k DESC)",),
        probes=(
            "INSERT INTO {t} (id, k, {c}) VALUES (99, 1, -1); SELECT 1",
            "INSERT INTO {t} (id, k, {c}) VALUES (99, 9, -1); SELECT 1",
        ),
    ),
    Feature(
        "mixed index",
        more=(
            "CREATE INDEX mixed ON t (c DESC, k COLLATE BINARY, c + 1)"
            " WHERE k IS NOT NULL -- why",
        ),
        probes=(insert("1"),),
    ),
    Feature(
        "unique column",
        column="c INTEGER UNIQUE ON CONFLICT ROLLBACK",
        probes=(insert("9"),),
    ),
    Feature(
        "unique on conflict replace",
        column="c INTEGER CONSTRAINT one UNIQUE ON CONFLICT REPLACE",
        probes=(insert("1"), insert("9")),
    ),
    Feature(
        "unique over two on conflict ignore",
        constraint="UNIQUE (c, k) ON CONFLICT IGNORE",
        probes=(
            "INSERT INTO {t} (id, k, {c}) VALUES (99, 1, 1); " + READ,
            "INSERT INTO {t} (id, k, {c}) VALUES (99, 2, 1); " + READ,
        ),
    ),
    Feature(
        "not null on conflict ignore",
        column="c INTEGER NOT NULL ON CONFLICT IGNORE",
        probes=(insert("NULL"), insert("9")),
    ),
    Feature(
        "trigger on the table",
        more=(
            "CREATE TABLE log (x)",
            "CREATE TRIGGER written AFTER UPDATE OF c, k ON t WHEN new.c > 1 "
            "BEGIN INSERT INTO log VALUES (old.c || '->' || new.c); END",
            "CREATE TRIGGER gone BEFORE DELETE ON t BEGIN "
            "SELECT RAISE(ABORT, 'no; never') WHERE old.c = 2; END",
        ),
        probes=(
            "UPDATE {t} SET {c} = {c} + 1; SELECT x FROM log",
            "DELETE FROM {t} WHERE {c} = 2; SELECT 1",
            "DELETE FROM {t} WHERE {c} = 3; " + READ,
        ),
    ),
    Feature(
        "trigger elsewhere",
        more=(
            "CREATE TABLE elsewhere (x)",
            "CREATE TRIGGER writes AFTER INSERT ON elsewhere BEGIN "
            "UPDATE t SET c = c + new.x; END",
        ),
        probes=("INSERT INTO elsewhere VALUES (5); " + READ,),
    ),
    Feature(
        "temporary trigger",
        more=(
            "CREATE TABLE log (x)",
            "CREATE TEMP TRIGGER written AFTER UPDATE ON main.t "
            "BEGIN INSERT INTO log VALUES (new.c); END",
        ),
        probes=("UPDATE {t} SET {c} = {c} + 1; SELECT x FROM log",),
    ),
    Feature(
        "view",
        more=(
            "CREATE VIEW v AS SELECT id, c * 2 AS cc FROM t WHERE c > 1",
            "CREATE VIEW vv AS SELECT cc + 1 FROM v",
        ),
        probes=("SELECT * FROM v", "SELECT * FROM vv"),
    ),
    Feature(
        "trigger on a view",
        more=(
            "CREATE VIEW v AS SELECT id, c AS q FROM t",
            "CREATE TRIGGER through INSTEAD OF UPDATE ON v BEGIN "
            "UPDATE t SET c = new.q WHERE id = new.id; END",
        ),
        probes=("UPDATE v SET id = id; " + READ,),
    ),
    child("cascade", "REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE"),
    child("set null", "REFERENCES t (id) ON DELETE SET NULL"),
    child("no action", "REFERENCES t"),
    child("restrict", "REFERENCES t ON DELETE RESTRICT ON UPDATE CASCADE"),
    child("set default", "DEFAULT 21 REFERENCES t (id) ON DELETE SET DEFAULT"),
    child("deferred", "REFERENCES t DEFERRABLE INITIALLY DEFERRED"),
    Feature(
        "self reference",
        column="c INTEGER REFERENCES t (id) ON DELETE CASCADE",
        values=("NULL", "7", "14"),
        probes=("DELETE FROM {t} WHERE id = 7; " + READ, insert("12345")),
    ),
    Feature(
        "foreign key of the column",
        column="c INTEGER REFERENCES other ON DELETE SET NULL ON UPDATE "
        "CASCADE MATCH FULL DEFERRABLE INITIALLY DEFERRED",
        probes=(
            "DELETE FROM {t} WHERE id > 7; "
            "UPDATE {t} SET f = NULL, u = NULL; DELETE FROM other; " + READ,
            "UPDATE {t} SET f = NULL, u = NULL; UPDATE other SET id = id + 5; "
            + READ,
        ),
    ),
    Feature(
        "foreign key of the table",
        constraint="FOREIGN KEY (c) REFERENCES other (x) ON DELETE CASCADE",
        values=("10", "20", "NULL"),
        probes=(
            insert("11"),
            "UPDATE {t} SET f = NULL, u = NULL; DELETE FROM other; " + READ,
        ),
    ),
    Feature(
        "virtual column",
        column="c INTEGER GENERATED ALWAYS AS (k * 2 || ')')",
        values=("", "", ""),
        insert="id, n, m, u, k, f",
        more=("CREATE INDEX computed ON t (c)",),
        probes=(STORED, "UPDATE {t} SET k = k + 1; " + READ),
    ),
    Feature(
        "stored column",
        column="c INTEGER AS (k * 2) STORED",
        values=("", "", ""),
        insert="id, n, m, u, k, f",
        probes=(STORED, "UPDATE {t} SET k = k + 1; " + READ),
    ),
    Feature(
        "without rowid",
        key="id INTEGER",
        constraint="PRIMARY KEY (id DESC)",
        options=" WITHOUT ROWID",
        probes=("SELECT rowid FROM {t}", insert("1"), insert("1", 7)),
    ),
    Feature(
        "strict",
        column="c ANY",
        values=("'7'", "7", "x'00'"),
        options=" STRICT",
        probes=(
            STORED,
            "INSERT INTO {t} (id, k) VALUES (9, 'a'); SELECT 1",
        ),
    ),
    Feature(
        "strict without rowid",
        key="id TEXT NOT NULL PRIMARY KEY",
        options=" STRICT, WITHOUT ROWID",
        probes=(insert("'a'"), insert("5", 7)),
    ),
    Feature(
        "composite key",
        key="id INTEGER",
        constraint="CONSTRAINT pk PRIMARY KEY (k DESC, id) ON CONFLICT FAIL",
        probes=(
            "INSERT INTO {t} (id, k) VALUES (7, 1); SELECT 1",
            "INSERT INTO {t} (id, k) VALUES (7, 2); SELECT 1",
        ),
    ),
    Feature(
        "key that is no rowid",
        key="id INTEGER PRIMARY KEY DESC",
        more=("UPDATE t SET rowid = rowid + 100",),
        probes=("SELECT rowid, id FROM {t} ORDER BY 1", insert("1", 7)),
    ),
    Feature(
        "key on conflict replace",
        key="id INTEGER PRIMARY KEY ON CONFLICT REPLACE",
        probes=(insert("1", 7), insert("1", 8)),
    ),
    Feature(
        "typeless column",
        column="c",
        values=("'7'", "7.5", "x'00'"),
        probes=(STORED,),
    ),
    Feature(
        "odd type",
        column='c "floating point" (10, 2)',
        values=("7", "'x'", "NULL"),
        probes=(STORED,),
    ),
    Feature(
        "storage classes",
        values=("'text'", "4611686018427387904", "x'00ff'", "1e999", "NULL"),
        probes=(STORED,),
    ),
    Feature(
        "nan",
        column="c REAL",
        values=("9e999 - 9e999", "0.1", "-0.0"),
        probes=(STORED,),
    ),
    Feature(
        "constraints on one line",
        column="c INTEGER CONSTRAINT c1 NOT NULL CONSTRAINT c2 CHECK(c>0)"
        "CONSTRAINT c3 DEFAULT 1",
        probes=(insert("NULL"), insert("0"), insert("1")),
    ),
    Feature(
        "statistics",
        more=("CREATE INDEX one ON t (c)", "ANALYZE"),
        probes=(
            "SELECT idx, stat FROM sqlite_stat1 WHERE tbl = '{t}' "
            "AND idx = 'one'",
        ),
    ),
    Feature(
        "comments",
        column="c INTEGER -- c, with ' ( and \"\n    /* and ) more */",
        options=" -- the end",
    ),
    *(
        named(name)
        for name in (
            "select",
            "Mixed Case",
            'a"b',
            "it's",
            "100%",
            "größe",
            "[x]",
            "%s",
            ":c",
            "a.b",
            "migrate'\"`",
        )
    ),
]
