from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy.dialects.postgresql  # noqa: F401  # its ENUM is patched

from migrate import legacy
from migrate.legacy import patching
from migrate.legacy.patching import Later
from migrate.legacy.patching import PatchSet
from migrate.legacy.patching import add
from migrate.legacy.patching import wrap


class Base:
    def greet(self) -> str:
        return "base"


class Owner(Base):
    def call(self) -> str:
        return "original"


def call(original: Any, self: Owner) -> str:
    """Note of call."""
    return f"wrapped {original(self)}"


def greet(self: Owner) -> str:
    """Note of greet."""
    return "added"


@pytest.fixture
def patches() -> PatchSet:
    return PatchSet(
        [wrap(Owner, "owner.call()", call), add(Owner, "owner.greet()", greet)]
    )


def snapshot() -> list[tuple[Any, str, Any]]:
    """The objects that the patches replace, or a mark where none is."""
    return [
        (patch.owner, patch.name, patching._own(patch))
        for patch in map(patching.present, legacy.PATCHES.patches)
        if patch is not None
    ]


def test_wrapper_stands_before_the_original(patches: PatchSet) -> None:
    with patches.installed():
        assert Owner().call() == "wrapped original"


def test_inherited_attribute_is_deleted_again(patches: PatchSet) -> None:
    with patches.installed():
        assert Owner().greet() == "added"

    assert "greet" not in vars(Owner)
    assert Owner().greet() == "base"


def test_scopes_nest(patches: PatchSet) -> None:
    with patches.installed():
        with patches.installed():
            pass
        assert Owner().call() == "wrapped original"

    assert Owner().call() == "original"


def test_an_error_inside_restores(patches: PatchSet) -> None:
    with pytest.raises(ZeroDivisionError), patches.installed():
        raise ZeroDivisionError

    assert not patches.active


def test_a_failing_patch_takes_back_those_before_it() -> None:
    class Closed:
        __slots__ = ()

    patches = PatchSet(
        [add(Owner, "greet", greet), add(Closed(), "greet", greet)]
    )

    with pytest.raises((AttributeError, TypeError)):
        patches.install()

    assert "greet" not in vars(Owner)
    assert not patches.active


def test_uninstall_without_install_is_refused(patches: PatchSet) -> None:
    with pytest.raises(RuntimeError, match="without install"):
        patches.uninstall()


def test_threads_may_overlap(patches: PatchSet) -> None:
    failures: list[str] = []

    def work() -> None:
        for _ in range(200):
            with patches.installed():
                if Owner().call() != "wrapped original":
                    failures.append("lost")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert not patches.active


def test_sqlalchemy_is_object_by_object_as_before() -> None:
    before = snapshot()

    with legacy.installed():
        inside = snapshot()

    after = snapshot()
    assert [a[2] is b[2] for a, b in zip(before, after, strict=True)] == [
        True
    ] * len(before)
    assert not any(a[2] is b[2] for a, b in zip(before, inside, strict=True))


def test_no_attribute_is_patched_twice() -> None:
    keys = [(id(patch.owner), patch.name) for patch in legacy.PATCHES.patches]

    assert len(keys) == len(set(keys))


@pytest.fixture
def late_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A module with a class Late, not imported yet."""
    name = "migrate_test_late"
    (tmp_path / f"{name}.py").write_text(
        "class Late:\n    def call(self): return 'original'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


@pytest.fixture
def late_patches(late_module: str) -> PatchSet:
    return PatchSet([wrap(Later(late_module, "Late"), "late.call()", call)])


def test_a_class_is_patched_when_it_is_imported_inside(
    late_module: str, late_patches: PatchSet
) -> None:
    with late_patches.installed():
        late = import_module(late_module).Late()
        assert late.call() == "wrapped original"

    assert late.call() == "original"


def test_a_class_imported_outside_is_patched_next_time_only(
    late_module: str, late_patches: PatchSet
) -> None:
    with late_patches.installed():
        pass

    late = import_module(late_module).Late()

    assert late.call() == "original"
    for _ in range(2):
        with late_patches.installed():
            assert late.call() == "wrapped original"
        assert late.call() == "original"


@pytest.mark.parametrize(
    "names", ["*", "MSLongText, sqltypes", "base", "TINYINT as tiny, dialect"]
)
def test_an_old_dialect_module_is_imported_when_it_is_used(names: str) -> None:
    program = f"""
import sys
from migrate import legacy
with legacy.installed():
    import sqlalchemy.databases.mysql
    from sqlalchemy.databases import mysql
    assert mysql is sqlalchemy.databases.mysql
    assert "sqlalchemy.dialects.mysql" not in sys.modules
    exec("from sqlalchemy.databases.mysql import {names}")
    assert "sqlalchemy.dialects.mysql" in sys.modules
    assert mysql.INTEGER is sys.modules["sqlalchemy.dialects.mysql"].INTEGER
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_patch_has_a_form_and_a_note() -> None:
    for patch in legacy.PATCHES.patches:
        assert patch.form
        assert patch.note


def test_a_dialect_is_imported_when_its_package_is_asked() -> None:
    """The old library imported them all, so that scripts need not."""
    program = """
import sys
from migrate import legacy
import sqlalchemy
from sqlalchemy import dialects
with legacy.installed():
    assert "sqlalchemy.dialects.mysql" not in sys.modules
    assert dialects.mysql.MEDIUMTEXT
    assert sqlalchemy.dialects.postgresql.INET
    assert not hasattr(dialects, "nonsense")
assert not hasattr(dialects, "oracle")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
