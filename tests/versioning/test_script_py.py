"""Python scripts: how they are imported, called, and what they may lack."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from migrate.binding import can_roll_back_ddl
from migrate.exceptions import InvalidScriptError
from migrate.exceptions import NotSupportedError
from migrate.exceptions import PathFoundError
from migrate.exceptions import Python2ScriptError
from migrate.exceptions import ScriptError
from migrate.exceptions import ScriptExitError
from migrate.versioning.script import BaseScript
from migrate.versioning.script import PythonScript

TABLE = """\
from sqlalchemy import *

meta = MetaData()
account = Table('account', meta, Column('id', Integer, primary_key=True))

def upgrade(migrate_engine):
    meta.bind = migrate_engine
    account.create()

def downgrade(migrate_engine):
    meta.bind = migrate_engine
    account.drop()
"""
CALLS = "def upgrade(engine): calls.append('up')\n"


@pytest.fixture(autouse=True)
def _modules_as_before() -> object:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("001_"):
            del sys.modules[name]


def script(folder: Path, content: str, name: str = "001_x.py") -> PythonScript:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return PythonScript(path)


def test_bound_metadata_up_and_down(engine: Engine, tmp_path: Path) -> None:
    both = script(tmp_path, TABLE)

    both.run(engine, "upgrade")
    made = inspect(engine).has_table("account")
    both.run(engine, -1)

    assert made
    assert not inspect(engine).has_table("account")


def test_connection_is_the_callers(engine: Engine, tmp_path: Path) -> None:
    if not can_roll_back_ddl(engine):
        pytest.skip("the database commits DDL")
    with engine.connect() as connection:
        script(tmp_path, TABLE).run(connection, 1)
        seen = inspect(connection).has_table("account")
        connection.rollback()

    assert seen
    assert not inspect(engine).has_table("account")


def test_error_of_a_script_passes_through_and_rolls_back(
    engine: Engine, tmp_path: Path
) -> None:
    failing = script(
        tmp_path, TABLE.replace("create()", "create()\n    raise OSError('x')")
    )

    with pytest.raises(OSError, match=r"^x$"):
        failing.run(engine, "upgrade")

    assert inspect(engine).has_table("account") != can_roll_back_ddl(engine)


def test_opting_out_of_the_transaction(engine: Engine, tmp_path: Path) -> None:
    statement = {
        "sqlite": "VACUUM",
        "postgresql": "CREATE INDEX CONCURRENTLY i ON account (id)",
        "mysql": "CREATE INDEX i ON account (id)",
    }[engine.dialect.name]
    opted_out = script(
        tmp_path,
        f"{TABLE}\ntransactional = False\n".replace(
            "account.create()",
            f"account.create()\n    migrate_engine.execute({statement!r})",
        ),
    )

    opted_out.run(engine, "upgrade")

    assert not opted_out.transactional
    assert inspect(engine).has_table("account")


def test_transactional_by_default(tmp_path: Path) -> None:
    assert script(tmp_path, TABLE).transactional


@pytest.mark.parametrize(
    ("step", "operation"),
    [
        ("upgrade", "up"),
        (1, "up"),
        (5, "up"),
        ("downgrade", "down"),
        (-1, "down"),
    ],
)
def test_step_chooses_the_function(
    sqlite_engine: Engine, tmp_path: Path, step: str | int, operation: str
) -> None:
    both = script(
        tmp_path,
        "calls = []\n"
        "def upgrade(engine): calls.append('up')\n"
        "def downgrade(engine): calls.append('down')\n",
    )

    both.run(sqlite_engine, step)

    assert both.module.calls == [operation]


@pytest.mark.parametrize("step", [0, "0", "sideways", ""])
def test_no_valid_step(
    sqlite_engine: Engine, tmp_path: Path, step: str | int
) -> None:
    with pytest.raises(ScriptError, match="is not a valid step"):
        script(tmp_path, TABLE).run(sqlite_engine, step)


def test_module_without_upgrade(tmp_path: Path) -> None:
    lacking = script(tmp_path, "upgrade = 1\n")

    with pytest.raises(InvalidScriptError) as caught:
        lacking.module  # noqa: B018  # reading it imports

    assert str(caught.value) == (
        f"{lacking.path}: module '001_x' has no attribute 'upgrade'"
    )


def test_missing_downgrade_fails_when_called(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    lacking = script(tmp_path, "def upgrade(engine): pass\n")
    lacking.run(sqlite_engine, "upgrade")

    with pytest.raises(
        ScriptError,
        match=r"^Function 'downgrade' is not defined in this script",
    ):
        lacking.run(sqlite_engine, "downgrade")


@pytest.mark.parametrize("parameters", ["", "**k", "*, engine=None"])
def test_function_that_takes_no_engine(
    sqlite_engine: Engine, tmp_path: Path, parameters: str
) -> None:
    lacking = script(tmp_path, f"def upgrade({parameters}): pass\n")

    with pytest.raises(TypeError, match="must accept engine parameter"):
        lacking.run(sqlite_engine, "upgrade")


@pytest.mark.parametrize(
    "definition",
    [
        "def upgrade(*args): calls.extend(args)",
        "def upgrade(e, more=1): calls.append(e)",
        "class Up:\n    def __call__(self, e): calls.append(e)\n"
        "upgrade = Up()",
        "import functools\n"
        "upgrade = functools.partial(lambda a, e: calls.append(e), 1)",
    ],
)
def test_function_may_be_any_callable(
    sqlite_engine: Engine, tmp_path: Path, definition: str
) -> None:
    defined = script(tmp_path, f"calls = []\n{definition}\n")

    defined.run(sqlite_engine, "upgrade")

    (given,) = defined.module.calls
    assert given.url == sqlite_engine.url


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("print 'x'", "write print(x)"),
        ("print", None),
        ("x = 0777", "write 0o777"),
        ("x = 10L", "write 10"),
        ("x = ur'a'", "write r''"),
        ("x = 1 <> 2", "write !="),
        ("x = `1`", "write repr(x)"),
        ("exec 'x'", "write exec(x)"),
        ("raise ValueError, 'x'", "write raise E(x)"),
        ("try: pass\nexcept OSError, e: pass", "write except E as e"),
        ("if 1:\n        x = 1\n\ty = 2", "spaces only"),
        ("def f(a, (b, c)): pass", "unpack it"),
        ("unicode('x')", "write str"),
        ("isinstance(1, long)", "write int"),
        ("basestring", "write str"),
        ("xrange(3)", "write range"),
        ("raw_input()", "write input"),
        ("{}.has_key(1)", "key in dict"),
        ("{}.iteritems()", "write items"),
        ("import cPickle", "module is pickle"),
        ("import sys\nprint >>sys.stderr, 1", "file=f"),
    ],
)
def test_python_2_is_told_apart(
    tmp_path: Path, line: str, advice: str | None
) -> None:
    old = script(tmp_path, f"{line}\ndef upgrade(e): pass\n")
    if advice is None:
        assert old.module
        return

    with pytest.raises(Python2ScriptError) as caught:
        old.module  # noqa: B018  # reading it imports

    number = line.count("\n") + 1
    assert str(caught.value).startswith(f"{old.path}, line {number}: ")
    assert advice in str(caught.value)
    assert f"'migrate modernize {tmp_path} --write'" in str(caught.value)


def test_python_2_is_told_apart_when_it_runs(
    tmp_path: Path, sqlite_engine: Engine
) -> None:
    versions = tmp_path / "versions"
    versions.mkdir()
    old = script(
        versions, "def upgrade(e):\n    for i in xrange(3):\n        pass\n"
    )

    with pytest.raises(Python2ScriptError) as caught:
        old.run(sqlite_engine, "upgrade")

    assert str(caught.value) == (
        f"{old.path}, line 2: name 'xrange' is not defined "
        "(xrange is Python 2: write range, or let "
        f"'migrate modernize {tmp_path} --write' do it)"
    )
    assert isinstance(caught.value.__cause__, NameError)


def test_errors_like_those_of_python_2_are_told_apart(
    tmp_path: Path, sqlite_engine: Engine
) -> None:
    for line, kind in (
        ("nobody", NameError),
        ("e.has_key(1)", AttributeError),
        ("{}.nothing", AttributeError),
        ("1 >> 'x'", TypeError),
        ("import nowhere_to_be_found", ModuleNotFoundError),
    ):
        other = script(tmp_path, f"def upgrade(e): {line}\n")
        with pytest.raises(kind):
            other.run(sqlite_engine, "upgrade")


def test_slip_of_the_pen_is_no_python_2(tmp_path: Path) -> None:
    bad = script(tmp_path, "def upgrade(e):\n    x = (1,\n")

    with pytest.raises(InvalidScriptError, match=r"line 2: ") as caught:
        bad.module  # noqa: B018  # reading it imports

    assert "Python 2" not in str(caught.value)


def test_null_byte_and_wrong_encoding(tmp_path: Path) -> None:
    path = tmp_path / "001_x.py"
    for content in (b"x = '\0'\n", b"x = '\xe9'\n"):
        path.write_bytes(content)
        with pytest.raises(InvalidScriptError, match=str(path)):
            PythonScript.verify_module(path)


@pytest.mark.parametrize("call", ["sys.exit()", "sys.exit('x')", "exit(0)"])
def test_exit_of_a_script_is_an_error(
    sqlite_engine: Engine, tmp_path: Path, call: str
) -> None:
    head = "import sys\nfrom sqlalchemy import *\n"
    at_run = script(
        tmp_path,
        f"{head}def upgrade(e):\n"
        f"    e.execute('CREATE TABLE t (a INT)')\n    {call}\n",
    )
    at_import = script(tmp_path, f"{head}{call}\n", "002_y.py")

    with pytest.raises(ScriptExitError, match=r"001_x.py: .* sys\.exit\("):
        at_run.run(sqlite_engine)
    with pytest.raises(ScriptExitError, match=r"002_y.py: .* sys\.exit\("):
        at_import.module  # noqa: B018  # reading it imports

    assert not inspect(sqlite_engine).has_table("t")


def test_source_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    path = tmp_path / "001_x.py"
    path.write_bytes(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    source = PythonScript(path).source()
    path.write_bytes(b"x = '\xe9'\n")

    assert source.endswith("x = 'é'\n")
    with pytest.raises(InvalidScriptError, match=str(path)):
        PythonScript(path).source()


def test_forgotten_script_is_imported_anew(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    defines_inside = script(
        tmp_path,
        "from sqlalchemy import *\nmeta = MetaData()\n"
        "def upgrade(e):\n    Table('t', meta, Column('a', Integer))\n",
    )
    defines_inside.run(sqlite_engine)

    defines_inside.forget()

    defines_inside.run(sqlite_engine)


def test_syntax_error_of_another_module_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_helper_of_001.py").write_text("x = (")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(SyntaxError):
        script(tmp_path, "import broken_helper_of_001").module  # noqa: B018


def test_failed_import_leaves_no_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "001_x", raising=False)
    with pytest.raises(ZeroDivisionError):
        script(tmp_path, "1 / 0").module  # noqa: B018  # reading it imports

    assert "001_x" not in sys.modules


def test_module_is_imported_once_and_registered_by_stem(
    tmp_path: Path,
) -> None:
    once = script(
        tmp_path,
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: int\n"
        "def upgrade(e): pass\n",
    )

    module = once.module

    assert once.module is module
    assert sys.modules["001_x"] is module
    assert module.__file__ == once.path
    point = pickle.loads(pickle.dumps(module.Point(3)))
    assert dataclasses.asdict(point) == {"x": 3}


def test_equal_stems_of_two_repositories_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = script(tmp_path / "a", "which = 'a'\ndef upgrade(e): pass\n")
    two = script(tmp_path / "b", "which = 'b'\ndef upgrade(e): pass\n")

    assert (one.module.which, two.module.which) == ("a", "b")
    assert sys.modules["001_x"] is two.module


def test_edited_script_is_read_anew_and_nothing_is_cached_on_disk(
    tmp_path: Path,
) -> None:
    first = script(tmp_path, "n = 1\ndef upgrade(e): pass\n").module
    second = script(tmp_path, "n = 2\ndef upgrade(e): pass\n").module

    assert (first.n, second.n) == (1, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["001_x.py"]


def test_siblings_are_imported_as_a_package(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sqlite_engine: Engine,
) -> None:
    versions = tmp_path / "siblings_of_001" / "versions"
    versions.mkdir(parents=True)
    (versions.parent / "__init__.py").touch()
    (versions / "__init__.py").touch()
    (versions / "helper.py").write_text("def help(): return 7\n")
    monkeypatch.syspath_prepend(tmp_path)

    helped = script(
        versions,
        "from siblings_of_001.versions.helper import help\n"
        "def upgrade(e):\n    assert help() == 7\n",
    )

    helped.run(sqlite_engine, "upgrade")


def test_create_writes_the_template(tmp_path: Path) -> None:
    path = tmp_path / "001_x.py"

    PythonScript.create(path)

    assert callable(PythonScript(path).module.downgrade)
    with pytest.raises(PathFoundError):
        PythonScript.create(path)


def test_base_script_cannot_run(tmp_path: Path, sqlite_engine: Engine) -> None:
    base = BaseScript(script(tmp_path, TABLE).path)

    assert str(base) == str(tmp_path / "001_x.py")
    assert base.source() == TABLE
    with pytest.raises(NotImplementedError):
        base.run(sqlite_engine)


def test_legacy_style_ends_with_the_script(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    script(tmp_path, TABLE).run(sqlite_engine, "upgrade")

    assert not hasattr(sqlite_engine, "execute")
    with sqlite_engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1


MAKES_SHOP = """
from sqlalchemy import *

