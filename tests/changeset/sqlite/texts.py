"""CREATE TABLE texts of every form that SQLite stores."""

from __future__ import annotations

TEXTS = [
    "CREATE TABLE t (a)",
    "CREATE TABLE t (a, b INT, c 'str type'(3,4), [d e] \"my type\" (5))",
    "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)",
    "CREATE TABLE t(id INTEGER PRIMARY KEY DESC, b)",
    "CREATE TABLE t (a INT \n\v,\ufeffb INT, con\u017ftraint INT NOT NULL)",
    "CREATE TABLE t(id [INTEGER] PRIMARY KEY, b)",
    "CREATE TABLE t(id INTEGER(5) PRIMARY KEY, b)",
    "CREATE TABLE t(id INT PRIMARY KEY, b)",
    "CREATE TABLE t(id INTEGER, b, PRIMARY KEY (id AUTOINCREMENT))",
    "CREATE TABLE t(id INTEGER, b, PRIMARY KEY (ID DESC))",
    "CREATE TABLE t(id INTEGER, b, PRIMARY KEY ((id)))",
    "CREATE TABLE t(a, b, PRIMARY KEY (((b)) DESC, (a COLLATE nocase)),"
    " UNIQUE ((a), (b) COLLATE nocase))",
    "CREATE TABLE t(a TEXT, b, PRIMARY KEY (b DESC, a COLLATE nocase)"
    " ON CONFLICT REPLACE) WITHOUT ROWID",
    "CREATE TABLE t(a TEXT NOT NULL, b ANY, PRIMARY KEY (a)) STRICT,"
    " WITHOUT ROWID",
    "CREATE TABLE t(a INT PRIMARY KEY ASC ON CONFLICT IGNORE, b REAL) STRICT",
    "CREATE TABLE t(a INT CONSTRAINT foo, b INT CONSTRAINT x CONSTRAINT y"
    " NOT NULL)",
    "CREATE TABLE t(a INT, CONSTRAINT foo)",
    "CREATE TABLE t(a INT, CONSTRAINT p CHECK (a) UNIQUE (a)"
    " CHECK (a > 0) ON CONFLICT IGNORE)",
    "CREATE TABLE t(a INT REFERENCES p NOT DEFERRABLE DEFERRABLE INITIALLY"
    ' DEFERRED, b INT REFERENCES "q r"(x) MATCH FULL ON DELETE SET NULL'
    " ON UPDATE NO ACTION DEFERRABLE INITIALLY IMMEDIATE NOT NULL)",
    "CREATE TABLE t(a INT, b INT, CONSTRAINT f FOREIGN KEY (a, b)"
    " REFERENCES t (b, a) ON DELETE CASCADE ON UPDATE RESTRICT,"
    " FOREIGN KEY (B) REFERENCES q ON DELETE SET DEFAULT, UNIQUE (b, a))",
    "CREATE TABLE t(a DEFAULT id, b DEFAULT 'x' COLLATE nocase,"
    " c DEFAULT CURRENT_TIMESTAMP, d DEFAULT x'00', e DEFAULT +5,"
    " f DEFAULT -1e5, g DEFAULT true, h DEFAULT NULL, i DEFAULT (1+(2)))",
    "CREATE TABLE t(a INT, b GENERATED ALWAYS AS (a*2), c INT GENERATED"
    " ALWAYS AS (a+')') STORED NOT NULL, d AS (1) VIRTUAL, e generated INT)",
    "CREATE TABLE t(a INT CHECK(a>0)CHECK(a<5)CONSTRAINT x UNIQUE,"
    'b"TEXT"NOT NULL)',
    "CREATE TABLE t -- the table\n(\n  a INT, -- about a, with ' and (\n"
    "  /* about b */ b INT -- more\n    NOT NULL -- even more\n  , CHECK ("
    "a > 0 -- )\n), UNIQUE (a, b) -- end\n) -- tail\n",
    'CREATE TABLE [t] ("select" INT, `from` TEXT, "a""b" INT,'
    " \"größe %s\" INT CHECK (\"größe %s\" <> ')'), 'quoted' INT)",
    "CREATE TABLE t (a key, b desc, c abort, d temp, e INT NULL)",
    "CREATE TABLE IF NOT EXISTS t (a INT UNIQUE ON CONFLICT FAIL)",
    "CREATE TABLE main.t (a INT, unique (A collate nocase desc))",
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\"",
]
