"""Columns and their types as Python code, and what it has to import."""

from __future__ import annotations

import ast
import re
from typing import Any

import sqlalchemy
from sqlalchemy import Integer
from sqlalchemy import types
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import Column
from sqlalchemy.schema import DefaultClause
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.types import TypeEngine

from migrate.versioning.models.comparison.defaults import default_sql
from migrate.versioning.models.comparison.defaults import is_counting
from migrate.versioning.models.comparison.escaping import literal_text
from migrate.versioning.models.comparison.escaping import sql_of
from migrate.versioning.models.comparison.types import implemented
from migrate.versioning.models.comparison.types import labels
from migrate.versioning.models.comparison.types import spelled
from migrate.versioning.models.generation.variables import star_names

__all__ = ["Source", "arguments", "call", "reference", "rules", "sql_text"]

_SPELLED_TYPE = """
from sqlalchemy.types import UserDefinedType


class SpelledType(UserDefinedType):
    cache_ok = True

    def __init__(self, spelling):
        self.spelling = spelling

    def get_col_spec(self, **kw):
        return self.spelling

"""
_IDENTITY = ("start", "increment", "minvalue", "maxvalue", "cycle", "cache")
_LITERALS = (bool, int, float, str, bytes, type(None))


class Source:
    """Writes code for one database, and remembers what the code needs.

    :ivar creates_types: False: the code around takes care of enumerations
        that are types of their own.
    :ivar check: what a check is called inside of a Table.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        creates_types: bool = True,
        check: str = "CheckConstraint",
    ) -> None:
        self.dialect = dialect
        self.check = check
        self.creates_types = creates_types
        self._modules: dict[str, str] = {}
        self._spells = False

    @property
    def names(self) -> frozenset[str]:
        """The names that the code imports."""
        return frozenset(self._modules)

    def imports(self) -> str:
        """Return lines that import what ``sqlalchemy`` itself has not."""
        lines = [
            f"from {module} import {name}\n"
            for name, module in sorted(self._modules.items())
        ]
        return "".join(lines) + (_SPELLED_TYPE if self._spells else "")

    def type(self, type_: TypeEngine[Any]) -> str:
        """Write a type; one that has no code by how it is spelled."""
        found: Any = implemented(type_, self.dialect)
        if getattr(found, "create_constraint", False):
            # The check is written as a constraint of the table.
            found = found.copy()
            found.create_constraint = False
        spelling = spelled(type_, self.dialect)
        enumeration = labels(found, self.dialect)
        if enumeration is not None and not self.creates_types:
            code = self._enumeration(found)
        else:
            code = re.sub(r"^(\w+)\(\)$", r"\1", repr(found))
        modules = self._modules_of(code, found)
        if modules is not None and spelling in (
            None,
            self._spelled_again(code, modules),
        ):
            self._modules.update(modules)
            return code
        if spelling is None:
            self._modules["NullType"] = "sqlalchemy.types"
            return "NullType"
        self._spells = True
        return call("SpelledType", repr(spelling))

    def _enumeration(self, type_: Any) -> str:
        """Write an enumeration of PostgreSQL that is created elsewhere."""
        if hasattr(type_, "item_type"):
            inner = self._enumeration(type_.item_type)
            rest = f"dimensions={type_.dimensions}" if type_.dimensions else ""
            return call("ARRAY", inner, rest)
        return self.enumeration(type_, "create_type=False")

    def enumeration(self, type_: Any, *options: str) -> str:
        """Write an enumeration of PostgreSQL."""
        found: Any = implemented(type_, self.dialect)
        while hasattr(found, "item_type"):
            found = implemented(found.item_type, self.dialect)
        self._modules["ENUM"] = "sqlalchemy.dialects.postgresql"
        schema = f"schema={str(found.schema)!r}" if found.schema else ""
        return call(
            "ENUM",
            *(repr(str(label)) for label in found.enums),
            f"name={str(found.name)!r}",
            schema,
            *options,
        )

    def _modules_of(
        self, code: str, type_: TypeEngine[Any]
    ) -> dict[str, str] | None:
        """Return {name: module} for the classes in ``code``.

        None if a class is not SQLAlchemy's, or ``code`` is none.
        """
        try:
            nodes = [*ast.walk(ast.parse(code, mode="eval"))]
        except SyntaxError:
            return None
        package = f"sqlalchemy.dialects.{self.dialect.name}"
        if self.dialect.name == "mariadb":
            package = "sqlalchemy.dialects.mysql"
        own = vars(__import__(package, fromlist=["_"]))
        known = star_names(sqlalchemy)
        found = {}
        for name in {n.id for n in nodes if isinstance(n, ast.Name)}:
            cls: Any = type(type_) if name == type(type_).__name__ else None
            module = getattr(cls, "__module__", "sqlalchemy")
            if cls is not None and not module.startswith("sqlalchemy."):
                return None
            if module.startswith("sqlalchemy.dialects.") and name in own:
                found[name] = package
            elif name in known:
                continue
            elif name in own:
                found[name] = package
            elif name in vars(types):
                found[name] = "sqlalchemy.types"
            else:
                return None
        return found

    def _spelled_again(self, code: str, modules: dict[str, str]) -> str | None:
        namespace = dict(vars(sqlalchemy))
        for name, module in {**self._modules, **modules}.items():
            namespace[name] = vars(__import__(module, fromlist=["_"]))[name]
        try:
            again: Any = eval(code, namespace)  # our own
        except (SQLAlchemyError, TypeError, NameError, ValueError):
            return None
        return spelled(
            again() if isinstance(again, type) else again, self.dialect
        )

    def column(
        self,
        column: Column[Any],
        foreign_key: ForeignKeyConstraint | None = None,
        *,
        is_stub: bool = False,
        is_keyless: bool = False,
    ) -> str:
        """Write a column; its constraints are the table's.

        :param foreign_key: of this column alone, to be written with it.
        :param is_keyless: leave it to a constraint that it is of the key.
        :param is_stub: leave out all but what a foreign key has to know.
        """
        parts = [repr(str(column.name)), self.type(column.type)]
        if foreign_key is not None:
            target = reference(foreign_key.elements[0].column)
            parts.append(call("ForeignKey", target, *rules(foreign_key)))
        if not is_stub:
            parts += self._generated(column)
        if column.primary_key and not is_keyless:
            parts.append("primary_key=True")
        if is_stub:
            return call("Column", *parts)
        if column.primary_key or not column.nullable:
            parts.append(f"nullable={bool(column.nullable)}")
        if is_keyless:
            parts.append("autoincrement=True" if is_counting(column) else "")
        elif column.autoincrement in (True, False) and (
            bool(column.autoincrement) is not _counts_by_itself(column)
            and column.primary_key
        ):
            parts.append(f"autoincrement={column.autoincrement}")
        default = self._default(column)
        parts.append(f"default={default}" if default else "")
        if isinstance(column.server_default, DefaultClause):
            parts.append(f"server_default={self.server_default(column)}")
        if column.comment is not None:
            parts.append(f"comment={str(column.comment)!r}")
        return call("Column", *parts)

    def _generated(self, column: Column[Any]) -> list[str]:
        """Write where the values come from, if not from the client."""
        default: Any = column.default
        found = [self.computed(column), self.identity(column)]
        if default is not None and default.is_sequence:
            schema = f"schema={default.schema!r}" if default.schema else ""
            found.append(call("Sequence", repr(str(default.name)), schema))
        return found

    def computed(self, column: Column[Any]) -> str:
        """Write what a column is computed by; empty if it is not."""
        if column.computed is None:
            return ""
        sql = sql_of(column.computed.sqltext, self.dialect)
        persisted = column.computed.persisted
        return call(
            "Computed",
            repr(literal_text(sql)),
            "" if persisted is None else f"persisted={persisted}",
        )

    def identity(self, column: Column[Any]) -> str:
        """Write how an identity counts; empty if the column is none."""
        identity = column.identity
        if identity is None:
            return ""
        stated = {name: getattr(identity, name) for name in _IDENTITY}
        options = [
            f"{name}={value!r}"
            for name, value in stated.items()
            if value is not None and value is not False
        ]
        return call(
            "Identity", "always=True" if identity.always else "", *options
        )

    def _default(self, column: Column[Any]) -> str:
        """Write the client's default, with which a script fills rows."""
        default: Any = column.default
        if default is None or default.is_sequence or default.is_callable:
            return ""
        if default.is_clause_element:
            sql = sql_of(default.arg, self.dialect)
            return call("ColumnDefault", sql_text(sql))
        if type(default.arg) in _LITERALS:
            return call("ColumnDefault", repr(default.arg))
        return ""

    def server_default(self, column: Column[Any]) -> str:
        """Write the server's default; ``None`` if there is none."""
        if not isinstance(column.server_default, DefaultClause):
            return "None"
        argument = column.server_default.arg
        if isinstance(argument, str):
            return repr(str(argument))
        return sql_text(default_sql(column, self.dialect) or "")


