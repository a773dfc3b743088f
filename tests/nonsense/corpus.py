"""The bad inputs written by hand, a file for each place they come from.

A line ``> CODE NAMED`` says how the inputs below it end: the exit code, and
what the error must name.  A single input may say otherwise after ``=>``.  In
``lines`` each line is an input, in ``texts`` everything down to the next
``>``.  Escapes are Python's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("corpus")
_ESCAPE = re.compile(r"\\(x..|u....|U........|[\\nrt0])")
_PLAIN = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass(frozen=True)
class Case:
    """One input, and how the command ends that meets it."""

    noun: str
    line: int
    text: str
    code: int
    named: str

    def __str__(self) -> str:
        return f"{self.noun}:{self.line}"


def lines(noun: str) -> list[Case]:
    """Return an input for each line of the file."""
    found = []
    for number, line, header in _numbered(noun):
        if not line.strip() or line.startswith("# "):
            continue
        text, arrow, named = line.rpartition(" => ")
        code, default = _read(header)
        found.append(
            Case(
                noun,
                number,
                text if arrow else line,
                code,
                decoded(named) if arrow else default,
            )
        )
    return found


def texts(noun: str) -> list[Case]:
    """Return an input for each header of the file."""
    found: list[Case] = []
    last = None
    for number, line, header in _numbered(noun):
        if header is not last:
            last = header
            code, named = _read(header)
            found.append(Case(noun, number, line, code, named))
        else:
            old = found[-1]
            found[-1] = Case(
                noun, old.line, f"{old.text}\n{line}", old.code, old.named
            )
    return found


def decoded(text: str) -> str:
    """Replace the escapes; ``\\xNN`` above 127 is a byte, as in a path."""
    return _ESCAPE.sub(_decode, text)


def _decode(found: re.Match[str]) -> str:
    sign, digits = found[1][0], found[1][1:]
    if not digits:
        return _PLAIN[sign]
    number = int(digits, 16)
    return chr(0xDC00 + number if sign == "x" and number > 127 else number)


def _numbered(noun: str) -> Iterator[tuple[int, str, list[str]]]:
    """Give number and text of each line below a header, and the header."""
    header: list[str] = []
    content = (_FOLDER / f"{noun}.txt").read_text(encoding="utf-8")
    for number, line in enumerate(content.splitlines(), start=1):
        if line.startswith("> "):
            header = line[2:].split(" ", 1)
        elif header:
            yield number, line, header


def _read(header: list[str]) -> tuple[int, str]:
    code, *named = header
    return int(code), decoded(named[0]) if named else ""
