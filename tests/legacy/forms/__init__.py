"""What change scripts wrote for SQLAlchemy 1.x, one form to a function.

Each function is given a ``migrate_engine`` on an empty database and gives an
answer that can be compared.  ``record.py`` runs them on SQLAlchemy 1.4 (those
marked :func:`on_12` on 1.2) and keeps the answers in ``answers.json``; the
tests ask for the same answers from today's SQLAlchemy in 1.x style.

The code runs on Python 3.8 and is not typed: it is what scripts look like.
"""

import importlib
import pkgutil


def on_12(function):
    """Mark a form that 1.2 took, with a warning or not, and 1.4 refused."""
    function.stack = "1.2"
    return function


def on(*databases):
    """Mark a form that is for some databases only."""

    def mark(function):
        function.databases = databases
        return function

    return mark


def account(engine, rows=((1, "ann"), (2, "bob"), (3, None))):
    """Make the table that most forms use, with three rows."""
    from sqlalchemy import Column
    from sqlalchemy import Integer
    from sqlalchemy import MetaData
    from sqlalchemy import String
    from sqlalchemy import Table

    table = Table(
        "account",
        MetaData(bind=engine),
        Column("id", Integer, primary_key=True),
        Column("login", String(40)),
    )
    table.create()
    for number, login in rows:
        engine.execute(table.insert(), {"id": number, "login": login})
    return table


def logins(engine):
    """Read what is in the table, in order, in one way for all forms."""
    rows = engine.execute("SELECT id, login FROM account ORDER BY id")
    return [tuple(row) for row in rows.fetchall()]


def forms():
    """Give every form as (name, function), in the order of the files."""
    found = []
    for module_info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(__name__ + "." + module_info.name)
        found.extend(
            (module_info.name + "." + name, function)
            for name, function in vars(module).items()
            if getattr(function, "__module__", None) == module.__name__
            and not name.startswith("_")
            and callable(function)
            and not isinstance(function, type)
        )
    return found


def plain(value):
    """Bring an answer into a form that is the same for every stack."""
    if isinstance(value, dict):
        pairs = sorted((str(k), plain(v)) for k, v in value.items())
        return "{" + ", ".join(k + ": " + v for k, v in pairs) + "}"
    if isinstance(value, (str, bytes, int, float, type(None))):
        return repr(value)
    if isinstance(value, type):
        return value.__name__
    if hasattr(value, "compile"):
        return " ".join(str(value).split())
    if hasattr(value, "__iter__"):
        return "[" + ", ".join(plain(one) for one in value) + "]"
    return str(value)


def answer(function, engine):
    """Run a form; an error is an answer as well."""
    try:
        return plain(function(engine))
    except Exception as error:
        return "raises " + type(error).__name__
