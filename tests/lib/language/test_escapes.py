"""Nothing leads out of a program: known ways out of Python sandboxes fail when it is compiled."""

import ast
import builtins
import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lib.language
from lib.language import LanguageError, Stopped, compile_program
from lib.language.functions import FUNCTIONS
from lib.language.methods import ATTRIBUTES, METHODS
from lib.language.patterns import PATTERN_FUNCTIONS

# One on each line; the escapes of characters and line breaks are Python's, of this file.
ESCAPES = """
record.__class__
record.__class__.__mro__[1].__subclasses__()
().__class__.__bases__[0].__subclasses__()
"".__class__
(1).__class__
[].__class__.__base__
{}.__class__
record.name.__len__()
record._private
record.name.__class__.mro()
_
__builtins__
__import__("os")
__import__("os").system("id")
import os
from os import system
eval("1")
exec("1")
compile("1", "", "eval")
open("/etc/passwd")
open("/etc/passwd").read()
globals()
locals()
vars(record)
dir(record)
type(record)
type("X", (), {})
object()
super()
help()
input()
print(record)
breakpoint()
exit()
id(record)
memoryview(b"")
bytearray(1)
getattr(record, "__class__")
setattr(record, "a", 1)
delattr(record, "a")
hasattr(record, "__class__")
callable(record)
iter(record)
next(record)
map(str, record)
filter(None, record)
zip(record, record)
range(10)
classmethod(record)
property(record)
isinstance(record, dict)
format(record, "{0.__class__}")
"{0.__class__}".format(record)
"{0.__class__.__mro__}".format_map(record)
"{}".format(record)
"%s" .__mod__(record)
str.format("{0.__class__}", record)
str.join("", [])
"abc".maketrans("a", "b")
"abc".translate({})
"abc".encode()
"abc".format
f"{record.__class__}"
f"{record.__class__!r}"
f"{record.name.__class__:>10}"
f"{().__class__.__base__}"
f"{record._x}"
f"{record:{record.__class__}}"
f"{record:{'a'}}"
f"{record:{'a'}{'b'}}"
f"{eval('1')}"
f"{__import__('os')}"
f"{(lambda: 1)()}"
f"{(x := 1)}"
f"{f'{record.__class__}'}"
f"{[x.__class__ for x in [1]]}"
f"{record.name.format(record)}"
f'{record["a"].__class__}'
rf"{record.__class__}"
F"{record.__class__}"
"a" f"{record.__class__}"
[x.__class__ for x in [1]]
[x for x in ().__class__.__bases__]
[x for x in [1] if x.__class__]
[x for x.__class__ in [1]]
[record.__class__ for __x in [1]]
[__import__ for x in [1]]
[(yield x) for x in [1]]
[x async for x in record]
[await x for x in record]
(x for x in [1]).gi_frame
(x for x in [1]).gi_frame.f_back.f_globals
(x for x in [1]).gi_code.co_code
[x for x in [1]].gi_frame()
any(x for x in [1]).gi_frame.f_globals()
{x: 1 for x in [1]}.__class__
record.items().__class__
record.get.__self__
record.get.__globals__
now.__globals__
now().__class__
now().tzinfo.__class__
now().__reduce__()
days_since.__code__
get_field_value(record, "a").__class__
get_field_value.__globals__
re.compile("a")
re.__class__
re.__builtins__
re.sys
re._compiler
re.template("a")
re.Scanner([])
re.enum.sys.modules
re.search.__globals__
re.search("a", "a").re
re.search("a", "a").re.__class__
re.search("a", "a").__class__
re.search("a", "a").expand("a").__class__
re.search("a", "a").expandf("{0.__class__}")
re.sub("a", lambda match: match, "a")
re.sub("a", print, "a")
re.sub("a", str, "a")
re.subf("a", "{0.__class__}", "a")
re.finditer("a", "a")
re.purge()
re.DEBUG
re
str
len
record.name.lower.__self__
record.name.lower.__func__.__globals__
(x := 1)
[x := 1, x]
any((y := x) for x in [1])
lambda: 1
(lambda: 1)()
(lambda x: x.__class__)(record)
record(1)
record.a(1)
record["a"](1)
record[0](1)
(record)(1)
[len][0]("a")
[print for x in [1]][0]("a")
{"f": open}["f"]("x")
(len if 1 else str)("a")
len(*record)
len(**record)
[*record]
{**record}
{*record}
*record
sorted(record, key=lambda x: x)
sorted(record, key=len)
sorted(record, key=record.__class__)
sorted(record, key=record.name)
min(record, key=record.name, default=1)
max(record, key=len)
str(b"a", "utf-8")
len(x=1)
len(__x=1)
sorted(record, _x=1)
record.a = 1
record["a"] = 1
record.a += 1
del record
del record.a
global record
nonlocal record
assert record
raise Exception
raise record
yield record
await record
def f(): return 1
async def f(): return 1
class A: pass
@record
with open("x") as f: pass
for x in record: pass
while True: pass
try: pass
match record:
print >> record
`record`
record?
$record
!ls
%run x
record.__class__  # comment
record . __class__
record.\\
__class__
(record\n.__class__)
record.a.__class__.b
record["a"].__class__
record[record.__class__]
record[0:record.__class__]
-record.__class__
not record.__class__
1 if record.__class__ else 2
record.__class__ == 1
1 < record.__class__ < 2
1 in record.__class__
{record.__class__: 1}
{1: record.__class__}
{record.__class__}
[record.__class__]
(record.__class__,)
record.get("a", record.__class__)
record.get(key="a", default=record.__class__)
import\u00a0os
record.\uff3f\uff3fclass\uff3f\uff3f
record.\u203f\u203fclass
record.__\uff43lass__
record.\uff4eame
\uff49mport os
\uff45val("1")
e\u0076al("1")
\U0001d41e\U0001d42f\U0001d41a\U0001d425("1")
record.\u017ftr
record.\ufb01eld
record.x\u00b2
record.\u0000name
record\u0000
\u0000
"a"\u0000
record.na\u200bme
\ufeffrecord.name
record.name\u2028import os
record.name\u0085import os
record.name\x0cimport os
"\\ud800".__class__
b"a"
u"a".__class__
br"a"
0x10
0b1
0o7
1__000
1j
...
Ellipsis
NotImplemented
__debug__
__name__
__file__
__doc__
copyright
license
"""


