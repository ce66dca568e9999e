"""Whatever a program asks for ends soon and within bounds, when it is compiled or when it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.language import LanguageError, Stopped, bounds, compile_program, compiler
from lib.language.parser import LONGEST_PROGRAM

pytestmark = pytest.mark.timeout(60)  # no matter how busy the machine is

RECORD = {"name": "x" * 100, "big": "x" * 100_000, "list": list(range(1000)), "one": [1], "n": 1}
MEMORY = 1_000_000_000


@pytest.fixture(autouse=True)
def _little_memory() -> Iterator[None]:
    """No more than a gigabyte on top of what the tests take up: what wants more, fails."""
    used = Path("/proc/self/statm")
    if not used.exists():
        yield
        return
    import resource

    pages = int(used.read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def stopped(program):
    """Why the program is stopped; fails if it is not, or if Python's own limits had to do it."""
    return stopped_with(RECORD, compile_program(program, ("record",)))


def stopped_with(record, compiled):
    with pytest.raises(Stopped) as caught:
        compiled.run(record)
    assert not isinstance(caught.value.__cause__, MemoryError | RecursionError)
    return str(caught.value)


def refused(program):
    """Why the program cannot be compiled."""
    with pytest.raises(LanguageError) as caught:
        compile_program(program, ("record",))
    return caught.value.what


def test_the_bounds_are_far_from_what_filters_do():
    program = compile_program(
        """
        apps = [app for app in record.apps if app.name.lower().startswith("a")]
        names = sorted({app.name for app in apps})
        text = ", ".join(names) * 10
        return len(f"{names} {text:>100}") + len(re.findall("a", text)) + 2 ** 64
        """,
        ("record",),
    )
    assert program.run({"apps": [{"name": f"App {n}", "n": n} for n in range(2000)]}) > 2**64


# --- texts, lists and numbers that would grow


@pytest.mark.parametrize(
    "program",
    [
        'return "x" * 10 ** 9',
        'return 10 ** 9 * "x"',
        "return [0] * 10 ** 9",
        "return 10 ** 9 * (0,)",
        "return record.list * 1001",
        "return [record.big] * 10 ** 7",
        "a = record.name\n" + "a = a + a\n" * 30 + "return a",
        "a = record.name\n" + "a = a * 10\n" * 30 + "return a",
        "a = record.name\n" + 'a = f"{a}{a}"\n' * 30 + "return a",
        "a = [record.name]\n" + "a = a + a\n" * 30 + "return a",
        "a = (1,)\n" + "a = a + a\n" * 30 + "return a",
        "a = record.name\n" + 'a = a.replace("x", a)\n' * 30 + "return a",
        "a = record.name\n" + "a = a.join([a, a])\n" * 30 + "return a",
        'return record.big.replace("x", record.big)',
        'return record.big.replace("", record.big)',
        "return record.big.join(record.big)",
        'return "".join([record.big] * 1000)',
        'return "x".zfill(10 ** 9)',
        'return "x".center(10 ** 9)',
        'return "x".ljust(10 ** 9, "y")',
        'return "x".rjust(10 ** 9)',
        'return re.sub("x", record.big, record.big)',
        'return re.sub("(?=(.*))", "\\\\1\\\\1", record.big)',
        'return re.sub("", "\\\\g<0>" * 1000, record.big)',
        'return re.findall("(?=(.*))", record.big)',
        'return re.split("(?=(.*))", record.big)',
    ],
)
def test_what_would_be_longer_than_a_million_is_not_built(program):
    assert "longer than 1000000 characters or items" in stopped(program)


@pytest.mark.parametrize(
    "program",
    [
        'return f"{1:1000}"',
        'return f"{1:>1000000000}"',
        'return f"{record.name:<1000000000}"',
        'return f"{1.5:.1000000000}"',
        'return f"{1.5:1.1000000000f}"',
        'return f"{now():%1000000000Y}"',
        'return f"{now():%_1000000000Y}"',
        'return f"{now():%010000d}"',
        'return f"{1:\u0661\u0661\u0661\u0661}"',
    ],
)
def test_a_format_in_an_f_string_asks_for_little(program):
    assert "is too wide" in refused(program)


@pytest.mark.parametrize(
    "form",
    ["%1000000000Y", "%_1000000000Y", "%-1000000000d", "%010000d", "%^#9999999B", "%", "%c" * 501],
)
def test_a_date_is_written_with_plain_letters(form):
    assert "in a date format, % must be followed by a letter" in stopped(
        f'return now().strftime("{form}")'
    )
    assert "in a date format, % must be followed by a letter" in stopped(
        f'return date("2024-01-01").strftime("{form}")'
    )


