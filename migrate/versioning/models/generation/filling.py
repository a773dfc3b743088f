"""A change script made of a template, with what it is to do."""

from __future__ import annotations

import ast
from typing import TypeAlias

from migrate.exceptions import TemplateError

__all__ = ["filled"]

_Function: TypeAlias = ast.FunctionDef
_ENGINE = "migrate_engine"


def filled(
    template: str,
    path: str,
    declarations: str,
    bodies: dict[str, list[str]],
) -> str:
    """Return a template with declarations and the bodies of functions.

    :param path: of the template, for messages.
    :param declarations: to stand before the first function.
    :param bodies: {function: lines}; they stand at its end, or instead of a
        ``pass``.
    :raises TemplateError: when it lacks a function, or does not parse.
    """
    functions = _functions(template, path, bodies)
    lines = template.splitlines(keepends=True)
    for function in sorted(functions, key=lambda each: -each.lineno):
        argument = function.args.args[0].arg
        last = function.body[-1]
        first = lines[function.body[0].lineno - 1]
        indent = first[: len(first) - len(first.lstrip())]
        body = bodies[function.name]
        if argument != _ENGINE:
            body = [f"{_ENGINE} = {argument}", *body]
        text = "".join(f"{indent}{line}\n" for line in body)
        start = end = last.end_lineno or last.lineno
        if isinstance(last, ast.Pass):
            start -= 1
        elif not lines[end - 1].endswith("\n"):
            lines[end - 1] += "\n"
        lines[start:end] = [text]
    place = min(_start(function) for function in functions)
    stars = [*_missing_stars(template)]
    lines[place:place] = [*stars, f"{declarations}\n"]
    text = "".join(lines)
    _parsed(text, path)
    return text


def _functions(
    template: str, path: str, bodies: dict[str, list[str]]
) -> list[_Function]:
    found = [
        node
        for node in _parsed(template, path).body
        if isinstance(node, ast.FunctionDef) and node.name in bodies
    ]
    for name in bodies:
        fits = [node for node in found if node.name == name]
        if len(fits) != 1 or not fits[0].args.args:
            raise TemplateError(
                f"template {path!r} has no function {name}(migrate_engine), "
                "which the changes belong into"
            )
    return found


def _parsed(text: str, path: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise TemplateError(
            f"template {path!r}, line {error.lineno}: {error.msg}"
        ) from error


def _start(function: _Function) -> int:
    decorators = [each.lineno for each in function.decorator_list]
    return min([function.lineno, *decorators]) - 1


def _missing_stars(template: str) -> list[str]:
    """Return the imports that declarations need and the template lacks."""
    starred = {
        node.module
        for node in ast.parse(template).body
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    }
    return [
        f"from {module} import *\n"
        for module in ("sqlalchemy", "migrate")
        if module not in starred
    ]
