"""The mutants that `make mutants` makes are what they are said to be."""

import ast

import pytest

from tests.mutants import FOLDERS, ROOT, mutants_of

KEPT = '''"""A docstring with 1 < 2."""

def told(count: int = 1) -> str:
    log.info("%d < 2", count)
    raise ValueError(f"{count + 1} is no text")
'''


@pytest.mark.parametrize(
    ("source", "mutants"),
    [
        ("x = a < b", {"x = (a <= b)"}),
        ("x = a or not b", {"x = (a and (not b))", "x = a or (b)"}),
        ("x = key.strip()", {"x = (key)"}),
        ("f(a, held=b)", {"pass", "(f(a))"}),
        ("self.broken = True", {"pass", "self.broken = (False)"}),
        ("if a.b:\n    c()", {"if (not a.b):\n    c()", "if a.b:\n    pass"}),
        ("x = 'SELECT a WHERE b < 1 AND c'", {"<= 1 AND c", "< 1 OR c"}),
        ("x = 'all < that AND this'", set()),
        ("größe = 'ä' if a == b else 'ö'", {"größe = 'ä' if (a != b) else 'ö'"}),
    ],
)
def test_each_differs_in_one_place(source, mutants):
    made = [mutant.of(source.encode()).decode() for mutant in mutants_of("x.py", source)]
    assert len(made) == len(mutants)
    for wanted in mutants:
        assert any(wanted in each for each in made), made


def test_texts_for_people_stay_as_they_are():
    made = [mutant.of(KEPT.encode()).decode() for mutant in mutants_of("x.py", KEPT)]
    assert all('log.info("%d < 2", count)' in each for each in made)
    assert all(each.startswith('"""A docstring with 1 < 2."""') for each in made)
    assert len(made) == 2  # another default, and no error


def test_all_of_them_are_python_and_no_two_are_the_same():
    for path in (path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")):
        source = path.read_text("utf-8")
        made = [mutant.of(source.encode()) for mutant in mutants_of(path.name, source)]
        assert len(set(made)) == len(made)
        for each in made:
            ast.parse(each)
