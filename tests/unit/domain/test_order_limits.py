"""No order is placed outside the limits that were approved with its artifact."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.entry_decision import EntryInputs, decide_entry
from jax.domain.order_limits import OrderRoute, decide_order
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Approved, Denied
from jax.domain.risk_profile import RiskProfile
from jax.domain.side import Side
from tests.unit.domain.examples import a_profile, a_signal, an_account, an_instrument, some_limits
from tests.unit.domain.numbers import NOT_POSITIVE, fine_prices, prices
from tests.unit.domain.test_entry_decision import an_exposure, some_risk_limits


def some_inputs(**changes: Any) -> EntryInputs:
    fields: dict[str, Any] = {
        "signal": a_signal(),
        "instrument": an_instrument(),
        "account": an_account(buying_power=Decimal(100_000)),
        "exposure": an_exposure(),
        "limits": some_risk_limits(),
        "market_price": Decimal(150),
    }
    return EntryInputs(**fields | changes)


def a_route(**changes: Any) -> OrderRoute:
    fields: dict[str, Any] = {"venue": "paper", "order_type": "LIMIT", "orders_last_minute": 0}
    return OrderRoute(**fields | changes)


def test_an_order_within_every_limit_is_sized_as_the_accounts_rules_say() -> None:
    assert decide_order(a_profile(), some_inputs(), a_route()) == decide_entry(some_inputs())


def test_another_venue_than_the_approved_ones_is_denied() -> None:
    decision = decide_order(a_profile(venues=("ib", "paper")), some_inputs(), a_route(venue="ccxt"))
    assert decision == Denied(
        ReasonCode.VENUE_NOT_ALLOWED,
        "ma_crossover_v1 was approved for ib, paper, this trader sends to ccxt",
    )


def test_another_order_type_than_the_approved_ones_is_denied() -> None:
    decision = decide_order(a_profile(), some_inputs(), a_route(order_type="MARKET"))
    assert decision == Denied(
        ReasonCode.ORDER_TYPE_NOT_ALLOWED,
        "ma_crossover_v1 was approved for LIMIT orders, this trader sends MARKET",
    )


@pytest.mark.parametrize(("recorded", "fits"), [(0, True), (2, True), (3, False), (4, False)])
def test_the_orders_of_the_last_minute_stop_the_next_one_when_they_reach_the_limit(
    recorded: int, *, fits: bool
) -> None:
    profile = a_profile(max_orders_per_minute=3)
    decision = decide_order(profile, some_inputs(), a_route(orders_last_minute=recorded))
    if fits:
        assert isinstance(decision, Approved)
        return
    assert decision == Denied(
        ReasonCode.ORDER_RATE_REACHED,
        f"ma_crossover_v1 has {recorded} orders of the last minute, the limit is 3",
        {"orders_last_minute": Decimal(recorded), "max_orders_per_minute": Decimal(3)},
    )


@pytest.mark.parametrize(
    ("market", "fits"),
    [
        ("150", True),
        ("142.85714286", True),  # 150 is just within 5 percent above it
        ("142.85714285", False),
        ("157.89473684", True),
        ("157.89473685", False),
        ("1E-8", False),
        ("999999999999", False),
    ],
)
def test_an_entry_price_lies_within_the_collar_around_the_newest_price(market: str, *, fits: bool) -> None:
    profile = a_profile(price_collar_fraction=Decimal("0.05"))
    decision = decide_order(profile, some_inputs(market_price=Decimal(market)), a_route())
    if fits:
        assert isinstance(decision, Approved)
        return
    assert decision == Denied(
        ReasonCode.PRICE_COLLAR,
        f"the entry price 150 is further than 0.05 of it from the newest price {Decimal(market)}",
        {
            "entry_price": Decimal(150),
            "market_price": Decimal(market),
            "price_collar_fraction": Decimal("0.05"),
        },
    )


@pytest.mark.parametrize(
    ("market", "fits"),
    [("120", True), ("119.99999999", False), ("200", True), ("200.00000001", False)],
)
def test_an_entry_price_on_the_collar_itself_is_within(market: str, *, fits: bool) -> None:
    profile = a_profile(price_collar_fraction=Decimal("0.25"))
    decision = decide_order(profile, some_inputs(market_price=Decimal(market)), a_route())
    assert isinstance(decision, Approved) == fits


def test_without_a_known_price_nothing_is_ordered() -> None:
    decision = decide_order(a_profile(), some_inputs(market_price=None), a_route())
    assert decision == Denied(
        ReasonCode.PRICE_COLLAR,
        "no price of AAPL is known to hold the entry price 150 against",
        {"entry_price": Decimal(150), "price_collar_fraction": Decimal("0.5")},
    )


@pytest.mark.parametrize("market", NOT_POSITIVE, ids=str)
def test_a_market_price_that_is_none_is_never_traded_on(market: Decimal) -> None:
    decision = decide_order(
        a_profile(price_collar_fraction=Decimal(1000)), some_inputs(market_price=market), a_route()
    )
    assert isinstance(decision, Denied)
    assert decision.reason_code is ReasonCode.PRICE_COLLAR


def test_the_approved_cap_of_one_order_cuts_its_size() -> None:
    decision = decide_order(a_profile(max_order_notional=Decimal(15_000)), some_inputs(), a_route())
    assert isinstance(decision, Approved)
    assert (decision.quantity, decision.position_value) == (Decimal(100), Decimal(15_000))


def test_the_market_price_counts_for_the_cap_of_one_order() -> None:
    inputs = some_inputs(market_price=Decimal(200))
    decision = decide_order(a_profile(max_order_notional=Decimal(15_000)), inputs, a_route())
    assert isinstance(decision, Approved)
    assert decision.quantity == 75


_money = st.decimals(min_value=1000, max_value=10**7, places=2)
_profiles = st.builds(
    a_profile,
    max_position_fraction=st.decimals(min_value="0.001", max_value=2, places=3),
    max_daily_loss=st.decimals(min_value=1, max_value=10**4, places=2),
    allowed_order_types=st.sampled_from([("LIMIT", "MARKET"), ("LIMIT",)]),
    max_order_notional=st.decimals(min_value=1, max_value=10**6, places=2),
    max_orders_per_minute=st.integers(min_value=1, max_value=5),
    price_collar_fraction=st.sampled_from([Decimal(n) for n in ("1E-8", "0.01", "0.05", "0.2", "0.5")]),
    venues=st.sampled_from([("ib", "paper"), ("paper",)]),
)
_routes = st.builds(
    OrderRoute,
    venue=st.sampled_from(["paper", "ib"]),
    order_type=st.sampled_from(["LIMIT", "MARKET"]),
    orders_last_minute=st.integers(min_value=0, max_value=3),
)


@st.composite
def _inputs(draw: st.DrawFn) -> EntryInputs:
    entry = draw(prices | fine_prices)
    # Most markets are near the entry, or hardly any order would be approved.
    factor = draw(st.sampled_from([Decimal(n) for n in ("1", "0.99", "1.001", "1.04", "0.9", "1.2")]))
    near = max(round(entry * factor, 8), Decimal("1E-8"))
    side = draw(st.sampled_from(Side))
    risked = draw(st.sampled_from([Decimal("0.1"), Decimal("0.01"), Decimal("0.001")]))
    stop = round(entry * (1 - side.sign * risked), 8)
    if stop == entry or stop <= 0:
        stop = entry + Decimal("1E-8")
        side = Side.SELL
    return some_inputs(
        signal=a_signal(side=side, entry_price=entry, stop_loss=stop, take_profit=None),
        account=an_account(net_liquidation=draw(_money), buying_power=draw(_money)),
        instrument=an_instrument(
            lot_size=draw(st.sampled_from([Decimal(1), Decimal("0.001")])),
            multiplier=draw(st.sampled_from([Decimal(1), Decimal(50)])),
        ),
        exposure=an_exposure(realized_today=draw(st.decimals(min_value=-200, max_value=100, places=2))),
        limits=some_risk_limits(
            sizing=some_limits(min_position_size=Decimal("0.001"), max_position_size=Decimal(0))
        ),
        market_price=draw(st.sampled_from([near, near, near, draw(prices), None])),
    )


@given(profile=_profiles, inputs=_inputs(), route=_routes)
def test_no_approved_order_breaks_any_limit_of_its_artifact(
    profile: RiskProfile, inputs: EntryInputs, route: OrderRoute
) -> None:
    decision = decide_order(profile, inputs, route)
    if isinstance(decision, Denied):
        return
    market, entry = inputs.market_price, Fraction(inputs.signal.entry_price)
    assert market is not None
    assert abs(entry - Fraction(market)) <= Fraction(profile.price_collar_fraction) * Fraction(market)
    limit_price = Fraction(inputs.instrument.round_price(inputs.signal.entry_price))
    unit = max(entry, limit_price, Fraction(market)) * Fraction(inputs.instrument.multiplier)
    assert Fraction(decision.quantity) * unit <= Fraction(profile.max_order_notional)
    value = Fraction(decision.quantity) * entry * Fraction(inputs.instrument.multiplier)
    assert value <= Fraction(inputs.account.net_liquidation) * Fraction(profile.max_position_fraction)
    assert route.orders_last_minute < profile.max_orders_per_minute
    assert route.venue in profile.venues
    assert route.order_type in profile.allowed_order_types
    assert inputs.exposure.realized_today > -profile.max_daily_loss


@given(profile=_profiles, inputs=_inputs(), route=_routes)
def test_a_profile_never_allows_more_than_the_account_does(
    profile: RiskProfile, inputs: EntryInputs, route: OrderRoute
) -> None:
    decision = decide_order(profile, inputs, route)
    if isinstance(decision, Approved):
        unbound = decide_entry(inputs)
        assert isinstance(unbound, Approved)
        assert decision.quantity <= unbound.quantity
