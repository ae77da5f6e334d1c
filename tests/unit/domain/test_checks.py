"""The limits themselves: where they lie, and that nothing that is not a number passes one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain import checks
from jax.domain.errors import InvalidValue
from tests.unit.domain.numbers import NEVER_VALID, any_decimals
from tests.unit.domain.refusals import refusal_of

_LARGEST_VALID = Decimal("999999999999.99999999")
_SMALLEST_VALID = Decimal("0.00000001")


def _takes(check: object, value: object) -> bool:
    assert callable(check)
    try:
        assert check("field", value) is value
    except InvalidValue:
        return False
    return True


def _is_storable(value: Decimal) -> bool:
    """Finite, below 10**12 in size, a multiple of 10**-8: said in integers, where nothing is rounded."""
    if not value.is_finite() or value.adjusted() >= 12 or (value and value.adjusted() < -8):
        return False
    return (Fraction(value) * 10**8).denominator == 1


@given(any_decimals)
def test_finite_takes_exactly_what_the_store_can_hold(value: Decimal) -> None:
    assert _takes(checks.finite, value) == _is_storable(value)


@given(any_decimals)
def test_each_narrower_limit_is_finite_and_its_own_condition(value: Decimal) -> None:
    storable = _is_storable(value)
    assert _takes(checks.positive, value) == (storable and value > 0)
    assert _takes(checks.not_negative, value) == (storable and value >= 0)
    assert _takes(checks.fraction, value) == (storable and 0 < value <= 1)


@pytest.mark.parametrize("value", NEVER_VALID, ids=str)
@pytest.mark.parametrize("check", [checks.finite, checks.positive, checks.not_negative, checks.fraction])
def test_no_limit_takes_what_is_no_number_or_too_large_or_too_fine(check: object, value: Decimal) -> None:
    assert not _takes(check, value)


@pytest.mark.parametrize(
    ("check", "taken", "refused"),
    [
        (checks.finite, [_LARGEST_VALID, -_LARGEST_VALID, Decimal(0)], [Decimal("1E12"), Decimal("-1E12")]),
        (checks.positive, [_SMALLEST_VALID, _LARGEST_VALID], [Decimal(0), -_SMALLEST_VALID]),
        (checks.not_negative, [Decimal(0), Decimal("-0"), _SMALLEST_VALID], [-_SMALLEST_VALID]),
        (checks.fraction, [_SMALLEST_VALID, Decimal(1)], [Decimal(0), 1 + _SMALLEST_VALID]),
    ],
)
def test_the_limits_lie_where_they_say(check: object, taken: list[Decimal], refused: list[Decimal]) -> None:
    assert [_takes(check, value) for value in taken] == [True] * len(taken)
    assert [_takes(check, value) for value in refused] == [False] * len(refused)


def test_trailing_zeros_are_not_decimal_places() -> None:
    assert _takes(checks.finite, Decimal("1.50000000000000"))


@pytest.mark.parametrize("value", [Decimal("9E9999999999"), Decimal("1E-9999999999")], ids=["huge", "tiny"])
def test_an_exponent_beyond_every_context_is_refused_and_does_not_overflow(value: Decimal) -> None:
    assert not _takes(checks.finite, value)


def test_a_number_is_judged_alike_whatever_the_precision_of_the_caller() -> None:
    with localcontext() as context:
        context.prec = 3
        assert not _takes(checks.finite, Decimal("1.000000000000000000000001"))
        assert _takes(checks.finite, _LARGEST_VALID)


@pytest.mark.parametrize("value", [1, 1.5, float("nan"), "1", None, True])
def test_a_number_of_another_type_is_refused_by_its_type(value: object) -> None:
    with pytest.raises(InvalidValue, match=f"must be a Decimal, not {type(value).__name__}"):
        checks.finite("field", value)  # type: ignore[arg-type]  # what an untyped caller would do


_MOMENT = datetime(2024, 3, 1, 12)  # noqa: DTZ001 - naive is what is refused


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(0), "Z"), ZoneInfo("UTC")], ids=str)
def test_a_time_in_utc_is_taken(zone: ZoneInfo) -> None:
    assert _takes(checks.utc, _MOMENT.replace(tzinfo=zone))


@pytest.mark.parametrize(
    "zone",
    [None, timezone(timedelta(hours=1)), timezone(timedelta(microseconds=-1)), ZoneInfo("America/New_York")],
    ids=str,
)
def test_a_naive_time_and_one_of_another_offset_are_refused(zone: ZoneInfo | None) -> None:
    with pytest.raises(InvalidValue, match="is not a timezone-aware UTC time"):
        checks.utc("field", _MOMENT.replace(tzinfo=zone))


@given(st.text(max_size=12))
def test_text_is_printable_and_has_something_on_both_ends(value: str) -> None:
    expected = bool(value) and not value[0].isspace() and not value[-1].isspace() and value.isprintable()
    assert _takes(checks.text, value) == expected


@pytest.mark.parametrize(
    ("check", "meaning"),
    [
        (checks.symbol, "a symbol (1 to 32 of A-Z 0-9 . - /)"),
        (checks.name, "a name (a-z, 0-9 and _, starting with a letter)"),
        (checks.mic, "a market identifier code of four characters (ISO 10383)"),
        (checks.currency, "a currency code of three letters (ISO 4217)"),
        (checks.sha256, "sha256: and 64 hexadecimal digits"),
    ],
)
def test_a_code_that_is_none_is_told_what_it_should_be(
    check: Callable[[str, str], str], meaning: str
) -> None:
    refusal = refusal_of(lambda: check("field", "?"))
    assert str(refusal) == f"field: '?' is not {meaning}"


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (checks.symbol, "AAPL"),
        (checks.name, "ma_crossover_v1"),
        (checks.mic, "XNAS"),
        (checks.currency, "USD"),
        (checks.sha256, "sha256:" + "0" * 64),
    ],
)
def test_a_code_that_is_one_is_given_back(check: Callable[[str, str], str], code: str) -> None:
    assert check("field", code) == code


def test_text_is_as_long_as_allowed_and_no_longer() -> None:
    assert checks.text("field", "x" * 200) == "x" * 200
    with pytest.raises(InvalidValue, match="1 to 200 printable"):
        checks.text("field", "x" * 201)
    assert checks.text("field", "xyz", longest=3) == "xyz"
    with pytest.raises(InvalidValue, match="1 to 3 printable"):
        checks.text("field", "wxyz", longest=3)
