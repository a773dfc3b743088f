"""Tables, constraints and indexes as Python code."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import Index
from sqlalchemy.schema import Table

from migrate.versioning.models.comparison.escaping import literal_text
from migrate.versioning.models.comparison.escaping import sql_of
from migrate.versioning.models.comparison.keys import Key
from migrate.versioning.models.comparison.keys import keys_of
from migrate.versioning.models.comparison.keys import name_of
from migrate.versioning.models.generation.source import Source
from migrate.versioning.models.generation.source import call
from migrate.versioning.models.generation.source import reference
from migrate.versioning.models.generation.source import rules
from migrate.versioning.models.generation.source import sql_text

__all__ = [
    "declaration",
    "key_call",
    "keys_within",
    "looked_up",
    "members",
    "mentions_dots",
    "options",
    "stub",
]

_LITERALS = (bool, int, float, str)


def looked_up(metadata: str, table: Table, column: Any = None) -> str:
    """Write how code finds a table, or a column of it."""
    found = f"{metadata}.tables[{str(table.key)!r}]"
    if column is None:
        return found
    return f"{found}.columns[{str(column.name)!r}]"


def keys_within(
    table: Table, source: Source, without: Collection[Any] = ()
) -> list[Key]:
    """Return the keys that CREATE TABLE makes, and the indexes.

    :param without: constraints that are made later.
    """
    return [
        key
        for key in keys_of(table, source.dialect)
        if key.item is not None
        and key.kind != "primary key"
        and key.item not in without
        and not mentions_dots(key)
    ]


def mentions_dots(key: Key) -> bool:
    """Tell whether no text can say what a foreign key refers to."""
    return key.kind == "foreign key" and any(
        "." in name
        for element in key.item.elements
        for name in (element.column.table.name, element.column.name)
    )


def declaration(
    table: Table,
    variable: str,
    metadata: str,
    source: Source,
    keys: Iterable[Key] = (),
    *,
    is_keyless: bool = False,
) -> str:
    """Write ``t = Table('t', meta, ...)``.

    :param keys: that the Table has besides its primary key.
    :param is_keyless: leave out the primary key as well.
    """
    inner = [
        *members(table, source, keys, is_keyless=is_keyless),
        *options(table),
    ]
    lines = "".join(f"    {line},\n" for line in inner)
    return f"{variable} = Table({str(table.name)!r}, {metadata},\n{lines})\n\n"


def stub(
    table: Table,
    variable: str,
    metadata: str,
    source: Source,
    columns: Collection[str],
) -> str:
    """Write as much of a table as foreign keys have to know.

    :param columns: that they refer to.
    """
    inner = ["# only what others refer to"] + [
        f"{source.column(column, is_stub=True)},"
        for column in table.columns
        if column.name in columns
    ]
    if table.schema is not None:
        inner.append(f"schema={str(table.schema)!r},")
    lines = "".join(f"    {line}\n" for line in inner)
    return f"{variable} = Table({str(table.name)!r}, {metadata},\n{lines})\n\n"


def members(
    table: Table,
    source: Source,
    keys: Iterable[Key],
    *,
    is_keyless: bool = False,
) -> Iterator[str]:
    """Write columns, constraints and indexes, each a line."""
    keys = [*keys]
    inline = {
        key.item.columns[0].name: key.item
        for key in keys
        if key.kind == "foreign key" and len(key.item.columns) == 1
    }
    for column in table.columns:
        yield source.column(
            column, inline.get(column.name), is_keyless=is_keyless
        )
    primary_key = table.primary_key
    name = name_of(primary_key, source.dialect)
    names = [column.name for column in primary_key.columns]
    is_named = name not in (None, f"{table.name}_pkey") and (
        source.dialect.name not in ("mysql", "mariadb")
    )
    by_itself = [c.name for c in table.columns if c.primary_key]
    if not is_keyless and (is_named or by_itself != names):
        yield call("PrimaryKeyConstraint", *map(_quoted, names), _named(name))
    for key in keys:
        if key.item not in inline.values():
            yield key_call(key, source)


def options(table: Table) -> Iterator[str]:
    """Write what a Table says besides."""
    if table.schema is not None:
        yield f"schema={str(table.schema)!r}"
    if table.comment is not None:
        yield f"comment={str(table.comment)!r}"
    yield from _dialect_options(table)


def key_call(key: Key, source: Source, metadata: str | None = None) -> str:
    """Write a constraint or index.

    :param metadata: the variable with its table; None: inside of ``Table``.
    """
    item, name = key.item, _named(key.name)
    where = "" if metadata is None else f"table={_table(metadata, key)}"
    names = [_quoted(c.name) for c in getattr(item, "columns", ())]
    if isinstance(item, Index):
        return _index(key, source, metadata)
    if item is None:
        parts = [looked_up(str(metadata), key.table, c) for c in _columns(key)]
        return call("Index", repr(_unasked_name(key)), *parts)
    if isinstance(item, ForeignKeyConstraint):
        return call(
            "ForeignKeyConstraint",
            f"[{', '.join(names)}]",
            f"[{', '.join(_targets(item, metadata))}]",
            where,
            *rules(item),
        )
    timing = [each for each in rules_of(item) if not each.startswith("match=")]
    if isinstance(item, CheckConstraint):
        sql = repr(literal_text(sql_of(item.sqltext, source.dialect)))
        if metadata is None:
            return call(source.check, sql, name, *timing)
        named = [c.name for c in key.table.columns]
        about = [n for n in named if ("column", n.lower()) in key.features[0]]
        return call(
            "CheckConstraint", sql, f"columns={about!r}", where, name, *timing
        )
    kind = "Primary" if key.kind == "primary key" else ""
    kind = "PrimaryKeyConstraint" if kind else "UniqueConstraint"
    return call(kind, *names, where, name, *timing)


def rules_of(item: Any) -> list[str]:
    """Write when a constraint is checked."""
    found = []
    if item.deferrable is not None:
        found.append(f"deferrable={bool(item.deferrable)}")
    if item.initially is not None:
        found.append(f"initially={str(item.initially)!r}")
    return found


def _targets(item: ForeignKeyConstraint, metadata: str | None) -> list[str]:
    found = [element.column for element in item.elements]
    if metadata is None:
        return [reference(column) for column in found]
    return [looked_up(metadata, column.table, column) for column in found]


def _index(key: Key, source: Source, metadata: str | None) -> str:
    parts = []
    is_plain = False
    for part in key.item.expressions:
        if isinstance(part, Column):
            is_plain = True
            parts.append(
                _quoted(part.name)
                if metadata is None
                else looked_up(metadata, key.table, part)
            )
        else:
            parts.append(sql_text(sql_of(part, source.dialect)))
    unique = "unique=True" if key.item.unique else ""
    table = (
        ""
        if metadata is None or is_plain
        else f"_table={_table(metadata, key)}"
    )
    return call(
        "Index",
        repr(key.name),
        *parts,
        unique,
        table,
        *_dialect_options(key.item, source),
    )


def _dialect_options(item: Any, source: Source | None = None) -> Iterator[str]:
    for stated, value in sorted(item.dialect_kwargs.items()):
        name = str(stated).replace(" ", "_")  # mysql_default charset
        if value is None or name.endswith("_comment"):
            continue
        if source is not None and hasattr(value, "compile"):
            yield f"{name}={sql_text(sql_of(value, source.dialect))}"
        elif name.endswith("_where"):
            yield f"{name}={sql_text(value)}"
        elif type(value) in _LITERALS:
            yield f"{name}={value!r}"
        elif isinstance(value, (dict, list, tuple)) and value:
            plain: Any = (
                {str(k): _plain(v) for k, v in value.items()}
                if isinstance(value, dict)
                else [_plain(each) for each in value]
            )
            yield f"{name}={plain!r}"


def _plain(value: Any) -> Any:
    if isinstance(value, int):
        return value
    return str(getattr(value, "name", value))


def _columns(key: Key) -> list[Any]:
    return [key.table.columns[name] for name in key.features[0]]


def _unasked_name(key: Key) -> str:
    """Return the name that MySQL gives to the index of a foreign key.

    That of the constraint, else of the first column.
    """
    columns = [*key.features[0]]
    for constraint in key.table.foreign_key_constraints:
        names = [column.name for column in constraint.columns]
        if names == columns and isinstance(constraint.name, str):
            return str(constraint.name)
    return str(columns[0])


def _table(metadata: str, key: Key) -> str:
    return looked_up(metadata, key.table)


def _quoted(name: str) -> str:
    return repr(str(name))


def _named(name: str | None) -> str:
    return "" if name is None else f"name={name!r}"
