"""The Python files of a repository: read, rewritten, compared, replaced."""

from __future__ import annotations

import difflib
import io
import os
import sys
import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from os import PathLike
from pathlib import Path

import libcst as cst

from migrate.modernize import python2
from migrate.modernize import rewriting
from migrate.modernize.facts import Facts
from migrate.modernize.facts import merged

__all__ = ["Script", "read_scripts", "replace", "rewrite_all"]

# Calls are followed through this many functions of other files.
_ROUNDS = 3


@dataclass
class Script:
    """One file, as it is and as it is to be.

    :ivar after: the same as ``before`` when there is nothing to rewrite.
    :ivar left: line of ``after`` -> why it stays in an old form.
    :ivar refused: why the file as a whole stays as it is, '' if it does not.
    """

    folder: Path
    path: Path
    before: str = ""
    after: str = ""
    encoding: str = "utf-8"
    left: dict[int, str] = field(default_factory=dict)
    refused: str = ""

    @property
    def name(self) -> str:
        """The path below the repository's folder."""
        return self.path.relative_to(self.folder).as_posix()

    @property
    def is_changed(self) -> bool:
        """Whether there is something to write."""
        return self.before != self.after

    def diff(self) -> str:
        """Give what changes, as ``diff -u`` does; '' if nothing does."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.name}",
            f"b/{self.name}",
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n" for line in lines
        )


def read_scripts(folder: str | PathLike[str]) -> list[Script]:
    """Read every Python file below a folder, in the order of their names.

    Folders with a dot in front and ``__pycache__`` are left out.
    """
    root = Path(folder)
    return [
        _read(root, path)
        for path in sorted(root.rglob("*.py"))
        if not _is_hidden(path.relative_to(root)) and not path.is_dir()
    ]


def _is_hidden(path: Path) -> bool:
    return any(
        part.startswith(".") or part == "__pycache__" for part in path.parts
    )


def _read(folder: Path, path: Path) -> Script:
    script = Script(folder, path)
    try:
        content = path.read_bytes()
        script.encoding, _ = tokenize.detect_encoding(
            io.BytesIO(content).readline
        )
        script.before = script.after = content.decode(script.encoding)
    except OSError as error:
        script.refused = error.strerror or str(error)
    except (SyntaxError, UnicodeDecodeError) as error:
        script.refused = str(error)
    return script


def rewrite_all(scripts: list[Script]) -> list[str]:
    """Set what becomes of each script; nothing is written.

    They are looked at together: what a helper is given is seen where it is
    called.

    :returns: modules of others that are given tables, engines and the like;
        they are not looked at.
    """
    sources: dict[str, rewriting.Source] = {}
    for script in _live(scripts):
        with _refusing(script):
            script.after = python2.rewrite(script.before)
            sources[script.name] = rewriting.Source(script.after)
    facts = Facts()
    for _ in range(_ROUNDS):
        facts = merged(_seen(scripts, sources, facts))
    for script in _live(scripts):
        with _refusing(script):
            _to_today(script, sources[script.name], facts)
    own = {_module(script.name) for script in scripts}
    return [name for name in sorted(facts.lent) if _is_of_others(name, own)]


def _is_of_others(module: str, own: set[str]) -> bool:
    """Whether a module is no file of ours, nor one that needs no looking."""
    first, last = module.split(".")[0], module.split(".")[-1]
    known = {"", "migrate", "sqlalchemy", *sys.stdlib_module_names}
    return first not in known and last not in own


@contextmanager
def _refusing(script: Script) -> Iterator[None]:
    """Keep one file that cannot be rewritten from stopping the others."""
    try:
        yield
    except python2.NotPythonError as error:
        script.refused = str(error)
    except cst.ParserSyntaxError as error:
        script.refused = f"line {error.raw_line}: libcst cannot read this"
    except RecursionError:
        script.refused = "it is nested too deeply"
    if script.refused:
        script.after, script.left = script.before, {}


def _seen(
    scripts: list[Script], sources: dict[str, rewriting.Source], facts: Facts
) -> list[Facts]:
    seen = []
    for script in _live(scripts):
        with _refusing(script):
            source = sources[script.name]
            seen.append(source.facts(_module(script.name), facts))
    return seen


def _live(scripts: list[Script]) -> list[Script]:
    return [script for script in scripts if not script.refused]


def _module(name: str) -> str:
    """Give the last name of the module that a file is."""
    path = Path(name)
    return path.parent.name if path.stem == "__init__" else path.stem


def _to_today(script: Script, source: rewriting.Source, facts: Facts) -> None:
    python3, asked = script.after, {}
    if python3 != script.before:
        asked = python2.left_over(script.before)
    script.after, script.left = source.rewrite(facts)
    if script.after != python3:
        again, script.left = rewriting.Source(script.after).rewrite(facts)
        if not python2.is_python3(script.after) or again != script.after:
            script.after, script.left = script.before, {}
            script.refused = "it would not be the same when rewritten again"
            return
    script.left |= {
        _line_after(line, script): reason for line, reason in asked.items()
    }
    for line, reason in python2.doubtful(script.after).items():
        script.left.setdefault(line, reason)


def _line_after(line: int, script: Script) -> int:
    """Say where a line of the old text is in the new one."""
    matcher = difflib.SequenceMatcher(
        None, script.before.splitlines(), script.after.splitlines(), False
    )
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        if start < line <= end:
            return min(new_start + line - start, max(new_end, new_start + 1))
    return line


def replace(script: Script) -> None:
    """Put the rewritten text in the place of the file, whole or not at all.

    The file keeps its permissions; a symbolic link stays one, and what it
    points at is replaced.  A file that cannot be written is refused.
    """
    try:
        _replace(script)
    except OSError as error:
        script.refused = error.strerror or str(error)


def _replace(script: Script) -> None:
    path = script.path.resolve()
    content = script.after.encode(script.encoding)
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)  # of a process that was killed here
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    handle = os.open(scratch, flags, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, path.stat().st_mode & 0o7777)
        os.replace(scratch, path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
