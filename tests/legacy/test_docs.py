"""The manual lists every form; run as a module to write the list anew."""

from __future__ import annotations

from pathlib import Path

from migrate import legacy

MANUAL = Path(__file__).parents[2] / "docs" / "legacy.rst"
BEGIN, END = ".. forms begin\n", ".. forms end\n"


def listed() -> str:
    lines = [".. list-table::", "   :widths: 50 50", ""]
    seen = set()
    for patch in legacy.PATCHES.patches:
        row = (patch.form, patch.note)
        if row not in seen:
            seen.add(row)
            lines += [f"   * - ``{patch.form}``", f"     - {patch.note}"]
    return "\n" + "\n".join(lines) + "\n\n"


def manual_with_list() -> str:
    before, rest = MANUAL.read_text().split(BEGIN)
    return before + BEGIN + listed() + END + rest.split(END)[1]


def test_manual_lists_every_form() -> None:
    assert MANUAL.read_text() == manual_with_list(), (
        "run python -m tests.legacy.test_docs"
    )


if __name__ == "__main__":
    MANUAL.write_text(manual_with_list())
