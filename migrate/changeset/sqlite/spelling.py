"""What SQLAlchemy writes for columns and constraints on SQLite, in parts."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CheckConstraint
from sqlalchemy.schema import Column
from sqlalchemy.schema import Constraint
from sqlalchemy.schema import CreateColumn
from sqlalchemy.schema import DropTable
from sqlalchemy.schema import ForeignKeyConstraint
from sqlalchemy.schema import MetaData
from sqlalchemy.schema import Table

from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import COLLATE
from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ColumnDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.parser import parse
from migrate.changeset.sqlite.tokens import significant

__all__ = [
    "Spelling",
    "check_text",
    "constraint_text",
    "kind_of",
    "referred_to_by_itself",
]

# A compiler of DDL wants an element; for parts of one any will do.
_ANY = DropTable(Table("any", MetaData()))
_KINDS = {
    "primary_key_constraint": PRIMARY_KEY,
    "unique_constraint": UNIQUE,
    "foreign_key_constraint": FOREIGN_KEY,
    "check_constraint": CHECK,
    "column_check_constraint": CHECK,
    "table_or_column_check_constraint": CHECK,
}


@dataclass(frozen=True)
class Spelling:
    """The definition of a column as SQLAlchemy writes it, read."""

    definition: str
    table: CreateTable

    @classmethod
    def of(cls, column: Column[object], dialect: Dialect) -> Spelling:
        """Spell ``column``, which may be part of no table."""
        if column.table is None:
            column = column._copy()
            Table("t", MetaData(), column)
        text = str(CreateColumn(column).compile(dialect=dialect))
        return cls(text, parse(f"CREATE TABLE t ({text})"))

    @property
    def column(self) -> ColumnDef:
        """The definition, read."""
        return self.table.columns[0]

    @property
    def type_text(self) -> str:
        """The type alone."""
        return self.table.type_of(self.column)

    @property
    def default(self) -> str | None:
        """The default, as it is to be stored."""
        return self._argument(DEFAULT)

    @property
    def collation(self) -> str | None:
        """The collation that the type asks for."""
        return self._argument(COLLATE)

    @property
    def generated(self) -> str | None:
        """The clause of a computed column."""
        for clause in self.column.clauses_of(GENERATED):
            return self.table.text[clause.start : clause.end]
        return None

    @property
    def needs_values(self) -> bool:
        """Whether rows that there are would break its NOT NULL."""
        return (
            self.column.has(NOT_NULL)
            and self.generated is None
            and (self.default or "NULL").upper() == "NULL"
        )

    def is_native(self, *, empty: bool) -> bool:
        """Tell whether ALTER TABLE can add it (lang_altertable, section 4).

        :param empty: the table has no rows: any default will do then.
        """
        if self.column.has(PRIMARY_KEY) or self.column.has(UNIQUE):
            return False
        if any(each.stored for each in self.column.clauses):
            return False
        if self.needs_values:
            return False
        return empty or self.default is None or is_literal(self.default)

    def _argument(self, kind: str) -> str | None:
        for clause in self.column.clauses_of(kind):
            return self.table.slice(clause.argument)
        return None


def is_literal(default: str) -> bool:
    """Tell whether a default is a number, string or blob, maybe signed."""
    tokens = significant(default)
    while len(tokens) > 2 and tokens[0].is_operator("("):
        tokens = tokens[1:-1]
    if tokens[0].text in ("+", "-"):
        tokens = tokens[1:]
    return len(tokens) == 1 and (
        tokens[0].kind in ("string", "blob", "number")
        or tokens[0].is_word("NULL", "TRUE", "FALSE")
    )


def kind_of(constraint: Constraint) -> str:
    """Return which kind of constraint this is, see :mod:`.createtable`."""
    return _KINDS.get(constraint.__visit_name__, "unknown")


def constraint_text(
    constraint: Constraint, dialect: Dialect, *, named: bool = True
) -> str:
    """Spell a constraint of a table; empty if SQLAlchemy writes none.

    :param named: False leaves the name of a unique constraint or foreign
        key out.  The old library gave these none on SQLite, and scripts
        that look at names go by what it left.
    """
    if not named and kind_of(constraint) in (UNIQUE, FOREIGN_KEY):
        constraint = copy(constraint)
        constraint.name = None
    compiler = dialect.ddl_compiler(dialect, _ANY)
    return str(compiler.process(constraint) or "")


def referred_to_by_itself(constraint: Constraint) -> tuple[str, ...]:
    """Return the columns that a table's foreign key to itself refers to.

    Empty for any other.  Scripts give such a key the wrong way round to
    drop it.
    """
    if not isinstance(constraint, ForeignKeyConstraint):
        return ()
    referred = [element.column for element in constraint.elements]
    if any(column.table is not constraint.table for column in referred):
        return ()
    return tuple(column.name for column in referred)


def check_text(constraint: Constraint, dialect: Dialect) -> str | None:
    """Spell the expression of a CHECK, without parentheses."""
    if not isinstance(constraint, CheckConstraint):
        return None
    compiler = dialect.ddl_compiler(dialect, _ANY)
    return str(
        compiler.sql_compiler.process(
            constraint.sqltext, include_table=False, literal_binds=True
        )
    )
