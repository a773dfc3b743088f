from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.changeset.sqlite.tokens import identifiers_in
from migrate.changeset.sqlite.tokens import quote
from migrate.changeset.sqlite.tokens import same_name
from migrate.changeset.sqlite.tokens import significant
from migrate.changeset.sqlite.tokens import tokenize
from migrate.changeset.sqlite.tokens import unquote


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'it''s )'", "string"),
        ('"a "" b"', "quoted"),
        ("`a `` b`", "quoted"),
        ("[a ' \" b]", "quoted"),
        ("x'00ff'", "blob"),
        ("X''", "blob"),
        ("1.5e-10", "number"),
        (".5", "number"),
        ("0xFF", "number"),
        ("1_000", "number"),
        ("?12", "bind"),
        (":name", "bind"),
        ("@name", "bind"),
        ("$name", "bind"),
        ("größe_$1", "word"),
        ("->>", "operator"),
        ("||", "operator"),
        ("-- to the end", "comment"),
        ("/* two\nlines ' */", "comment"),
        ("/* never closed", "comment"),
        (" \t\n\f\r", "space"),
        ("\\", "illegal"),
    ],
)
def test_one_token(text: str, kind: str) -> None:
    assert [token.kind for token in tokenize(text)] == [kind]


def test_comment_ends_with_its_line() -> None:
    texts = [token.text for token in significant("a -- ' b\n, 'c -- d' /*,*/")]

    assert texts == ["a", ",", "'c -- d'"]


@given(st.text(alphabet="ab'\"`[]-/*x01.e+\n ()é$"))
def test_tokens_are_the_whole_text(text: str) -> None:
    assert "".join(token.text for token in tokenize(text)) == text


@given(st.text())
def test_quoted_name_reads_back(name: str) -> None:
    assert unquote(quote(name)) == name


def test_names_differ_only_in_ascii_case() -> None:
    assert same_name("Straße", "STRAßE")
    assert not same_name("Ä", "ä")


def test_identifiers_are_not_found_in_strings_or_comments() -> None:
    text = "SELECT [A b], \"C\" FROM t -- x\n WHERE y = 'z'"

    assert identifiers_in(text) == {
        *("select", "from", "where"),
        *("a b", "c", "t", "y"),
    }
