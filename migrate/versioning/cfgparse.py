"""Reading and writing ``migrate.cfg``."""

from __future__ import annotations

from collections.abc import Iterable
from configparser import BasicInterpolation
from configparser import ConfigParser
from configparser import Error
from configparser import InterpolationError
from io import StringIO
from os import PathLike
from typing import Any

from migrate.exceptions import InvalidNameError
from migrate.exceptions import PathNotFoundError

__all__ = ["Config", "Parser", "escape", "read_back"]


class _LenientInterpolation(BasicInterpolation):
    """``%%`` is a percent sign; a lone one stands for itself.

    The old library wrote values as given and read them with interpolation,
    so that ``repository_id=50% off`` broke the repository.
    """

    def before_get(
        self, parser: Any, section: Any, option: Any, value: Any, defaults: Any
    ) -> str:
        try:
            return super().before_get(parser, section, option, value, defaults)
        except InterpolationError:
            return str(value)


class Parser(ConfigParser):
    """A ConfigParser that can show itself as dicts."""

    _DEFAULT_INTERPOLATION = _LenientInterpolation()

    def to_dict(
        self, sections: Iterable[str] | None = None
    ) -> dict[str, dict[str, str]]:
        """Return {section: {option: value}}; all sections if None given."""
        names = self.sections() if sections is None else sections
        return {name: dict(self.items(name)) for name in names}


class Config(Parser):
    """The settings in the file at ``path``, read when made.

    :raises PathNotFoundError: when there is no such file.
    :raises configparser.Error: when it does not parse.
    """

    def __init__(self, path: str | PathLike[str], *p: Any, **k: Any) -> None:
        super().__init__(*p, **k)
        self.path = path
        try:
            with open(path, encoding="utf-8-sig") as file:
                self.read_file(file)
        except FileNotFoundError as error:
            raise PathNotFoundError(path) from error


def escape(value: object) -> str:
    """Spell a value so that :class:`Parser` reads it back."""
    return str(value).replace("%", "%%").replace("\n", "\n    ")


def read_back(text: str, values: dict[str, object]) -> None:
    """Check that the settings in ``text`` are ``values``.

    :param values: {option of any section: value}.
    :raises InvalidNameError: naming the first that would be read otherwise,
        such as one with a line that starts with ``#``.
    """
    parser = Parser()
    try:
        text.encode()
        parser.read_file(StringIO(text, newline=None))
    except (Error, UnicodeEncodeError) as error:
        raise InvalidNameError(
            f"migrate.cfg would not be readable: {error}"
        ) from error
    for name in parser.sections():
        for option, found in parser.items(name):
            value = str(values.get(option, found)).strip()
            if found != value:
                raise InvalidNameError(
                    f"{option} cannot be written to migrate.cfg: {value!r} "
                    f"would be read as {found!r}"
                )
