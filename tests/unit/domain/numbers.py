"""Decimals as they occur, and those that no field may take."""

from decimal import Decimal

from hypothesis import strategies as st

# Neither finite, nor small enough, nor representable with eight places.
NEVER_VALID = tuple(
    Decimal(written)
    for written in (
        "NaN",
        "-NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1E+12",
        "-1E+12",
        "1E+999999",
        "1E-9",
        "-1E-9",
        "1E-999999",
        "0.123456789",
        "999999999999.999999999",
        # More digits than the default context keeps: rounding would make it a plain 1.
        "1.0000000000000000000000000000000000000001",
    )
)
NOT_POSITIVE = (*NEVER_VALID, Decimal(0), Decimal("-0"), Decimal(-1), Decimal("-0.00000001"))
NEGATIVE = (*NEVER_VALID, Decimal(-1), Decimal("-0.00000001"))
NO_FRACTION = (*NOT_POSITIVE, Decimal("1.00000001"), Decimal(2))
# What arithmetic of a program without Decimals would hand over.
NOT_DECIMALS = (1, 1.0, "1", None, True)

prices = st.decimals(min_value="0.01", max_value="10000", places=2)
fine_prices = st.decimals(min_value="0.00000001", max_value="100000", places=8)
whole_quantities = st.integers(min_value=1, max_value=100_000).map(Decimal)
quantities = st.one_of(whole_quantities, st.decimals(min_value="0.00000001", max_value="1000", places=8))
any_decimals = st.one_of(st.decimals(), st.sampled_from(NEVER_VALID))
