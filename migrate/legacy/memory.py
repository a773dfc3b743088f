"""What a run knows of the database, until a statement may have changed it.

The rule is that of doubt: whatever takes a cursor empties the memory, and only
a statement of which it is known what it changes brings back the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from typing import Any
from typing import TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.engine import Inspector
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.engine.reflection import ObjectScope
from sqlalchemy.types import TypeEngine

from migrate.sqltext.effect import ALL
from migrate.sqltext.effect import NOTHING
from migrate.sqltext.effect import Effect

__all__ = ["Memory"]

_T = TypeVar("_T")

_PLAIN = {str, int, bool, type(None)}
_KEPT = ("_known", "_asked", "_whole", "_answers")
# What the inspector asks PostgreSQL for with every table, by method.
_OF_NO_TABLE = frozenset(
    {"_load_domains", "_load_enums", "_load_pg_opclass_notdefault_dict"}
)


class _Copies(dict[Any, Any]):
    """Gives copies, so that a Table may do as it likes with what it gets."""

    def __getitem__(self, key: Any) -> Any:
        return _copied(super().__getitem__(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a copy of a value."""
        if key not in self:
            return default
        return self[key]


def _copied(value: Any) -> Any:
    # Types are what copy.deepcopy() takes long for; nothing inside is shared
    # that a Table changes.
    if isinstance(value, dict):
        return {
            key: item if type(item) in _PLAIN else _copied(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return _type_copied(value) if isinstance(value, TypeEngine) else value


def _type_copied(value: TypeEngine[Any]) -> TypeEngine[Any]:
    """Copy as copy.copy() does, which takes five times as long."""
    kind = type(value)
    copied = kind.__new__(kind)
    vars(copied).update(vars(value))
    return copied


class Memory:
    """Reflection on one connection, as long as it is true.

    It lasts as long as nobody else changes the database: for a run, whose
    lock keeps other deployers away.  Whoever executes by another way than a
    change script's engine says so with :meth:`doubt`.
    """

    def __init__(self) -> None:
        self._known: dict[str | None, Any] = {}
        self._asked: dict[str | None, set[str]] = {}
        # Where the whole schema was read: the tables there, and made since.
        self._whole: dict[str | None, set[str]] = {}
        self._answers: dict[Any, Any] = {}
        self._has_heirs = False
        self._is_reading = False
        self._doubts = 0

    @property
    def is_reading(self) -> bool:
        """Whether tables are being read just now."""
        return self._is_reading

    def doubt(self) -> None:
        """Forget all: somebody may change the database now."""
        self._doubts += 1
        self._known = {}
        self._asked = {}
        self._whole = {}
        self._answers = {}

    def keeping(
        self,
        run: Callable[..., _T],
        judge: Callable[[_T], Effect],
        *args: Any,
        **kwargs: Any,
    ) -> _T:
        """Run one statement; forget the tables that it changes only.

        :param run: is called with the other arguments.
        :param judge: tells from the result what the statement did.
        """
        before = self._doubts
        kept = {name: vars(self)[name] for name in _KEPT}
        result = run(*args, **kwargs)
        if self._doubts == before + 1:
            effect = NOTHING if self._is_reading else judge(result)
            if effect is NOTHING or not (effect is ALL or self._has_heirs):
                vars(self).update(kept)
                self._forget(effect)
                # A listener may execute while another statement is sent.
                self._doubts = before
        return result

    def _forget(self, effect: Effect) -> None:
        if effect is NOTHING:
            return
        self._answers = {
            question: answer
            for question, answer in self._answers.items()
            if question[0] in _OF_NO_TABLE and not effect.makes_type
        }
        for names in self._whole.values() if effect.table else ():
            names.add(effect.table)
        for info in self._known.values():
            for key in [k for k in info.columns if _shows(info, k, effect)]:
                for tables in vars(info).values():
                    tables.pop(key, None)

    def reflection(
        self, inspector: Inspector, names: Collection[str], schema: str | None
    ) -> Any:
        """Give what is known of tables, for SQLAlchemy to read and add to.

        The first table of a schema is read alone; the second has the whole
        schema read, where that takes no more statements than one table.
        What has been changed since is read with the next that is missing.
        """
        asked = {*self._asked.get(schema, ()), *names}
        info = self._known.get(schema)
        missing = {
            name
            for name in names
            if info is None or (schema, name) not in info.columns
        }
        if missing or info is None:
            info = self._read_missing(inspector, schema, missing, len(asked))
        self._known[schema], self._asked[schema] = info, asked
        return info

    def _read_missing(
        self,
        inspector: Inspector,
        schema: str | None,
        missing: set[str],
        asked: int,
    ) -> Any:
        many = inspector.dialect._overrides_default("get_multi_columns")
        if not many or asked < 2:
            return self._read(inspector, schema, missing)
        if schema in self._whole:
            known = {name for _, name in self._known[schema].columns}
            changed = self._whole[schema] - known
            info = self._read(inspector, schema, missing | changed)
        else:
            info = self._read(inspector, schema, None)
        self._whole[schema] = {name for _, name in info.columns}
        return info

    def _read(
        self,
        inspector: Inspector,
        schema: str | None,
        names: set[str] | None,
    ) -> Any:
        known, answers = self._known.get(schema), self._answers
        self._is_reading = True
        try:
            with inspector._inspection_context() as reader:
                connection: Any = reader.bind
                with connection.reading():
                    if known is None:
                        self._has_heirs = _has_heirs(connection)
                    reader.info_cache = answers
                    return _read(reader, schema, names, known)
        finally:
            self._is_reading = False


def _shows(info: Any, key: Any, effect: Effect) -> bool:
    """Whether what is known of a table may come from a changed one.

    It is that table, or may be a view over it: of a view no primary key is
    known.  Or it refers to a table that is another one now, maybe without
    saying to which column (SQLite).
    """
    keys = dict.get(info.foreign_keys, key) or ()
    primary = dict.get(info.pk_constraint, key) or {}
    if effect.index_name:
        return effect.index_name in _keys(info, key)
    if effect.makes_type:
        return False
    return (
        key[1].lower() == effect.table
        or not primary.get("constrained_columns")
        or (effect.is_remade and effect.table in _referred(keys))
    )


def _keys(info: Any, key: Any) -> set[str]:
    """Name the indexes of a table, those of its constraints too."""
    found = [
        *(dict.get(info.indexes, key) or ()),
        *(dict.get(info.unique_constraints, key) or ()),
        dict.get(info.pk_constraint, key) or {},
    ]
    return {str(each.get("name")).lower() for each in found}


def _referred(foreign_keys: Any) -> set[str]:
    return {key["referred_table"].lower() for key in foreign_keys}


def _has_heirs(connection: Connection) -> bool:
    """Whether a change of one table may change those that inherit of it."""
    if connection.dialect.name != "postgresql":
        return False
    question = "SELECT count(*) FROM pg_catalog.pg_inherits"
    return bool(connection.exec_driver_sql(question).scalar())


def _read(
    inspector: Any, schema: str | None, names: set[str] | None, known: Any
) -> Any:
    info = inspector._get_reflection_info(
        schema,
        filter_names=names,
        kind=ObjectKind.ANY,
        scope=ObjectScope.ANY,
        _reflect_info=known,
    )
    for field, tables in vars(info).items():
        if not isinstance(tables, _Copies):
            setattr(info, field, _Copies(tables or {}))
    return info