# Where an expression may stand, and what could be taken for a statement there.
PLACES = {
    "alone": "{}",
    "returned": "return {}",
    "asked": "if {}:\n    return 1",
    "named": "x = {}\nreturn x",
    "in a list": "return [1, {}]",
    "in a call": "return str({})",
    "in a text": "return f'''{{ {} }}'''",
    "in brackets": "return (\n  {}\n)",
    "never run": "if False:\n    return {}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ESCAPES.strip("\n").split("\n"))
def test_no_way_out_can_be_compiled(text, place):
    with pytest.raises(LanguageError):
        compile_program(PLACES[place].format(text), ("record",))


def test_what_fails_above_fails_for_what_it_is():
    """The places are fine: with something harmless all of them can be compiled."""
    for place in PLACES.values():
        compile_program(place.format("record.name"), ("record",))


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=8),
    st.sampled_from(["__class__", "_x", "__", "_", "__init__", "_\u00e9", "\uff3f_a"]),
    st.sampled_from(["record.{}", "{}", "{}(record)", "record.{}()", "[{} for {} in [1]]",
                     "len({}=1)", "f'{{record.{}}}'", "[1 for {} in [2]]"]),
)  # fmt: skip
def test_no_name_begins_with_an_underscore(tail, name, place):
    with pytest.raises(LanguageError):
        compile_program(place.replace("{{", "{").replace("}}", "}").replace("{}", name + tail),
                        ("record",))  # fmt: skip


