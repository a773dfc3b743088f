"""The one judge of all nonsense."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping

from tests.command import Outcome

#: The table in docs/commands.rst, but for signals: nobody sends one.
CODES = (0, 1, 2, 3)
_ERROR = "migrate: error: "


def judge(
    done: Outcome,
    before: Mapping[str, object],
    after: Mapping[str, object],
    *,
    may_change: Collection[str] = (),
    is_debug: bool = False,
) -> list[str]:
    """Return what is wrong with how a command ended; empty: nothing.

    :param before: what was on the disk, see :func:`tests.nonsense.stage`.
    :param may_change: the paths (and all below them) that a command which
        succeeds may write.
    :param is_debug: tracebacks were asked for, before the line.
    """
    found = []
    if not is_debug and "Traceback" in done.out + done.err:
        found.append("a traceback")
    if done.code not in CODES:
        found.append(f"exit code {done.code}")
    if done.code != 0:
        found += _wrong_error(done)
    allowed = may_change if done.code == 0 else ()
    for path in sorted({*before, *after}):
        is_same = before.get(path) == after.get(path)
        if not is_same and not _is_below(path, allowed):
            found.append(f"{path!r} changed")
    return found


def _wrong_error(done: Outcome) -> list[str]:
    # splitlines() knows more line ends than terminals do.
    lines = done.err.rstrip("\n").split("\n")
    errors = [line for line in lines if line.startswith(_ERROR)]
    if len(errors) != 1 or lines[-1] != errors[0]:
        return [f"{len(errors)} error lines, the last line is {lines[-1]!r}"]
    message = errors[0].removeprefix(_ERROR).strip()
    if len(message) < 8:
        return [f"the error says {message!r}"]
    if not message.isprintable():
        return [f"the error has signs that a terminal obeys: {message!r}"]
    return []


def _is_below(path: str, allowed: Collection[str]) -> bool:
    return any(
        path == one or path.startswith(f"{one}/") or one.startswith(f"{path}/")
        for one in allowed
    )