@pytest.mark.parametrize(
    "program",
    [
        "return 10 ** 10 ** 10",
        "return 2 ** 100000",
        "return -2 ** 99999",
        "return True ** 10 ** 10",
        "return 9 ** 9 ** 9 ** 9",
        "a = 3\n" + "a = a ** 2\n" * 60 + "return a",
        "a = 3\n" + "a = a * a\n" * 60 + "return a",
        "a = 2 ** 2000\nb = a * a\nreturn b * a",
    ],
)
def test_numbers_stay_small(program):
    assert "the number would be too large" in stopped(program)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("return round(1, -1000000000)", "1000 digits"),
        ("return round(record.n, -5000)", "1000 digits"),
        ("return round(1.5, 1000000000)", "1000 digits"),
        ('return int("9" * 100000)', "1000 digits"),
        ('return int("f" * 100000, 16)', "1000 digits"),
        ('return int("1" * 100000, base=2)', "1000 digits"),
        ("return (-8) ** 0.5", "no real result"),
        ("return 2.0 ** 100000", "the result is out of range"),
        ("return days(10 ** 12)", "days(): the value is out of range"),
        ("return now() + days(10 ** 7)", "the result is out of range"),
        ("return date(10 ** 30)", "is not a valid timestamp"),
        ('return date("9" * 5000)', "is not a date in a known format"),
        ("return 1 / 0", "division by zero"),
        ("return sum([[0] * 1000] * 1000, [])", "lists cannot be summed"),
        ('return get_field_value(record, "a." * 100000)', "200 characters"),
        ("return record.big.strip(record.big)", "1000 characters"),
        ('return record.big.rfind(record.big[1:] + "y")', "1000 characters"),
        ("return record.big.rsplit(sep=record.big)", "1000 characters"),
    ],
)
def test_what_takes_long_for_other_reasons_is_refused_too(program, reason):
    assert reason in stopped(program)


# --- lists that hold one list many times: little to store, and much to look through

NESTED = "a = (0,) * 1000\nb = (a,) * 1000\nc = (b,) * 1000\nd = (b,) * 999 + (a,)\n"
LISTS = "a = [0] * 1000\nb = [a] * 1000\nc = [b] * 1000\nd = [[[0] * 1000] * 1000] * 1000\n"


@pytest.mark.parametrize("lists", [NESTED, LISTS])
@pytest.mark.parametrize(
    "use",
    [
        "c", "str(c)", "str(object=c)", 'f"{c}"', 'f"{c!r:>5}"', 'f"{[c]}"', "c == d", "c != d",
        "c < d", "1 < 2 == (c == d)", "[c] >= [d]", "c in [d]", "[c] in [[d]]", "b not in c",
        "max(c, d)", "min([c, d])", "sorted([c, d])", "sorted([d, c], reverse=True)",
        "[c].index(d)", "[d].count(c)", "[1].index(c)", '{"a": c} == {"a": d}',
        '",".join(c)', '"a".startswith(c)', '"a".split(c)',
    ],
)  # fmt: skip
def test_what_is_nested_is_weighed(lists, use, monkeypatch):
    monkeypatch.setattr(bounds, "LONGEST", 10_000)
    assert "longer than 10000 characters or items" in stopped(f"{lists}return {use}")


@pytest.mark.parametrize(
    "use",
    [
        "{c}", "{c: 1}", "{1, c}", "record[c]", "record.get(c)", 'record.get(c, "x")',
        "c in record", "c in {record.n}", "c not in {1: 2}", "set([c])", "{x for x in [c]}",
        "{x: 1 for x in [c]}", "{1}.union([c])", "{1}.isdisjoint([c])", "{1}.issuperset((c,))",
    ],
)  # fmt: skip
def test_what_is_nested_is_no_key(use, monkeypatch):
    monkeypatch.setattr(bounds, "LONGEST", 10_000)
    assert "longer than 10000 characters or items" in stopped(f"{NESTED}return 1 == ({use})")


def test_what_leaves_a_program_is_not_deep():
    nested = "x = 1\n" + "x = [x]\n" * 50
    compile_program(f"{nested}return x", ("record",)).run(RECORD)
    uses = ("x", "str(x)", "x == [x]", "x in [[x]]", "sorted([x, [x]])", 'f"{x}"')
    returns = "".join(f"if record.n == {n}: return {use}\n" for n, use in enumerate(uses))
    for deeper in ("x = [x]\n", "x = [x]\n" * 1400):
        compiled = compile_program(f"{nested}{deeper}{returns}", ("record",))
        for n in range(len(uses)):
            assert "values are nested more than 50 levels deep" in stopped_with({"n": n}, compiled)
    assert "values are nested more than 50 levels deep" in stopped(
        "x = (1,)\n" + "x = (x,)\n" * 1400 + "return {x}"
    )


