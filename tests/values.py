"""What a record may hold, made up: for tests that try a converter with anything."""

from hypothesis import strategies as st

TEXTS = st.text() | st.text("aAbB ,@.=|\\'\"\t\n0123", max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
# What is empty, for every converter.
EMPTY = [None, "", " ", "\t\n", []]
