"""The layers of DESIGN: nobody imports from above, and there is no circle."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import migrate

PACKAGE = Path(migrate.__file__).parent
DOCS = Path(__file__).parents[1] / "docs"

# Lowest first.  A module may import from lower layers and, within its own
# layer, from a module named further left.  A name covers its submodules.
LAYERS: list[list[str]] = [
    [
        "migrate.exceptions",
        "migrate.deferred",
        "migrate.importhook",
        "migrate.python2names",
        "migrate.watching",
        "migrate.driver",
    ],
    [
        "migrate.sqltext.comments",
        "migrate.sqltext.control",
        "migrate.sqltext.kind",
        "migrate.sqltext.effect",
        "migrate.sqltext.made",
        "migrate.sqltext.lexer",
        "migrate.sqltext.body",
    ],
    ["migrate.binding"],
    ["migrate.legacy"],
    [
        "migrate.changeset.ansisql",
        "migrate.changeset.operations",
        "migrate.changeset.catalogue",
        "migrate.changeset.listing",
        "migrate.changeset.wording",
        "migrate.changeset.membership",
        "migrate.changeset.following",
        "migrate.changeset.order",
        "migrate.changeset.ddl",
        "migrate.changeset.editor",
        "migrate.changeset.sqlite",
        "migrate.changeset.databases",
        "migrate.changeset.batch",
        "migrate.changeset.delta",
        "migrate.changeset.keys",
        "migrate.changeset.calls",
        "migrate.changeset.constraint",
        "migrate.changeset.schema",
        "migrate.changeset",
    ],
    ["migrate"],
    [
        "migrate.versioning.address",
        "migrate.versioning.secret",
        "migrate.versioning.permission",
        "migrate.versioning.util",
        "migrate.versioning.config",
        "migrate.versioning.session",
    ],
    [
        "migrate.versioning.sqlsplit",
        "migrate.versioning.cfgparse",
        "migrate.versioning.template",
        "migrate.versioning.models.comparison",
        "migrate.versioning.schemadiff",
        "migrate.versioning.models.given",
        "migrate.versioning.models.generation",
        "migrate.versioning.genmodel",
        "migrate.versioning.models",
        "migrate.versioning.script",
        "migrate.versioning.vernum",
        "migrate.versioning.filename",
        "migrate.versioning.version",
        "migrate.versioning.steps",
        "migrate.versioning.settings",
        "migrate.versioning.scaffold",
        "migrate.versioning.repository",
        "migrate.versioning.migrate_repository",
    ],
    [
        "migrate.versioning.lock",
        "migrate.versioning.control",
        "migrate.versioning.history",
        "migrate.versioning.tables",
        "migrate.versioning.verification",
        "migrate.versioning.journal",
        "migrate.versioning.running",
        "migrate.versioning.schema",
        "migrate.versioning.picture",
        "migrate.versioning.proof",
        "migrate.versioning.terminal",
    ],
    [
        "migrate.modernize.vocabulary",
        "migrate.modernize.facts",
        "migrate.modernize.scopes",
        "migrate.modernize.flow",
        "migrate.modernize.origins",
        "migrate.modernize.functions",
        "migrate.modernize.helpers",
        "migrate.modernize.kinds",
        "migrate.modernize.site",
        "migrate.modernize.forms",
        "migrate.modernize.arguments",
        "migrate.modernize.parameters",
        "migrate.modernize.results",
        "migrate.modernize.names",
        "migrate.modernize.removed",
        "migrate.modernize.rows",
        "migrate.modernize.select",
        "migrate.modernize.statements",
        "migrate.modernize.constructs",
        "migrate.modernize.added",
        "migrate.modernize.bound",
        "migrate.modernize.renamed",
        "migrate.modernize.execution",
        "migrate.modernize.rewriting",
        "migrate.modernize.python2",
        "migrate.modernize.files",
        "migrate.modernize",
        "migrate.versioning.commands.options",
        "migrate.versioning.commands",
        "migrate.versioning.commands.opening",
        "migrate.versioning.commands.files",
        "migrate.versioning.commands.control",
        "migrate.versioning.commands.moving",
        "migrate.versioning.commands.models",
        "migrate.versioning.api",
    ],
    [
        "migrate.versioning.terminal.console",
        "migrate.versioning.terminal.failure",
        "migrate.versioning.commandline",
        "migrate.versioning.shell",
    ],
    ["migrate.versioning"],
]
# Packages that the page on the house describes with the one they are in.
WITHIN = {
    "migrate.changeset.databases",
    "migrate.versioning.models.comparison",
    "migrate.versioning.models.generation",
}
RANK = {
    name: (height, place)
    for height, layer in enumerate(LAYERS)
    for place, name in enumerate(layer)
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {
    module_name(path): path
    for path in PACKAGE.rglob("*.py")
    if "templates" not in path.parts
}


def imports_of(module: str) -> set[str]:
    """Modules of ours that ``module`` imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in FILES else str(node.module))
    return {name for name in found if name in FILES and name != module}


def room(module: str) -> str:
    """The longest prefix of ``module`` that the layers name."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        if ".".join(parts[:end]) in RANK:
            return ".".join(parts[:end])
    raise AssertionError(f"{module} has no layer")


@pytest.mark.parametrize("module", sorted(FILES))
def test_module_imports_only_from_below(module: str) -> None:
    own = room(module)

    above = {
        other
        for other in imports_of(module)
        if room(other) != own and RANK[room(other)] > RANK[own]
    }

    assert not above


@pytest.mark.parametrize(
    "package",
    sorted(
        name
        for name, path in FILES.items()
        if path.name == "__init__.py" and name not in WITHIN
    ),
)
def test_docs_describe_every_room(package: str) -> None:
    rooms = (DOCS / "inside.rst").read_text()

    assert f"``{package}``\n" in rooms


def test_docs_name_no_module_that_is_gone() -> None:
    rooms = (DOCS / "inside.rst").read_text()
    known = {part for name in FILES for part in name.split(".")}

    named = {*re.findall(r"``([a-z_0-9]+)[^`/]*``", rooms)}

    assert named - known == {"manage", "migrate_engine", "test"}


def test_no_circular_imports() -> None:
    edges = {module: imports_of(module) for module in FILES}
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in done:
            for other in edges[module]:
                visit(other, (*way, module))
            done.add(module)

    for module in edges:
        visit(module, ())
