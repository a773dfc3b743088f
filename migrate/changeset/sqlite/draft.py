"""A table as it is to become, and what that takes.

A draft gathers edits of one table.  As long as none of them touches what
lies on disk the stored text alone has to change (lang_altertable, section
7); one that does makes the whole draft a rebuild.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from migrate.changeset.sqlite import edits
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.createindex import parse_index
from migrate.changeset.sqlite.createtable import CHECK
from migrate.changeset.sqlite.createtable import COLLATE
from migrate.changeset.sqlite.createtable import DEFAULT
from migrate.changeset.sqlite.createtable import FOREIGN_KEY
from migrate.changeset.sqlite.createtable import GENERATED
from migrate.changeset.sqlite.createtable import NOT_NULL
from migrate.changeset.sqlite.createtable import PRIMARY_KEY
from migrate.changeset.sqlite.createtable import UNIQUE
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.createtable import CreateTable
from migrate.changeset.sqlite.createtable import affinity
from migrate.changeset.sqlite.matching import meaning
from migrate.changeset.sqlite.stored import StoredTable
from migrate.changeset.sqlite.tokens import fold
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import unquote
from migrate.exceptions import NotSupportedError

__all__ = ["Draft"]


@dataclass
class Draft:
    """What an alteration makes of a stored table.

    :ivar table: the definition after the edits so far.
    :ivar rebuild: whether the rows have to be written anew.
    :ivar rekey: whether a key with a b-tree of its own came or went.
    :ivar scans: questions to the rows.
    :ivar added: columns that the stored table does not have.
    :ivar converted: columns whose values change, or how they compare.
    :ivar foreign_keys: those that were added.
    :ivar indexes: the indexes there are to be of those stored, by name.
    """

    stored: StoredTable
    table: CreateTable
    rebuild: bool = False
    rekey: bool = False
    scans: list[rows.Scan] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    converted: list[str] = field(default_factory=list)
    foreign_keys: list[ConstraintDef] = field(default_factory=list)
    indexes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: StoredTable) -> Draft:
        """Begin with the table as it is stored."""
        indexes = {row.name: row.sql or "" for row in stored.indexes}
        return cls(stored, stored.create, indexes=indexes)

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.rebuild or self.table.text != self.stored.create.text

    @property
    def scans_before(self) -> list[rows.Scan]:
        """The questions to the rows as they are stored.

        A rebuild leaves NULL there alone: a key that is the rowid has none
        any more afterwards, but other values.
        """
        nulls = [
            rows.null(each.name)
            for each in self.stored.create.columns
            if each.name not in self.added
        ]
        return [
            scan for scan in self.scans if not self.rebuild or scan in nulls
        ]

    @property
    def scans_after(self) -> list[rows.Scan]:
        """The questions to the rows as they will be."""
        before = self.scans_before
        return [scan for scan in self.scans if scan not in before]

    @property
    def uniques(self) -> list[tuple[str, ...]]:
        """The columns of which no two rows may have the same values."""
        keys = self.table.of_kind(UNIQUE, PRIMARY_KEY)
        indexes = map(parse_index, self.indexes.values())
        return [key.columns for key in keys] + [
            index.columns
            for index in indexes
            if index.unique and not index.partial
        ]

    # Columns.

    def add_column(self, definition: str) -> None:
        """Add a column, behind the last.  Its rows get its default."""
        if self.table.has_column(edits.definition_name(definition)):
            raise NotSupportedError(
                f"table {self.table.name!r} already has a column "
                f"{edits.definition_name(definition)!r}"
            )
        self.table = edits.with_column(self.table, definition)
        column = self.table.columns[-1]
        self.added.append(column.name)
        self.rebuild = True
        if column.has(NOT_NULL) and not column.generated:
            self.scans.append(rows.null(column.name))
        for check in column.clauses_of(CHECK):
            expression = self.table.slice(check.argument)
            self.scans.append(rows.failing_check(expression))

    def drop_column(self, name: str) -> None:
        """Take a column out of the definition; see :mod:`.uses` before."""
        column = self.table.column(name)
        if len(self.table.columns) == 1:
            raise NotSupportedError(
                f"column {name!r} is the only one of table "
                f"{self.table.name!r}; drop the table"
            )
        self.table = edits.without_column(self.table, column)
        self.rebuild = True

    def set_type(self, name: str, type_text: str) -> None:
        """Give a column a type; another affinity means a rebuild."""
        before = self.table
        column = before.column(name)
        if same_name(before.type_of(column), type_text):
            return
        self.table = edits.with_type(before, column, type_text)
        kinds = [
            affinity(table.type_of(table.column(name)), strict=table.strict)
            for table in (before, self.table)
        ]
        if kinds[0] != kinds[1]:
            self.converted.append(column.name)
            self.rebuild = True
        if before.rowid_alias != self.table.rowid_alias:
            self.rebuild = True
        key = self.table.primary_key
        if self.table.without_rowid and fold(name) in map(fold, key):
            # An INTEGER PRIMARY KEY is the last of the keys there, which
            # changes their numbers, and which of two alike is dropped.
            self.rebuild = True

    def set_collation(self, name: str, collation: str) -> None:
        """Give a column a collation; keys and indexes are sorted by it."""
        column = self.table.column(name)
        for clause in column.clauses_of(COLLATE):
            stored = unquote(self.table.slice(clause.argument))
            if same_name(stored, unquote(collation)):
                return
        table = edits.without_clauses(self.table, column, COLLATE)
        self.table = edits.with_clause(
            table, table.column(name), f"COLLATE {collation}"
        )
        self.converted.append(column.name)
        self.rebuild = True

    def set_not_null(self, name: str) -> None:
        """Let no NULL into a column."""
        column = self.table.column(name)
        if column.has(NOT_NULL):
            return
        self.table = edits.without_clauses(self.table, column, "null")
        column = self.table.column(name)
        self.table = edits.with_clause(self.table, column, "NOT NULL")
        self.scans.append(rows.null(column.name))

    def drop_not_null(self, name: str) -> None:
        """Let NULL into a column."""
        column = self.table.column(name)
        self.table = edits.without_clauses(self.table, column, NOT_NULL)
        self.scans = [
            scan for scan in self.scans if scan != rows.null(column.name)
        ]

    def set_default(self, name: str, default: str | None) -> None:
        """Give a column a default for new rows, or take it away.

        The rows must be proved complete before, see :mod:`.completeness`.
        """
        column = self.table.column(name)
        if default is None:
            self.table = edits.without_clauses(self.table, column, DEFAULT)
        else:
            self.table = edits.with_default(self.table, column, default)

    def set_generated(self, name: str, clause: str | None) -> None:
        """Compute a column, or let it be written to; keeps its values."""
        column = self.table.column(name)
        table = edits.without_clauses(self.table, column, GENERATED)
        if clause is not None:
            table = edits.with_clause(table, table.column(name), clause)
            self.converted.append(column.name)
        self.table = table
        self.rebuild = True

    # Constraints.

    def add_constraint(self, text: str) -> None:
        """Add a constraint of the table.

        The same may be there, name and all: SQLite takes it again, and old
        scripts made constraints again that the old library might have lost.

        :raises NotSupportedError: another one has its name.
        """
        before = len(self.table.constraints)
        self.table = edits.with_constraint(self.table, text)
        for constraint in self.table.constraints[before:]:
            self._check_name(constraint)
            self._added(constraint)

    def _check_name(self, constraint: ConstraintDef) -> None:
        key = meaning(self.table, constraint)
        for each in self.table.all_constraints():
            if (
                each.name is not None
                and each.kind != "name"
                and same_name(each.name, constraint.name)
                and meaning(self.table, each) != key
            ):
                raise NotSupportedError(
                    f"table {self.table.name!r} already has a constraint "
                    f"{constraint.name!r}; drop it first or take another name"
                )

    def _added(self, constraint: ConstraintDef) -> None:
        if constraint.kind == CHECK:
            expression = self.table.slice(constraint.argument)
            self.scans.append(rows.failing_check(expression))
        elif constraint.kind == FOREIGN_KEY:
            self.foreign_keys.append(constraint)
        elif constraint.kind in (UNIQUE, PRIMARY_KEY):
            self._rekeyed()
        if constraint.kind == PRIMARY_KEY:
            if len(self.table.of_kind(PRIMARY_KEY)) > 1:
                raise NotSupportedError(
                    f"table {self.table.name!r} already has a primary key; "
                    "drop it first"
                )
            self.scans += [rows.null(name) for name in constraint.columns]

    def drop_constraint(self, constraint: ConstraintDef) -> None:
        """Drop a constraint of the table or of a column, and its doubles."""
        if constraint.kind == PRIMARY_KEY and self.table.without_rowid:
            raise NotSupportedError(
                f"table {self.table.name!r} is WITHOUT ROWID and cannot be "
                "without its primary key; create another table"
            )
        key = meaning(self.table, constraint)
        while alike := [
            each
            for each in self.table.of_kind(constraint.kind)
            if meaning(self.table, each) == key
            and same_name(each.name or "", constraint.name or "")
        ]:
            self.table = edits.without(self.table, alike[0])
        if constraint.kind in (UNIQUE, PRIMARY_KEY):
            self._rekeyed()

    def _rekeyed(self) -> None:
        """Note that a key came or went.

        An INTEGER one is the rowid, and not every UNIQUE has the b-tree of
        a unique index.
        """
        self.rekey = True
        if (
            self.table.rowid_alias != self.stored.create.rowid_alias
            or self.table.sorts_keys_apart
        ):
            self.rebuild = True

    def rename_constraint(self, constraint: ConstraintDef, name: str) -> None:
        """Name a constraint, or give it another name."""
        self.table = edits.with_constraint_name(self.table, constraint, name)
