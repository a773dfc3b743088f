"""Calls that build statements, in the forms which SQLAlchemy 2 gave up.

A wrapper looks whether the call is one of 1.x; if not, the original gets it
untouched.  What 1.x took as keywords is said with today's methods.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL
from sqlalchemy import func
from sqlalchemy import literal_column
from sqlalchemy.sql import _elements_constructors as elements
from sqlalchemy.sql import _selectable_constructors as selectable
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList
from sqlalchemy.sql.functions import _FunctionGenerator
from sqlalchemy.sql.selectable import Alias
from sqlalchemy.sql.selectable import Exists
from sqlalchemy.sql.selectable import FromClause
from sqlalchemy.sql.selectable import GenerativeSelect
from sqlalchemy.sql.selectable import Join
from sqlalchemy.sql.selectable import Select
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.sql.selectable import Subquery

from migrate.legacy.arguments import is_collection
from migrate.legacy.arguments import listed
from migrate.legacy.arguments import set_statement_bind
from migrate.legacy.patching import Patch
from migrate.legacy.patching import add
from migrate.legacy.patching import in_place
from migrate.legacy.patching import wrap

__all__ = ["PATCHES", "implicit_subquery"]


# -- SELECT ---------------------------------------------------------------


def select(
    original: Callable[..., Any], *args: Any, **kwargs: Any
) -> Select[Any]:
    """Removed in 2.0; the list of columns and keywords of ``select``."""
    if kwargs or (args and is_collection(args[0])):
        return _legacy_select(*args, **kwargs)
    statement: Select[Any] = original(*args)
    return statement


def _legacy_select(
    columns: Any = None,
    whereclause: Any = None,
    from_obj: Any = None,
    distinct: Any = False,
    having: Any = None,
    correlate: bool = True,
    prefixes: Any = None,
    suffixes: Any = None,
    bind: Any = None,
    **options: Any,
) -> Select[Any]:
    statement: Select[Any] = Select(*listed(columns))
    if from_obj is not None:
        statement = statement.select_from(*listed(from_obj))
    if whereclause is not None:
        statement = statement.where(whereclause)
    if distinct is not False:
        columns = () if distinct is True else listed(distinct)
        statement = statement.distinct(*columns)
    if having is not None:
        statement = statement.having(having)
    if not correlate:
        statement = statement.correlate(None)
    for prefix in listed(prefixes):
        statement = statement.prefix_with(prefix)
    for suffix in listed(suffixes):
        statement = statement.suffix_with(suffix)
    statement = _with_options(statement, **options)
    set_statement_bind(statement, bind)
    return statement


def _with_options(
    statement: Any,
    order_by: Any = None,
    group_by: Any = None,
    limit: Any = None,
    offset: Any = None,
    use_labels: bool = False,
    for_update: Any = None,
) -> Any:
    """Apply the keywords that a union takes as well as a select."""
    if order_by is not None:
        statement = statement.order_by(*listed(order_by))
    if group_by is not None:
        statement = statement.group_by(*listed(group_by))
    if limit is not None:
        statement = statement.limit(limit)
    if offset is not None:
        statement = statement.offset(offset)
    if use_labels:
        statement = apply_labels(statement)
    if for_update:
        statement = statement.with_for_update(
            nowait=for_update in ("nowait", "read_nowait"),
            read=for_update in ("read", "read_nowait"),
        )
    return statement


def compound(
    original: Callable[..., Any], *selects: Any, **options: Any
) -> Any:
    """Removed in 2.0; ``order_by=``, ``limit=`` and others of a union."""
    bind = options.pop("bind", None)
    statement = _with_options(original(*selects), **options)
    return set_statement_bind(statement, bind)


def exists(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Exists:
    """Removed in 2.0; ``exists([columns], whereclause, ...)``."""
    if not kwargs and len(args) < 2 and not (args and is_collection(args[0])):
        return original(*args)  # type: ignore[no-any-return]  # an Exists
    args = args or ([literal_column("*")],)
    if not is_collection(args[0]):
        args = ([args[0]], *args[1:])
    found: Exists = original(_legacy_select(*args, **kwargs))
    return found


def select_from(
    original: Callable[..., Any],
    self: Any,
    whereclause: Any = None,
    **kwargs: Any,
) -> Select[Any]:
    """Removed in 2.0; ``whereclause`` and the keywords of ``select``."""
    statement: Select[Any]
    if whereclause is None and not kwargs:
        statement = original(self)
        return statement
    columns = [self.left, self.right] if isinstance(self, Join) else [self]
    kwargs.setdefault("from_obj", [self])
    return _legacy_select(columns, whereclause, **kwargs)


def count(
    self: FromClause, whereclause: Any = None, **kwargs: Any
) -> Select[Any]:
    """Removed in 1.4; counts the rows by the first key column."""
    column = [*self.primary_key, *self.c][0]
    counted = func.count(column).label("tbl_row_count")
    return _legacy_select([counted], whereclause, from_obj=[self], **kwargs)


def count_select(self: SelectBase, *args: Any, **kwargs: Any) -> Select[Any]:
    """Removed in 1.4; counts the rows of the SELECT as a subquery."""
    return count(implicit_subquery(self), *args, **kwargs)


def apply_labels(self: Any) -> Any:
    """Removed in 2.0; names columns ``table_column``."""
    return self.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)


def as_scalar(self: Any) -> Any:
    """Deprecated in 1.4; ``scalar_subquery()`` today."""
    return self.scalar_subquery()


def exists_as_scalar(self: Exists) -> Any:
    """Deprecated in 1.4; the EXISTS itself is a scalar."""
    return self.element


def implicit_subquery(self: Any) -> Subquery:
    """Give the one subquery that a SELECT stands for inside a FROM.

    It is the same as long as the statement is the same object, so that the
    columns of ``statement.c`` are its columns.
    """
    known: Any = vars(self).get("_migrate_subquery")
    if known is None or known.element is not self:
        known = vars(self)["_migrate_subquery"] = self.subquery()
    found: Subquery = known
    return found


def select_columns(self: SelectBase) -> Any:
    """Removed in 2.1; the columns of the SELECT as a subquery."""
    return implicit_subquery(self).c


def select_froms(self: Select[Any]) -> Any:
    """Removed in 2.1; ``get_final_froms()`` today."""
    return self.get_final_froms()


def select_of_select(self: SelectBase, *args: Any, **kwargs: Any) -> Any:
    """Removed in 2.1; selects from the SELECT as a subquery."""
    return implicit_subquery(self).select(*args, **kwargs)


def column(self: Select[Any], added: Any) -> Select[Any]:
    """Deprecated in 1.4; ``add_columns()`` today."""
    return self.add_columns(added)


def with_only_columns(
    original: Callable[..., Any], self: Any, *columns: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; the list of columns."""
    if len(columns) == 1 and is_collection(columns[0]):
        columns = tuple(columns[0])
    return original(self, *columns, **kwargs)


