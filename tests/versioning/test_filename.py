from __future__ import annotations

import pytest

from migrate.exceptions import InvalidNameError
from migrate.exceptions import ScriptError
from migrate.versioning import filename
from migrate.versioning.filename import str_to_filename


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("add account", "add_account"),
        ("it's  v1.2", "it_s_v1_2"),
        ('"x"', "_x_"),
        ("ünï-(x)", "ünï-(x)"),
        ("", ""),
    ],
)
def test_str_to_filename(description: str, expected: str) -> None:
    assert str_to_filename(description) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("001_x.py", 1),
        ("000.sql", 0),
        ("0015x.py", 15),
        ("0000000000000000000000000007_x.py", 7),
        ("01_x.py", None),
        ("001_x.pyc", None),
        ("x001.py", None),
    ],
)
def test_number_of(name: str, expected: int | None) -> None:
    assert filename.number_of(name) == expected


@pytest.mark.parametrize(
    ("name", "purpose", "description"),
    [
        ("001_add_age_mysql_upgrade.sql", ("mysql", "upgrade"), "add_age"),
        ("001_ibm_db_sa_downgrade.sql", ("ibm_db_sa", "downgrade"), None),
        ("001_x_ibm_db_sa_upgrade.sql", ("ibm_db_sa", "upgrade"), "x"),
        ("001_sqlite_upgrade.sql", ("sqlite", "upgrade"), None),
    ],
)
def test_sql_name_says_what_the_script_is_for(
    name: str, purpose: tuple[str, str], description: str | None
) -> None:
    assert filename.purpose_of(name) == purpose
    assert filename.description_of(name) == (description or "description")


def test_sql_name_that_lacks_a_part() -> None:
    with pytest.raises(ScriptError, match="Invalid SQL script name 001_x "):
        filename.purpose_of("001_x.sql")


def test_new_names_count_from_three_digits() -> None:
    assert filename.python_name(7, "a b") == "007_a_b.py"
    assert filename.sql_names(1000, "", "mysql") == [
        "1000_mysql_upgrade.sql",
        "1000_mysql_downgrade.sql",
    ]


def test_longest_name_is_counted_in_bytes() -> None:
    assert len(filename.python_name(1, "x" * 248)) == 255
    for description in ("x" * 249, "\N{EURO SIGN}" * 83):
        with pytest.raises(InvalidNameError, match="too long"):
            filename.python_name(1, description)
