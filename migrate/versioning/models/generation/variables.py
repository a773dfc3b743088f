"""Names of variables in generated code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

import sqlalchemy

import migrate

__all__ = ["star_names", "variables"]

_OWN = frozenset(
    {"Base", "SpelledType", "UserDefinedType", "declarative", "downgrade"}
    | {"meta", "migrate_engine", "post_meta", "pre_meta", "schema", "upgrade"}
)


def star_names(module: object) -> frozenset[str]:
    """Return what ``from module import *`` gives."""
    listed = getattr(module, "__all__", None)
    names = vars(module) if listed is None else listed
    return frozenset(
        name for name in names if listed is not None or name[0] != "_"
    )


def variables(
    keys: Iterable[str], taken: Iterable[str] = ()
) -> dict[str, str]:
    """Give each table a variable: its name, if that can be one.

    :param keys: of tables, ``schema.name`` or ``name``.
    :param taken: names that the code uses otherwise.

    >>> variables(["user", "order items", "class", "text"])["class"]
    'class_'
    """
    used = {*taken, *_OWN, *star_names(sqlalchemy), *star_names(migrate)}
    used |= {*keyword.kwlist, *keyword.softkwlist}
    found: dict[str, str] = {}
    for key in keys:
        name = re.sub(r"\W", "_", str(key), flags=re.ASCII)
        if not re.match(r"[^\W\d]", name, re.ASCII):
            name = f"t_{name}"
        name = name.rstrip("_") or "t" if name in used else name
        while name in used or not name.isidentifier():
            name = f"{name}_" if name.isidentifier() else "t"
        used.add(name)
        found[key] = name
    return found
