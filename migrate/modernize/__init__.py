"""Rewrite change scripts of Python 2 and SQLAlchemy 1.x in today's forms.

Needs libcst and fissix, the extra ``modernize``; both are imported only when
scripts are rewritten.  No script is ever imported.
"""

from __future__ import annotations

import logging
from os import PathLike
from typing import TYPE_CHECKING

from migrate.exceptions import MissingExtraError
from migrate.exceptions import ScriptError

if TYPE_CHECKING:
    from migrate.modernize.files import Script

__all__ = ["modernize"]

log = logging.getLogger(__name__)


def modernize(folder: str | PathLike[str], *, write: bool = False) -> str:
    """Rewrite the Python files below a folder, or show how.

    What stays in an old form is told to the log as a warning, a line for
    each, with file, line and reason.

    :param write: replace the files, each as a whole; none is touched before
        all have been rewritten in memory.
    :returns: the differences as ``diff -u`` gives them; after writing, the
        names of the files that were replaced, one a line.
    :raises MissingExtraError: without libcst or fissix.
    :raises ScriptError: when a file is no Python that can be read, or cannot
        be written; the others are written, or shown in the log as
        information, all the same.
    """
    try:
        from migrate.modernize import files  # slow, and an extra
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if package not in ("fissix", "libcst"):
            raise
        raise MissingExtraError(
            f"this needs {package}: pip install 'remigrate[modernize]'"
        ) from error
    scripts = files.read_scripts(folder)
    others = files.rewrite_all(scripts)
    changed = [script for script in scripts if script.is_changed]
    if write:
        for script in changed:
            files.replace(script)
        changed = [script for script in changed if not script.refused]
    _tell(scripts, others)
    refused = [script.name for script in scripts if script.refused]
    if write:
        text = "".join(f"{script.name}\n" for script in changed)
    else:
        text = "".join(script.diff() for script in changed)
    if refused:
        if text:
            log.info(text.rstrip("\n"))
        what = "were" if write else "can be"
        raise ScriptError(
            f"{len(changed)} files {what} rewritten, but not "
            + ", ".join(refused)
        )
    return text


def _tell(scripts: list[Script], others: list[str]) -> None:
    for script in scripts:
        if script.refused:
            log.warning("%s: not rewritten: %s", script.path, script.refused)
        for line, reason in sorted(script.left.items()):
            log.warning("%s, line %s: %s", script.path, line, reason)
    for module in others:
        log.warning(
            "module %s is outside of this folder, and is given tables or "
            "engines: it may need the 1.x layer",
            module,
        )
