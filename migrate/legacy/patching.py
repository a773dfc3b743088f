"""Put attributes on classes and modules for a while, and take them off.

Every 1.x form is a :class:`Patch`, a row of data.  A :class:`PatchSet` puts a
list of them in place; it counts, so that scopes may nest and threads may
overlap, and the last one to leave restores the very objects that were there.
"""

from __future__ import annotations

import functools
import sys
import threading
import types
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from typing import Any
from typing import TypeAlias

from migrate.importhook import when_imported

__all__ = ["Later", "Patch", "PatchSet", "add", "in_place", "wrap"]

Build: TypeAlias = Callable[[Any], Any]

# Marks "the owner itself had no such attribute".
_ABSENT: Any = object()


@dataclass(frozen=True)
class Later:
    """A module which only some scripts import, or a class of it.

    It is patched as soon as it is there.
    """

    module: str
    name: str = ""

    @property
    def __name__(self) -> str:
        return self.name or self.module

    def found(self) -> Any:
        """Return it, None if the module is not imported yet."""
        module = sys.modules.get(self.module)
        return getattr(module, self.name, None) if self.name else module


@dataclass(frozen=True)
class Patch:
    """One attribute that 1.x style needs.

    :param owner: the class, module or function that gets it, or one that
        comes :class:`Later`; a dictionary gets an item.
    :param name: the attribute.
    :param build: makes the replacement from what the attribute was, which
        is None where there was none.
    :param form: how a script writes it.
    :param note: the release which removed the form and what it does now.
    """

    owner: Any
    name: str
    build: Build
    form: str
    note: str


def add(owner: Any, form: str, value: Any, name: str = "") -> Patch:
    """Give ``owner`` an attribute that SQLAlchemy 2 does not have.

    The name is that of the function ``value`` unless given; the docstring
    of ``value`` is the note.
    """
    return Patch(
        owner, name or _name(value), lambda _: value, form, _doc(value)
    )


def wrap(
    owner: Any, form: str, function: Callable[..., Any], name: str = ""
) -> Patch:
    """Let ``function`` stand before an attribute of the same name.

    It is called with the original as its first argument.
    """
    return Patch(
        owner,
        name or _name(function),
        functools.partial(_wrapped, function),
        form,
        _doc(function),
    )


# What each function patched in place calls instead, by qualified name.
_STAND_INS: dict[str, Callable[..., Any]] = {}


def in_place(
    function: Any, form: str, replacement: Callable[..., Any]
) -> Patch:
    """Let ``replacement`` stand before a function, whoever holds it.

    Modules import ``select`` by name, some of them long before a scope
    opens; so it is the code of the function object that is exchanged.
    ``replacement`` is called with the original as its first argument.
    """
    key = f"{function.__module__}.{function.__qualname__}"
    original = _copy(function)
    _STAND_INS[key] = functools.partial(replacement, original)
    code = _ask_stand_in.__code__
    consts = tuple(key if c == "KEY" else c for c in code.co_consts)
    code = code.replace(co_consts=consts, co_name=function.__name__)
    return Patch(function, "__code__", lambda _: code, form, _doc(replacement))


def _ask_stand_in(*args: Any, **kwargs: Any) -> Any:
    # Runs with the globals of the function that was patched.
    from migrate.legacy.patching import stand_in

    return stand_in("KEY")(*args, **kwargs)


def stand_in(key: str) -> Callable[..., Any]:
    """Return what the function named ``key`` calls inside a scope."""
    return _STAND_INS[key]


def _copy(function: Any) -> Any:
    copy = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


class PatchSet:
    """A list of patches that is in place as long as somebody needs it."""

    def __init__(self, patches: Iterable[Patch]) -> None:
        self.patches = tuple(patches)
        # An import inside may find something to patch.
        self._lock = threading.RLock()
        self._users = 0
        self._before: list[tuple[Patch, Any]] = []
        self._awaited: set[Later] = set()

    @property
    def active(self) -> bool:
        """Whether the patches are in place now."""
        return self._users > 0

    def install(self) -> None:
        """Put the patches in place, or count one more who needs them."""
        with self._lock:
            if self._users == 0:
                self._apply()
            self._users += 1

    def uninstall(self) -> None:
        """Count one less; the last one restores what was there before.

        :raises RuntimeError: without an :meth:`install` to go with it.
        """
        with self._lock:
            if self._users == 0:
                raise RuntimeError("uninstall() without install()")
            self._users -= 1
            if self._users == 0:
                self._restore()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Have the patches in place for a ``with`` block."""
        self.install()
        try:
            yield
        finally:
            self.uninstall()

    def _apply(self) -> None:
        try:
            for patch in self.patches:
                self._apply_one(patch)
        except BaseException:
            self._restore()
            raise

    def _apply_one(self, patch: Patch) -> None:
        here = present(patch)
        if here is None:
            self._await(patch.owner)
            return
        self._before.append((here, _own(here)))
        _put(here, here.build(_seen(here)))

    def _await(self, owner: Later) -> None:
        if owner not in self._awaited:
            self._awaited.add(owner)
            arrived = functools.partial(self._catch_up, owner)
            when_imported(owner.module, arrived)

    def _catch_up(self, owner: Later) -> None:
        """Patch what has been imported inside a scope."""
        with self._lock:
            if self._users:
                for patch in self.patches:
                    if patch.owner == owner:
                        self._apply_one(patch)

    def _restore(self) -> None:
        while self._before:
            patch, value = self._before.pop()
            if value is not _ABSENT:
                _put(patch, value)
            elif _own(patch) is not _ABSENT:
                _remove(patch)


def present(patch: Patch) -> Patch | None:
    """Return the patch with the owner itself; None if that is to come."""
    if not isinstance(patch.owner, Later):
        return patch
    owner = patch.owner.found()
    return None if owner is None else replace(patch, owner=owner)


def _own(patch: Patch) -> Any:
    """What the owner itself has, not what it inherits."""
    if isinstance(patch.owner, dict):
        return patch.owner.get(patch.name, _ABSENT)
    if isinstance(patch.owner, types.FunctionType):
        return getattr(patch.owner, patch.name, _ABSENT)
    return vars(patch.owner).get(patch.name, _ABSENT)


def _seen(patch: Patch) -> Any:
    """What a caller finds, None where there is nothing."""
    if isinstance(patch.owner, dict):
        return patch.owner.get(patch.name)
    return getattr(patch.owner, patch.name, None)


def _put(patch: Patch, value: Any) -> None:
    if isinstance(patch.owner, dict):
        patch.owner[patch.name] = value
    else:
        setattr(patch.owner, patch.name, value)


def _remove(patch: Patch) -> None:
    if isinstance(patch.owner, dict):
        del patch.owner[patch.name]
    else:
        delattr(patch.owner, patch.name)


def _wrapped(function: Callable[..., Any], original: Any) -> Any:
    @functools.wraps(original)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return function(original, *args, **kwargs)

    return replacement


def _name(value: Any) -> str:
    if isinstance(value, property):
        return str(getattr(value.fget, "__name__", ""))
    return str(value.__name__)


def _doc(value: Any) -> str:
    return " ".join((value.__doc__ or "").split())
