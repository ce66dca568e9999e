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
        ('return record.asset_type ^^= "computer"', "a single = gives a name to a value"),
        ("return record.asset_type == ^^computer", 'a text is written "computer"'),
        ("return record.asset_type == ^^\u201ccomputer\u201d", "a quotation mark of print"),
        ('return record.asset_type^^\u00a0== "computer"', "a special blank (U+00A0)"),
        ('return record.asset_type == ^^"computer', "this string has no end"),
        ("return record.asset_type == ^^'computer\"", "this string has no end"),
        ("return record.name == 'it's^^'", "no end"),
        ('^^record.asset_type == "computer"\nreturn True', "write `return` before it"),
        ('x = 1\n^^record.asset_type == "computer"', "write `return` before it"),
        ('^^Return record.asset_type == "computer"', "`Return` is written `return`"),
        # operators of other languages
        ("return record.a ^^&& record.b", "write `and` for &&"),
        ("return record.a == 1 ^^& record.b", "write `and` for &"),
        ("return record.a ^^|| record.b", "write `or` for ||"),
        ("return record.a == 1 ^^| record.b", "write `or` for |"),
        ("return ^^!record.a", "write `not` for !"),
        ("return record.a ^^<> 1", "write != for <>"),
        ("return record.a ^^=! 1", "write != for =!"),
        ("return record.a ^^!== 1", "write != for !=="),
        ("return record.a ^^=== 1", "write == for ==="),
        ("return record.a ^^=< 1", "write <= for =<"),
        ("return record.a ^^=> 1", "write >= for =>"),
        ("return record.a ^^AND record.b", "`AND` is written `and`"),
        ("return record.a == 1 ^^Or record.b", "`Or` is written `or`"),
        ("return record.a == ^^true", "did you mean True?"),
        ("return record.a != ^^null", "`null` is written None"),
        ("return record.a is ^^1", "`is` asks for None; to compare, write == or !="),
        ("return record.a is ^^'None'", "`is` asks for None; to compare, write == or !="),
        ('return record.a is not ^^"x"', "`is not` asks for None; to compare"),
        ("return record.a ^^? 1 : 2", "? means nothing here"),
        ("return ^^$record", "$ means nothing here"),
        ("return record.a == ^^007", "the number 007 begins with 0"),
        # blocks
        ("if record.a == 1^^\n    return 1", "expected a colon, found the end of the line"),
        ("if record.a ^^then:\n    return 1", "expected a colon, found `then`"),
        ("if record.a ^^= 1: return 1", "a single ="),
        ("^^if record.a:\nreturn 1", "an indented line is missing below this `if`"),
        ("if record.a:\n    return 1\n^^else:", "an indented line is missing below this `else`"),
        ("if record.a: return 1\nelse ^^if record.b: return 2", "write `elif` for `else if`"),
        ("if record.a: return 1\n^^elseif record.b: return 2", "`elseif` is written `elif`"),
        ("^^If record.a: return 1", "`If` is written `if`"),
        ("if record.a: return 1\n^^ELSE: return 2", "`ELSE` is written `else`"),
        ("^^elif record.a: return 1", "there is no `if` for this `elif`"),
        ("x = 1\n^^else: return 1", "there is no `if` for this `else`"),
        ("if 1: pass\nelse: pass\n^^elif 2: pass", "there is no `if` for this `elif`"),
        ("x = 1\n    ^^return x", "this line is indented like none above it"),
        ("if record.a:\n        x = 1\n    ^^return x", "this line is indented like none above it"),
        ("    x = 1\n^^return x", "this line is indented less than the first"),
        ("if record.a:\n\tx = 1\n        ^^return x", "tabs and blanks are mixed"),
        ("if record.a:\n    x = 1\n\t^^return x", "tabs and blanks are mixed"),
        ("if 1:\n  if 2:\n\t^^return 3", "tabs and blanks are mixed"),
        # brackets
        ("return len^^(record.name", "this ( is never closed"),
        ("return ^^(record.a == 1\nx = 2", "this ( is never closed"),
        ("return record.a in ^^[1, 2", "this [ is never closed"),
        ("return record.a == 1^^)", "this ) closes nothing"),
        ("return (record.a == 1^^]", "this ] does not fit the bracket"),
        ("return [record.a ^^record.b]", "expected `]`, found `record`"),
        ("return len(record.a ^^record.b)", "expected `)`, found `record`"),
        ("return {1: 2 ^^3}", "expected `}`, found `3`"),
        ("return record.a^^[]", "an index is missing"),
        # what is not complete
        ("return record.a ==^^", "expected an expression, found the end of the line"),
        ("return record.a and^^", "expected an expression, found the end of the line"),
        ("return record.^^", "expected a name, found the end of the line"),
        ("return 1 if record.a^^", "expected `else`, found the end of the line"),
        ("return [x for x ^^of record.a]", "expected `in`, found `of`"),
        ("return [x for ^^1 in record.a]", "expected a name, found `1`"),
        # names
        ("return ^^recrod.a", "there is no name `recrod`; did you mean record?"),
        ("return ^^lenn(record.a)", "there is no function `lenn`; did you mean len?"),
        ("return ^^opne(record.a)", "there is no function `opne`; there are: abs, all, any"),
        ("return record.name.^^lowercase()", "there is no method `lowercase`"),
        ("return record.name.^^lowr()", "did you mean lower?"),
        ("return record.name.^^startsWith('a')", "did you mean startswith?"),
        ("return re.^^serch('a', record.a)", "no function `re.serch`; did you mean search?"),
        ("return re.^^compile('a')", "there are: findall, fullmatch, match, search, split, sub"),
        ("return re.search('a', record.a, re.^^IGNORE)", "did you mean IGNORECASE?"),
        ("return re.search(^^'(a', record.a)", "the pattern is wrong: missing )"),
        ("return ^^len == 1", "`len` is a function; write len(...)"),
        ("return ^^re", "such as re.search(...)"),
        ("return len^^()", "len() does not take these arguments: missing"),
        ("return days_since^^(record.a, 1)", "days_since() does not take these arguments:"),
        ("return record.name.lower^^('x')", "lower() does not take these arguments: too many"),
        ("return round^^(record.a, digits=1)", "got an unexpected keyword argument 'digits'"),
        ("return sorted^^(record.a, key=record.b)", "there is no `key`"),
        ("return round^^(record.a, ndigits=1, ndigits=2)", "an argument is given twice"),
        ("return max^^(default=1, 2)", "arguments with a name come behind"),
        ("len = 1\nreturn ^^len('a')", "`len` is a value here and cannot be called"),
        ("return record.name.lower()^^()", "this cannot be called"),
        ("return record.^^class", '`class` is a word of the language; write ["class"]'),
        ("return record.^^__class__", "a name cannot begin with an underscore"),
        ("return record.^^\ufb01le", "letters that look like others"),
        ("return record.na^^\u0308me", "this accent is a character of its own"),
        # what Python has and a filter has not
        ("^^import re", "`import` is not possible here"),
        ("^^from os import path", "`from` is not possible here"),
        ("^^def keep(record):\n    return 1", "`def` is not possible here"),
        ("^^class Filter:\n    pass", "`class` is not possible here"),
        ("^^for x in record.a:\n    return 1", "write any(... for x in ...)"),
        ("^^while True:\n    pass", "write any(... for x in ...)"),
        ("^^try:\n    return 1", "`try` is not possible here"),
        ("^^with record: pass", "`with` is not possible here"),
        ("return ^^lambda x: x", "`lambda` is not possible here"),
        ("x ^^+= 1\nreturn x", "`+=` is not possible here; write it out"),
        ("return (x ^^:= 1)", "a name gets its value on a line of its own"),
        ("record.a ^^= 1", "a single ="),
        ("^^print(record)", "print is not possible here"),
        ("return ^^open(record.a)", "there is no function `open`; a program sees nothing but"),
        ("return ^^range(5)", "write 1 <= x < 10"),
        ("return ^^isinstance(record.a, 1)", "there is no function `isinstance`; a value is"),
        ("return ^^enumerate(record.a)", "write for x in ..."),
        ("return ^^map(record.a)", "write [... for x in ...]"),
        ("return ^^getattr(record, 'a')", 'write record.get("name", default)'),
        ("return ^^timedelta(days=3)", "write days(3) or hours(3)"),
        ("return datetime.^^now()", "write now()"),
        ("return datetime.datetime.^^utcnow()", "write now()"),
        ("return date.^^today()", "write today()"),
        ("return ^^datetime", "write date(value), now() or today()"),
        ("return ^^json.loads(record.a)", "there are no modules"),
        ("return '{}'.^^format(1)", 'write f"{value}"'),
        ("return record.a.^^encode('utf-8')", "there is no method `encode`; texts are compared"),
        ("record.a.^^append(1)", "values cannot be changed here"),
        ("x = ['a' ^^% record.a]", "with f-strings here, not with %"),
        ("return f'{record.a}' ^^% 1", "with f-strings here, not with %"),
        # what the classic tool has
        ("^^LOG.info('x')", "nothing can be logged here"),
        ("return ^^converter('x', record)", "a mapping names its converters"),
        ("return ^^DynamicException('x')", "leaves a record out by `return False`"),
        # programs without a result
        ("^^pass", "nothing is returned; the last line may be `return ...`"),
        ("^^ok = record.a == 1", "nothing is returned; the last line may be `return ok`"),
        ("x = 1\n^^if record.a:\n    x = 2\nelse:\n    pass", "nothing is returned"),
        # words that are not quite right, and comments
        ("^^retrun 5", "there is no `retrun`; did you mean return?"),
        ("x = 1; ^^retrun x", "there is no `retrun`; did you mean return?"),
        ("^^retrun(record.a)", "did you mean return?"),
        ("return ^^NOT record.a", "`NOT` is written `not`"),
        ("return ^^Not (record.a)", "`Not` is written `not`"),
        ("if record.a and ^^NOT record.b: return 1", "`NOT` is written `not`"),
        ("return record.a == 1 ^^; only computers here", "a comment begins with #"),
        ("return record.a == 1 ^^; only computers, please", "a comment begins with #"),
        ("return record.a == 1 ^^; computers", "a comment begins with #"),
        ("x = 1\n^^'computers'\nreturn x", "this text is not used; a comment begins with #"),
        ("return record.a;^^;", "`;` is not possible here"),
        # texts
        ('return f"{^^recrod.a}"', "did you mean record?"),
        ('return f"{record.a} {record.b ^^c}"', "`c` is not possible here"),
        ('return 1 and ^^f"{record.a"', "a { in an f-string is never closed"),
        ('return ^^f"{record["a"]}"', "use the other quotes"),
        ('return ^^f"a } b"', "a single } in an f-string is written }}"),
        ('return 1 + ^^"""a" \'c\'', "this string has no end"),
        ('return 1 + ^^"""a\\"""', "this string has no end"),
        ('return ^^f"{record.a!r :>5}"', "one of !r, !s, !a"),
        ('return ^^f"{record.a!}"', "one of !r, !s, !a"),
        ('return ^^f"{}"', "an empty {} in an f-string"),
        ('return ^^f"{record.a!x}"', "one of !r, !s, !a"),
        ('return ^^f"{record.a:{record.b}}"', "a format that is computed"),
        ('return "a" ^^"\\xZZ"', "an escape \\x that stands for nothing"),
        ('return b^^"x"', '`"` is not possible here'),
        ("return 1 ^^\\ \n+ 1", "behind a \\ the line has to end"),
        ("return record.a ^^\u2013 1", "\u2013 means nothing here"),
        ("return record.a ^^\0", "the character U+0000 means nothing here"),
    ],
)  # fmt: skip
def test_a_mistake_is_found_where_it_is_and_named(program, what):
    assert what in marked(program)


def test_a_mistake_is_shown_with_its_line_and_a_caret():
    error = mistake('if record.a:\n    return record.b = "x"\nreturn False')
    assert (error.line, error.column) == (2, 21)
    assert str(error) == (
        "line 2, column 21: a single = gives a name to a value; to compare, write ==\n"
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
    assert mistake(program).what == "there is nothing to run"


def test_an_error_is_a_value_error_and_knows_its_place():
    error = mistake("return (")
    assert isinstance(error, ValueError)
    assert (error.line, error.column, error.what) == (1, 8, "this ( is never closed")


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
