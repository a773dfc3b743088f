"""Import a Python file whose name is no module name."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec
from importlib.util import spec_from_file_location
from os import PathLike
from os import fspath
from os.path import basename
from os.path import splitext
from types import CodeType
from types import ModuleType

__all__ = ["import_path"]


class _UncachedLoader(SourceFileLoader):
    """Compile the text that is there now; neither read nor write ``.pyc``.

    A cached file is trusted when size and second of change agree, which a
    script edited twice in one second does too.
    """

    def get_code(self, fullname: str) -> CodeType:
        try:
            return self.source_to_code(self.get_data(self.path), self.path)
        except SyntaxError as error:
            # That of a null byte or a wrong encoding does not say where.
            error.filename = error.filename or self.path
            raise
        except ValueError as error:  # Python 3.10, of a null byte
            place = (self.path, 1, None, None)
            raise SyntaxError(str(error), place) from error


def import_path(fullpath: str | PathLike[str]) -> ModuleType:
    """Import the file at ``fullpath`` as a module named after its stem.

    Each call gives a new module.  ``sys.modules`` holds the latest under
    the stem (``001_add_account``), as pickles and dataclasses need it; a
    module that fails to import leaves there what was before.
    """
    path = fspath(fullpath)
    name, _ = splitext(basename(path))
    loader = _UncachedLoader(name, path)
    spec = spec_from_file_location(name, path, loader=loader)
    assert isinstance(spec, ModuleSpec)
    module = module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
        raise
    return module
