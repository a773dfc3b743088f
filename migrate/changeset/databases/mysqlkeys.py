"""MySQL and MariaDB: keys and constraints which are in the way of others."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import PrimaryKeyConstraint
from sqlalchemy.schema import UniqueConstraint
from sqlalchemy.sql.compiler import DDLCompiler

from migrate.changeset import ddl
from migrate.changeset import operations as ops
from migrate.changeset.databases.showcreate import Key

__all__ = [
    "AddKey",
    "AddPrimaryKey",
    "DropKey",
    "is_foreign_key_again",
    "stored_text",
    "without_column",
    "without_dropped",
]


@dataclass(frozen=True, eq=False)
class DropKey(ExecutableDDLElement):
    """Drop a key or constraint known by its name alone."""

    kind: str
    name: str


@dataclass(frozen=True, eq=False)
class AddPrimaryKey(ExecutableDDLElement):
    """Make the columns of these names the primary key."""

    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AddKey(ExecutableDDLElement):
    """Add the stored constraint ``key`` again, with another name."""

    key: Key
    name: str


def without_column(key: Key, column: str) -> Iterator[ExecutableDDLElement]:
    """Yield what takes ``column`` out of ``key``, if the server does not."""
    is_composite = len(key.columns) > 1
    if key.kind == "PRIMARY" and is_composite:
        left = tuple(each for each in key.columns if each != column)
        yield DropKey(key.kind, key.kind)
        yield AddPrimaryKey(left)
    elif key.name is not None and (
        key.kind in {"FOREIGN", "CHECK"}
        or (key.kind == "UNIQUE" and is_composite)
    ):
        yield DropKey(key.kind, key.name)


def without_dropped(statement: Any, dropped: set[str]) -> Any:
    """Return a statement less what is ``dropped``, and note what it drops."""
    if not isinstance(statement, ddl.AlterTable):
        return statement
    actions = []
    for action in statement.actions:
        name = _dropped_by(action)
        if name not in dropped:
            actions.append(action)
        if name:
            dropped.add(name)
    return ddl.AlterTable(statement.table, *actions) if actions else None


def _dropped_by(action: object) -> str:
    if isinstance(action, DropKey):
        return action.name
    if isinstance(action, ops.DropConstraint):
        return str(action.constraint.name)
    return ""


def is_foreign_key_again(
    action: object, pending: Sequence[ExecutableDDLElement]
) -> bool:
    """Tell whether a foreign key gets the name of one that ``pending`` drops.

    The server has dropped it only when the statement is done.
    """
    return isinstance(action, ops.AddConstraint) and any(
        isinstance(each, ops.DropConstraint)
        and isinstance(each.constraint, ForeignKeyConstraint)
        and each.constraint.name == action.constraint.name
        for each in pending
    )


#: How each kind of key is dropped.
_DROPS = {
    "CHECK": "DROP CONSTRAINT {name}",
    "FOREIGN": "DROP FOREIGN KEY {name}",
    "PRIMARY": "DROP PRIMARY KEY",
    "UNIQUE": "DROP INDEX {name}",
}
_KINDS: dict[type[Constraint], str] = {
    CheckConstraint: "CHECK",
    ForeignKeyConstraint: "FOREIGN",
    PrimaryKeyConstraint: "PRIMARY",
    UniqueConstraint: "UNIQUE",
}


@compiles(ops.DropConstraint, "mysql", "mariadb")
def _drop_constraint(
    element: ops.DropConstraint, compiler: DDLCompiler, **options: object
) -> str:
    constraint = element.constraint
    (kind,) = (_KINDS[each] for each in _KINDS if isinstance(constraint, each))
    if kind == "PRIMARY":
        return _DROPS[kind]
    return _DROPS[kind].format(name=ddl.constraint_name(compiler, constraint))


@compiles(DropKey, "mysql", "mariadb")
def _drop_key(
    element: DropKey, compiler: DDLCompiler, **options: object
) -> str:
    name = compiler.preparer.quote(element.name)
    return _DROPS[element.kind].format(name=name)


@compiles(AddPrimaryKey, "mysql", "mariadb")
def _add_primary_key(
    element: AddPrimaryKey, compiler: DDLCompiler, **options: object
) -> str:
    columns = ", ".join(map(compiler.preparer.quote, element.columns))
    return f"ADD PRIMARY KEY ({columns})"


@compiles(AddKey, "mysql", "mariadb")
def _add_key(element: AddKey, compiler: DDLCompiler, **options: object) -> str:
    stated = element.key.named(compiler.preparer.quote(element.name))
    return f"ADD {stored_text(compiler, stated)}"


def stored_text(compiler: DDLCompiler, text: str) -> str:
    """Double the percent signs of the server's text for the driver."""
    return (
        text.replace("%", "%%") if compiler.preparer._double_percents else text
    )
