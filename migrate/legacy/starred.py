"""What ``from sqlalchemy import *`` gives a change script.

Up to 1.4 a chosen list; today every public name of the module, which takes the
place of what the script had imported or defined before: ``log``, ``util``,
``types``, ``UUID``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import sqlalchemy
from sqlalchemy import exc
from sqlalchemy import orm
from sqlalchemy import schema
from sqlalchemy import sql
from sqlalchemy import types
from sqlalchemy.sql import expression

from migrate.legacy.patching import Patch

__all__ = ["PATCHES"]

# By module: all that a release from 0.5 to 1.4 gave.
_GIVEN = {
    "sqlalchemy": """
        ARRAY BIGINT BINARY BLANK_SCHEMA BLOB BOOLEAN BigInteger Binary
        Boolean CHAR CLOB CheckConstraint Column ColumnDefault Computed
        Constraint DATE DATETIME DDL DECIMAL Date DateTime
        DefaultClause Enum FLOAT FetchedValue Float ForeignKey
        ForeignKeyConstraint INT INTEGER Identity IdentityOptions Index
        Integer Interval JSON LABEL_STYLE_DEFAULT
        LABEL_STYLE_DISAMBIGUATE_ONLY LABEL_STYLE_NONE
        LABEL_STYLE_TABLENAME_PLUS_COL LargeBinary MetaData NCHAR
        NUMERIC NVARCHAR Numeric PassiveDefault PickleType
        PrimaryKeyConstraint REAL SMALLINT Sequence SmallInteger String
        TEXT TIME TIMESTAMP Table Text ThreadLocalMetaData Time
        TupleType TypeDecorator Unicode UnicodeText UniqueConstraint
        VARBINARY VARCHAR alias all_ and_ any_ asc between bindparam
        case cast collate column create_engine create_mock_engine
        delete desc distinct engine_from_config except_ except_all
        exists extract false func funcfilter insert inspect intersect
        intersect_all join lambda_stmt lateral literal literal_column
        modifier not_ null nulls_first nulls_last nullsfirst nullslast
        or_ outerjoin outparam over select subquery table tablesample
        text true tuple_ type_coerce union union_all update values
        within_group
    """,
    "sqlalchemy.orm": """
        AliasOption AppenderQuery AttributeEvent AttributeEvents
        AttributeExtension AttributeState Bundle CascadeOptions
        ClassManager ColumnProperty ComparableProperty
        CompositeProperty DeclarativeMeta EXT_CONTINUE EXT_SKIP
        EXT_STOP FromStatement IdentityMap InspectionAttr
        InspectionAttrInfo InstanceEvents InstanceState
        InstrumentationEvents InstrumentationManager
        InstrumentedAttribute Load LoaderCriteriaOption MANYTOMANY
        MANYTOONE Mapped Mapper MapperEvents MapperExtension
        MapperProperty NOT_EXTENSION ONETOMANY ORMExecuteState
        PropComparator Query QueryContext QueryEvents
        QueryableAttribute RelationshipProperty Session SessionEvents
        SessionExtension SessionTransaction SynonymProperty
        UOWTransaction UserDefinedOption Validator aliased
        as_declarative backref class_mapper clear_mappers
        close_all_sessions column_property comparable_property
        compile_mappers composite configure_mappers contains_alias
        contains_eager create_session declarative_base
        declarative_mixin declared_attr defaultload defer deferred
        dynamic_loader eagerload eagerload_all extension foreign
        has_inherited_table immediateload join joinedload
        joinedload_all lazyload lazyload_all load_only make_transient
        make_transient_to_detached mapper merge_frozen_result
        merge_result noload object_mapper object_session outerjoin
        polymorphic_union query_expression raiseload reconstructor
        registry relation relationship remote scoped_session
        selectin_polymorphic selectinload selectinload_all sessionmaker
        subqueryload subqueryload_all synonym synonym_for undefer
        undefer_group validates was_deleted with_expression
        with_loader_criteria with_parent with_polymorphic
    """,
    "sqlalchemy.sql": """
        Alias COLLECT_CARTESIAN_PRODUCTS ClauseElement ClauseVisitor
        ColumnCollection ColumnElement CompoundSelect Delete Executable
        FROM_LINTING False_ FromClause Insert Join LABEL_STYLE_DEFAULT
        LABEL_STYLE_DISAMBIGUATE_ONLY LABEL_STYLE_NONE
        LABEL_STYLE_TABLENAME_PLUS_COL LambdaElement NO_LINTING Select
        Selectable StatementLambdaElement Subquery TableClause
        TableSample True_ Update Values WARN_LINTING alias all_ and_
        any_ asc between bindparam case cast collate column cte delete
        desc distinct except_ except_all exists extract false func
        funcfilter insert intersect intersect_all join label
        lambda_stmt lateral literal literal_column modifier not_ null
        nulls_first nulls_last nullsfirst nullslast or_ outerjoin
        outparam over quoted_name select subquery table tablesample
        text true tuple_ type_coerce union union_all update values
        within_group
    """,
    "sqlalchemy.sql.expression": """
        Alias AliasedReturnsRows CacheKey ClauseElement
        ColumnCollection ColumnElement CompoundSelect Delete FromClause
        Insert Join LambdaElement Lateral Select Selectable
        StatementLambdaElement Subquery TableClause TableSample
        TableValuedAlias Update Values alias all_ and_ any_ asc between
        bindparam case cast collate column cte custom_op delete desc
        distinct except_ except_all exists extract func insert
        intersect intersect_all join label lambda_stmt lateral literal
        literal_column modifier not_ null nulls_first nulls_last
        nullsfirst nullslast or_ outerjoin outparam over quoted_name
        select subquery table tablesample text tuple_ type_coerce union
        union_all update values within_group
    """,
    "sqlalchemy.types": """
        ARRAY AbstractType BIGINT BINARY BLOB BOOLEAN BigInteger Binary
        Boolean CHAR CLOB Concatenable DATE DATETIME DECIMAL Date
        DateTime Enum ExternalType FLOAT Float INT INTEGER Indexable
        Integer Interval JSON LargeBinary MutableType NCHAR NUMERIC
        NVARCHAR Numeric PickleType REAL SMALLINT SmallInteger String
        TEXT TIME TIMESTAMP Text Time TupleType TypeDecorator
        TypeEngine Unicode UnicodeText UserDefinedType VARBINARY
        VARCHAR type_map
    """,
    "sqlalchemy.schema": """
        AddConstraint BLANK_SCHEMA CheckConstraint Column
        ColumnCollectionConstraint ColumnCollectionMixin ColumnDefault
        Computed Constraint CreateColumn CreateIndex CreateSchema
        CreateSequence CreateTable DDL DDLBase DDLElement DefaultClause
        DefaultGenerator DropColumnComment DropConstraint DropIndex
        DropSchema DropSequence DropTable DropTableComment FetchedValue
        ForeignKey ForeignKeyConstraint Identity IdentityOptions Index
        MetaData PassiveDefault PrimaryKeyConstraint SchemaItem
        SchemaVisitor Sequence SetColumnComment SetTableComment Table
        ThreadLocalMetaData UniqueConstraint conv sort_tables
        sort_tables_and_constraints
    """,
    "sqlalchemy.exc": """
        AmbiguousForeignKeysError ArgumentError AwaitRequired
        Base20DeprecationWarning CircularDependencyError CompileError
        ConcurrentModificationError DBAPIError DataError DatabaseError
        DisconnectionError DontWrapMixin FlushError HasDescriptionCode
        IdentifierError IntegrityError InterfaceError InternalError
        InvalidRequestError InvalidatePoolError LegacyAPIWarning
        MissingGreenlet MovedIn20Warning MultipleResultsFound
        NoForeignKeysError NoInspectionAvailable NoReferenceError
        NoReferencedColumnError NoReferencedTableError NoResultFound
        NoSuchColumnError NoSuchModuleError NoSuchTableError
        NotSupportedError ObjectNotExecutableError OperationalError
        PendingRollbackError ProgrammingError RemovedIn20Warning
        ResourceClosedError SADeprecationWarning
        SAPendingDeprecationWarning SAWarning SQLAlchemyError SQLError
        StatementError TimeoutError UnboundExecutionError
        UnmappedColumnError UnreflectableTableError
        UnsupportedCompilationError
    """,
}


def _starred(
    module: ModuleType,
    todays: list[str],
    before: Callable[[str], Any] | None,
) -> Any:
    def found(name: str) -> Any:
        if name == "__all__":
            return _names(module, todays, sys._getframe(1).f_globals)
        if before is not None:
            return before(name)
        raise AttributeError(
            f"module {module.__name__!r} has no attribute {name!r}"
        )

    return found


def _todays(module: ModuleType) -> list[str]:
    """Return the names that it has without 1.x style, but for modules.

    A helper of the script that has none of them would pass them on.
    """
    return [
        name
        for name, value in vars(module).items()
        if name[0] != "_" and not isinstance(value, ModuleType)
    ]


def _names(
    module: ModuleType, todays: list[str], taken: dict[str, Any]
) -> list[str]:
    """Return 1.x's names that there are, and today's that are not taken.

    :param taken: the names of the module that imports.
    """
    given = _GIVEN[module.__name__].split()
    return [name for name in given if name in vars(module)] + [
        name for name in todays if name not in given and name not in taken
    ]


PATCHES: list[Patch] = [
    Patch(
        owner=module,
        name="__getattr__",
        build=partial(_starred, module, _todays(module)),
        form=f"from {module.__name__} import *",
        note="Gives all that it can find since 2.0, modules too; of that,"
        " what 1.4 did not give takes no name that the script has, and no"
        " module is given.",
    )
    for module in (sqlalchemy, orm, sql, expression, types, schema, exc)
]