meta = MetaData()
shop = Table(
    "shop", meta,
    Column("id", Integer, primary_key=True),
    Column("name", String(5), index=True),
)

def upgrade(migrate_engine):
    meta.bind = migrate_engine
    shop.create()
    migrate_engine.execute(shop.insert())
    migrate_engine.execute("DELETE FROM shop WHERE id > 9")

def downgrade(migrate_engine):
    migrate_engine.execute(select([shop])).fetchall()
"""
LOOKS = """
def upgrade(migrate_engine):
    migrate_engine.begin()
"""
FAILS = """
def upgrade(migrate_engine):
    "shop".nosuch
"""


def test_created_script_is_given(tmp_path: Path) -> None:
    path = tmp_path / "001_shop.py"

    script = PythonScript.create(path)

    assert isinstance(script, PythonScript)
    assert script.path == str(path)


@pytest.mark.parametrize(
    ("url", "row"),
    [("sqlite://", "(?, ?)"), ("mysql+pymysql://", "(%s, %s)")],
)
def test_sql_of_a_step_without_a_database(
    tmp_path: Path, url: str, row: str
) -> None:
    path = tmp_path / "001_shop.py"
    path.write_text(MAKES_SHOP)

    sql = PythonScript(path).preview_sql(url, 1)

    created, index, insert, delete = sql.split(";\n\n")
    assert created.startswith("CREATE TABLE shop (")
    assert index == "CREATE INDEX ix_shop_name ON shop (name)"
    assert insert.endswith(f"VALUES {row}")
    assert delete == "DELETE FROM shop WHERE id > 9"


@pytest.mark.parametrize(
    ("text", "step"), [(MAKES_SHOP, "downgrade"), (LOOKS, "upgrade")]
)
def test_sql_of_a_step_that_reads_is_known_to_the_database_alone(
    tmp_path: Path, text: str, step: str
) -> None:
    path = tmp_path / "001_shop.py"
    path.write_text(text)

    with pytest.raises(NotSupportedError, match="upgrade --preview_sql"):
        PythonScript(path).preview_sql("sqlite://", step)


@pytest.mark.parametrize(
    "reading",
    [
        "for row in migrate_engine.execute('SELECT 1'): pass",
        "migrate_engine.execute('SELECT 1')[0]",
        "Table('t', MetaData(migrate_engine), autoload=True)",
    ],
)
def test_sql_of_a_script_that_reads_is_not_shown(
    tmp_path: Path, reading: str
) -> None:
    path = tmp_path / "001_shop.py"
    path.write_text(
        "from sqlalchemy import *\n"
        f"def upgrade(migrate_engine):\n    {reading}\n"
    )

    with pytest.raises(NotSupportedError, match="upgrade --preview_sql"):
        PythonScript(path).preview_sql("sqlite://", 1)


def test_error_of_a_script_that_is_shown_stays_its_own(
    tmp_path: Path,
) -> None:
    path = tmp_path / "001_shop.py"
    path.write_text(FAILS)

    with pytest.raises(AttributeError, match="nosuch"):
        PythonScript(path).preview_sql("sqlite://", 1)
