"""New foreign keys: the rows and the key in the parent that they need."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from migrate import binding
from migrate.changeset.sqlite import rows
from migrate.changeset.sqlite.createtable import ConstraintDef
from migrate.changeset.sqlite.draft import Draft
from migrate.changeset.sqlite.objects import compiled
from migrate.changeset.sqlite.stored import Catalogue
from migrate.changeset.sqlite.tokens import quote
from migrate.exceptions import ExistingRowsError
from migrate.exceptions import NotSupportedError

__all__ = ["NewForeignKeys"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewForeignKeys:
    """What is asked about the foreign keys that a draft adds.

    :ivar enforced: whether the connection has PRAGMA foreign_keys on.
    """

    catalogue: Catalogue
    enforced: bool

    @property
    def refuses(self) -> bool:
        """Whether a foreign key that does not hold is an error.

        Not in a change script as long as SQLite enforces none: the scripts
        were written where nobody looked, and their databases have such
        rows.
        """
        return self.enforced or binding.running_bind() is None

    def scans(self, draft: Draft) -> list[rows.Scan]:
        """Ask for rows that are in the way."""
        if not self.refuses:
            return []
        return [self._orphans(draft, each) for each in draft.foreign_keys]

    def look_after(self, draft: Draft) -> None:
        """Look at the keys once they are stored; warn, or refuse.

        :raises NotSupportedError: one refers to what is no key.
        """
        with self.minded():
            self._refuse_mismatch(draft)
            if not self.refuses:
                self._refuse_orphans(draft)

    @contextmanager
    def minded(self) -> Iterator[None]:
        """Make an error inside a warning where nobody refuses."""
        try:
            yield
        except (ExistingRowsError, NotSupportedError) as problem:
            if self.refuses:
                raise
            log.warning("%s (foreign keys are off)", problem)

    def _refuse_orphans(self, draft: Draft) -> None:
        stored = draft.stored
        after = self.catalogue.table(stored.name, stored.schema)
        for foreign in draft.foreign_keys:
            scan = self._orphans(draft, foreign)
            rows.refuse_rows(self.catalogue, scan, after)

    def _refuse_mismatch(self, draft: Draft) -> None:
        """Raise if a new foreign key refers to what is no key.

        SQLite takes such a definition, and fails at every row that is
        written (foreignkeys, section 3).  Only compiled, not executed.
        """
        schema, name = quote(draft.stored.schema), quote(draft.stored.name)
        if draft.foreign_keys:
            pragma = f"PRAGMA {schema}.foreign_key_check({name})"
            reason = compiled(self.catalogue, pragma)
            if reason is not None:
                raise NotSupportedError(
                    f"the foreign key of table {draft.stored.name!r} would "
                    f"not work ({reason}): refer to a primary key, or to "
                    "columns with a unique constraint"
                )

    def _orphans(self, draft: Draft, foreign: ConstraintDef) -> rows.Scan:
        """Ask for rows which a new foreign key would not let in."""
        schema, parent = draft.stored.schema, foreign.referenced or ""
        found = columns = None
        if self.catalogue.has_table(schema, parent):
            found = f"{quote(schema)}.{quote(parent)}"
            columns = foreign.referenced_columns or (
                self.catalogue.table(parent, schema).create.primary_key
            )
        return rows.orphans(
            draft.stored.name, foreign.columns, parent, found, columns or ()
        )
