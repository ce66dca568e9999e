"""The language means what Python means, on everything that both can run."""

import builtins
import keyword
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.language import LanguageError, Stopped, compile_program

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")


class Fields(dict):
    """A dict whose items are attributes as well, so that Python can read records as filters do."""

    __getattr__ = dict.__getitem__


RECORD = Fields(
    name="LAB-Mac 7",
    empty="",
    count=3,
    ratio=0.5,
    zero=0,
    yes=True,
    nothing=None,
    tags=["a", "b", "Lab"],
    numbers=[3, 1, 2],
    site=Fields(id=-1, name="None", rooms=[Fields(n=1), Fields(n=2)]),
)
CALLED = ("len", "str", "sorted", "max", "min", "sum", "abs", "int", "bool", "list", "set", "round")
NAMES = {name: getattr(builtins, name) for name in (*CALLED, "any", "all", "float", "tuple")}
# What the language refuses to do, and Python does.
OWN_WAYS = (
    "longer than",
    "put together",
    "too large",
    "not one of",
    "has no method",
    "is a method",
)

LEAVES = [
    "record.name", "record.empty", "record.count", "record.ratio", "record.zero", "record.yes",
    "record.nothing", "record.tags", "record.numbers", "record.site.name", "record['count']",
    "record.site.id", "record['site']['id']", "record.site.rooms[1].n", "record.get('name', 1)",
    "record.get('other', 'x')", "record.get('nothing')", "1", "2.5", "0", "10", "1e3", "-7", "'a'",
    "'Mac'", "True", "False", "None", "[]", "()", "{}", "'x' 'y'", "r'\\d'", "'\\n\\x41'",
    "'''q'''", "record.numbers[0]", "record.tags[-1]", "record.name[1:3]", "record.name[::-1]",
    "record.numbers[:]", "{1, 2}", "{'a': 1}", "('a', 'b')", "[1, 2, 3]",
]  # fmt: skip
BINARY = [
    "+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "in", "not in",
]  # fmt: skip
METHODS = [
    "lower()", "split()", "startswith('L')", "startswith(('L', 'M'))", "strip('a')", "title()",
    "replace('a', 'bb')", "count('a')", "zfill(5)", "join(['p', 'q'])", "rpartition('-')",
    "get('a')", "index(1)",
]  # fmt: skip


def quoted(text):
    return text.replace('"', "'")


def grow(inner):
    pairs = st.tuples(inner, inner)
    threes = st.tuples(inner, inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(BINARY), inner).map(" ".join),
        st.tuples(threes, st.sampled_from(["<", "<=", "==", "!=", "in"])).map(
            lambda p: f" {p[1]} ".join(p[0])
        ),
        st.tuples(inner, st.sampled_from(["is None", "is not None", "is True"])).map(" ".join),
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"not {one}"),
        inner.map(lambda one: f"-{one}"),
        inner.map(lambda one: f"-{one} ** 2"),
        threes.map(lambda p: f"{p[0]} if {p[1]} else {p[2]}"),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        pairs.map(lambda p: f"({p[0]}, {p[1]},)"),
        pairs.map(lambda p: f"{{{p[0]}: {p[1]}}}"),
        pairs.map(lambda p: f"({p[0]})[{p[1]}]"),
        pairs.map(lambda p: f"({p[0]})[{p[1]}:]"),
        pairs.map(lambda p: f"[x for x in {p[0]} if x == {p[1]}]"),
        pairs.map(lambda p: f"{{x: {p[1]} for x in ({p[0]})}}"),
        pairs.map(lambda p: f"any(x in ({p[0]},) for x in [{p[1]}])"),
        pairs.map(lambda p: f"all(x for x in ({p[0]}, {p[1]}))"),
        inner.map(lambda one: f"{{x for x in ({one})}}"),
        inner.map(lambda one: f"[y for x in [[{one}], [1]] for y in x]"),
        inner.map(lambda one: f"[x for x in [[x, 2] for x in ({one})]]"),
        inner.map(lambda one: f"[a for a, b in record.site.items() if b == ({one})]"),
        st.tuples(st.sampled_from(CALLED), inner).map(lambda p: f"{p[0]}({p[1]})"),
        pairs.map(lambda p: f"max({p[0]}, {p[1]})"),
        st.tuples(inner, st.sampled_from(METHODS)).map(lambda p: f"({p[0]}).{p[1]}"),
        inner.map(lambda one: f'f"{{{quoted(one)}}} and {{record.count:>4}}"'),
        inner.map(lambda one: f'f"{{{{}}}}{{{quoted(one)}!r:<6}}\\x41"'),
    )


