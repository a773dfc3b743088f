"""Alter a SQLite table of many rows: by hand, with Alembic, with migrate.

    python benchmarks/sqlite_alter.py [--rows 2000000] [--rounds 3]
        [--only "unique constraint"] [--folder FOLDER]

The table has an id, eight columns of mixed types and three indexes.  Each
run alters a fresh copy of the same file, in a process and a transaction of
its own; timed is the alteration with its COMMIT, inside the process: by the
clock, and the processor time, which other work on the machine moves less.
1.00 is the rebuild by hand: create new, copy, drop old, rename, index.
Alembic takes part if it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

COLUMNS = [
    "id INTEGER NOT NULL",
    "name VARCHAR(40) NOT NULL",
    "email VARCHAR(80)",
    "age INTEGER",
    "balance NUMERIC(10, 2)",
    "created TIMESTAMP",
    "active BOOLEAN",
    "note TEXT",
    "owner INTEGER",
]
CONSTRAINTS = [
    "PRIMARY KEY (id)",
    "CONSTRAINT grown CHECK (age >= 0)",
    "CONSTRAINT owned FOREIGN KEY (owner) REFERENCES owner (id)",
]
INDEXES = [
    "CREATE INDEX ix_email ON account (email)",
    "CREATE INDEX ix_age ON account (age)",
    "CREATE INDEX ix_owner ON account (owner, created)",
]


def create(columns: list[str], constraints: list[str], name: str) -> str:
    return f"CREATE TABLE {name} ({', '.join(columns + constraints)})"


def fill(path: Path, rows: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE owner (id INTEGER PRIMARY KEY)")
    connection.execute(create(COLUMNS, CONSTRAINTS, "account"))
    for statement in (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        "LIMIT 1000) INSERT INTO owner SELECT i FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        f"LIMIT {rows}) INSERT INTO account SELECT i, 'name ' || (i % 9973), "
        "(i * 7919 % 1000003) || '.' || i || '@example.org', i % 90, "
        "(i * 31 % 100000) / 100.0, datetime(1700000000 + i, 'unixepoch'), "
        "i % 2, CASE i % 3 WHEN 0 THEN NULL ELSE 'note for row ' || i END, "
        "i % 1000 + 1 FROM n",
        *INDEXES,
    ):
        connection.execute(statement)
    connection.commit()
    connection.close()


# By hand.


def rebuild(
    columns: dict[str, str] | None = None, constraints: tuple[str, ...] = ()
) -> Callable[[sa.Connection], None]:
    changed = [(columns or {}).get(each.split()[0], each) for each in COLUMNS]
    names = ", ".join(each.split()[0] for each in COLUMNS)

    def run(connection: sa.Connection) -> None:
        for statement in (
            create(changed, [*CONSTRAINTS, *constraints], "account_new"),
            f"INSERT INTO account_new ({names}) SELECT {names} FROM account",
            "DROP TABLE account",
            "ALTER TABLE account_new RENAME TO account",
            *INDEXES,
        ):
            connection.exec_driver_sql(statement)

    return run


# With Alembic and with migrate: the same changes.


def alembic(change: Callable[[Any], None]) -> Callable[[sa.Connection], None]:
    def run(connection: sa.Connection) -> None:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("account") as batch:
            change(batch)

    return run


def ours(
    change: Callable[[sa.Table], None],
) -> Callable[[sa.Connection], None]:
    def run(connection: sa.Connection) -> None:
        table = sa.Table("account", sa.MetaData(), autoload_with=connection)
        table.metadata.bind = connection  # type: ignore[attr-defined]
        change(table)

    return run


def _five(batch: Any) -> None:
    batch.alter_column("age", nullable=False)
    batch.alter_column("name", nullable=True)
    batch.alter_column("email", type_=sa.String(200))
    batch.add_column(sa.Column("extra", sa.Integer, server_default="5"))
    batch.drop_column("note")


def _our_five(table: sa.Table) -> None:
    table.c.age.alter(nullable=False)
    table.c.name.alter(nullable=True)
    table.c.email.alter(type=sa.String(200))
    sa.Column("extra", sa.Integer, server_default="5").create(table)
    table.c.note.drop()


def _five_with_rebuild(batch: Any) -> None:
    _five(batch)
    batch.create_unique_constraint("one", ["email"])


def _our_five_with_rebuild(table: sa.Table) -> None:
    with table.batch():
        _our_five(table)
        _unique(table)


def _constraint(kind: str, *arguments: Any, **named: Any) -> Any:
    import migrate.changeset.constraint as constraints

    return getattr(constraints, kind)(*arguments, **named)


def _unique(table: sa.Table) -> None:
    _constraint("UniqueConstraint", "email", table=table, name="one").create()


def _check(table: sa.Table) -> Any:
    return _constraint(
        "CheckConstraint", "balance >= 0", table=table, name="rich"
    )


def _foreign(table: sa.Table, name: str) -> Any:
    owner = sa.Table("owner", table.metadata, autoload_with=_bind(table))
    return _constraint(
        "ForeignKeyConstraint",
        [table.c.owner],
        [owner.c.id],
        table=table,
        name=name,
    )


def _bind(table: sa.Table) -> Any:
    return table.metadata.bind  # type: ignore[attr-defined]


def _drop_check(table: sa.Table) -> None:
    _constraint(
        "CheckConstraint", "age >= 0", table=table, name="grown"
    ).drop()


Run = Callable[[sa.Connection], None]
FOREIGN = "CONSTRAINT own2 FOREIGN KEY (owner) REFERENCES owner (id)"
ALTERATIONS: dict[str, tuple[Run, Run, Run]] = {
    "set NOT NULL, indexed": (
        rebuild({"age": "age INTEGER NOT NULL"}),
        alembic(lambda batch: batch.alter_column("age", nullable=False)),
        ours(lambda table: table.c.age.alter(nullable=False)),
    ),
    "set NOT NULL, scan": (
        rebuild({"balance": "balance NUMERIC(10, 2) NOT NULL"}),
        alembic(lambda batch: batch.alter_column("balance", nullable=False)),
        ours(lambda table: table.c.balance.alter(nullable=False)),
    ),
    "drop NOT NULL": (
        rebuild({"name": "name VARCHAR(40)"}),
        alembic(lambda batch: batch.alter_column("name", nullable=True)),
        ours(lambda table: table.c.name.alter(nullable=True)),
    ),
    "VARCHAR length": (
        rebuild({"email": "email VARCHAR(200)"}),
        alembic(lambda b: b.alter_column("email", type_=sa.String(200))),
        ours(lambda table: table.c.email.alter(type=sa.String(200))),
    ),
    "rename column": (
        rebuild(),
        alembic(lambda b: b.alter_column("note", new_column_name="remark")),
        ours(lambda table: table.c.note.alter(name="remark")),
    ),
    "rename table": (
        rebuild(),
        lambda connection: None,
        ours(lambda table: table.rename("person")),  # type: ignore[attr-defined]
    ),
    "add CHECK": (
        rebuild(constraints=("CONSTRAINT rich CHECK (balance >= 0)",)),
        alembic(lambda b: b.create_check_constraint("rich", "balance >= 0")),
        ours(lambda table: _check(table).create()),
    ),
    "drop CHECK": (
        rebuild(),
        alembic(lambda batch: batch.drop_constraint("grown")),
        ours(_drop_check),
    ),
    "add foreign key": (
        rebuild(constraints=(FOREIGN,)),
        alembic(
            lambda batch: batch.create_foreign_key(
                "own2", "owner", ["owner"], ["id"]
            )
        ),
        ours(lambda table: _foreign(table, "own2").create()),
    ),
    "drop foreign key": (
        rebuild(),
        alembic(lambda batch: batch.drop_constraint("owned")),
        ours(lambda table: _foreign(table, "owned").drop()),
    ),
    "unique index": (
        rebuild(),
        alembic(lambda b: b.create_index("one", ["email"], unique=True)),
        ours(
            lambda table: sa.Index("one", table.c.email, unique=True).create(
                _bind(table)
            )
        ),
    ),
    "drop column": (
        rebuild(),
        alembic(lambda batch: batch.drop_column("note")),
        ours(lambda table: table.c.note.drop()),
    ),
    "add column": (
        rebuild(),
        alembic(lambda batch: batch.add_column(sa.Column("extra", sa.Text))),
        ours(lambda table: sa.Column("extra", sa.Text).create(table)),
    ),
    "five at once": (rebuild(), alembic(_five), ours(_our_five)),
    "five and a unique constraint": (
        rebuild(constraints=("CONSTRAINT one UNIQUE (email)",)),
        alembic(_five_with_rebuild),
        ours(_our_five_with_rebuild),
    ),
    "unique constraint": (
        rebuild(constraints=("CONSTRAINT one UNIQUE (email)",)),
        alembic(lambda b: b.create_unique_constraint("one", ["email"])),
        ours(_unique),
    ),
    "other affinity": (
        rebuild({"age": "age TEXT"}),
        alembic(lambda batch: batch.alter_column("age", type_=sa.Text())),
        ours(lambda table: table.c.age.alter(type=sa.Text())),
    ),
}
CONTESTANTS = ["by hand", "Alembic", "migrate"]


def run_once(path: Path, alteration: str, contestant: str) -> None:
    """Alter the file; print the seconds and the peak memory in MB.

    Seconds by the clock, then of processor time.
    """
    # Loaded before the clock starts, as Alembic is.
    import migrate.changeset.calls
    import migrate.changeset.constraint
    import migrate.changeset.databases.sqlite  # noqa: F401

    if contestant == "Alembic":
        import alembic.operations  # noqa: F401
    run = ALTERATIONS[alteration][CONTESTANTS.index(contestant)]
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM owner")
        started = time.perf_counter(), time.process_time()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        run(connection)
        connection.commit()
        seconds = time.perf_counter() - started[0]
        processor = time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, processor, peak]))


def fresh_copy(base: Path, copy: Path) -> None:
    """Copy the file, and see it written.

    Otherwise the first fsync of the alteration writes the copy.
    """
    shutil.copyfile(base, copy)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())


def measure(
    base: Path, alteration: str, rounds: int
) -> dict[str, tuple[float, float, float]]:
    contestants = [
        each
        for each in CONTESTANTS
        if each != "Alembic"
        or (find_spec("alembic") and alteration != "rename table")
    ]
    runs: dict[str, list[list[float]]] = {each: [] for each in contestants}
    copy = base.with_name("copy.db")
    for _ in range(rounds):
        for contestant in contestants:
            fresh_copy(base, copy)
            command = [sys.executable, __file__, "--run", alteration]
            output = subprocess.run(
                [*command, contestant, str(copy)],
                check=True,
                stdout=subprocess.PIPE,
            ).stdout
            runs[contestant].append(json.loads(output))
            copy.unlink()
    return {
        contestant: (
            statistics.median(run[0] for run in each),
            statistics.median(run[1] for run in each),
            max(run[2] for run in each),
        )
        for contestant, each in runs.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=ALTERATIONS)
    parser.add_argument("--folder")
    parser.add_argument("--run", nargs=3)
    arguments = parser.parse_args()
    if arguments.run:
        alteration, contestant, path = arguments.run
        run_once(Path(path), alteration, contestant)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        base = Path(folder) / "base.db"
        fill(base, arguments.rows)
        size = base.stat().st_size / 2**20
        print(
            f"{arguments.rows} rows, {size:.0f} MB, SQLite "
            f"{sqlite3.sqlite_version}; seconds, ratio, ratio of processor "
            "time, peak memory"
        )
        for alteration in ALTERATIONS:
            if alteration not in (arguments.only or ALTERATIONS):
                continue
            results = measure(base, alteration, arguments.rounds)
            floor = results["by hand"]
            line = "  ".join(
                f"{each} {seconds:7.3f} s {seconds / floor[0]:6.3f} "
                f"{processor / floor[1]:6.3f} {memory:4.0f} MB"
                for each, (seconds, processor, memory) in results.items()
            )
            print(f"{alteration:30} {line}", flush=True)


if __name__ == "__main__":
    main()
