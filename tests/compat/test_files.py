"""Names and signatures of repositories, versions, scripts and templates."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from migrate.versioning import config
from migrate.versioning.cfgparse import Config
from migrate.versioning.repository import Changeset
from migrate.versioning.repository import Repository
from migrate.versioning.version import Collection

# What a caller can pass, as {module: {name: parameters}}; what follows "..."
# was added since.
NAMES = {
    "version": {
        "Collection": "path",
        "Collection.create_new_python_version": "self description **k",
        "Collection.create_new_sql_version": (
            "self database description **k ... version"
        ),
        "Collection.version": "self vernum=None",
        "Collection.latest": None,
        "Extensions": None,
        "VerNum": "value",
        "Version": "vernum path filelist",
        "Version.add_script": "self path",
        "Version.script": "self database=None operation=None",
        "Version.python": None,
        "Version.sql": None,
        "str_to_filename": "s",
    },
    "script": {"BaseScript": None, "PythonScript": None, "SqlScript": None},
    "script.base": {
        "BaseScript": "path",
        "BaseScript.run": "self engine ... step journal",
        "BaseScript.source": "self",
        "BaseScript.verify": "path",
    },
    "script.py": {
        "PythonScript": "path",
        "PythonScript._func": "self funcname",
        "PythonScript.create": "path **opts",
        "PythonScript.make_update_script_for_model": (
            "engine oldmodel model repository **opts"
        ),
        "PythonScript.module": None,
        "PythonScript.run": "self engine step ... journal memory",
        "PythonScript.verify_module": "path",
    },
    "script.sql": {
        "SqlScript": "path",
        "SqlScript.create": "path **opts",
        "SqlScript.run": "self engine step=None ... journal",
    },
    "template": {
        "Template": "path=None",
        "Template.get_manage": "self theme=None",
        "Template.get_repository": "self theme=None",
        "Template.get_script": "self theme=None",
        "Template.get_sql_script": "self theme=None",
        "Template.pkg": None,
        "Collection.get_path": "self file",
        "ManageCollection": "path",
        "RepositoryCollection": "path",
        "SQLScriptCollection": "path",
        "ScriptCollection": "path",
    },
    "cfgparse": {
        "Config": "path *p **k",
        "Parser.to_dict": "self sections=None",
    },
    "repository": {
        "Changeset": "start *changes ... step",
        "Changeset.add": "self change ... end",
        "Changeset.items": "self",
        "Changeset.keys": "self",
        "Changeset.run": "self *p **k",
        "Changeset.values": "self",
        "Repository": "path",
        "Repository.changeset": "self database start end=None",
        "Repository.create": "path name **opts",
        "Repository.create_manage_file": "file_ **opts",
        "Repository.create_script": "self description **k",
        "Repository.create_script_sql": "self database description **k",
        "Repository.id": None,
        "Repository.latest": None,
        "Repository.prepare_config": "tmpl_dir name options=None",
        "Repository.use_timestamp_numbering": None,
        "Repository.verify": "path",
        "Repository.version": "self *p **k",
        "Repository.version_table": None,
    },
    "util": {
        "Memoize": "fn",
        "asbool": "obj",
        "catch_known_errors": "f",
        "construct_engine": "engine **opts",
        "guess_obj_type": "obj",
        "import_path": "fullpath",
        "load_model": "dotted_name",
        "with_engine": "f",
    },
    "util.importpath": {"import_path": "fullpath"},
    "config": {"databases": None, "operations": None},
    "migrate_repository": {
        "delete_directory": "dirpath",
        "delete_file": "filepath",
        "main": "",
        "migrate_repository": "repos",
        "move_file": "src tgt",
        "usage": "",
    },
}
CASES = [
    (module, name, parameters)
    for module, names in NAMES.items()
    for name, parameters in names.items()
]


def spelled(parameter: inspect.Parameter) -> str:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return f"**{parameter.name}"
    if parameter.default is None:
        return f"{parameter.name}=None"
    return parameter.name


@pytest.mark.parametrize(("module", "name", "parameters"), CASES)
def test_name_is_there_with_its_parameters(
    module: str, name: str, parameters: str | None
) -> None:
    found: Any = import_module(f"migrate.versioning.{module}")
    for part in name.split("."):
        found = getattr(found, part)
    if parameters is None:
        return

    now = [spelled(p) for p in inspect.signature(found).parameters.values()]
    old, _, added = parameters.partition("...")
    new = {*added.split()}
    kept = [word for word in now if word.removesuffix("=None") not in new]
    assert kept == old.split()


def test_words_of_file_names() -> None:
    assert config.databases == (
        "sqlite",
        "postgres",
        "mysql",
        "oracle",
        "mssql",
        "firebird",
    )
    assert dict(config.operations) == {
        "upgrade": "upgrade",
        "downgrade": "downgrade",
    }


def test_constants_of_classes() -> None:
    assert Repository._config == "migrate.cfg"
    assert Repository._versions == "versions"
    assert Collection.FILENAME_WITH_VERSION.match("001_x.py")
    assert issubclass(Changeset, dict)
    assert import_module("migrate.versioning.version").Extensions.py == "py"
    assert import_module("migrate.versioning.version").Extensions.sql == "sql"
    assert "get" in dir(Config)


def test_templates_are_where_they_were() -> None:
    template = import_module("migrate.versioning.template").Template()

    assert template.pkg == "migrate.versioning.templates"
    assert template.script._mask == template.manage._mask == "%s.py_tmpl"
    assert template.repository._mask == "%s"
