"""A signal becomes an order only within every limit of the account."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.entry_decision import EntryInputs, Exposure, RiskLimits, decide_entry
from jax.domain.errors import InvalidValue
from jax.domain.position import Lot, Position
from jax.domain.position_sizing import SizingRequest, size_position
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Approved, Denied
from jax.domain.side import Side
from tests.unit.domain.examples import a_signal, an_account, an_instrument, some_limits
from tests.unit.domain.numbers import NOT_POSITIVE
from tests.unit.domain.refusals import refusal_of

_SYMBOLS = ("AAPL", "IBM", "MSFT", "GOOG", "FB", "BRK.B", "KO")


def held(symbol: str, quantity: int = 10) -> Position:
    return Position(symbol, (Lot(Decimal(quantity), Decimal(100)),) if quantity else ())


def an_exposure(**changes: Any) -> Exposure:
    fields: dict[str, Any] = {
        "positions": {},
        "symbols_with_open_orders": frozenset(),
        "realized_today": Decimal(0),
    }
    return Exposure(**fields | changes)


def some_risk_limits(**changes: Any) -> RiskLimits:
    fields: dict[str, Any] = {
        "sizing": some_limits(),
        "max_open_positions": 5,
        "max_daily_loss": Decimal(1000),
    }
    return RiskLimits(**fields | changes)


def some_inputs(**changes: Any) -> EntryInputs:
    fields: dict[str, Any] = {
        "signal": a_signal(),
        "instrument": an_instrument(),
        "account": an_account(buying_power=Decimal(100_000)),
        "exposure": an_exposure(),
        "limits": some_risk_limits(),
    }
    return EntryInputs(**fields | changes)


def test_a_signal_within_every_limit_is_sized() -> None:
    expected = Approved(Decimal(133), Decimal(665), Decimal("0.00665"), Decimal(19_950))
    assert decide_entry(some_inputs()) == expected


@given(
    net_liquidation=st.decimals(min_value=0, max_value=10**6, places=2),
    buying_power=st.decimals(min_value=0, max_value=10**6, places=2),
    side=st.sampled_from(Side),
)
def test_the_size_is_that_of_the_sizing_rule_with_the_accounts_means(
    net_liquidation: Decimal, buying_power: Decimal, side: Side
) -> None:
    stop = Decimal(145) if side is Side.BUY else Decimal(155)
    account = an_account(net_liquidation=net_liquidation, buying_power=buying_power)
    signal = a_signal(side=side, stop_loss=stop, take_profit=None)
    request = SizingRequest("AAPL", side, signal.entry_price, stop, net_liquidation, buying_power)
    decision = decide_entry(some_inputs(account=account, signal=signal))
    assert decision == size_position(request, some_limits(), an_instrument())


@pytest.mark.parametrize(
    ("realized", "fits"),
    [("-999.99999999", True), ("0", True), ("5000", True), ("-1000", False), ("-1000.01", False)],
)
def test_the_loss_of_the_day_stops_entries_when_it_reaches_the_limit(realized: str, *, fits: bool) -> None:
    decision = decide_entry(some_inputs(exposure=an_exposure(realized_today=Decimal(realized))))
    if fits:
        assert isinstance(decision, Approved)
        return
    assert decision == Denied(
        ReasonCode.DAILY_LOSS_REACHED,
        f"realised {realized} today, the limit is a loss of 1000",
        {"realized_today": Decimal(realized), "max_daily_loss": Decimal(1000)},
    )


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_result_of_the_day_that_is_no_number_stops_entries(number: str) -> None:
    decision = decide_entry(some_inputs(exposure=an_exposure(realized_today=Decimal(number))))
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.DAILY_LOSS_REACHED


@given(
    held_symbols=st.sets(st.sampled_from(_SYMBOLS)),
    flat=st.sets(st.sampled_from(_SYMBOLS)),
    ordered=st.sets(st.sampled_from(_SYMBOLS)),
    most=st.integers(min_value=1, max_value=7),
)
def test_no_more_symbols_are_open_or_pending_than_allowed(
    held_symbols: set[str], flat: set[str], ordered: set[str], most: int
) -> None:
    positions = {symbol: held(symbol, 0) for symbol in flat} | {
        symbol: held(symbol) for symbol in held_symbols
    }
    exposure = an_exposure(positions=positions, symbols_with_open_orders=frozenset(ordered))
    decision = decide_entry(some_inputs(exposure=exposure, limits=some_risk_limits(max_open_positions=most)))
    taken = held_symbols | ordered
    assert exposure.symbols == taken
    if "AAPL" in taken or len(taken) < most:
        assert isinstance(decision, Approved)
        return
    assert decision == Denied(
        ReasonCode.TOO_MANY_POSITIONS,
        f"{len(taken)} positions are open or pending, the limit is {most}",
        {"open_positions": Decimal(len(taken)), "max_open_positions": Decimal(most)},
    )


def test_a_short_position_is_held_too() -> None:
    exposure = an_exposure(positions={"MSFT": held("MSFT", -10)})
    assert exposure.symbols == {"MSFT"}


def test_the_loss_of_the_day_is_looked_at_first() -> None:
    exposure = an_exposure(
        positions={symbol: held(symbol) for symbol in _SYMBOLS[1:]}, realized_today=Decimal(-2000)
    )
    decision = decide_entry(some_inputs(exposure=exposure))
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.DAILY_LOSS_REACHED


@pytest.mark.parametrize("most", [0, -1])
def test_at_least_one_position_is_allowed(most: int) -> None:
    with pytest.raises(InvalidValue, match="max_open_positions: must be at least 1"):
        some_risk_limits(max_open_positions=most)


@pytest.mark.parametrize("loss", NOT_POSITIVE, ids=str)
def test_the_limit_of_the_daily_loss_is_above_zero(loss: Decimal) -> None:
    refusal = refusal_of(lambda: some_risk_limits(max_daily_loss=loss))
    assert refusal is not None
    assert refusal.field == "max_daily_loss"
