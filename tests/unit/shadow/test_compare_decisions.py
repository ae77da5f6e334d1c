"""Two records agree, or every respect in which they do not is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from jax.domain.executor_decision import EntryTerms, ExecutorDecision
from jax.domain.side import Side
from jax.modules.shadow.compare_decisions import Comparison, DifferenceKind, compare_decisions

AT = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TERMS = EntryTerms(Side.BUY, Decimal(10), Decimal(150), Decimal("142.5"))


def decision(
    signal_id: str = "sg1", *, at: datetime = AT, terms: EntryTerms | None = TERMS, denial: str | None = None
) -> ExecutorDecision:
    return ExecutorDecision(signal_id, "AAPL", at, None if denial else terms, denial)


def compared(legacy: list[ExecutorDecision], shadow: list[ExecutorDecision]) -> Comparison:
    return compare_decisions(legacy=legacy, shadow=shadow, since=AT - 60 * SECOND, until=AT + 60 * SECOND)


def found(legacy: list[ExecutorDecision], shadow: list[ExecutorDecision]) -> list[tuple[str, str, str]]:
    return [(d.kind.value, d.legacy, d.shadow) for d in compared(legacy, shadow).differences]


def test_equal_decisions_do_not_differ() -> None:
    assert compared([decision()], [decision(at=AT + SECOND)]) == Comparison(1, 0, ())


@pytest.mark.parametrize(
    ("changed", "kind", "legacy", "shadow"),
    [
        ({"side": Side.SELL}, "side", "BUY", "SELL"),
        ({"quantity": Decimal("10.011")}, "quantity", "10", "10.011"),
        ({"quantity": Decimal("9.98")}, "quantity", "10", "9.98"),
        ({"quantity": Decimal("NaN")}, "quantity", "10", "NaN"),
        ({"entry_price": Decimal("150.01")}, "price", "150", "150.01"),
        ({"entry_price": Decimal("NaN")}, "price", "150", "NaN"),
        ({"stop_loss": Decimal("142.4")}, "stop", "142.5", "142.4"),
    ],
)
def test_each_term_that_differs_is_named(
    changed: dict[str, object], kind: str, legacy: str, shadow: str
) -> None:
    ours = decision(terms=replace(TERMS, **changed))  # type: ignore[arg-type]
    assert found([decision()], [ours]) == [(kind, legacy, shadow)]


@pytest.mark.parametrize("quantity", ["9.99", "10.01", "10.00000000"])
def test_quantities_within_a_hundredth_are_equal(quantity: str) -> None:
    assert found([decision()], [decision(terms=replace(TERMS, quantity=Decimal(quantity)))]) == []


def test_prices_of_other_spelling_are_equal() -> None:
    assert found([decision()], [decision(terms=replace(TERMS, entry_price=Decimal("150.00")))]) == []


def test_another_symbol_of_the_same_signal_is_a_difference() -> None:
    assert found([decision()], [replace(decision(), symbol="MSFT")]) == [("symbol", "AAPL", "MSFT")]


def test_every_respect_is_named_in_order() -> None:
    ours = EntryTerms(Side.SELL, Decimal(1), Decimal(2), Decimal(3))
    kinds = [d.kind for d in compared([decision()], [decision(terms=ours)]).differences]
    assert sorted(kinds) == sorted(
        [DifferenceKind.SIDE, DifferenceKind.QUANTITY, DifferenceKind.PRICE, DifferenceKind.STOP]
    )


def test_what_the_old_one_traded_alone_is_missing_with_what_kept_the_shadow() -> None:
    assert found([decision()], []) == [("missing", "BUY 10", "-")]
    assert found([decision()], [decision(denial="STALE_QUOTE")]) == [("missing", "BUY 10", "STALE_QUOTE")]


def test_what_the_shadow_would_have_traded_alone_is_extra() -> None:
    assert found([], [decision()]) == [("extra", "-", "BUY 10")]
    assert found([decision(denial="RISK")], [decision()]) == [("extra", "RISK", "BUY 10")]


def test_denials_differ_by_their_codes_and_only_when_both_have_one() -> None:
    assert found([decision(denial="A")], [decision(denial="B")]) == [("denial_code", "A", "B")]
    assert found([decision(denial="A")], [decision(denial="A")]) == []
    assert found([], [decision(denial="A")]) == []


@pytest.mark.parametrize(
    ("legacy", "shadow", "is_compared"),
    [
        (AT - 61 * SECOND, AT - 60 * SECOND, True),
        (AT - 62 * SECOND, AT - 61 * SECOND, False),
        (AT + 60 * SECOND, AT + 61 * SECOND, True),
        (AT + 61 * SECOND, AT + 62 * SECOND, False),
    ],
)
def test_a_signal_is_judged_once_one_of_them_is_within_the_window(
    legacy: datetime, shadow: datetime, is_compared: bool
) -> None:
    result = compared([decision(at=legacy)], [decision(at=shadow, terms=replace(TERMS, quantity=Decimal(1)))])
    assert (result.compared, result.left_out) == ((1, 0) if is_compared else (0, 1))
    assert bool(result.differences) is is_compared


def test_what_one_has_only_just_decided_is_left_to_the_next_comparison() -> None:
    assert compared([decision(at=AT + 61 * SECOND)], []) == Comparison(0, 1, ())
