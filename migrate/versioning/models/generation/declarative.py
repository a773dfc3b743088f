"""A model as declarative classes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import MetaData
from sqlalchemy.schema import Table

from migrate.versioning.models.comparison.keys import Key
from migrate.versioning.models.comparison.keys import keys_of
from migrate.versioning.models.generation.source import Source
from migrate.versioning.models.generation.source import arguments
from migrate.versioning.models.generation.tables import declaration
from migrate.versioning.models.generation.tables import key_call
from migrate.versioning.models.generation.tables import keys_within
from migrate.versioning.models.generation.tables import members
from migrate.versioning.models.generation.tables import mentions_dots
from migrate.versioning.models.generation.tables import options
from migrate.versioning.models.generation.variables import variables

__all__ = ["classes"]

_START = """
from sqlalchemy.orm import declarative_base

Base = declarative_base()
meta = Base.metadata


"""
# What declarative classes have of their own.
_TAKEN = frozenset({"declarative_base", "metadata", "registry"})


def classes(metadata: MetaData, source: Source) -> str:
    """Write a class per table; one without a key cannot be a class."""
    tables = sorted(metadata.tables.values(), key=lambda table: table.key)
    names = variables([table.key for table in tables], _TAKEN)
    text = ""
    late: list[Key] = []
    for table in tables:
        keys = keys_within(table, source)
        name = names[table.key]
        if len(table.primary_key.columns):
            text += "".join(_class(table, name, source, keys)) + "\n\n"
        else:
            text += declaration(table, name, "meta", source, keys) + "\n"
        late += [k for k in keys_of(table, source.dialect) if mentions_dots(k)]
    lines = [f"{key_call(key, source, 'meta')}\n" for key in late]
    return _START + text + "".join(lines)


def _class(
    table: Table, name: str, source: Source, keys: list[Key]
) -> Iterator[str]:
    yield f"class {name}(Base):\n    __tablename__ = {str(table.name)!r}\n"
    names = [str(column.name) for column in table.columns]
    attributes = variables(names, _TAKEN | source.names)
    columns, rest = [], []
    lines = [*members(table, source, keys)]
    for attribute, line in zip(attributes.values(), lines, strict=False):
        plain = f"Column({attribute!r}, "
        code = line.replace(plain, "Column(", 1)
        columns.append(f"    {attribute} = {code}\n")
    rest = lines[len(names) :]
    stated = arguments(*(f"{k!r}: {v}" for k, v in _stated(table)))
    if rest or stated:
        yield "    __table_args__ = (\n"
        yield from (f"        {line},\n" for line in rest)
        yield f"        {{{stated}}},\n    )\n"
    yield "\n"
    yield from columns


def _stated(table: Table) -> Iterator[tuple[str, str]]:
    for option in options(table):
        name, _, value = option.partition("=")
        yield name, value