expressions = st.recursive(st.sampled_from(LEAVES), grow, max_leaves=8)


def as_function(program):
    lines = "\n".join(f"    {line}" for line in program.split("\n"))
    return compile(f"def function(record):\n{lines}", "program", "exec")


def by_python(program):
    """What Python gives for the program as the body of a function."""
    scope = {"__builtins__": {}, **NAMES}
    exec(as_function(program), scope)
    return scope["function"](RECORD)


def same(ours, python):
    if isinstance(python, float) and isinstance(ours, float):
        return math.isclose(ours, python) or (math.isnan(ours) and math.isnan(python))
    return type(ours) is type(python) and ours == python


def agree(program):
    """Whether both run it, with the same result; False where one of them does not run it."""
    try:
        compiled = compile_program(program, ("record",))
    except LanguageError:
        return False
    try:
        expected = by_python(program)
    except Exception:
        return False  # the language may be kinder: it is where a value is missing
    try:
        value = compiled.run(RECORD)
    except Stopped as stopped:
        assert any(way in str(stopped) for way in OWN_WAYS), f"{program}: {stopped}"
        return False
    assert same(value, expected), f"{program} gives {value!r}, Python has {expected!r}"
    return True


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_an_expression_has_the_value_that_python_gives_it(text):
    agree(f"return {text}")


@pytest.mark.parametrize(
    "text",
    [
        "-2 ** 2", "2 ** -1", "2 ** 3 ** 2", "-2 ** -2", "10 - 4 - 3", "100 / 10 / 5", "7 // 2 * 2",
        "1 + 2 * 3 % 4", "not 1 == 2", "not 0 in [0]", "1 in [1] == True", "1 < 3 > 2", "3 > 2 > 1",
        "1 == 1.0 == True", "1 or 2 and 0", "0 or 0.0", "1 if 0 else 2 if 0 else 3", "- - 1",
        "+1", "1 if 1 else 2 if 1 else 3", "1 if 0 else 2 if 1 else 3 if 1 else 4",
        "(1 if 1 else 2) if 0 else 3", "1 if 0 or 1 else 2", "not not 1", "1 - -1", "True + True",
        "'a' 'b' * 2", "'a' in 'cat' in ['cat']", "[1, 2, 3][0:2][1]", "[1, 2, 3][::2]", "(1,)[0]",
        "[x for x in [1, 2, 3] if x > 1 if x < 3]", "[x + y for x in [1, 2] for y in [x, 10]]",
        "{k: v for k, v in [('a', 1)]}", "'\\101\\n\\q\\\\'", "r'\\n'", "'''it's'''",
        "f'{1}{{}}{2!r:>4}'", "f'{record.name:.3}|{record.ratio:.2f}|{3:03}'", "f'{1}' '{2}'",
        "f'{record.site.name!r}'", "rf'\\d{1}'", "round(2.5)", "round(1234, -2)", "int('ff', 16)",
        "sorted([3, 1, 2], reverse=True)", "max([], default=7)", "sum([1, 2], 3)", "1e3", "1.",
        ".5", "None is None", "1 is not None", "'b' not in 'abc'", "record.tags[5:]",
        "'a,b'.split(',')", "'abc'[-2:]", "[1, 2][-1]",
        "{'a': {'b': 1}}['a']['b']", "(1, (2, 3))[1][0]", "any({0: 1 for x in [1]})",
        "all({0 for x in [1]})", "any([x for x in [0, 1]])", "all([x for x in [0, 1]])",
    ],
)  # fmt: skip
def test_what_is_easily_got_wrong(text):
    assert agree(f"return {text}")


