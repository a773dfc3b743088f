"""Whether two types of columns are one and the same to a database.

A model says ``Boolean``, MariaDB reflects ``TINYINT(1)``: both are written
as the database would have them in CREATE TABLE, and its synonyms are taken
for each other.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Enum
from sqlalchemy import Float
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import NullType
from sqlalchemy.types import TypeDecorator
from sqlalchemy.types import TypeEngine
from sqlalchemy.types import UserDefinedType

__all__ = ["SpelledType", "implemented", "labels", "same_type", "spelled"]

_SPELLING = re.compile(
    r"(?P<name>[a-z](?:[\w ]*\w)?)(?:\((?P<arguments>[^()]*)\))?(?P<rest>.*)",
    re.IGNORECASE,
)
# MySQL takes the smallest type that so many characters fit into.
_SIZED = re.compile(r"(TEXT|BLOB)\(\d+\)")
_SINGLE_FLOAT = 24
# PostgreSQL manual, table 8.1; MySQL manual, section 11.1.
_WORDS = {
    "postgresql": {
        "CHARACTER VARYING": "VARCHAR",
        "DECIMAL": "NUMERIC",
        "FLOAT4": "REAL",
        "FLOAT8": "DOUBLE PRECISION",
        "INT": "INTEGER",
        "INT2": "SMALLINT",
        "INT4": "INTEGER",
        "INT8": "BIGINT",
    },
    "mysql": {
        "BOOL": "TINYINT(1)",
        "BOOLEAN": "TINYINT(1)",
        "DEC": "DECIMAL",
        "DOUBLE PRECISION": "DOUBLE",
        "FIXED": "DECIMAL",
        "INT": "INTEGER",
        "NATIONAL CHAR": "CHAR",
        "NATIONAL VARCHAR": "VARCHAR",
        "NUMERIC": "DECIMAL",
        "REAL": "DOUBLE",
    },
}
_COUNTED = frozenset(
    {"BIGINT", "INTEGER", "MEDIUMINT", "SMALLINT", "TINYINT", "YEAR"}
)
_ONE_BY_DEFAULT = frozenset({"BIT", "BINARY", "CHAR"})


class SpelledType(UserDefinedType[Any]):
    """A type that SQLAlchemy does not know, as the database spells it."""

    cache_ok = True

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def get_col_spec(self, **kw: object) -> str:
        """Return what CREATE TABLE says."""
        return self.spelling


def same_type(
    one: TypeEngine[Any], other: TypeEngine[Any], dialect: Dialect | None
) -> bool:
    """Tell whether two types are the same.

    :param dialect: of the database; without it, types are the same if they
        are of one kind and their stated lengths agree.

    A type that SQLAlchemy does not know is the same as any.
    """
    if isinstance(one, NullType) or isinstance(other, NullType):
        return True
    if dialect is None or dialect.name not in {
        *_WORDS,
        "mariadb",
        "sqlite",
    }:
        return _is_alike(one, other)
    spelling = spelled(one, dialect), spelled(other, dialect)
    if None in spelling:
        return _is_alike(one, other)
    first, second = (_plain(str(each), dialect) for each in spelling)
    return (
        (first == second or _is_sized(first, second))
        and _same_collation(str(spelling[0]), str(spelling[1]))
        and _same_labels(one, other, dialect)
    )


def spelled(type_: TypeEngine[Any], dialect: Dialect) -> str | None:
    """Return how CREATE TABLE spells the type; None where it cannot."""
    try:
        return str(dialect.type_compiler_instance.process(type_))
    except (SQLAlchemyError, AttributeError, NotImplementedError):
        return None


def implemented(
    type_: TypeEngine[Any], dialect: Dialect | None
) -> TypeEngine[Any]:
    """Return the type of SQLAlchemy that an application's is made of.

    SQLAlchemy's own decorators (Interval, PickleType) stay what they are.
    """
    found: Any = type_
    if dialect is not None:
        found = found._variant_mapping.get(dialect.name, found)
    while isinstance(found, TypeDecorator) and not _is_known(found):
        found = found.load_dialect_impl(dialect) if dialect else found.impl
    implementation: TypeEngine[Any] = found
    return implementation


def _is_known(type_: TypeEngine[Any]) -> bool:
    return type(type_).__module__.startswith("sqlalchemy.")


def labels(
    type_: TypeEngine[Any], dialect: Dialect
) -> tuple[str, list[str]] | None:
    """Return name and labels of an enumeration with a type of its own."""
    found = implemented(type_, dialect)
    if hasattr(found, "item_type"):
        return labels(found.item_type, dialect)
    if (
        dialect.name != "postgresql"
        or not isinstance(found, Enum)
        or not found.native_enum
    ):
        return None
    preparer: Any = dialect.identifier_preparer
    return str(preparer.format_type(found)), [*found.enums]


def _same_labels(
    one: TypeEngine[Any], other: TypeEngine[Any], dialect: Dialect
) -> bool:
    return labels(one, dialect) == labels(other, dialect)


def _is_alike(one: TypeEngine[Any], other: TypeEngine[Any]) -> bool:
    """Compare by kind, and by what both state of precision and length."""
    one, other = implemented(one, None), implemented(other, None)
    if one._type_affinity is not other._type_affinity:
        return False
    if isinstance(one, Float) is not isinstance(other, Float):
        return False
    for attribute in ("precision", "scale", "length"):
        stated = (
            getattr(one, attribute, None),
            getattr(other, attribute, None),
        )
        if None not in stated and stated[0] != stated[1]:
            return False
    return True


def _plain(spelling: str, dialect: Dialect) -> str:
    if dialect.name == "sqlite":
        known: Any = dialect  # as its reflection reads what is stored
        return spelled(known._resolve_type_affinity(spelling), dialect) or ""
    family = "mysql" if dialect.name == "mariadb" else dialect.name
    if family == "mysql" and spelling.startswith(("ENUM(", "SET(")):
        return re.sub(r"\)[^')]*$", ")", spelling)
    found = _SPELLING.match(spelling)
    if found is None:
        return spelling
    rest = _without_charset(found["rest"]).upper()
    name = _without_charset(found["name"]).strip().upper()
    name = _WORDS[family].get(name, name)
    arguments = [
        each.strip() for each in (found["arguments"] or "").split(",")
    ]
    plain = _postgresql if family == "postgresql" else _mysql
    is_mariadb = bool(getattr(dialect, "is_mariadb", False))
    return plain(name, [each for each in arguments if each], is_mariadb) + rest


def _without_charset(text: str) -> str:
    return re.sub(r" (CHARACTER SET|COLLATE|CHARSET) \S+| BINARY$", "", text)


def _joined(name: str, arguments: list[str]) -> str:
    return f"{name}({', '.join(arguments)})" if arguments else name


def _postgresql(name: str, arguments: list[str], _: bool) -> str:
    if name == "FLOAT":
        is_single = arguments and int(arguments[0]) <= _SINGLE_FLOAT
        return "REAL" if is_single else "DOUBLE PRECISION"
    if name == "NUMERIC" and len(arguments) == 1:
        arguments = [*arguments, "0"]
    if name in _ONE_BY_DEFAULT:
        arguments = arguments or ["1"]
    return _joined(name, arguments)


def _mysql(name: str, arguments: list[str], is_mariadb: bool) -> str:
    if name == "JSON" and is_mariadb:
        return "LONGTEXT"
    if name == "FLOAT" and len(arguments) == 1:
        is_single = int(arguments[0]) <= _SINGLE_FLOAT
        return "FLOAT" if is_single else "DOUBLE"
    if name == "DECIMAL":
        arguments = (arguments or ["10"]) + ["0"] * (len(arguments) < 2)
    word = name.split(" ")[0]
    if word in _COUNTED and (name, arguments) != ("TINYINT", ["1"]):
        arguments = []
    if name in _ONE_BY_DEFAULT:
        arguments = arguments or ["1"]
    return _joined(name, arguments)


def _is_sized(one: str, other: str) -> bool:
    """Tell whether one is ``TEXT(300)``, the other some text."""
    found = _SIZED.fullmatch(one) or _SIZED.fullmatch(other)
    return found is not None and all(
        found[1] in each.split("(")[0] for each in (one, other)
    )


def _same_collation(one: str, other: str) -> bool:
    """Compare what both state: databases leave out what is their default."""
    found = [re.search(r'COLLATE "?(\w+)', each) for each in (one, other)]
    stated = {each[1] for each in found if each is not None}
    return None in found or len(stated) == 1
