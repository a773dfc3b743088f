"""Every form: its example becomes what it says, once, and reads well."""

from __future__ import annotations

import textwrap

import pytest

from migrate.modernize.forms import FORMS
from migrate.modernize.forms import PREAMBLE
from migrate.modernize.forms import Form
from migrate.modernize.rewriting import rewrite


def script(example: str) -> str:
    if example.startswith(("import ", "from ")):
        return f"{example}\n"
    return PREAMBLE + textwrap.indent(f"{example}\n", "    ")


def body(lines: str) -> str:
    """Rewrite lines of ``upgrade``; nothing else may have changed."""
    text, left = rewrite(script(lines))
    assert not left
    assert text.startswith(PREAMBLE)
    return textwrap.dedent(text.removeprefix(PREAMBLE)).rstrip("\n")


def reason(lines: str) -> str:
    """Give why a line of ``upgrade`` is left; it must not have changed."""
    text, left = rewrite(script(lines))
    assert text == script(lines)
    assert len(left) == 1
    return next(iter(left.values()))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.before)
def test_example(form: Form) -> None:
    text, left = rewrite(script(form.before))

    assert text == script(form.after or form.before)
    assert bool(left) == (not form.after)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.before)
def test_todays_form_stays(form: Form) -> None:
    todays = script(form.after or form.before)

    assert rewrite(todays)[0] == todays


