from sqlalchemy import func
from sqlalchemy import select

from tests.legacy.forms import account


def _row(engine):
    table = account(engine)
    return table, engine.execute(
        table.select().where(table.c.id == 2)
    ).fetchone()


def by_name_and_column(engine):
    table, row = _row(engine)
    return row["login"], row[table.c.login], row[1], row.login, row[-1]


def by_wrong_name(engine):
    return _row(engine)[1]["nosuch"]


def by_wrong_attribute(engine):
    return _row(engine)[1].nosuch


def slices(engine):
    return _row(engine)[1][0:1]


def as_dictionary(engine):
    row = _row(engine)[1]
    return dict(row), dict(row.items()), dict(zip(row.keys(), row))


def keys_values_items(engine):
    row = _row(engine)[1]
    return list(row.keys()), list(row.values()), list(row.items())


def has_key(engine):
    row = _row(engine)[1]
    return row.has_key("login"), row.has_key("nosuch")


def contains(engine):
    table, row = _row(engine)
    return "login" in row, "bob" in row, 2 in row, table.c.id in row


def equality(engine):
    row = _row(engine)[1]
    return row == (2, "bob"), tuple(row), len(row), row == (2, "ann")


def unpacking(engine):
    number, login = _row(engine)[1]
    return number, login


def iteration(engine):
    table = account(engine)
    return [
        (row["id"], row["login"])
        for row in engine.execute(table.select().order_by(table.c.id))
    ]


def labels(engine):
    table = account(engine)
    row = engine.execute(
        select([table.c.id.label("number"), func.count(table.c.id)])
        .group_by(table.c.id)
        .order_by(table.c.id)
    ).first()
    return row["number"], row[1], row.number, row[table.c.id]


def use_labels(engine):
    table = account(engine)
    row = engine.execute(
        table.select(use_labels=True).order_by(table.c.id)
    ).first()
    return row["account_login"], row[table.c.login], list(row.keys())


def of_text(engine):
    account(engine)
    row = engine.execute(
        "SELECT id AS number, login FROM account ORDER BY id"
    ).first()
    return row["number"], row.login, dict(row)


def case_of_names(engine):
    account(engine)
    row = engine.execute("SELECT id, login FROM account ORDER BY id").first()
    return row["login"], row.id


def sorting(engine):
    table = account(engine)
    rows = engine.execute(table.select()).fetchall()
    return [tuple(row) for row in sorted(rows, key=lambda row: -row["id"])]


def in_a_set(engine):
    table = account(engine)
    return len(set(engine.execute(table.select()).fetchall()))


def named_like_methods(engine):
    engine.execute("CREATE TABLE t (items INTEGER, counted INTEGER)")
    engine.execute("INSERT INTO t VALUES (1, 2)")
    row = engine.execute("SELECT items, counted FROM t").first()
    return row["items"], row.counted, dict(row)


def named_count_and_index(engine):
    account(engine)
    row = engine.execute(
        "SELECT id AS number, login AS t FROM account ORDER BY id"
    ).first()
    return row["t"], row.number


def first_and_scalar(engine):
    table = account(engine)
    ordered = table.select().order_by(table.c.id)
    return (
        engine.execute(ordered).first()["login"],
        engine.execute(ordered).scalar(),
        engine.execute(table.select().where(table.c.id == 9)).first(),
    )


def as_parameters(engine):
    table = account(engine)
    row = dict(engine.execute(table.select().where(table.c.id == 1)).first())
    row["id"] = 10
    engine.execute(table.insert(), row)
    engine.execute(table.insert(), **dict(row, id=11))
    return engine.execute(table.select().order_by(table.c.id)).fetchall()
