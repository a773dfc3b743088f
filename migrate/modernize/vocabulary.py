"""What SQLAlchemy's names, methods and attributes give, as data."""

from __future__ import annotations

__all__ = [
    "ATTRIBUTES",
    "COLUMNS",
    "CONSTRAINTS",
    "CONTAINERS",
    "COPIES",
    "ENGINE_PARAMETER",
    "LIVE",
    "MADE",
    "METHODS",
    "OF_TABLES",
    "STATEMENTS",
    "TEXTS",
    "TEXT_METHODS",
]

# What calling one of SQLAlchemy's or migrate's names gives.
MADE = {
    "Column": "column",
    "Enum": "enum",
    "ENUM": "enum",
    "Index": "index",
    "MetaData": "metadata",
    "Sequence": "sequence",
    "Session": "session",
    "Table": "table",
    "aliased": "alias",
    "create_engine": "engine",
    "create_session": "session",
    "delete": "statement",
    "except_": "statement",
    "insert": "statement",
    "inspect": "inspector",
    "intersect": "statement",
    "scoped_session": "sessionmaker",
    "select": "statement",
    "sessionmaker": "sessionmaker",
    "text": "statement",
    "union": "statement",
    "union_all": "statement",
    "update": "statement",
    "AddConstraint": "statement",
    "CreateIndex": "statement",
    "CreateSequence": "statement",
    "CreateTable": "statement",
    "DDL": "statement",
    "DropConstraint": "statement",
    "DropIndex": "statement",
    "DropSequence": "statement",
    "DropTable": "statement",
}
CONSTRAINTS = ("Constraint", "ForeignKey")
# What a method gives, by what it is called on.
METHODS = {
    ("alias", "select"): "statement",
    ("connection", "begin"): "transaction",
    ("connection", "connect"): "connection",
    ("connection", "exec_driver_sql"): "result",
    ("connection", "execute"): "result",
    ("connection", "execution_options"): "connection",
    ("connection", "scalar"): "value",
    ("engine", "connect"): "connection",
    ("engine", "contextual_connect"): "connection",
    ("engine", "execute"): "result",
    ("engine", "execution_options"): "engine",
    ("engine", "raw_connection"): "driver connection",
    ("engine", "scalar"): "value",
    ("engine", "table_names"): "list[string]",
    ("inspector", "get_table_names"): "list[string]",
    ("join", "select"): "statement",
    ("metadata", "tables"): "tables",
    ("result", "all"): "list[row]",
    ("result", "fetchall"): "list[row]",
    ("result", "fetchmany"): "list[row]",
    ("result", "fetchone"): "row",
    ("result", "first"): "row",
    ("result", "freeze"): "frozen",
    ("result", "scalar"): "value",
    ("session", "execute"): "result",
    ("session", "query"): "query",
    ("statement", "alias"): "alias",
    ("statement", "execute"): "result",
    ("statement", "scalar"): "value",
    ("statement", "subquery"): "alias",
    ("statement", "as_scalar"): "value",
    ("table", "alias"): "alias",
    ("table", "delete"): "statement",
    ("table", "insert"): "statement",
    ("table", "join"): "join",
    ("table", "outerjoin"): "join",
    ("table", "select"): "statement",
    ("table", "count"): "statement",
    ("table", "to_metadata"): "table",
    ("table", "tometadata"): "table",
    ("table", "update"): "statement",
    ("transactional connection", "begin_nested"): "transaction",
    ("transactional connection", "execute"): "result",
    ("transactional connection", "exec_driver_sql"): "result",
}
ATTRIBUTES = {
    ("alias", "c"): "columns",
    ("alias", "columns"): "columns",
    ("column", "table"): "table",
    ("connection", "engine"): "engine",
    ("engine", "engine"): "engine",
    ("index", "table"): "table",
    ("metadata", "bind"): "engine",
    ("metadata", "sorted_tables"): "list[table]",
    ("metadata", "tables"): "tables",
    ("statement", "c"): "columns",
    ("table", "bind"): "engine",
    ("table", "c"): "columns",
    ("table", "columns"): "columns",
    ("table", "constraints"): "list[constraint]",
    ("table", "indexes"): "list[index]",
    ("table", "metadata"): "metadata",
    ("table", "primary_key"): "constraint",
}
CONTAINERS = {
    "columns": "column",
    "query": "query row",
    "result": "row",
    "tables": "table",
}
COPIES = {"list", "reversed", "set", "sorted", "tuple", "iter"}
TEXTS = {"str", "unicode", "repr"}
TEXT_METHODS = {
    "decode",
    "encode",
    "format",
    "join",
    "lower",
    "lstrip",
    "replace",
    "rstrip",
    "strip",
    "upper",
}
ENGINE_PARAMETER = "migrate_engine"
# What a helper may use in the way of 1.x.
LIVE = {
    "column",
    "connection",
    "engine",
    "metadata",
    "query",
    "session",
    "statement",
    "table",
    "transactional connection",
}


# What nothing but a selectable has, and of those only a table.
COLUMNS = {"c", "columns"}
OF_TABLES = {
    "create",
    "create_column",
    "delete",
    "drop",
    "insert",
    "rename",
    "update",
}
STATEMENTS = {"delete", "insert", "select", "update"}
