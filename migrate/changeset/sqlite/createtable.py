"""A stored CREATE TABLE as values: columns, constraints, their spans."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant
from migrate.exceptions import NotSupportedError

__all__ = [
    "CHECK",
    "COLLATE",
    "DEFAULT",
    "FOREIGN_KEY",
    "GENERATED",
    "NOT_NULL",
    "PRIMARY_KEY",
    "UNIQUE",
    "ColumnDef",
    "ConstraintDef",
    "CreateTable",
    "affinity",
]

PRIMARY_KEY = "primary key"
UNIQUE = "unique"
CHECK = "check"
FOREIGN_KEY = "foreign key"
NOT_NULL = "not null"
DEFAULT = "default"
COLLATE = "collate"
GENERATED = "generated"


@dataclass(frozen=True)
class ConstraintDef:
    """A constraint, or a clause of a column such as its default.

    :ivar kind: one of the constants of this module; ``null`` for a bare
        ``NULL``, ``name`` for a ``CONSTRAINT x`` with nothing behind it.
    :ivar start: where it begins, its ``CONSTRAINT name`` included.
    :ivar name_span: where its name stands, if it has one.
    :ivar body: where it begins behind its name.
    :ivar columns: the names of its own columns, in order.
    :ivar argument: the span of what belongs to it alone: the inside of a
        CHECK's or GENERATED's parentheses, the value of a default, the
        name of a collation, the inside of the list of columns.
    :ivar referenced: the table that a foreign key refers to.
    :ivar referenced_columns: empty if it refers to the primary key.
    :ivar stored: whether a generated column is STORED.
    :ivar autoincrement: whether a primary key is AUTOINCREMENT.
    """

    kind: str
    start: int = 0
    body: int = 0
    end: int = 0
    name: str | None = None
    name_span: tuple[int, int] | None = None
    columns: tuple[str, ...] = ()
    argument: tuple[int, int] = (0, 0)
    referenced: str | None = None
    referenced_columns: tuple[str, ...] = ()
    stored: bool = False
    autoincrement: bool = False
    in_column: bool = False


@dataclass(frozen=True)
class ColumnDef:
    """A column: its name, its type as written, its clauses.

    :ivar type_span: empty, and behind the name, if there is no type.
    """

    name: str
    start: int
    name_end: int
    type_span: tuple[int, int]
    end: int
    clauses: tuple[ConstraintDef, ...]

    def clauses_of(self, kind: str) -> list[ConstraintDef]:
        """Return the clauses of ``kind``, in order."""
        return [clause for clause in self.clauses if clause.kind == kind]

    def has(self, kind: str) -> bool:
        """Tell whether there is a clause of ``kind``."""
        return bool(self.clauses_of(kind))

    @property
    def generated(self) -> bool:
        """Whether its value is computed, VIRTUAL or STORED."""
        return self.has(GENERATED)


@dataclass(frozen=True)
class CreateTable:
    """A CREATE TABLE statement, read.

    :ivar name_span: where the name of the table stands.
    :ivar body_end: where the closing parenthesis stands.
    :ivar constraints: those at table level, in order.
    """

    text: str
    name: str
    name_span: tuple[int, int]
    columns: tuple[ColumnDef, ...]
    constraints: tuple[ConstraintDef, ...]
    body_end: int
    options: frozenset[str] = field(default=frozenset())

    @property
    def without_rowid(self) -> bool:
        """Whether the rows lie in the primary key's b-tree."""
        return "WITHOUT ROWID" in self.options

    @property
    def strict(self) -> bool:
        """Whether types are enforced (SQLite 3.37)."""
        return "STRICT" in self.options

    def column(self, name: str) -> ColumnDef:
        """Return the column ``name``.

        :raises NotSupportedError: if there is none.
        """
        for column in self.columns:
            if same_name(column.name, name):
                return column
        raise NotSupportedError(
            f"table {self.name!r} has no column {name!r}; it has "
            + ", ".join(repr(column.name) for column in self.columns)
        )

    def has_column(self, name: str) -> bool:
        """Tell whether there is a column ``name``."""
        return any(same_name(column.name, name) for column in self.columns)

    def all_constraints(self) -> list[ConstraintDef]:
        """Return the clauses of all columns, then the table's own."""
        clauses = [
            clause for column in self.columns for clause in column.clauses
        ]
        return clauses + list(self.constraints)

    def of_kind(self, *kinds: str) -> list[ConstraintDef]:
        """Return the constraints of ``kinds``, of columns and of the table."""
        return [each for each in self.all_constraints() if each.kind in kinds]

    def slice(self, span: tuple[int, int]) -> str:
        """Return the text in ``span``."""
        return self.text[span[0] : span[1]]

    def type_of(self, column: ColumnDef) -> str:
        """Return the type of ``column`` as written."""
        return self.slice(column.type_span)

    @property
    def sorts_keys_apart(self) -> bool:
        """Whether a UNIQUE sorts otherwise than a unique index.

        It ends with the primary key where that holds the rows; SQLite
        sorts that part downwards in an index alone (ticket bba7b69f98).
        """
        return self.without_rowid and any(
            token.is_word("DESC")
            for key in self.of_kind(PRIMARY_KEY)
            for token in significant(self.text[key.start : key.end])
        )

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's columns, in its order."""
        keys = self.of_kind(PRIMARY_KEY)
        return keys[0].columns if keys else ()

    @property
    def rowid_alias(self) -> str | None:
        """The column that is the rowid (lang_createtable, section 5)."""
        keys = self.of_kind(PRIMARY_KEY)
        if self.without_rowid or not keys or len(keys[0].columns) != 1:
            return None
        column = self.column(keys[0].columns[0])
        if fold(self.type_of(column)).strip("\"'`[]") != "integer":
            return None
        # A quirk kept for old files: "INTEGER PRIMARY KEY DESC" is none.
        words = self.text[keys[0].body : keys[0].end]
        descending = keys[0].in_column and any(
            token.is_word("DESC") for token in significant(words)
        )
        return None if descending else column.name


def affinity(type_text: str, *, strict: bool = False) -> str:
    """Return the affinity of a declared type (datatype3, section 3.1).

    INTEGER and NUMERIC store alike (section 3.4) and are both "NUMERIC".
    """
    name = fold(type_text)
    if strict and name == "any":
        return "ANY"
    if "int" in name:
        return "NUMERIC"
    if any(part in name for part in ("char", "clob", "text")):
        return "TEXT"
    if not name.strip() or "blob" in name:
        return "BLOB"
    if any(part in name for part in ("real", "floa", "doub")):
        return "REAL"
    return "NUMERIC"
