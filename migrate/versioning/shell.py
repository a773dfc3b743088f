"""The command ``migrate`` and what a ``manage.py`` calls."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from collections.abc import Sequence

from migrate.exceptions import CommandLineError
from migrate.exceptions import KnownError
from migrate.exceptions import LockTimeoutError
from migrate.exceptions import UsageError
from migrate.versioning import api
from migrate.versioning.commandline import ALIASES
from migrate.versioning.commandline import Invocation
from migrate.versioning.commandline import PassiveOptionParser
from migrate.versioning.commandline import parse
from migrate.versioning.running.garbage import collecting_seldom
from migrate.versioning.secret import secrets_in
from migrate.versioning.session.signals import exit_code
from migrate.versioning.session.signals import terminable
from migrate.versioning.terminal.console import Console
from migrate.versioning.terminal.console import printable

__all__ = ["PassiveOptionParser", "alias", "alias_setup", "main"]

# Exit codes; 0 is done.
_FAILED = 1
_MISUSED = 2
_WAITED_IN_VAIN = 3

alias: dict[str, Callable[..., object]] = {
    short: getattr(api, name) for short, name in ALIASES.items()
}


def alias_setup() -> None:
    """Set the short names on the API; it has them already."""
    for short, function in alias.items():
        setattr(api, short, function)


def main(argv: Sequence[str] | None = None, **kwargs: object) -> None:
    """Run one command.

    :param argv: the words after the program's name; ``sys.argv`` if None.
    :param kwargs: defaults for parameters and keywords of every command,
        and ``debug`` and ``disable_logging``, as true or false.
    :raises SystemExit: with 1 after a known error or a bug, 2 after wrong
        usage, 3 when another deployer did not finish, 130 after Ctrl-C and
        143 after SIGTERM, which is handled like Ctrl-C until this returns.
        Returns after success.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    program = os.path.basename(sys.argv[0])
    with collecting_seldom():
        _main(words, kwargs, program)


def _main(words: list[str], defaults: dict[str, object], program: str) -> None:
    try:
        invocation = parse(words, defaults, program)
    except CommandLineError as error:
        given = {"words": words, **defaults}
        console = Console(secrets=secrets_in(given, os.environ))
        console.error(_misuse(error, error.usage, program))
        sys.exit(_MISUSED)
    if invocation.help is not None:
        Console().result(invocation.help.rstrip("\n"))
        return
    code = _run(invocation, program)
    if code:
        sys.exit(code)


def _run(invocation: Invocation, program: str) -> int:
    """Call the function, show its result or its error; the exit code."""
    secrets = secrets_in(invocation.keywords, os.environ)
    console = Console(
        debug=invocation.debug,
        quiet=invocation.quiet,
        secrets=secrets,
    )
    try:
        with console, terminable():
            result = invocation.call()
    except (KnownError, UsageError) as error:
        console.error(_misuse(error, invocation.usage, program))
        return _MISUSED
    except LockTimeoutError as error:
        _explain(error, invocation, program, console)
        return _WAITED_IN_VAIN
    except KeyboardInterrupt as interrupt:
        _explain(interrupt, invocation, program, console)
        return exit_code(interrupt)
    except BaseException as error:  # a change script may raise any
        _explain(error, invocation, program, console)
        return _FAILED
    try:
        if result is not None:
            console.result(result)
    except OSError as error:
        _explain(error, invocation, program, console)
        return _FAILED
    return 0


def _explain(
    error: BaseException,
    invocation: Invocation,
    program: str,
    console: Console,
) -> None:
    # Only an error pays for the imports.
    import traceback

    from migrate.versioning.terminal.failure import explain
    from migrate.versioning.terminal.failure import is_bug

    if invocation.debug or is_bug(error):
        console.error("".join(traceback.format_exception(error)))
    if not is_bug(error):
        text = explain(error, console.secrets)
        console.error(f"{program}: error: {printable(text)}")


def _misuse(error: Exception, usage: str, program: str) -> str:
    return f"{usage}\n{program}: error: {printable(str(error))}"


if __name__ == "__main__":
    main()
