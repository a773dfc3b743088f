from __future__ import annotations

from pathlib import Path

import pytest

from migrate.exceptions import CommandLineError
from migrate.versioning import api
from migrate.versioning.commandline import ALIASES
from migrate.versioning.commandline import COMMANDS
from migrate.versioning.commandline import Invocation
from migrate.versioning.commandline import parse


def read(*words: str, **defaults: object) -> Invocation:
    return parse(words, defaults, "migrate")


def refused(*words: str, **defaults: object) -> str:
    with pytest.raises(CommandLineError) as caught:
        read(*words, **defaults)
    return str(caught.value)


def keywords(*words: str, **defaults: object) -> dict[str, object]:
    found = dict(read(*words, **defaults).keywords)
    del found["debug"]
    return found


def test_positionals_fill_parameters_in_signature_order() -> None:
    assert keywords("upgrade", "sqlite://", "repo", "3") == {
        "url": "sqlite://",
        "repository": "repo",
        "version": "3",
    }


def test_positionals_fill_only_what_options_and_defaults_left() -> None:
    found = keywords("upgrade", "3", "--url=sqlite://", repository="repo")

    assert found == {"url": "sqlite://", "repository": "repo", "version": "3"}


def test_option_wins_over_default() -> None:
    found = keywords("version", "--repository=mine", repository="theirs")

    assert found == {"repository": "mine"}


def test_option_none_in_defaults_counts_as_not_given() -> None:
    assert keywords("version", "r", repository=None) == {"repository": "r"}


@pytest.mark.parametrize(
    "words",
    [
        ("version", "--repository=r"),
        ("version", "--repository", "r"),
        ("version", "--repo=r"),
        ("version", "--", "r"),
        ("version", "--", "--repository=r"),
        ("v", "r"),
    ],
)
def test_forms_of_an_option(words: tuple[str, ...]) -> None:
    assert keywords(*words) == {"repository": "r"}


def test_value_of_an_option_may_hold_equals_signs_and_blanks() -> None:
    assert keywords("version", "r", "--foo=a b=c")["foo"] == "a b=c"


def test_unknown_options_are_passed_on() -> None:
    found = keywords("version", "r", "--foo=bar", "--flag", baz=3)

    assert found == {"repository": "r", "foo": "bar", "flag": True, "baz": 3}


def test_dashes_in_an_unknown_option_are_underscores() -> None:
    assert keywords("upgrade", "u", "r", "--preview-sql")["preview_sql"]


def test_negative_number_after_the_dashes_is_a_word() -> None:
    assert keywords("upgrade", "u", "r", "--", "-1")["version"] == "-1"


def test_single_dash_is_a_word() -> None:
    assert keywords("version", "-") == {"repository": "-"}


@pytest.mark.parametrize(
    ("words", "debug", "quiet"),
    [
        ((), False, False),
        (("-d",), True, False),
        (("--debug",), True, False),
        (("-q",), False, True),
        (("-dq",), True, True),
        (("--disable_log",), False, True),
    ],
)
def test_flags(words: tuple[str, ...], debug: bool, quiet: bool) -> None:
    invocation = read("version", "r", *words)

    assert (invocation.debug, invocation.quiet) == (debug, quiet)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("True", True), ("False", False), (True, True), (0, False)],
)
def test_flags_as_defaults_may_be_strings(
    value: object, expected: bool
) -> None:
    invocation = read("version", "r", debug=value, disable_logging=value)

    assert (invocation.debug, invocation.quiet) == (expected, expected)


def test_debug_goes_on_to_the_command_which_may_write_it_down() -> None:
    assert read("manage", "m.py").keywords == {"file": "m.py", "debug": False}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("upgrad",), "Invalid command upgrad, did you mean 'upgrade'?"),
        (("zzzz",), "Invalid command zzzz"),
        (("_x",), "Invalid command _x"),
        (("VerNum",), "Invalid command VerNum"),
        (("help", "zzzz"), "Invalid command zzzz"),
        (("--version",), "Invalid command --version, did you mean 'version'?"),
        (
            ("create",),
            "Not enough arguments for command create: "
            "name, repository not specified",
        ),
        (
            ("create", "x", "n", "y"),
            "Too many arguments for command create: y",
        ),
        (
            ("downgrade", "u", "r"),
            "Not enough arguments for command downgrade: "
            "version not specified",
        ),
        (("version", "-x"), "no such option: -x"),
        (("upgrade", "u", "r", "-1"), "no such option: -1"),
        (("version", "--debug=1"), "--debug option does not take a value"),
        (("version", "r", "--help=3"), "--help option does not take a value"),
        (
            ("upgrade", "u", "r", "--preveiw_sql"),
            "no such option: --preveiw_sql, did you mean --preview_sql?",
        ),
    ],
)
def test_refused(words: tuple[str, ...], message: str) -> None:
    assert refused(*words) == message


def test_option_without_its_value_is_refused() -> None:
    assert refused("version", "--repository").startswith(
        "--repository option requires 1 argument"
    )


def test_flag_that_is_neither_true_nor_false_is_refused() -> None:
    message = refused("version", "r", debug="maybe")

    assert message == "debug must be true or false, not 'maybe'"


def test_refusal_tells_how_to_write_the_command() -> None:
    with pytest.raises(CommandLineError) as caught:
        read("version")

    assert caught.value.usage.startswith(
        "Usage: migrate version REPOSITORY_PATH\n"
    )


@pytest.mark.parametrize("words", [(), ("help",), ("-h",), ("--help",)])
def test_general_help(words: tuple[str, ...]) -> None:
    text = read(*words).help or ""

    lines = text.splitlines()
    assert lines[0] == "Usage: migrate COMMAND ..."
    assert lines[1:3] == ["", "    Available commands:"]
    assert lines[3].startswith("        compare_model_to_db          - ")
    assert lines[4].startswith("\tcreate                       - ")
    assert (
        '    Enter "migrate help COMMAND" for information on a particular '
        "command." in lines
    )
    assert "Options:" in lines


@pytest.mark.parametrize(
    "words",
    [("help", "upgrade"), ("upgrade", "-h"), ("upgrade", "u", "r", "--help")],
)
def test_help_of_a_command(words: tuple[str, ...]) -> None:
    text = read(*words).help or ""

    assert text.startswith(
        "Usage: migrate upgrade URL REPOSITORY_PATH [VERSION] "
        "[--preview_py|--preview_sql]\n"
    )
    assert "--repository=REPOSITORY" in text


def test_help_of_an_alias() -> None:
    assert read("help", "vc").help == read("help", "version_control").help


def test_defaults_do_not_matter_to_help() -> None:
    assert read("help", "version", repository="r", foo=3).help


@pytest.mark.parametrize("name", [*COMMANDS])
def test_every_command_has_help_and_a_description(name: str) -> None:
    command = COMMANDS[name]

    assert command.usage.startswith(f"%prog {name}")
    assert command.description


def test_commands_are_the_functions_of_the_api() -> None:
    assert list(COMMANDS) == api.__all__
    assert set(ALIASES.values()) <= set(COMMANDS)


def test_every_command_is_in_the_manual() -> None:
    manual = Path(__file__).parents[2] / "docs" / "commands.rst"

    text = manual.read_text()

    assert [name for name in COMMANDS if f"``{name}``" not in text] == []
