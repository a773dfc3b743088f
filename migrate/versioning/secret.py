"""Keeping passwords out of what is shown to people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = ["hidden", "secrets_in", "shown"]

_PASSWORD = re.compile(r"[\w+.-]+://[^:/@]*:(?P<password>.*)@", re.DOTALL)
_TELLTALE = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
_MASK = "***"


def secrets_in(values: Mapping[str, object]) -> frozenset[str]:
    """Collect the passwords among what a command was given.

    :param values: by name: URLs as text or as objects, engines, words of a
        command line, and keywords for engines such as ``engine_dict``.
    """
    return frozenset(secret for secret in _secrets("", values) if secret)


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with stars in the place of each secret.

    A secret inside a longer word stays: a password ``a`` would else leave
    nothing readable, and drivers quote passwords between delimiters.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _MASK, text)
    return text


def shown(url: URL) -> str:
    """Return the text of a database URL with stars for its secrets."""
    text = url.render_as_string(hide_password=False)
    return hidden(text, secrets_in({"url": text}))


def _secrets(name: str, value: object) -> Iterator[str]:
    # An engine has a URL; both know more than their text shows.
    url = getattr(value, "url", value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets(str(key), item)
    elif hasattr(url, "render_as_string"):
        yield from _secrets_of_url(url.render_as_string(hide_password=False))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(name, item)
    elif isinstance(value, str):
        if _TELLTALE.search(name):
            yield value
        yield from _secrets_of_url(value)


def _secrets_of_url(url: str) -> Iterator[str]:
    if "://" not in url:
        return
    from urllib.parse import unquote  # slow to import
    from urllib.parse import unquote_plus

    address, _, query = url.partition("?")
    found = _PASSWORD.search(address) or _PASSWORD.search(url)
    if found:
        yield found["password"]
        yield unquote(found["password"])
        # A driver saw only this much if an @ was left unescaped.
        yield found["password"].partition("@")[0]
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _TELLTALE.search(name):
            yield value
            yield unquote_plus(value)