EDITS = [
    *"()[]{}:,.=!+-*|;# \n\t0_'\\",
    "",
    "",
    "==",
    "not ",
    "in ",
    "is ",
    "if ",
    "else ",
    "for x ",
    "rf",
]


@settings(max_examples=400, deadline=None)
@given(expressions, st.integers(0, 40), st.integers(0, 3), st.sampled_from(EDITS))
def test_what_python_refuses_to_read_is_refused(text, at, dropped, put):
    edited = text[:at] + put + text[at + dropped :]
    try:
        as_function(f"return {edited}")
    except (SyntaxError, ValueError):
        if 'f"' in edited and ("\\" in edited or "#" in edited):
            return  # only newer Pythons take these inside an f-string's braces
        with pytest.raises(LanguageError):
            compile_program(f"return {edited}", ("record",))


# --- statements: names, and blocks in blocks


@st.composite
def blocks(draw, depth=0):
    """The lines of a block; the names a, b and c always have a value."""
    names = st.sampled_from(["a", "b", "c"])
    leaves = st.sampled_from(LEAVES)
    compared = st.tuples(names, st.sampled_from(["==", "!=", "is not None and"]), leaves)
    inner = st.one_of(names, leaves, expressions, compared.map(lambda p: f"{p[0]} {p[1]} {p[2]}"))
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["name", "name", "if", "if", "pass", "return"]))
        if kind == "name":
            lines.append(f"{draw(names)} = {draw(inner)}")
        elif kind == "if" and depth < 2:
            lines.append(f"if {draw(inner)}:")
            lines += indented(draw(blocks(depth + 1)))
            for _ in range(draw(st.integers(0, 2))):
                lines.append(f"elif {draw(inner)}:  # or else")
                lines += indented(draw(blocks(depth + 1)))
            if draw(st.booleans()):
                lines.append("else :")
                lines += indented(draw(blocks(depth + 1)))
        elif kind == "return":
            lines.append(f"return {draw(inner)}")
        else:
            lines.append("pass; pass")
    return lines


def indented(lines):
    return [f"  {line}" for line in lines]


programs = blocks().map(
    lambda lines: "\n".join(["a = 1", "b = record.name", "c = None", *lines, "return [a, b, c]"])
)


@settings(max_examples=80, deadline=None)
@given(programs)
def test_a_program_returns_what_a_python_function_returns(program):
    agree(program)


def test_most_of_what_is_generated_can_be_compared():
    """The tests above would be worth nothing if the language refused it all."""
    ran = {"expression": [], "program": []}

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(expressions, programs)
    def collect(expression, program):
        ran["expression"].append(agree(f"return {expression}"))
        ran["program"].append(agree(program))

    collect()
    for kind, each in ran.items():
        assert sum(each) > len(each) / 10, kind


# --- no text at all


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60)
    | st.text("recod.()[]{}:'\"\\ \n\tifels=<>!andorntu_12f#;,*", max_size=80)
    | st.lists(
        st.sampled_from(
            [
                *keyword.kwlist,
                'f"',
                "'",
                *"()[]{}:,.=-+|#",
                "==",
                "\\",
                "\n",
                "\t",
                "record",
                "x",
                "1",
                ".5",
                "1.e5",
                "'''",
                "r'",
                "{!",
            ]
        ),
        max_size=15,
    ).map(" ".join)
)
def test_no_text_crashes_the_parser_with_anything_but_its_own_error(text):
    try:
        compile_program(text, ("record",))
    except LanguageError as error:
        assert 1 <= error.line <= text.count("\n") + text.count("\r") + 1
        assert error.column >= 1