def _appending(name: str, method: str) -> Callable[..., None]:
    def append(self: Any, *args: Any) -> None:
        changed = getattr(self, method)(*args)
        state = vars(self)
        state.clear()
        state.update(vars(changed))

    append.__name__ = name
    append.__doc__ = f"Removed in 2.0; ``{method}()`` on the object itself."
    return append


def alias_original(self: Alias) -> Any:
    """Deprecated in 1.4; ``element`` today."""
    return self.element


# -- expressions ----------------------------------------------------------


def case(original: Callable[..., Any], *whens: Any, **kwargs: Any) -> Any:
    """Removed in 2.0; the list of WHENs, and ``whens=``."""
    if "whens" in kwargs:
        whens = (kwargs.pop("whens"),)
    if len(whens) == 1 and isinstance(whens[0], list):
        whens = tuple(whens[0])
    return original(*whens, **kwargs)


def text(
    original: Callable[..., Any],
    text: str,
    bind: Any = None,
    bindparams: Any = None,
    typemap: Any = None,
    autocommit: bool | None = None,
) -> Any:
    """Removed in 2.0 (``bind=``) and 1.4 (the other keywords)."""
    statement = original(text)
    if bindparams:
        statement = statement.bindparams(*bindparams)
    if typemap:
        statement = statement.columns(**typemap)
    if autocommit is not None:
        statement = statement.execution_options(autocommit=autocommit)
    return set_statement_bind(statement, bind)


def and_(original: Callable[..., Any], *clauses: Any) -> Any:
    """Deprecated in 1.4; without clauses an empty conjunction."""
    return _joined(original, operators.and_, clauses)


def or_(original: Callable[..., Any], *clauses: Any) -> Any:
    """Deprecated in 1.4; without clauses an empty disjunction."""
    return _joined(original, operators.or_, clauses)


def _joined(
    original: Callable[..., Any], operator: Any, clauses: Iterable[Any]
) -> Any:
    if not clauses:
        return BooleanClauseList._construct_raw(operator)
    return original(*clauses)


def call_function(
    original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any
) -> Any:
    """Removed in 2.0; ``bind=`` of functions."""
    bind = kwargs.pop("bind", None)
    return set_statement_bind(original(self, *args, **kwargs), bind)


def _appends() -> list[Patch]:
    select_only = {
        "append_column": "add_columns",
        "append_correlation": "correlate",
        "append_from": "select_from",
        "append_having": "having",
        "append_prefix": "prefix_with",
        "append_whereclause": "where",
    }
    both = {"append_order_by": "order_by", "append_group_by": "group_by"}
    return [
        add(owner, f"select.{name}(...)", _appending(name, method))
        for owner, names in ((Select, select_only), (GenerativeSelect, both))
        for name, method in names.items()
    ]


def _property(function: Callable[[Any], Any]) -> property:
    return property(function, doc=function.__doc__)


PATCHES: list[Patch] = [
    in_place(selectable.select, "select([columns], where, ...)", select),
    *(
        in_place(
            getattr(selectable, name), f"{name}(..., order_by=)", compound
        )
        for name in (
            "union",
            "union_all",
            "except_",
            "except_all",
            "intersect",
            "intersect_all",
        )
    ),
    in_place(selectable.exists, "exists([columns], where)", exists),
    wrap(FromClause, "table.select(whereclause)", select_from, "select"),
    wrap(Join, "join.select(whereclause)", select_from, "select"),
    add(FromClause, "table.count(whereclause)", count),
    add(SelectBase, "select.count(whereclause)", count_select, "count"),
    add(GenerativeSelect, "select.apply_labels()", apply_labels),
    add(SelectBase, "select.as_scalar()", as_scalar),
    add(Exists, "exists.as_scalar()", exists_as_scalar, "as_scalar"),
    add(SelectBase, "select.c", _property(select_columns), "c"),
    add(SelectBase, "select.columns", _property(select_columns), "columns"),
    add(SelectBase, "select.select()", select_of_select, "select"),
    add(Select, "select.froms", _property(select_froms), "froms"),
    add(Select, "select.column(c)", column),
    wrap(Select, "select.with_only_columns([c])", with_only_columns),
    *_appends(),
    add(Alias, "alias.original", _property(alias_original), "original"),
    in_place(elements.case, "case([(when, then)], else_=)", case),
    in_place(elements.text, "text(..., bind=, bindparams=)", text),
    in_place(elements.and_, "and_()", and_),
    in_place(elements.or_, "or_()", or_),
    wrap(_FunctionGenerator, "func.f(..., bind=)", call_function, "__call__"),
]