def call(name: str, *parts: str) -> str:
    """Write a call; empty arguments are left out."""
    return f"{name}({arguments(*parts)})"


def arguments(*parts: str) -> str:
    """Write arguments; empty ones are left out."""
    return ", ".join(filter(None, parts))


def sql_text(sql: str) -> str:
    """Write SQL as an argument: ``text('now()')``."""
    return call("text", repr(literal_text(sql)))


def reference(column: Column[Any]) -> str:
    """Write the target of a foreign key."""
    return repr(f"{column.table.fullname}.{column.name}")


def rules(constraint: ForeignKeyConstraint) -> list[str]:
    """Write what a foreign key says besides its columns."""
    stated = {
        "name": constraint.name if isinstance(constraint.name, str) else None,
        "onupdate": constraint.onupdate,
        "ondelete": constraint.ondelete,
        "deferrable": constraint.deferrable,
        "initially": constraint.initially,
        "match": constraint.match,
    }
    return [
        f"{name}={str(value) if name == 'deferrable' else repr(str(value))}"
        for name, value in stated.items()
        if value is not None
    ]


def _counts_by_itself(column: Column[Any]) -> bool:
    """Tell whether SQLAlchemy has it count unless told otherwise."""
    key = column.table.primary_key
    return (
        [*key.columns] == [column]
        and issubclass(column.type._type_affinity or object, Integer)
        and not column.foreign_keys
        and column.default is None
        and not isinstance(column.server_default, DefaultClause)
    )