# --- loops


@pytest.mark.parametrize(
    "program",
    [
        "return [1 for a in record.list for b in record.list]",
        "return [[1 for b in record.list] for a in record.list]",
        "return {a: [b for b in record.list] for a in record.list}",
        "return any(False for a in record.list for b in record.list)",
        "return all(True for a in record.list for b in record.list for c in record.list)",
        "return sum(1 for a in record.list if [b for b in record.list])",
        "return [a for a in record.big * 2]",
        "a = [0] * 1000000\nreturn any(x for x in a)",
        "a = record.big * 9\nreturn [a + str(x) for x in record.list]",
        "a = record.big * 9\nreturn [a * 1 for x in record.list]",
        "a = record.big * 9\nreturn [a[x:] for x in record.list]",
        "a = record.big * 9\nreturn [a.upper() for x in record.list]",
        'a = record.big * 9\nreturn [a.split("x") for x in record.list]',
        'a = record.big * 9\nreturn [a.count("y") for x in record.list]',
        "a = record.big * 9\nreturn [a.count(str(x)) for x in record.list]",
        'a = record.big * 9\nreturn ["y" in a for x in record.list]',
        'a = record.big * 9\nb = a[1:] + "x"\nreturn [a == b for x in record.list]',
        'a = record.big * 9\nreturn [f"{a}{x}" for x in record.list]',
        "a = record.big * 9\nreturn [list(a) for x in record.list]",
        "a = record.big * 9\nreturn [len(str(a)) for x in record.list]",
        'a = record.big * 9\nreturn [a.strip("y" * 999 + "x") for x in record.list]',
        'a = record.big * 9\nreturn [("x" * 999 + "y") in a for x in record.list]',
        "a = [0] * 100000\nreturn [a + [x] for x in record.list]",
        "a = [0] * 100000\nreturn [a[::-1] for x in record.list]",
        "a = [0] * 100000\nreturn [sorted(a) for x in record.list]",
        "a = [0] * 100000\nreturn [a.count(1) for x in record.list]",
        "a = [0] * 100000\nreturn [1 in a for x in record.list]",
        "a = [0] * 100000\nreturn [1 < x in a for x in record.list]",
        "a = [0] * 100000\nb = a + [1]\nreturn [a == b for x in record.list]",
        "return [[" + "0, " * 1500 + "] for x in record.list]",
        'return [re.search("(a|aa)+$", "a" * 22 + "b") for x in record.list]',
    ],
)  # fmt: skip
def test_work_is_counted(program, monkeypatch):
    monkeypatch.setattr(compiler, "WORK", bounds.WORK // 10)
    assert "too many operations for one record" in stopped(program)


def test_each_run_has_its_own_work():
    program = compile_program(
        "return len([1 for a in record.list for b in record.few])", ("record",)
    )
    for _ in range(10):
        assert program.run(RECORD | {"few": range(50)}) == 50_000


# --- patterns


@pytest.mark.parametrize(
    "call",
    [
        're.search("(a+)+$", record.a)',
        're.match("(a|aa)+$", record.a)',
        're.findall("(a|aa)+$", record.a)',
        're.split("(a|aa)+$", record.a)',
        're.sub("(a|aa)+$", "", record.a)',
    ],
)
def test_a_pattern_is_given_up_in_time(call):
    program = compile_program(f"return {call}", ("record",))
    with pytest.raises(Stopped, match="takes too long on this text"):
        program.run({"a": "a" * 90_000 + "b"})


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("x" * 1001, "at most 1000 characters"),
        ("(((a{999}){999}){999}){999}", "the repetition counts in the pattern"),
        ("a{99999999}", "the repetition counts in the pattern"),
        ("(?x)a{ 99999999 }", "the repetition counts in the pattern"),
        ("(?:(?:a?){9999}){9999}", "the repetition counts in the pattern"),
        ("(" * 490 + ")" * 490, "nested too deeply"),
        ("(a", "invalid pattern: missing )"),
        ("*", "invalid pattern"),
        ("a{5000000000}", "the"),
    ],
)
def test_a_pattern_that_takes_too_much_to_compile_is_none(pattern, reason):
    assert reason in refused(f'return re.search("{pattern}", record.name)')
    assert reason in stopped(f'pattern = "{pattern}"\nreturn re.search(pattern, record.name)')


