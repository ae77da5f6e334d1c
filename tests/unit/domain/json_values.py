"""JSON values without floats, as hypothesis strategies."""

from hypothesis import strategies as st

from jax.domain.canonical_json import Json

LARGEST_INTEGER = 2**53 - 1
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
scalars: st.SearchStrategy[Json] = st.one_of(
    st.none(), st.booleans(), st.integers(min_value=-LARGEST_INTEGER, max_value=LARGEST_INTEGER), texts
)
values: st.SearchStrategy[Json] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