FLAG = """\
class Flag(Boolean):
    def __init__(self, create_constraint=True):
        pass
def flag():
    return Boolean(create_constraint=True)
def add(column, table, **names):
    column.create(table, **names)
"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("Column('c', Flag).create(t)",
         "Column('c', Flag(create_constraint=False)).create(t)"),
        ("t.create_column(Column('c', Flag()))",
         "t.create_column(Column('c', Flag(create_constraint=False)))"),
        ("create_column(Column('c', type_=Flag()), t)",
         "create_column(Column('c', type_=Flag(create_constraint=False)), t)"),
        ("add(Column('c', Flag()), t)",
         "add(Column('c', Flag(create_constraint=False)), t)"),
        ("add(table=t, column=Column('c', Flag()))",
         "add(table=t, column=Column('c', Flag(create_constraint=False)))"),
        ("for c in [Column('c', Flag())]: c.create(t)",
         "for c in [Column('c', Flag(create_constraint=False))]: c.create(t)"),
        ("c = Column('c', Flag())\nc.create(t)\n"
         "c = Column('c', Flag())\nTable('u', meta, c)",
         "c = Column('c', Flag(create_constraint=False))\nc.create(t)\n"
         "c = Column('c', Flag())\nTable('u', meta, c)"),
        ("add(Column('c', String(9), unique=True), t, index_name='i',\n"
         "    unique_name='u')",
         "add(Column('c', String(9)), t, index_name='i')"),
        ("Column('c', Integer, unique=True).create(t, unique_name='u')",
         "Column('c', Integer, unique=True).create(t, unique_name='u')"),
        ("Table('u', meta, Column('c', Flag()))",
         "Table('u', meta, Column('c', Flag()))"),
    ],
)  # fmt: skip
def test_added_column_is_as_it_was(lines: str, expected: str) -> None:
    assert body(FLAG + lines) == FLAG + expected


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("Column('c', flag()).create(t)", "without the CHECK"),
        ("add(whose, t, index_name='i', unique_name='u')", "not unique"),
        ("c = Column('c', Integer, unique=True)\n"
         "c.create(t, index_name='i', unique_name='u')\n"
         "c.create(t, unique_name='u')", "not unique"),
    ],
)  # fmt: skip
def test_added_column_that_cannot_be_followed_is_left(
    lines: str, why: str
) -> None:
    assert why in reason(FLAG + lines)


@pytest.mark.parametrize(
    "lines",
    [
        "w = Table('v', meta)",
        "w = Table('u', meta, Column('id', Integer))",
        "w = Table('u', MetaData())",
        "def f(): return Table('u', meta)",
    ],
)
def test_other_name_is_not_that_of_a_renamed_table(lines: str) -> None:
    text = f"u = Table('u', meta)\nu.rename('v')\n{lines}"

    assert body(text) == text


def test_column_of_unbound_metadata_is_added_as_it_says() -> None:
    text = (
        "from sqlalchemy import *\ndef upgrade(migrate_engine):\n"
        "    Column('c', Boolean(create_constraint=True)).create(t)\n"
    )

    assert rewrite(text) == (text, {})


def test_layout_and_comments_stay() -> None:
    assert body(
        "# why\n"
        "q = select([  # these\n"
        "    t.c.id,\n"
        "    # and this\n"
        "    t.c.id.label('again'),\n"
        "], t.c.id > 1)\n"
        "# insert\n"
        "migrate_engine.execute(t.insert(),\n"
        "                       id=1)  # one"
    ) == (
        "# why\n"
        "q = select(  # these\n"
        "    t.c.id,\n"
        "    # and this\n"
        "    t.c.id.label('again'),\n"
        ").where(t.c.id > 1)\n"
        "# insert\n"
        "with migrate_engine.begin() as connection:\n"
        "    connection.execute(t.insert(),\n"
        "                           {'id': 1})  # one"
    )


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("t.insert(), id=1", "t.insert(), {'id': 1}"),
        ("t.insert(), {'id': 1}", "t.insert(), {'id': 1}"),
        ("t.insert(), {'id': 1}, {'id': 2}",
         "t.insert(), [{'id': 1}, {'id': 2}]"),
        ("t.insert(), *more", "t.insert(), list(more)"),
        ("t.insert(), **more", "t.insert(), more"),
        ("t.insert(), id=1, **more", "t.insert(), {'id': 1, **more}"),
    ],
)  # fmt: skip
def test_parameters_of_a_statement(given: str, passed: str) -> None:
    assert body(f"migrate_engine.execute({given})") == (
        "with migrate_engine.begin() as connection:\n"
        f"    connection.execute({passed})"
    )


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("'x = ?', 1", "'x = ?', (1,)"),
        ("'x = ? + ?', 1, 2", "'x = ? + ?', (1, 2)"),
        ("'x = ? + ?', a(), b", "'x = ? + ?', (a(), b)"),
        ("'x = ?', (1,)", "'x = ?', (1,)"),
        ("'x = ?', (1,), (2,)", "'x = ?', [(1,), (2,)]"),
        ("'x = ?', [(1,), (2,)]", "'x = ?', [(1,), (2,)]"),
        ("'x = ?', [1]", "'x = ?', tuple([1])"),
        ("'x = :x', x=1", "'x = :x', {'x': 1}"),
        ("'x = :x', {'x': 1}", "'x = :x', {'x': 1}"),
        ("'x = %s' % 1", "'x = %s' % 1"),
    ],
)
def test_parameters_of_text(given: str, passed: str) -> None:
    assert body(f"migrate_engine.execute({given})") == (
        "with migrate_engine.begin() as connection:\n"
        f"    connection.exec_driver_sql({passed})"
    )


@pytest.mark.parametrize(
    "line",
    [
        "x = migrate_engine.execute(t.select()).scalar()",
        "x = list(migrate_engine.execute(t.select()))",
        "x = [r.id for r in migrate_engine.execute(t.select())]",
        "x = sum(r.id for r in migrate_engine.execute(t.select()))",
        "print(migrate_engine.execute(t.select()).fetchall()[0])",
        "return migrate_engine.execute(t.select()).fetchall()",
        "assert migrate_engine.execute(t.delete()).rowcount",
    ],
)
def test_result_is_used_up_inside_the_block(line: str) -> None:
    inside = line.replace("migrate_engine.", "connection.")

    assert body(line) == (
        f"with migrate_engine.begin() as connection:\n    {inside}"
    )


@pytest.mark.parametrize(
    "lines",
    [
        "while migrate_engine.execute(t.select()).scalar():\n    pass",
        "x = lambda: migrate_engine.execute(t.select()).scalar()",
        "x = (r for r in migrate_engine.execute(t.select()))",
        "print(migrate_engine.execute(t.select()))",
        "return migrate_engine.execute(t.select())",
        "if 1:\n    pass\n"
        "elif migrate_engine.execute(t.select()).scalar():\n    pass",
        "if 1 and migrate_engine.execute(t.select()).scalar():\n    pass",
        "x = migrate_engine.execute(t.select())\nprint(x)",
        "x = migrate_engine.execute(t.select())\n"
        "print(x.rowcount, x.fetchall())",
        "migrate_engine.execute(unknown)",
        "migrate_engine.execute(t.insert(), (1, 2))",
        "migrate_engine.execute('x = ?', a)",
        "migrate_engine.execute('x = ?', a, [1])",
        "unknown.execute('DELETE FROM t')",
        "unknown.execute()",
        "unknown.create()",
        "unknown.drop()",
        "u = Table('u', meta, autoload=unknown)",
        "row = migrate_engine.begin() and unknown\nunknown.exists()",
    ],
)
def test_uncertain_is_left_with_a_reason(lines: str) -> None:
    assert reason(lines).startswith("needs the 1.x layer")


@pytest.mark.parametrize(
    "statement",
    [
        "select(u)",
        "select(u.c.id).where(u.c.id > 1)",
        "insert(u)",
        "sqlalchemy.update(u)",
    ],
)
def test_bind_is_that_of_the_table_in_a_statement(statement: str) -> None:
    text = (
        "import sqlalchemy\nfrom sqlalchemy import *\n"
        f"def upgrade(e):\n    f(Table('t', MetaData()))\n"
        f"def f(u):\n    {statement}.execute()\n"
    )
    owner = "u.c.id.table" if "c.id" in statement else "u"

    found, left = rewrite(text)

    assert f"with {owner}.metadata.bind.begin() as connection:" in found
    assert not left


def test_transaction_of_the_script_is_kept() -> None:
    lines = (
        "conn = migrate_engine.connect()\n"
        "trans = conn.begin()\n"
        "conn.execute(t.insert(), {'id': 1})\n"
        "trans.commit()"
    )

    assert body(lines) == lines


def test_transaction_is_that_of_its_connection() -> None:
    lines = (
        "conn = migrate_engine.connect()\n"
        "conn.execute(t.insert(), {'id': 1})\n"
        "conn = migrate_engine.connect()\n"
        "trans = conn.begin()\n"
        "conn.execute(t.insert(), {'id': 2})\n"
        "trans.commit()"
    )

    assert body(lines) == lines.replace(
        "conn.execute(t.insert(), {'id': 1})",
        "with conn.begin():\n    conn.execute(t.insert(), {'id': 1})",
    )


def test_outside_its_transaction_is_left() -> None:
    assert "outside the transaction" in reason(
        "conn = migrate_engine.connect()\n"
        "conn.execute(t.insert(), {'id': 1})\n"
        "trans = conn.begin()\n"
        "trans.commit()"
    )


def test_name_that_is_two_things_is_nothing_certain() -> None:
    assert "cannot be told what x is" in reason(
        "if 1:\n    x = t.select()\n"
        "else:\n    x = migrate_engine\n"
        "x.execute('SELECT 1')"
    )


def test_name_of_a_block_does_not_hide_another() -> None:
    assert body("connection = 3\nmigrate_engine.execute('SELECT 1')") == (
        "connection = 3\n"
        "with migrate_engine.begin() as conn:\n"
        "    conn.exec_driver_sql('SELECT 1')"
    )


def test_metadata_bound_elsewhere_is_asked() -> None:
    text, left = rewrite(
        "from sqlalchemy import MetaData, Table\n"
        "def load(meta):\n"
        "    return Table('t', meta, autoload=True)\n"
        "def make(meta):\n"
        "    t = load(meta)\n"
        "    t.create()\n"
    )

    assert not left
    assert "autoload_with=meta.bind" in text
    assert "t.create(t.metadata.bind)" in text


def test_statement_is_bound_by_its_table() -> None:
    text, left = rewrite(
        "from sqlalchemy import MetaData, Table\n"
        "def fill(meta):\n"
        "    t = Table('t', meta, autoload=True)\n"
        "    t.insert().execute(id=1)\n"
    )

    assert not left
    assert "with t.metadata.bind.begin() as connection:" in text


def test_missing_name_is_imported() -> None:
    text, left = rewrite(
        '"""Doc."""\n'
        "from sqlalchemy import Table, MetaData\n"
        "def upgrade(engine):\n"
        "    t = Table('t', MetaData(), autoload_with=engine)\n"
        "    n = engine.scalar(t.count())\n"
    )

    assert not left
    assert text.splitlines()[1] == (
        "from sqlalchemy import func, select, Table, MetaData"
    )


def test_name_through_a_module_needs_no_import() -> None:
    text, _ = rewrite(
        "import sqlalchemy as sa\n"
        "def upgrade(engine):\n"
        "    print(engine.table_names())\n"
    )

    assert "sa.inspect(engine).get_table_names()" in text


def test_own_name_is_no_builtin_of_python_2() -> None:
    text = "unicode = str\nx = unicode(3)\ny.unicode = f(long=3)\n"

    assert rewrite(text) == (text, {})


def test_other_libraries_are_left_alone() -> None:
    text = (
        "def upgrade(engine):\n"
        "    thing.create()\n"
        "    cursor.execute('SELECT 1')\n"
        "    thing.drop()\n"
    )

    assert rewrite(text) == (text, {})