# --- long and deep programs


LONG = {
    "sum": "return " + "+".join(["1"] * 5000),
    "and": "return " + " and ".join(["record.n"] * 1500),
    "or": "return " + " or ".join(["record.x"] * 1600),
    "and, or": "return " + " or ".join(["record.x and 1"] * 1100),
    "chain": "return " + " == ".join(["1"] * 3900),
    "not": "return " + "not " * 4900 + "1",
    "minus": "return " + "-" * 19_000 + "1",
    "powers": "return " + "1 ** " * 3900 + "1",
    "choices": "return " + "1 if 0 else " * 1600 + "1",
    "fields": "return record" + ".a" * 9900,
    "quoted fields": "return record" + '["a"]' * 2000,
    "methods": "return record" + ".get(1)" * 1000,
    "calls": "return len" + "(1)" * 2000,
    "round": "return " + "(" * 9900 + "1" + ")" * 9900,
    "square": "return " + "[" * 9900 + "1" + "]" * 9900,
    "curly": "return " + "{1:" * 4900 + "1" + "}" * 4900,
    "never closed": "return " + "(" * 19_900,
    "calls in calls": "return " + "len(" * 3900 + "1" + ")" * 3900,
    "loops": "return [1 " + "for x in record.one " * 900 + "]",
    "loops in loops": "return " + "[1 for x in " * 900 + "record.one" + "]" * 900,
    "one list": "return len([" + "1," * 4000 + "])",
    "strings": "return " + '"x" ' * 4900,
    "one string": 'return "' + "x" * 19_900 + '"',
    "quotes": '"' * 19_999,
    "long quotes": "'''\"\"\"" * 3300,
    "fields of an f-string": 'return f"' + "{1}" * 3000 + '"',
    "braces": 'return f"' + "{" * 19_000 + '"',
    "name": "x" * 19_999,
    "digits": "return " + "1" * 19_900,
    "dots": "return " + "1." * 9900,
    "lines": "a=1\n" * 2000 + "return a",
    "blank lines": "\n" * 19_990 + "return",
    "comments": "#" * 19_999,
    "semicolons": ";" * 19_999,
    "blanks": " " * 19_999,
    "joined lines": "return 1" + "\\\n" * 9900,
    "elif": "if 0:\n pass\n" + "elif 0:\n pass\n" * 700 + "return 1",
    "blocks": "".join(" " * n + "if 1:\n" for n in range(190)) + " " * 190 + "return 1",
    "growing numbers": "a = 2 ** 4000\n" + "a = a + a\n" * 600 + "return a > 0",
    "operators": "return 1" + "*/+-%" * 3900,
    "null bytes": "\0" * 19_999,
}
# Nothing in them is deep.
FLAT = {"and", "or", "and, or", "chain", "lines", "elif", "one list"}


@pytest.mark.parametrize("name", LONG)
def test_a_long_program_runs_or_is_refused(name):
    assert len(LONG[name]) <= LONGEST_PROGRAM
    try:
        program = compile_program(LONG[name], ("record",))
    except LanguageError as error:
        assert name not in FLAT
        assert len(error.what) < 300
        assert len(str(error)) < 600
        return
    try:
        program.run(RECORD)
    except Stopped as error:
        assert name not in FLAT
        assert not isinstance(error.__cause__, MemoryError | RecursionError)
    program.reads("record")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("sum", "the expression is nested too deeply; assign a part of it to a name first"),
        ("choices", "the expression is nested too deeply; assign a part of it to a name first"),
        ("fields", "the expression is nested too deeply; assign a part of it to a name first"),
        ("methods", "the expression is nested too deeply; assign a part of it to a name first"),
        ("not", "more than 50 operators in a row are not allowed"),
        ("minus", "more than 50 operators in a row are not allowed"),
        ("powers", "more than 50 operators in a row are not allowed"),
        ("loops", "more than 5 nested loops are not allowed"),
        ("round", "more than 20 nested brackets are not allowed"),
        ("calls in calls", "more than 20 nested brackets are not allowed"),
        ("blocks", "more than 20 nested blocks are not allowed"),
        ("name", "the name is too long"),
        ("digits", "the number is too long"),
    ],
)
def test_what_is_too_deep_is_told(name, what):
    assert what in refused(LONG[name])


def nested(blocks, brackets):
    heads = "".join(" " * n + "if 1:\n" for n in range(blocks))
    return f"{heads}{' ' * blocks}return " + "(0, " * brackets + "1" + ")" * brackets


