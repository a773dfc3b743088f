"""The command line: words and defaults in, an :class:`Invocation` out.

Nothing here runs a command, prints, or touches a file.  Every command is a
function of :mod:`migrate.versioning.api`; its signature says which words it
takes, its docstring is its help.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from optparse import BadOptionError
from optparse import OptionParser
from optparse import Values
from typing import NoReturn

from migrate.exceptions import CommandLineError
from migrate.versioning import api
from migrate.versioning.util import asbool

__all__ = [
    "ALIASES",
    "COMMANDS",
    "Command",
    "Invocation",
    "PassiveOptionParser",
    "parse",
]

ALIASES = {
    "s": "script",
    "vc": "version_control",
    "dbv": "db_version",
    "v": "version",
}

# Mistyped and passed on unread, these would do what their writer meant to
# avoid.
_SAFEGUARDS = ("preview_py", "preview_sql")


@dataclass(frozen=True)
class Command:
    """A function of the API as the command line sees it."""

    name: str
    function: Callable[..., object]
    description: str

    @property
    def usage(self) -> str:
        """The help text; ``%prog`` stands for the program's name."""
        return inspect.getdoc(self.function) or ""

    @property
    def parameters(self) -> list[str]:
        """The names of the positional words, in their order."""
        return [parameter.name for parameter in self._signature()]

    @property
    def required(self) -> set[str]:
        """The names of those that must be given."""
        return {
            parameter.name
            for parameter in self._signature()
            if parameter.default is parameter.empty
        }

    def _signature(self) -> Iterable[inspect.Parameter]:
        parameters = inspect.signature(self.function).parameters.values()
        return [one for one in parameters if one.kind is not one.VAR_KEYWORD]


COMMANDS = {
    name: Command(name, getattr(api, name), api.command_desc[name])
    for name in api.__all__
}


@dataclass(frozen=True)
class Invocation:
    """What a command line asks for.

    ``help`` is a text to show instead of running anything; ``usage`` is the
    text that goes before the message of a usage error.
    """

    command: Command | None
    # They may hold a password.
    keywords: Mapping[str, object] = field(repr=False)
    usage: str
    debug: bool = False
    quiet: bool = False
    help: str | None = None

    def call(self) -> object:
        """Run the function of the command; what it returns and raises."""
        if self.command is None:
            return None
        return self.command.function(**self.keywords)


class PassiveOptionParser(OptionParser):
    """Leaves long options that it does not know among the arguments."""

    def _process_long_opt(self, rargs: list[str], values: Values) -> None:
        # Undocumented, but the only place between optparse's "this is an
        # option" and its "no such option".
        argument, remaining = rargs[0], rargs[1:]
        try:
            super()._process_long_opt(rargs, values)
        except BadOptionError:
            rargs[:] = remaining
            assert self.largs is not None, "set while it parses"
            self.largs.append(argument)

    def error(self, msg: str) -> NoReturn:
        """Raise, where optparse would end the process."""
        raise CommandLineError(msg, usage=self.get_usage())


def parse(
    words: Sequence[str], defaults: Mapping[str, object], program: str
) -> Invocation:
    """Read what ``words`` ask for.

    :param words: the command line without the program's name.
    :param defaults: values for parameters and keywords which the words may
        override, as ``manage.py`` gives them.
    :param program: name of the program for the help texts.
    :raises CommandLineError: when the words make no sense.
    """
    words = list(words)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    if not words or words[0] in ("-h", "--help"):
        parser = _parser(None, program)
        return Invocation(
            None, {}, parser.get_usage(), help=parser.format_help()
        )
    command = _command(words[0], program)
    parser = _parser(command, program)
    options, rest = parser.parse_args(words[1:])
    if options.help:
        usage = parser.get_usage()
        return Invocation(command, {}, usage, help=parser.format_help())
    return _invocation(command, parser, vars(options), rest, defaults)


def _command(word: str, program: str) -> Command:
    name = ALIASES.get(word, word)
    if name not in COMMANDS:
        nearest = _nearest(word, COMMANDS)
        advice = f", did you mean {nearest!r}?" if nearest else ""
        _parser(None, program).error(f"Invalid command {word}{advice}")
    return COMMANDS[name]


def _parser(command: Command | None, program: str) -> PassiveOptionParser:
    parser = PassiveOptionParser(
        command.usage if command else _general_usage(),
        prog=program,
        add_help_option=False,
    )
    parser.add_option(
        "-h",
        "--help",
        action="store_true",
        help="show this help message and exit",
    )
    parser.add_option(
        "-d",
        "--debug",
        action="store_true",
        help="show what is done in detail, and the traceback of an error",
    )
    parser.add_option(
        "-q",
        "--disable_logging",
        action="store_true",
        help="print nothing but errors",
    )
    if command:
        for name in command.parameters:
            parser.add_option(f"--{name}", metavar=name.upper())
    return parser


def _general_usage() -> str:
    # The blanks are those of the old library: a TAB before all but the first.
    commands = "\n\t".join(
        f"{name:<28} - {COMMANDS[name].description}"
        for name in sorted(COMMANDS)
    )
    return (
        "%prog COMMAND ...\n\n"
        f"    Available commands:\n        {commands}\n\n"
        '    Enter "%prog help COMMAND" for information on a particular '
        "command.\n    "
    )


def _invocation(
    command: Command,
    parser: PassiveOptionParser,
    options: dict[str, object],
    rest: list[str],
    defaults: Mapping[str, object],
) -> Invocation:
    given = {name: options[name] for name in command.parameters}
    keywords = {
        **_without_none(defaults),
        **_keywords(rest, parser),
        **_without_none(given),
    }
    positional = [word for word in rest if not word.startswith("--")]
    free = [name for name in command.parameters if name not in keywords]
    surplus = positional[len(free) :]
    if surplus:
        parser.error(
            f"Too many arguments for command {command.name}: "
            + ", ".join(surplus)
        )
    keywords.update(zip(free, positional, strict=False))
    missing = sorted(command.required - keywords.keys())
    if missing:
        parser.error(
            f"Not enough arguments for command {command.name}: "
            f"{', '.join(missing)} not specified"
        )
    debug = _flag("debug", options, keywords, parser)
    quiet = _flag("disable_logging", options, keywords, parser)
    # A manage.py that this command may write repeats it, as it always did.
    keywords["debug"] = debug
    return Invocation(command, keywords, parser.get_usage(), debug, quiet)


def _keywords(rest: list[str], parser: OptionParser) -> dict[str, object]:
    """Read the long options that the parser did not know."""
    keywords: dict[str, object] = {}
    for word in rest:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            keywords[name.replace("-", "_")] = value if equals else True
    for name in keywords:
        nearest = _nearest(name.lower(), _SAFEGUARDS)
        if nearest and nearest != name:
            parser.error(
                f"no such option: --{name}, did you mean --{nearest}?"
            )
    return keywords


def _flag(
    name: str,
    options: dict[str, object],
    keywords: dict[str, object],
    parser: OptionParser,
) -> bool:
    value = keywords.pop(name, False)
    try:
        return bool(options[name]) or asbool(value)
    except ValueError:
        parser.error(f"{name} must be true or false, not {value!r}")


def _without_none(values: Mapping[str, object]) -> dict[str, object]:
    return {name: one for name, one in values.items() if one is not None}


def _nearest(word: str, known: Iterable[str]) -> str | None:
    # Only a mistake pays for the import.
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, n=1)), None)