# --- what a program can get hold of


class Hostile:
    """An object such as no record holds; a program must get at nothing of it."""

    secret = "secret"
    name = "name"

    def lower(self):
        raise AssertionError("called")

    get = split = keys = items = format = __call__ = lower


RECORD = {
    "name": "x",
    "hostile": Hostile(),
    "module": os,
    "function": open,
    "kind": str,
    "list": [1],
    "__class__": "a field of that name",
}


@pytest.mark.parametrize(
    "text",
    [
        "record.hostile.secret", "record.hostile.name", "record.hostile['name']",
        "record.kind.lower", "record.module.sep", "record.module.path.sep",
        "record.function.name", "record.kind.mro", "record.list.append", "record.list[0].real",
        "record.name[0].format", "now().tzinfo",
        "now().min", "days(1).resolution",
    ],
)  # fmt: skip
def test_nothing_but_fields_and_parts_of_dates_has_attributes(text):
    with contextlib.suppress(Stopped):
        assert compile_program(text, ("record",)).run(RECORD) is None


@pytest.mark.parametrize(
    "text",
    [
        "record.hostile.lower()", "record.hostile.get('x')", "record.hostile.items()",
        "record.kind.lower()", "record.kind.join(['a'])", "record.module.get('x')",
        "record.list.get(0)", "record.hostile[0]", "len(record.hostile)",
        "[x for x in record.hostile]", "record.kind[0]",
        "record.name.group()", "record.name.total_seconds()", "re.search(record.hostile, 'a')",
        "re.search('a', record.hostile)", "re.sub('a', record.hostile, 'a')",
        "re.sub('a', record.kind, 'a')", "date(record.hostile)",
        "get_field_value(record, record.hostile)", "days(record.hostile)", "float(record.hostile)",
    ],
)  # fmt: skip
def test_methods_are_those_of_known_types(text):
    with pytest.raises(Stopped):
        compile_program(text, ("record",)).run(RECORD)


def test_a_field_may_have_any_name_in_quotes():
    program = compile_program('record["__class__"]', ("record",))
    assert program.run(RECORD) == "a field of that name"
    assert program.run({}) is None
    assert compile_program('record.get("__class__")', ("record",)).run({}) is None


def test_a_program_changes_nothing_in_its_record():
    record = {"list": [2, 1], "fields": {"a": [1]}, "text": "t"}
    text = """
        list_ = sorted(record.list) + record.list + [record.fields]
        fields = {"a": record.fields.get("b", []), "c": record.fields.items()}
        record = {"a": record.list * 2}
        x = [x for x in record.a]
        return record.a[::-1]
        """
    compile_program(text, ("record",)).run(record)
    assert record == {"list": [2, 1], "fields": {"a": [1]}, "text": "t"}


# --- the tables, and the code itself


def test_the_tables_hold_nothing_dangerous():
    dangerous = {"format", "format_map", "encode", "decode", "translate", "maketrans", "mro"}
    for table in (*METHODS.values(), FUNCTIONS, PATTERN_FUNCTIONS):
        assert not dangerous & table.keys()
        assert not [name for name in table if name.startswith("_")]
    assert not [name for names in ATTRIBUTES.values() for name in names if name.startswith("_")]
    taken = {name for name, function in FUNCTIONS.items() if function is getattr(builtins, name, 0)}
    assert taken <= {
        "abs", "all", "any", "bool", "float", "len", "list", "max", "min", "set", "sorted", "str",
        "tuple",
    }  # fmt: skip


def test_no_text_is_handed_to_python():
    """Nothing in lib calls what would run a text, or look a name up in Python."""
    lib_folder = Path(lib.language.__file__).parent.parent
    for path in lib_folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                forbidden = {"eval", "exec", "compile", "__import__", "globals", "locals", "vars"}
                assert node.func.id not in forbidden, f"{path}: {node.lineno}"