def test_twenty_brackets_in_twenty_blocks_are_possible():
    value = compile_program(nested(20, 20), ("record",)).run(RECORD)
    for _ in range(20):
        value = value[1]
    assert value == 1
    assert "more than 20 nested blocks are not allowed" in refused(nested(21, 20))
    assert "more than 20 nested brackets are not allowed" in refused(nested(20, 21))


def test_how_deep_the_caller_is_makes_no_difference():
    """What is compiled in one place can be compiled and run in another."""
    program = "return " + "len([str(" * 6 + "1" + ")])" * 6

    def deeper(levels):
        if levels:
            return deeper(levels - 1)
        return compile_program(program, ("record",)).run(RECORD)

    assert deeper(0) == deeper(150) == 1


def test_a_program_has_at_most_20000_characters():
    assert refused("#" * LONGEST_PROGRAM + "\n") == "the expression is longer than 20000 characters"


# --- what a round, an operation or a key costs


def spent(program):
    """How much of its work a program uses up, whatever it gives."""
    compiled = compile_program(program, ("record",))
    frame = [10**12, 0, RECORD, *compiled._names]
    compiled._block(frame)
    return 10**12 - frame[bounds.LEFT]


def test_a_round_costs_as_much_as_there_is_to_do_in_it():
    rounds = "return any({} for x in [0] * 10)"
    short = spent(rounds.format("x == 5"))
    assert short == 10 * bounds.ROUND + 11
    assert spent(rounds.format(" or ".join(["x == 5"] * 1000))) > 10 * 2000
    assert spent(rounds.format("0")[:-1] + " if " + " or ".join(["x == 5"] * 1000) + ")") > 20_000
    assert spent(rounds.format(f"x in ({'1, ' * 5000})")) > 10 * 5000
    assert spent(rounds.format(f"[{'x, ' * 5000}] == x")) > 10 * 5000
    assert spent(rounds.format(" or ".join(["now() == x"] * 100))) > 10 * 500


@pytest.mark.parametrize(
    ("program", "work"),
    [
        ("a = 7 ** 1300", 200),
        ("a = 7 ** 1300\nb = a % 11 ** 1000", 600),
        ("a = 7 ** 600\nb = a * a", 300),
        ("a = 7 ** 1300\nb = a // 3", 400),
        ("a = 7 ** 1300\nb = str(a)", 400),
        ("a = 7 ** 1300\nb = round(a, -900)", 400),
        ("a = [7 ** 1300] * 100\nb = str(a)", 20_000),
        ('a = 7 ** 1300\nb = f"{a!r:.1}"', 400),
        ('a = record.big\nb = f"{a!r:.1}"', 100_000),
        # texts in texts, and in lists
        ('a = "a" * 2400\nb = "a" * 1000 + "b" in a', 9000),
        ('a = "a" * 1000 + "b"\nb = a in "' + "a" * 2400 + '"', 9000),
        ('a = "a" * 2400\nb = a.find("a" * 1000 + "b")', 9000),
        ('a = "a" * 2400\nb = a.rfind("' + "a" * 990 + 'b")', 9000),
        ("a = [record.big] * 1000\nb = record.big[1:] in a", 300_000),
        ("a = [record.big] * 1000\nb = a.count(record.big[1:])", 300_000),
        # keys that meet
        ("a = {(x, 1) for x in record.list}", 60_000),
        ("a = {x * 2 ** 61 for x in record.list}", 60_000),
        ("a = set([x * 2 ** 61 for x in record.list])", 60_000),
        ("a = {x * 2 ** 61: 1 for x in record.list}", 60_000),
        ("a = {1}.union([x * 2 ** 61 for x in record.list])", 60_000),
        # what functions look through
        ("a = sorted(record.list * 100)", 400_000),
        ('a = re.search("(.*)(.*)", record.big).groups()', 100_000),
    ],
)
def test_what_takes_long_costs_something(program, work):
    assert spent(f"{program}\nreturn 1") >= work


def test_what_most_filters_do_costs_next_to_nothing():
    assert spent('record.name == "x" and record.n > 0 and days_since("2024-01-01") > 5') < 100


def test_a_path_or_an_attribute_does_not_look_through_what_is_nested():
    assert "longer than" in stopped(f'{LISTS}return get_field_value({{"a": d}}, "a[*][*][*]")')
    assert "longer than" in stopped(f'{LISTS}return get_field_value({{"a": [d]}}, "a[b=1]")')
    assert "cae(): the name of the attribute must be text, not a list" in stopped(
        f'{LISTS}return cae({{"extension_attributes": [{{"name": c}}]}}, d)'
    )
    assert "too large" in stopped("a = 2 ** 4000\nreturn 0 ** a")
