"""Python 2's syntax becomes Python 3's, and nothing else changes."""

from __future__ import annotations

import pytest

from migrate.modernize import python2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("print x", "print(x)"),
        ("print 'a' % b,  # why", "print('a' % b, end=' ')  # why"),
        ("print >>sys.stderr, x", "print(x, file=sys.stderr)"),
        ("raise E, 'x'", "raise E('x')"),
        ("raise E, 'x', tb", "raise E('x').with_traceback(tb)"),
        ("exec 'x' in d", "exec('x', d)"),
        ("y = `a, b`", "y = repr((a, b))"),
        ("y = a <> b", "y = a != b"),
        ("y = 0777", "y = 0o777"),
        ("y = 10L + 0xFFl", "y = 10 + 0xFF"),
        ("y = ur'\\d' + u'x'", "y = r'\\d' + u'x'"),
        ("print '\\xff'", "print(b'\\xff')"),
        (
            "from __future__ import unicode_literals\nprint '\\xff'",
            "from __future__ import unicode_literals\nprint('\\xff')",
        ),
        ("print d.keys()[0]", "print(list(d.keys())[0])"),
        (
            "for k in d.keys(): print k",
            "for k in list(d.keys()): print(k)",
        ),
        ("for k in d.iterkeys(): print k", "for k in d.keys(): print(k)"),
        ("print map(f, x)", "print(list(map(f, x)))"),
        ("print x.next()", "print(next(x))"),
        (
            "import urllib\nprint urllib.quote(x)",
            "import urllib.request, urllib.parse, urllib.error\n"
            "print(urllib.parse.quote(x))",
        ),
        ("print apply(f, [1])", "print(f(*[1]))"),
        (
            "try:\n    pass\nexcept (A, B), e:\n    pass",
            "try:\n    pass\nexcept (A, B) as e:\n    pass",
        ),
        (
            "def f(a, (b, c)):\n    pass",
            "def f(a, packed):\n    (b, c) = packed\n    pass",
        ),
        (
            "if 1:\n        print 1\n\tprint 2\n",
            "if 1:\n        print(1)\n        print(2)\n",
        ),
        ("if 1:\n\tprint '''\n\tx'''", "if 1:\n        print('''\n\tx''')"),
    ],
)
def test_syntax(before: str, after: str) -> None:
    assert python2.rewrite(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "print('a')\n",
        "print ('a')\n",
        "x = '\\xff'\n",
        "if 1:\n\tx = 1\n",
        "",
    ],
)
def test_python_3_stays_to_the_letter(text: str) -> None:
    assert python2.rewrite(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (", "line 1: "),
        ("x = 1\nx = ]\n", "line 2: "),
        ("  x\n y", "line 1: unexpected indent"),
        ("print ur'\\u1234'", "escapes"),
        ("print 'x\n", "line 1: "),
        ("print x\rprint y\r", "carriage return"),
    ],
)
def test_neither_is_refused_with_the_line(text: str, message: str) -> None:
    with pytest.raises(python2.NotPythonError, match=message):
        python2.rewrite(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("print 3 / x\nprint 'a/b'\nx /= 2", [1, 3]),
        ("print x / 2.0, 1. / y", []),
        ("from __future__ import division\nprint 3 / x", []),
    ],
)
def test_divisions_are_listed(text: str, lines: list[int]) -> None:
    assert list(python2.left_over(text)) == lines


def test_questions_for_bytes_are_listed() -> None:
    assert list(python2.left_over("x\nisinstance(a, (str, int))\n")) == []
    assert list(python2.left_over("x\nif isinstance(a, str): pass\n")) == [2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1 / 2\ny = a / 2\nz = 1 / 2.0\nw = 5 // 2", [1]),
        ("from __future__ import division\nx = 1 / 2", []),
        ("d.keys().sort()\nx = d.values()[0]\nd.get('k').sort()", [1, 2]),
        ("def f(d):\n    keys = d.keys()\n    keys.sort()", [3]),
        ("def f(d):\n    keys = list(d.keys())\n    keys.sort()", []),
        ("keys = []\nif a:\n    keys = d.keys()\nkeys.sort()", []),
        ("def f(d):\n    keys = d.keys()\ndef g(keys):\n    keys.sort()", []),
        ("map(f, x).append(1)\nzip(a, b)[0]\nm.map(x)[0]", [1, 2]),
        ("t.c.keys().index('a')\nrow.items()\nq.values(1)[0]", []),
    ],
)
def test_what_looks_like_python_2_is_listed(
    text: str, lines: list[int]
) -> None:
    assert sorted(python2.doubtful(text)) == lines
