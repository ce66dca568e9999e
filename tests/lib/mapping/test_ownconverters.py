"""Files of the administrator's own that are broken in every way are told with their name."""

import pytest

from lib.mapping.converters import Resources, conversion

GOOD = "def converter(field, record, value, params):\n    return value\n"
PARAMETER = "from lib.mapping.converters import Parameter\n"


def broken(tmp_path, text, spec="odd"):
    (tmp_path / "odd.py").write_text(text, "utf-8")
    with pytest.raises(ValueError) as caught:
        conversion(spec, Resources(folder=tmp_path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import sys\nsys.exit(3)\n", "odd.py: SystemExit: 3"),
        ("raise SystemExit\n", "odd.py: SystemExit"),
        (
            "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E\n",
            "odd.py: E: the error cannot be shown",
        ),
        ("def converter(value):\n    return value\n", "must accept the arguments (field, rec"),
        ("def converter(a, b, c, d, e):\n    return a\n", "must accept the arguments (field"),
        (f"{GOOD}PARAMETERS = ['a']\n", "odd.py: PARAMETERS must have the form"),
        (f"{GOOD}PARAMETERS = {{'a': 'help'}}\n", "odd.py: PARAMETERS must have the form"),
        (
            f"{PARAMETER}{GOOD}PARAMETERS = {{'a': Parameter('help', parse=5)}}\n",
            "odd.py: PARAMETERS must have the form",
        ),
        (f"{GOOD}prepare = 5\n", "odd.py: prepare is not a function"),
        (f"{GOOD}reads = ['x']\n", "odd.py: reads is not a function"),
        (
            f"{GOOD}def prepare(params, resources):\n    return params['x']\n",
            "odd.py: prepare() failed: KeyError: 'x'",
        ),
        (
            f"{GOOD}def prepare(params, resources):\n    exit(2)\n",
            "prepare() failed: SystemExit: 2",
        ),
        (f"{GOOD}def prepare(params):\n    return params\n", "odd.py: prepare() failed: TypeError"),
        (f"{GOOD}def reads(params):\n    return None\n", "odd.py: reads() failed: TypeError"),
        (
            f"{GOOD}def reads(params):\n    return 'path'\n",
            "reads() failed: TypeError: it must return a list of paths",
        ),
        (f"{GOOD}def reads(params):\n    return [1]\n", "it must return a list of paths"),
    ],
)
def test_a_file_that_is_broken_is_told(tmp_path, text, words):
    assert words in broken(tmp_path, text)


def test_a_parameter_that_cannot_be_read_is_told_whatever_it_raises(tmp_path):
    text = f"{PARAMETER}{GOOD}PARAMETERS = {{'a': Parameter('help', parse=lambda t: t.zzz)}}\n"
    said = broken(tmp_path, text, "odd:a=1")
    assert said.startswith("converter odd: a: the value cannot be parsed: AttributeError: ")


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "def converter(*everything):\n    return everything[2]\n",
        "def converter(f, r, v, p, more=None):\n    return v\n",
        "class Kept:\n    def __call__(self, f, r, v, p):\n        return v\nconverter = Kept()\n",
    ],
)
def test_what_can_be_called_with_four_arguments_is_a_converter(tmp_path, text):
    (tmp_path / "fine.py").write_text(text, "utf-8")
    assert conversion("fine", Resources(folder=tmp_path))("f", {}, 5) == 5
