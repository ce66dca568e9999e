"""What administrators get wrong is told in one sentence, with the line and a caret below it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.language import LanguageError, compile_program
from lib.language.errors import place


def mistake(program, arguments=("record",)):
    with pytest.raises(LanguageError) as caught:
        compile_program(program, arguments)
    return caught.value


def marked(program):
    """The mistake in a program whose place is marked by ^^: (what is said, where it is said)."""
    before, after = program.split("^^")
    error = mistake(before + after)
    assert (error.line, error.column) == place(before, len(before)), str(error)
    return error.what


@pytest.mark.parametrize(
    ("program", "what"),
    [
        # the published example, and what goes wrong when it is copied
        ('return record.asset_type ^^= "computer"', "= assigns a value; use == to compare"),
        (
            "return record.asset_type == ^^computer",
            'unknown name `computer`; write record.computer for a field, or "computer" for text',
        ),
        (
            "return record.asset_type == ^^\u201ccomputer\u201d",
            "typographic quote “ is not allowed; use \" or '",
        ),
        (
            'return record.asset_type^^\u00a0== "computer"',
            "special space U+00A0 is not allowed; use a plain space",
        ),
        ('return record.asset_type == ^^"computer', "the string is not closed"),
        ("return record.asset_type == ^^'computer\"", "the string is not closed"),
        ("return record.name == 'it's^^'", "the string is not closed"),
        ('^^record.asset_type == "computer"\nreturn True', "write `return` before it"),
        ('x = 1\n^^record.asset_type == "computer"', "write `return` before it"),
        ('^^Return record.asset_type == "computer"', "use `return` instead of `Return`"),
        # operators of other languages
        ("return record.a ^^&& record.b", "use `and` instead of &&"),
        ("return record.a == 1 ^^& record.b", "use `and` instead of &"),
        ("return record.a ^^|| record.b", "use `or` instead of ||"),
        ("return record.a == 1 ^^| record.b", "use `or` instead of |"),
        ("return ^^!record.a", "use `not` instead of !"),
        ("return record.a ^^<> 1", "use != instead of <>"),
        ("return record.a ^^=! 1", "use != instead of =!"),
        ("return record.a ^^!== 1", "use != instead of !=="),
        ("return record.a ^^=== 1", "use == instead of ==="),
        ("return record.a ^^=< 1", "use <= instead of =<"),
        ("return record.a ^^=> 1", "use >= instead of =>"),
        ("return record.a ^^AND record.b", "use `and` instead of `AND`"),
        ("return record.a == 1 ^^Or record.b", "use `or` instead of `Or`"),
        ("return record.a == ^^true", "did you mean True?"),
        ("return record.a != ^^null", "use None instead of `null`"),
        (
            "return record.a is ^^1",
            "`is` works only with None; use == or != to compare",
        ),
        (
            "return record.a is ^^'None'",
            "`is` works only with None; use == or != to compare",
        ),
        (
            'return record.a is not ^^"x"',
            "`is not` works only with None; use == or != to compare",
        ),
        ("return record.a ^^? 1 : 2", "unexpected character ?"),
        ("return ^^$record", "unexpected character $"),
        ("return record.a == ^^007", "the number 007 begins with 0"),
        # blocks
        ("if record.a == 1^^\n    return 1", "expected a colon, found the end of the line"),
        ("if record.a ^^then:\n    return 1", "expected a colon, found `then`"),
        ("if record.a ^^= 1: return 1", "= assigns a value"),
        ("^^if record.a:\nreturn 1", "an indented line is missing below `if`"),
        ("if record.a:\n    return 1\n^^else:", "an indented line is missing below `else`"),
        ("if record.a: return 1\nelse ^^if record.b: return 2", "use `elif` instead of `else if`"),
        ("if record.a: return 1\n^^elseif record.b: return 2", "use `elif` instead of `elseif`"),
        ("^^If record.a: return 1", "use `if` instead of `If`"),
        ("if record.a: return 1\n^^ELSE: return 2", "use `else` instead of `ELSE`"),
        ("^^elif record.a: return 1", "`elif` has no matching `if`"),
        ("x = 1\n^^else: return 1", "`else` has no matching `if`"),
        ("if 1: pass\nelse: pass\n^^elif 2: pass", "`elif` has no matching `if`"),
        ("x = 1\n    ^^return x", "the indentation matches no line above"),
        ("if record.a:\n        x = 1\n    ^^return x", "the indentation matches no line above"),
        ("    x = 1\n^^return x", "the line is indented less than the first line"),
        ("if record.a:\n\tx = 1\n        ^^return x", "the indentation mixes tabs and spaces"),
        ("if record.a:\n    x = 1\n\t^^return x", "the indentation mixes tabs and spaces"),
        ("if 1:\n  if 2:\n\t^^return 3", "the indentation mixes tabs and spaces"),
        # brackets
        ("return len^^(record.name", "this ( is not closed"),
        ("return ^^(record.a == 1\nx = 2", "this ( is not closed"),
        ("return record.a in ^^[1, 2", "this [ is not closed"),
        ("return record.a == 1^^)", "this ) has no opening bracket"),
        ("return (record.a == 1^^]", "this ] does not match the opening bracket"),
        ("return [record.a ^^record.b]", "expected `]`, found `record`"),
        ("return len(record.a ^^record.b)", "expected `)`, found `record`"),
        ("return {1: 2 ^^3}", "expected `}`, found `3`"),
        ("return record.a^^[]", "the index between the brackets is missing"),
        # what is not complete
        ("return record.a ==^^", "expected an expression, found the end of the line"),
        ("return record.a and^^", "expected an expression, found the end of the line"),
        ("return record.^^", "expected a name, found the end of the line"),
        ("return 1 if record.a^^", "expected `else`, found the end of the line"),
        ("return [x for x ^^of record.a]", "expected `in`, found `of`"),
        ("return [x for ^^1 in record.a]", "expected a name, found `1`"),
        # names
        ("return ^^recrod.a", "unknown name `recrod`; did you mean record?"),
        ("return ^^lenn(record.a)", "unknown function `lenn`; did you mean len?"),
        (
            "return ^^opne(record.a)",
            "unknown function `opne`; use one of: abs, all, any, bool, cae, date, days, "
            "days_since, float, get_field_value, hours, int, len, list, max, min, now, "
            "round, set, sorted, str, sum, today, tuple",
        ),
        ("return record.name.^^lowercase()", "unknown method `lowercase`; did you mean lower?"),
        ("return record.name.^^lowr()", "did you mean lower?"),
        ("return record.name.^^startsWith('a')", "did you mean startswith?"),
        ("return re.^^serch('a', record.a)", "unknown function `re.serch`; did you mean search?"),
        (
            "return re.^^compile('a')",
            "unknown function `re.compile`; use one of: findall, fullmatch, match, search, "
            "split, sub",
        ),
        ("return re.search('a', record.a, re.^^IGNORE)", "did you mean IGNORECASE?"),
        ("return re.search(^^'(a', record.a)", "invalid pattern: missing )"),
        ("return ^^len == 1", "`len` is a function; write len(...)"),
        ("return ^^re", "such as re.search(...)"),
        ("return len^^()", "len(): an argument is missing"),
        ("return days_since^^(record.a, 1)", "days_since(): too many arguments"),
        ("return record.name.lower^^('x')", "lower(): too many arguments"),
        ("return round^^(record.a, digits=1)", "round(): unknown argument `digits`"),
        ("return sorted^^(record.a, key=record.b)", "the argument `key` is not supported"),
        ("return round^^(record.a, ndigits=1, ndigits=2)", "an argument is given twice"),
        ("return max^^(default=1, 2)", "arguments without a name must come before those with one"),
        ("len = 1\nreturn ^^len('a')", "`len` is a value and cannot be called"),
        ("return record.name.lower()^^()", "this value cannot be called"),
        ("return record.^^class", '`class` is a reserved word; use ["class"] instead of .class'),
        ("return record.^^__class__", "a name cannot begin with an underscore"),
        ("return record.^^\ufb01le", "the name contains look-alike characters; use plain letters"),
        (
            "return record.na^^\u0308me",
            "the accent is a separate character; type the accented letter as one character",
        ),
        # what Python has and a filter has not
        ("^^import re", "unexpected `import`"),
        ("^^from os import path", "unexpected `from`"),
        ("^^def keep(record):\n    return 1", "unexpected `def`"),
        ("^^class Filter:\n    pass", "unexpected `class`"),
        (
            "^^for x in record.a:\n    return 1",
            "`for` loops are not supported; use any(... for x in ...)",
        ),
        ("^^while True:\n    pass", "`while` loops are not supported; use any(... for x in ...)"),
        ("^^try:\n    return 1", "unexpected `try`"),
        ("^^with record: pass", "unexpected `with`"),
        ("return ^^lambda x: x", "unexpected `lambda`"),
        ("x ^^+= 1\nreturn x", "`+=` is not supported; write it out, as in `x = x + 1`"),
        ("return (x ^^:= 1)", "assign the value on a line of its own"),
        ("record.a ^^= 1", "= assigns a value"),
        (
            "^^print(record)",
            "print is not supported; run `connector.py explain SECTION` to see the result "
            "for a record",
        ),
        (
            "return ^^open(record.a)",
            "function `open` is not supported; filters and converters cannot import "
            "modules or read files",
        ),
        ("return ^^range(5)", "function `range` is not supported; use 1 <= x < 10, or x[1:10]"),
        (
            "return ^^isinstance(record.a, 1)",
            "function `isinstance` is not supported; compare the value, or test whether it "
            "`is None`",
        ),
        ("return ^^enumerate(record.a)", "function `enumerate` is not supported; use for x in ..."),
        ("return ^^map(record.a)", "function `map` is not supported; use [... for x in ...]"),
        (
            "return ^^getattr(record, 'a')",
            'function `getattr` is not supported; use record.get("name", default)',
        ),
        (
            "return ^^timedelta(days=3)",
            "function `timedelta` is not supported; use days(3) or hours(3)",
        ),
        ("return datetime.^^now()", "use now() for the current time"),
        ("return datetime.datetime.^^utcnow()", "use now() for the current time in UTC"),
        ("return date.^^today()", "use today() for the current day"),
        ("return ^^datetime", "modules are not supported; use date(value), now(), or today()"),
        (
            "return ^^json.loads(record.a)",
            "filters and converters cannot import modules or read files",
        ),
        ("return '{}'.^^format(1)", 'method `format` is not supported; use f"{value}"'),
        (
            "return record.a.^^encode('utf-8')",
            "method `encode` is not supported; compare the text itself",
        ),
        ("record.a.^^append(1)", "values cannot be changed; create a new one, as in `x = x + [1]`"),
        ("x = ['a' ^^% record.a]", "use an f-string to format text, not %"),
        ("return f'{record.a}' ^^% 1", "use an f-string to format text, not %"),
        # what the classic tool has
        (
            "^^LOG.info('x')",
            "logging is not supported; run `connector.py explain SECTION` to see the "
            "result for a record",
        ),
        (
            "return ^^converter('x', record)",
            "converter() is not supported; name the converters in the mapping",
        ),
        (
            "return ^^DynamicException('x')",
            "DynamicException is not supported; use `return False` to filter out a record",
        ),
        # programs without a result
        ("^^pass", "no value is returned; end with a line such as `return ...`"),
        ("^^ok = record.a == 1", "no value is returned; end with a line such as `return ok`"),
        (
            "x = 1\n^^if record.a:\n    x = 2\nelse:\n    pass",
            "no value is returned; end with a line such as `return ...`",
        ),
        # words that are not quite right, and comments
        ("^^retrun 5", "unknown word `retrun`; did you mean return?"),
        ("x = 1; ^^retrun x", "unknown word `retrun`; did you mean return?"),
        ("^^retrun(record.a)", "did you mean return?"),
        ("return ^^NOT record.a", "use `not` instead of `NOT`"),
        ("return ^^Not (record.a)", "use `not` instead of `Not`"),
        ("if record.a and ^^NOT record.b: return 1", "use `not` instead of `NOT`"),
        ("return record.a == 1 ^^; only computers here", "a comment begins with #"),
        ("return record.a == 1 ^^; only computers, please", "a comment begins with #"),
        ("return record.a == 1 ^^; computers", "a comment begins with #"),
        ("x = 1\n^^'computers'\nreturn x", "the text is not used; a comment begins with #"),
        ("return record.a;^^;", "unexpected `;`"),
        # texts
        ('return f"{^^recrod.a}"', "did you mean record?"),
        ('return f"{record.a} {record.b ^^c}"', "unexpected `c`"),
        (
            'return 1 and ^^f"{record.a"',
            "a { in the f-string is not closed; use the other quotes inside the braces",
        ),
        ('return ^^f"{record["a"]}"', "use the other quotes"),
        ('return ^^f"a } b"', "write }} for a single } in an f-string"),
        ('return 1 + ^^"""a" \'c\'', "the string is not closed"),
        ('return 1 + ^^"""a\\"""', "the string is not closed"),
        ('return ^^f"{record.a!r :>5}"', "a conversion in an f-string must be !r, !s, or !a"),
        ('return ^^f"{record.a!}"', "a conversion in an f-string must be !r, !s, or !a"),
        ('return ^^f"{}"', "the braces {} in the f-string are empty"),
        ('return ^^f"{record.a!x}"', "a conversion in an f-string must be !r, !s, or !a"),
        ('return ^^f"{record.a:{record.b}}"', "a computed format is not supported in an f-string"),
        ('return "a" ^^"\\xZZ"', "the string contains an invalid escape \\x"),
        ('return b^^"x"', 'unexpected `"`'),
        ("return 1 ^^\\ \n+ 1", "a \\ must be the last character of its line"),
        ("return record.a ^^\u2013 1", "unexpected character \u2013"),
        ("return record.a ^^\0", "unexpected character U+0000"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_where_it_is_and_named(program, what):
    assert what in marked(program)


def test_a_mistake_is_shown_with_its_line_and_a_caret():
    error = mistake('if record.a:\n    return record.b = "x"\nreturn False')
    assert (error.line, error.column) == (2, 21)
    assert str(error) == (
        "line 2, column 21: = assigns a value; use == to compare\n"
        '        return record.b = "x"\n'
        "                        ^"
    )
    assert error.excerpt == str(error).partition("\n")[2]


def test_the_caret_stands_below_the_place_also_behind_tabs():
    error = mistake("\tif record.a:\n\t\treturn\t\trecord.a = 1")
    shown, caret = error.excerpt.split("\n")
    assert caret == "    \t\t      \t\t         ^"
    assert shown.expandtabs().index("=") == caret.expandtabs().index("^")


def test_what_is_wrong_in_brackets_that_go_over_lines_is_found_in_its_line():
    error = mistake("return any(\n    x.a == 1\n    for x in record.b\n    if y.c\n)")
    assert (error.line, error.column) == (4, 8)
    assert "    if y.c" in error.excerpt


def test_what_is_wrong_behind_a_joined_line_is_found_in_its_line():
    error = mistake("x = 1 + \\\n    y\nreturn x")
    assert (error.line, error.column) == (2, 5)


def test_of_a_long_line_the_part_with_the_mistake_is_shown():
    error = mistake(f"return {'record.name and ' * 100}recrod.name{' and record.name' * 100}")
    shown, caret = error.excerpt.split("\n")
    assert len(shown) <= 110
    assert shown[caret.index("^") :].startswith("recrod.name")
    assert error.column == 1608


def test_what_cannot_be_shown_is_replaced():
    error = mistake("return '\x1b[31m\0\ud800' = 1")
    assert "\x1b" not in str(error)
    str(error).encode("utf-8")


@pytest.mark.parametrize("program", ["", "\n", "  \n\n", "# nothing\n  # else"])
def test_a_program_without_a_line_is_none(program):
    assert mistake(program).what == "the expression is empty"


def test_an_error_is_a_value_error_and_knows_its_place():
    error = mistake("return (")
    assert isinstance(error, ValueError)
    assert (error.line, error.column, error.what) == (1, 8, "this ( is not closed")


# --- whatever is wrong

TOKENS = [
    "return", "if", "elif", "else", ":", "record", ".", "name", "x", "=", "==", "<", "and", "or",
    "not", "in", "is", "for", "(", ")", "[", "]", "{", "}", ",", "1", "2.5", '"a"', "f'{record.a}'",
    "f'{'", "None", "len", "lower", "re", "any", "+", "-", "*", "|", "!", "&", ";", "\n", "\n    ",
    "\n\t", "lambda", "import", "\\", "'", "#", "?", "\u201c", "07", "__a", "\u00a0", "If",
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join) | st.text(max_size=30))
def test_every_message_is_one_sentence_and_an_excerpt(program):
    try:
        compile_program(program, ("record",))
    except LanguageError as error:
        what = error.what
        assert 10 < len(what) < 300
        assert what == what.strip()
        assert what.isprintable()
        assert not what.endswith((".", ";", ":"))
        inside = {"Expected", "Suppress", "Regex", "Re:", "W:(", "end of text", "Error", "...}"}
        assert not [word for word in inside if word in what and word not in program]
        lines = str(error).split("\n")
        assert lines[0] == f"line {error.line}, column {error.column}: {what}"
        assert len(lines) == 3
        assert lines[2].strip() == "^"
        assert lines[2].endswith("^")
