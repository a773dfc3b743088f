"""Where a step that did not end can be gone on with."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from migrate.sqltext.kind import sets_session
from migrate.sqltext.made import made_in
from migrate.versioning.control.marker import Marker
from migrate.versioning.script import SqlScript
from migrate.versioning.secret import MASK

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from migrate.versioning.steps import Step

__all__ = ["resumed"]

_QUESTIONS = {
    kind: text(
        f"SELECT COUNT(*) FROM information_schema.{view}"
        " WHERE table_schema = COALESCE(NULLIF(:schema, ''), DATABASE())"
        f" AND table_name = :table{more}"
    )
    for kind, view, more in (
        ("table", "tables", ""),
        ("column", "columns", " AND column_name = :name"),
        ("index", "statistics", " AND index_name = :name"),
    )
}


def resumed(
    connection: Connection, step: Step, marker: Marker, *, is_alone: bool
) -> Marker | None:
    """Return what is certain to be done of ``step``; None if that is not.

    :param is_alone: the session that wrote the marker does nothing any more.
    """
    if marker.elsewhere is not None or not marker.is_of(
        step.operation, int(step.start), int(step.end)
    ):
        return None
    script = step.script
    if not isinstance(script, SqlScript):
        is_blank = not marker.done and marker.begun is None
        return Marker.of(step) if is_blank else None
    # Of a Python script nothing follows: it may have changed rows after what
    # it announced, and somebody may have begun to mend that by hand.
    if is_alone and marker.begun and _is_undone(connection, marker.begun):
        marker = replace(marker, begun=None)
    dialect = connection.dialect.name
    texts = [statement.text for statement in script.statements(dialect)]
    return marker if _matches(marker, texts) else None


def _matches(marker: Marker, texts: list[str]) -> bool:
    """Tell whether the first statements still are those that were done.

    True only if it is certain which these were, and the rest does not need
    the session in which they ran.
    """
    digest = hashlib.sha256()
    for sql in texts[: marker.done]:
        digest.update(sql.encode() + b"\0")
    return (
        marker.begun is None
        and marker.done <= len(texts)
        and not any(map(sets_session, texts[: marker.done]))
        and (not marker.done or digest.hexdigest() == marker.digest)
    )


def _is_undone(connection: Connection, sql: str) -> bool:
    """Tell whether a statement is certain not to have been carried out.

    What it makes is not there, or what it drops still is.  Of the contrary
    nothing follows: that may have been so before.  MySQL and MariaDB carry
    out each of these statements as a whole, or not at all.

    :param sql: as the marker has it; if it does more than to drop
        something, its beginning is enough.
    """
    if connection.dialect.name not in ("mysql", "mariadb") or MASK in sql:
        return False
    made = made_in(sql)
    if made is None:
        return False
    names = {"schema": made.schema, "table": made.table, "name": made.name}
    if made.kind != "table" and not _count(connection, "table", names):
        return False  # it has another name now, or was dropped
    is_there = _count(connection, made.kind, names) > 0
    return is_there is made.is_dropped


def _count(connection: Connection, kind: str, names: dict[str, str]) -> int:
    return int(connection.scalar(_QUESTIONS[kind], names) or 0)
