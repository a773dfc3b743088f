"""Keeping passwords out of what is shown to people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from migrate.versioning.address import variable

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = ["hidden", "hidden_in_sql", "scrub", "secrets_in", "shown"]

_PASSWORD = re.compile(r"[\w+.-]+://[^:/@]*:(?P<password>.*)@", re.DOTALL)
#: As in the words of libpq, of ODBC, and of whoever quotes them.
_ASSIGNED = re.compile(
    r"(?:password|passwd|pwd)\s*=\s*"
    r"(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|\{(?P<braced>[^}]*)\}"
    r"|(?P<plain>[^\s;&'{]+))",
    re.IGNORECASE,
)
_IN_SQL = re.compile(
    r"(\b(?:identified\s+(?:(?:with|via)\s+\w+\s+)?(?:by|as|using)"
    r"|password|passwd)\b(?:\s*password)?[\s=(]+)"
    r"'(?:[^'\\]|''|\\.)*'?",
    re.IGNORECASE,
)
_TELLTALE = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
MASK = "***"
#: No common word, so that it is a secret also inside a longer one.
_LONG = 12
#: A word may begin after the escaped sign of a repr or of a URL.
_BEGIN = r"(?:(?<!\w)|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"


def secrets_in(
    values: Mapping[str, object], environment: Mapping[str, str] | None = None
) -> frozenset[str]:
    """Collect the passwords among what a command was given.

    :param values: by name: URLs as text or as objects, engines, words of a
        command line, and keywords for engines such as ``engine_dict``.
    :param environment: also collect from what ``env:NAME`` means in it.
    """
    found = _secrets("", values, environment or {})
    return frozenset(
        spelling for secret in found if secret for spelling in _forms(secret)
    )


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` with stars in the place of each secret.

    A short secret inside a longer word stays: a password ``a`` would else
    leave nothing readable, and drivers quote passwords between delimiters.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(_pattern(secret), MASK, text)
    return text


def hidden_in_sql(statement: str, secrets: Iterable[str] = ()) -> str:
    """Return a statement without the passwords that it gives to users."""
    return hidden(_IN_SQL.sub(rf"\1'{MASK}'", statement), secrets)


def scrub(error: BaseException, secrets: Iterable[str]) -> None:
    """Take secrets out of an error and of those that led to it.

    Whoever shows it, with its traceback or without, shows what drivers have
    put into their messages.
    """
    secrets = frozenset(secrets)
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while secrets and waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        _scrub_one(one, secrets)
        waiting += [one.__cause__, one.__context__]
        original = getattr(one, "orig", None)  # of SQLAlchemy's
        if isinstance(original, BaseException):
            waiting.append(original)


def _scrub_one(error: BaseException, secrets: frozenset[str]) -> None:
    args = _scrubbed(error.args, secrets)
    if args != error.args:
        error.args = args
    for name, value in vars(error).items():
        if name != "orig" and isinstance(value, (str, tuple, list, dict)):
            setattr(error, name, _scrubbed(value, secrets))


def _scrubbed(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, str):
        return hidden(value, secrets)
    if type(value) in (tuple, list):
        return type(value)(_scrubbed(item, secrets) for item in value)
    if type(value) is dict:
        return {key: _scrubbed(item, secrets) for key, item in value.items()}
    return value


def shown(url: URL) -> str:
    """Return the text of a database URL with stars for its secrets."""
    text = url.render_as_string(hide_password=False)
    return hidden(text, secrets_in({"url": text}))


def _pattern(secret: str) -> str:
    pattern = "".join(map(_sign_pattern, re.findall(r"\s+|.", secret)))
    if len(secret) >= _LONG:
        return pattern
    begin = _BEGIN if re.match(r"\w", secret) else ""
    end = r"(?!\w)" if re.search(r"\w\Z", secret) else ""
    return begin + pattern + end


def _sign_pattern(sign: str) -> str:
    """Match a sign also in a repr, in the repr of that, and so on."""
    if sign.isspace():
        # Messages that are made one line have lost line ends.
        return r"(?:\s|\\+[nrt])+"
    if sign == "\\":
        return r"\\+"
    return rf"\\*{sign}" if sign in "'\"" else re.escape(sign)


def _forms(secret: str) -> set[str]:
    """Return how drivers and tracebacks may write a secret."""
    from urllib.parse import quote  # slow to import
    from urllib.parse import quote_plus

    plain = secret.encode(errors="surrogatepass")
    return {
        secret,
        ascii(secret)[1:-1],
        quote(plain, safe=""),
        quote_plus(plain, safe=""),
    }


def _secrets(
    name: str, value: object, environment: Mapping[str, str]
) -> Iterator[str]:
    # An engine has a URL; both know more than their text shows.
    url = getattr(value, "url", value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _secrets(str(key), item, environment)
    elif hasattr(url, "render_as_string"):
        yield from _secrets_of_url(url.render_as_string(hide_password=False))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(name, item, environment)
    elif isinstance(value, (str, bytes)):
        text = value if isinstance(value, str) else value.decode("latin-1")
        if _TELLTALE.search(name):
            yield text
        option, equals, rest = text.partition("=")
        if option.startswith("--") and _TELLTALE.search(option):
            yield rest
        yield from _secrets_of_text(rest if equals else text, environment)
        yield from _secrets_of_text(text, {})


def _secrets_of_text(
    text: str, environment: Mapping[str, str]
) -> Iterator[str]:
    yield from _secrets_of_url(text)
    kept = variable(text)
    if kept is not None:
        yield from _secrets_of_url(environment.get(kept, ""))


def _secrets_of_url(url: str) -> Iterator[str]:
    if not ("://" in url or "=" in url):
        return
    from urllib.parse import unquote  # slow to import
    from urllib.parse import unquote_plus

    for each in {url, unquote_plus(url)}:
        for assigned in _ASSIGNED.finditer(each):
            yield next(filter(None, assigned.groups()), "")
    if "://" not in url:
        return
    address, _, query = url.partition("?")
    found = _PASSWORD.search(address) or _PASSWORD.search(url)
    if found:
        yield found["password"]
        yield unquote(found["password"])
        # A driver, or the reader of URLs, saw only pieces of it if such a
        # sign was left unescaped.
        pieces = re.split("[@:/?#]", found["password"])
        yield from pieces if len(pieces) > 1 else ()
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _TELLTALE.search(name):
            yield value
            yield unquote_plus(value)
