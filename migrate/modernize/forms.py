"""The registry of forms: each an old way of writing, and today's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeAlias

if TYPE_CHECKING:
    import libcst as cst

    from migrate.modernize.site import Site

__all__ = ["FORMS", "PREAMBLE", "Form", "form"]

#: Stands before an example that is no import.
PREAMBLE = """\
import functools
import sqlalchemy
from sqlalchemy import *
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.reflection import Inspector

meta = MetaData()
t = Table('t', meta, Column('id', Integer, primary_key=True))


def upgrade(migrate_engine):
    meta.bind = migrate_engine
"""

#: Gets the place, the node as it was and as it is by now; gives the new node
#: or None for "not mine".
Rewrite: TypeAlias = "Callable[[Site, Any, Any], Any]"


@dataclass(frozen=True)
class Form:
    """One old form.

    :param node: the type of syntax node that is looked at.
    :param before: an example, inside ``upgrade`` after :data:`PREAMBLE`
        (unless it is an import).
    :param after: what becomes of it; empty for a form that stays, with a
        line that says why.
    """

    node: type[cst.CSTNode]
    before: str
    after: str
    rewrite: Rewrite


#: In the order in which they are tried.
FORMS: list[Form] = []


def form(
    node: type[cst.CSTNode], before: str, after: str
) -> Callable[[Rewrite], Rewrite]:
    """Register a function as the way to rewrite a form."""

    def register(rewrite: Rewrite) -> Rewrite:
        FORMS.append(Form(node, before, after, rewrite))
        return rewrite

    return register
