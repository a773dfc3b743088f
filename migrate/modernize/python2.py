"""Python 2's syntax and lists, for files that Python 3 does not read.

fissix (lib2to3, kept alive after it left Python) parses both languages and
keeps every space; its fixers are used as they are.  What Python 3 can read
is left to :mod:`migrate.modernize.names`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import StringIO

from fissix.pgen2 import token
from fissix.pgen2 import tokenize
from fissix.pgen2.parse import ParseError
from fissix.refactor import RefactoringTool

__all__ = [
    "NotPythonError",
    "doubtful",
    "is_python3",
    "left_over",
    "rewrite",
]

_FIXERS = (
    "apply",
    "dict",
    "except",
    "exec",
    "filter",
    "map",
    "metaclass",
    "ne",
    "next",
    "nonzero",
    "numliterals",
    "paren",
    "print",
    "raise",
    "renames",
    "repr",
    "standarderror",
    "tuple_params",
    "urllib",
    "zip",
)
# fissix's name for a parameter that was a tuple.
_UNNAMED = "xxx_todo_changeme"
_RAW_UNICODE = re.compile(r"[uU]([rR])")
_BYTES = re.compile(r"\\x[89a-fA-F]|\\[23][0-7]{2}")
_LONE_RETURN = re.compile("\r(?!\n)")
_FLOAT = re.compile(r"[\d.]*\.\d|\d+\.")
_FUTURE = r"(?m)^from __future__ import .*\b%s\b"
_ASKS_FOR_BYTES = re.compile(r"isinstance\([^()]*\bstr\)")
_DIVIDED = (
    "in Python 2 this divided whole numbers without a remainder: is // meant?"
)
_LISTED = "in Python 2 this was a list: is list(...) needed?"
_VIEWS = frozenset({"items", "keys", "values"})
_LAZY = frozenset({"filter", "map", "zip"})
#: Collections of SQLAlchemy, whose keys are a list.
_COLUMNS = frozenset({"c", "columns"})
#: What lists have and the views of dictionaries, say, have not.
_OF_LISTS = frozenset(
    {"append", "extend", "index", "insert", "pop", "remove", "reverse", "sort"}
)


class NotPythonError(ValueError):
    """A text that neither Python 2 nor Python 3 reads."""


def is_python3(text: str) -> bool:
    """Whether the Python that runs here can read ``text``, and means it."""
    return _why_not(text) is None


def _why_not(text: str) -> str | None:
    try:
        tree = ast.parse(text)
        compile(tree, "script", "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno or 1}: {error.msg}"
    except ValueError as error:  # Python 3.10, of a null byte
        return str(error)
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and _is_print_to_file(node):
            return f"line {node.lineno}: print >>file"
    return None


def _is_print_to_file(node: ast.BinOp) -> bool:
    """Whether ``print >>file, x`` was read as a shift and a tuple."""
    return (
        isinstance(node.op, ast.RShift)
        and isinstance(node.left, ast.Name)
        and node.left.id == "print"
    )


def rewrite(text: str) -> str:
    r"""Return the text in Python 3's syntax; what it reads, as it is.

    Text that Python 2 took for bytes is marked as such: a literal with
    escapes above ``\x7f``, unless the file has ``unicode_literals``.

    :raises NotPythonError: when it is not Python 2 either.
    """
    if is_python3(text):
        return text
    if _LONE_RETURN.search(text):
        raise NotPythonError(
            "its lines end with a carriage return alone: convert them first"
        )
    try:
        tree = _tool().refactor_string(_with_spaces(text) + "\n", "script")
    except (ParseError, tokenize.TokenError, IndentationError) as error:
        raise NotPythonError(_why_not(text)) from error
    if tree is None:
        raise NotPythonError(_why_not(text))
    is_text = re.search(_FUTURE % "unicode_literals", text) is not None
    for leaf in tree.leaves():
        if leaf.type == token.STRING:
            leaf.value = _literal(leaf.value, is_text)
    rewritten = str(tree)[:-1].replace(_UNNAMED, "packed")
    reason = _why_not(rewritten)
    if reason is not None:
        raise NotPythonError(reason)
    return rewritten


def left_over(text: str) -> dict[int, str]:
    """List the lines of a Python 2 file whose meaning has changed."""
    found = {
        number: "in Python 2 this asked for bytes: is that still meant?"
        for number, line in enumerate(text.splitlines(), 1)
        if _ASKS_FOR_BYTES.search(line)
    }
    if not re.search(_FUTURE % "division", text):
        for number in _divisions(text):
            found.setdefault(number, _DIVIDED)
    return found


def doubtful(text: str) -> dict[int, str]:
    """List the lines that Python 3 reads, and which look like Python 2.

    Only what nobody writes for Python 3: a quotient of two whole numbers that
    are there as such, and what lists only can do, done to ``d.keys()``,
    ``map()`` and their like.
    """
    tree, found = ast.parse(text), {}
    if not re.search(_FUTURE % "division", text):
        for node in ast.walk(tree):
            if isinstance(node, ast.BinOp) and _divides_numbers(node):
                found[node.lineno] = _DIVIDED
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.Module, *functions)):
            nodes = [
                node
                for part in scope.body
                if not isinstance(part, functions)
                for node in ast.walk(part)
            ]
            found |= dict.fromkeys(_lists(nodes), _LISTED)
    return found


def _divides_numbers(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Div) and all(
        isinstance(side, ast.Constant) and type(side.value) is int
        for side in (node.left, node.right)
    )


def _lists(nodes: list[ast.AST]) -> Iterator[int]:
    """Yield the lines that take what is no list any more for one."""
    given: dict[str, set[bool]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    is_one = _was_list(node.value)
                    given.setdefault(target.id, set()).add(is_one)
    names = {name for name, kinds in given.items() if kinds == {True}}
    for node in nodes:
        if isinstance(node, ast.Subscript) or (
            isinstance(node, ast.Attribute) and node.attr in _OF_LISTS
        ):
            owner = node.value
            if _was_list(owner) or (
                isinstance(owner, ast.Name) and owner.id in names
            ):
                yield node.lineno


def _was_list(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value
        is_columns = isinstance(owner, ast.Attribute) and (
            owner.attr in _COLUMNS
        )
        return node.func.attr in _VIEWS and not (node.args or is_columns)
    return isinstance(node.func, ast.Name) and node.func.id in _LAZY


def _divisions(text: str) -> Iterator[int]:
    """Yield the lines in which ``/`` may divide two whole numbers."""
    tokens = [*tokenize.generate_tokens(StringIO(text).readline)]
    for place, (_, value, start, _, _) in enumerate(tokens):
        beside = tokens[place - 1][1], tokens[place + 1 : place + 2]
        near = {beside[0], *(after[1] for after in beside[1])}
        if value in ("/", "/=") and not any(map(_FLOAT.match, near)):
            yield start[0]


@cache
def _tool() -> RefactoringTool:
    return RefactoringTool([f"fissix.fixes.fix_{name}" for name in _FIXERS])


def _literal(value: str, is_text: bool) -> str:
    raw = _RAW_UNICODE.match(value)
    if raw is not None:
        if "\\u" in value or "\\U" in value:
            raise NotPythonError(
                f"{value} means \\u escapes, which r'' has not"
            )
        return value[1:]
    if not is_text and value[0] in "\"'" and _BYTES.search(value):
        return f"b{value}"
    return value


def _with_spaces(text: str) -> str:
    """Indent with spaces, a tab going to the next multiple of eight."""
    inside = _lines_inside_strings(text)
    lines = text.splitlines(keepends=True)
    for place, line in enumerate(lines):
        stripped = line.lstrip(" \t\f")
        indent = line[: len(line) - len(stripped)]
        if "\t" in indent and place + 1 not in inside:
            lines[place] = indent.expandtabs(8) + stripped
    return "".join(lines)


def _lines_inside_strings(text: str) -> set[int]:
    inside: set[int] = set()
    for kind, _, start, end, _ in tokenize.generate_tokens(
        StringIO(text).readline
    ):
        if kind == token.STRING:
            inside.update(range(start[0] + 1, end[0] + 1))
    return inside
