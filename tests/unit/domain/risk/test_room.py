"""How many units are left by each limit of the whole account."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.order import OrderLeg
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.caps import profit_set_aside
from jax.domain.risk.exposure import exposures_of, reserved_by
from jax.domain.risk.inputs import RiskInputs
from jax.domain.side import Side
from tests.unit.domain.examples import a_quote, an_instrument, some_limits
from tests.unit.domain.risk.cases import (
    NOW,
    account,
    approved,
    denied,
    entry,
    held,
    inputs,
    limits,
    market,
    pace,
    short,
    working,
)

_WIDE = some_limits(
    max_position_size=Decimal(0),
    max_position_value_fraction=Decimal(1),
    max_risk_per_trade_fraction=Decimal(1),
)


def wide(*, wanted: Any = None, state: Any = None, **own: Any) -> RiskInputs:
    """Nothing but what is told limits the size: there is equity for 666 units."""
    fields: dict[str, Any] = {
        "sizing": _WIDE,
        "max_daily_risk": Decimal(10**9),
        "max_gross_exposure_fraction": Decimal(9),
        "max_net_exposure_fraction": Decimal(9),
        "one_direction_per_symbol": False,
        "cash_reserve_fraction": None,
        "max_cycle_notional_fraction": None,
    }
    profile = {"max_position_fraction": Decimal(1)}
    return inputs(
        wanted or entry(profile=profile),
        limits=limits(**fields | own),
        account=state or account(),
    )


def test_with_wide_limits_the_equity_buys_what_it_can() -> None:
    assert approved(wide()).quantity == 666


@pytest.mark.parametrize(
    ("own", "quantity"),
    [
        ({"max_gross_exposure_fraction": Decimal("0.15")}, 100),
        ({"max_net_exposure_fraction": Decimal("0.3")}, 200),
        ({"cash_reserve_fraction": Decimal("0.4")}, 400),
        ({"max_cycle_notional_fraction": Decimal("0.045")}, 30),
        ({"max_daily_risk": Decimal(250)}, 50),
        ({"max_daily_risk": None}, 200),
        ({"sizing": replace(_WIDE, max_position_size=Decimal(77))}, 77),
        ({"sizing": replace(_WIDE, max_order_notional=Decimal(449))}, 2),
    ],
)
def test_each_limit_alone_sets_the_size(own: dict[str, Any], quantity: int) -> None:
    assert approved(wide(**own)).quantity == quantity


@pytest.mark.parametrize(
    ("state", "own", "quantity"),
    [
        # 15,000 of a gross 30,000 are held in another symbol.
        ({"holdings": {"MSFT": held(100)}}, {"max_gross_exposure_fraction": Decimal("0.3")}, 100),
        ({"holdings": {"MSFT": held(-100)}}, {"max_gross_exposure_fraction": Decimal("0.3")}, 100),
        (
            {"orders": (working("MSFT", leaves=100),)},
            {"max_gross_exposure_fraction": Decimal("0.3")},
            100,
        ),
        # A working order may close the position or not: the worst counts.
        (
            {"holdings": {"MSFT": held(100)}, "orders": (working("MSFT", side=Side.SELL, leaves=50),)},
            {"max_gross_exposure_fraction": Decimal("0.3")},
            100,
        ),
        (
            {"holdings": {"MSFT": held(100)}, "orders": (working("MSFT", side=Side.SELL, leaves=300),)},
            {"max_gross_exposure_fraction": Decimal("0.45")},
            100,
        ),
        # What is short in another symbol leaves room on the long side, when it is held and not only ordered.
        ({"holdings": {"MSFT": held(-100)}}, {"max_net_exposure_fraction": Decimal("0.3")}, 300),
        (
            {"orders": (working("MSFT", side=Side.SELL, leaves=100),)},
            {"max_net_exposure_fraction": Decimal("0.3")},
            200,
        ),
        ({"holdings": {"AAPL": held(-50)}}, {"max_net_exposure_fraction": Decimal("0.3")}, 250),
        ({"holdings": {"AAPL": held(60)}}, {"max_net_exposure_fraction": Decimal("0.3")}, 140),
        # Of the exits of one trade only one leg counts, and none makes a position larger.
        (
            {
                "holdings": {"MSFT": held(100)},
                "orders": tuple(
                    working("MSFT", side=Side.SELL, leg=leg, leaves=100)
                    for leg in (OrderLeg.STOP, OrderLeg.TARGET)
                ),
            },
            {"max_gross_exposure_fraction": Decimal("0.3")},
            100,
        ),
        ({"holdings": {"AAPL": held(60)}}, {"sizing": replace(_WIDE, max_position_size=Decimal(100))}, 40),
        (
            {"orders": (working(leaves=60),)},
            {"sizing": replace(_WIDE, max_position_size=Decimal(100))},
            40,
        ),
        (
            {"holdings": {"AAPL": held(-60)}},
            {"sizing": replace(_WIDE, max_position_size=Decimal(100))},
            100,  # one order is no larger than a position
        ),
        ({"orders": (working("MSFT", leaves=300),)}, {}, 366),
        ({"reserved": Decimal(45_000)}, {}, 366),
        ({"orders": (working("MSFT", leaves=300),), "reserved": Decimal(60_000)}, {}, 266),
        ({"risk_taken_today": Decimal(900)}, {"max_daily_risk": Decimal(1000)}, 20),
        ({"reserved": Decimal(15_000)}, {"cash_reserve_fraction": Decimal("0.4")}, 300),
        (
            {"session_profits": (Decimal(30_000), Decimal(-99_999), Decimal(60_000))},
            {"cash_reserve_fraction": Decimal("0.1"), "set_aside_profit_fraction": Decimal("0.5")},
            300,
        ),
    ],
)
def test_what_is_held_and_ordered_leaves_less(
    state: dict[str, Any], own: dict[str, Any], quantity: int
) -> None:
    assert approved(wide(state=account(**state), **own)).quantity == quantity


def test_an_exit_of_a_flat_symbol_may_open_it_and_counts() -> None:
    """With one trade long and another short of a symbol the account is flat until one of them leaves."""
    state = account(orders=(working("MSFT", side=Side.SELL, leg=OrderLeg.STOP, leaves=100),))
    case = wide(state=state, max_gross_exposure_fraction=Decimal("0.3"))
    assert approved(case).quantity == 100


def test_what_a_cycle_has_ordered_leaves_less() -> None:
    case = wide(max_cycle_notional_fraction=Decimal("0.3"))
    assert approved(replace(case, pace=pace(cycle_notional=Decimal(15_000)))).quantity == 100


@pytest.mark.parametrize(
    ("ask", "increment", "quantity"),
    [("150", "0.01", 666), ("151", "0.01", 662), ("150", "0.8", 664), ("140", "0.01", 666)],
)
def test_a_unit_costs_the_dearest_that_it_may_fill_at(ask: str, increment: str, quantity: int) -> None:
    quote = a_quote(bid=Decimal(1), ask=Decimal(ask), ts_event=NOW)
    case = replace(
        wide(wanted=entry(stop_loss=Decimal(75), profile={"max_position_fraction": Decimal(1)})),
        market=market(quote=quote),
        instrument=an_instrument(price_increment=Decimal(increment)),
    )
    assert approved(case).quantity == quantity


@pytest.mark.parametrize("side", Side)
def test_a_position_that_is_too_large_already_takes_nothing_on_either_side(side: Side) -> None:
    state = account(holdings={"AAPL": held(700 * side.sign)})
    for wanted in (entry(), short()):
        found = denied(wide(wanted=wanted, state=state), ReasonCode.POSITION_VALUE_TOO_SMALL)
        assert found.numbers["position_value"] == 105_000
        assert found.numbers["quantity"] <= 0


def test_a_short_entry_meets_the_same_limits_from_below() -> None:
    state = account(holdings={"MSFT": held(-100), "AAPL": held(30)})
    wanted = short(profile={"max_position_fraction": Decimal(1)})
    by_gross = wide(wanted=wanted, state=state, max_gross_exposure_fraction=Decimal("0.3"))
    assert approved(by_gross).quantity == 130
    by_net = wide(wanted=wanted, state=state, max_net_exposure_fraction=Decimal("0.2"))
    assert approved(by_net).quantity == 63
    long_elsewhere = account(holdings={"MSFT": held(100)})
    assert approved(replace(by_net, account=long_elsewhere)).quantity == 233


def test_net_exposure_counts_a_short_position_at_its_cheapest() -> None:
    state = account(
        holdings={"IBM": held(700), "AAPL": held(-100, 140)},
        snapshot={"net_liquidation": Decimal(105_000) - 3000},
        opening_equity=Decimal(102_000),
    )
    case = wide(state=state, max_net_exposure_fraction=Decimal(1))
    # 3,000 over the limit without the short position: that many of its units at 140 must stay short.
    assert approved(case).quantity == 78


def test_the_numbers_of_a_denial_are_those_of_its_limit() -> None:
    state = account(holdings={"MSFT": held(100)}, orders=(working("IBM", leaves=99),))
    case = wide(state=state, max_gross_exposure_fraction=Decimal("0.3"))
    assert approved(case).quantity == 1
    none_left = replace(case, account=replace(state, orders=(working("IBM", leaves=100),)))
    assert denied(none_left, ReasonCode.GROSS_EXPOSURE_REACHED).numbers == {
        "gross_exposure": Decimal(30_000),
        "max_gross_exposure": Decimal(30_000),
        "max_gross_exposure_fraction": Decimal("0.3"),
        "quantity": Decimal(0),
        "min_position_size": Decimal(1),
    }


@pytest.mark.parametrize(
    ("profits", "aside"),
    [((), 0), (("100",), 50), (("-100",), 0), (("100", "-300", "50"), 75), (("0",), 0)],
)
def test_a_winning_session_is_split_and_a_losing_one_adds_nothing(
    profits: tuple[str, ...], aside: int
) -> None:
    assert profit_set_aside(tuple(map(Decimal, profits)), fraction=Decimal("0.5")) == aside


def test_the_worst_of_a_symbol_is_the_larger_side_at_the_dearest_price() -> None:
    state = account(
        holdings={"IBM": held(10, 100), "KO": held(0, None)},
        orders=(
            working("IBM", leaves=5, unit_value=Decimal(110)),
            working("IBM", side=Side.SELL, leaves=40, unit_value=Decimal(90)),
        ),
    )
    worst = exposures_of(state)["IBM"]
    assert (worst.most, worst.least) == (Decimal(15), Decimal(-30))
    assert (worst.cheapest, worst.dearest) == (Decimal(90), Decimal(110))
    assert worst.gross == 3300
    assert (worst.net(Side.BUY), worst.net(Side.SELL)) == (Decimal(1650), Decimal(3300))
    assert exposures_of(state)["KO"].gross == 0


def test_a_short_position_helps_the_long_side_at_its_cheapest_only() -> None:
    state = account(
        holdings={"IBM": held(-10, 100)}, orders=(working("IBM", leaves=4, unit_value=Decimal(90)),)
    )
    assert exposures_of(state)["IBM"].net(Side.BUY) == -540


def test_open_entries_reserve_money_and_what_buys_back() -> None:
    orders = (
        working(leaves=2, unit_value=Decimal(75)),
        working("MSFT", side=Side.SELL, leaves=1, unit_value=Decimal(50)),
        working(leg=OrderLeg.STOP, side=Side.SELL, leaves=9),
        working("IBM", leg=OrderLeg.STOP, leaves=2, unit_value=Decimal(10)),
        working("IBM", leg=OrderLeg.STOP, leaves=1, unit_value=Decimal(10)),
        working("IBM", leg=OrderLeg.TARGET, leaves=2, unit_value=Decimal(10)),
        working("IBM", leg=OrderLeg.CLOSE, leaves=2, unit_value=Decimal(10), signal_id="sg1"),
    )
    assert reserved_by(account(orders=orders)) == 250
    assert reserved_by(account(orders=orders, reserved=Decimal("250.5"))) == Decimal("250.5")


@pytest.mark.parametrize(
    ("state", "is_opposed"),
    [
        ({"holdings": {"AAPL": held(1)}}, False),
        ({"holdings": {"AAPL": held(-1)}}, True),
        ({"holdings": {"AAPL": held(0)}}, False),
        ({"holdings": {"MSFT": held(-1)}}, False),
        ({"orders": (working(side=Side.SELL, leaves=1),)}, True),
        ({"orders": (working(side=Side.SELL, leaves=0),)}, False),
        ({"orders": (working("MSFT", side=Side.SELL),)}, False),
        ({"orders": (working(side=Side.SELL, leg=OrderLeg.STOP, leaves=1),)}, False),
    ],
)
def test_the_trades_of_one_symbol_go_one_way(state: dict[str, Any], *, is_opposed: bool) -> None:
    case = wide(state=account(**state), one_direction_per_symbol=True)
    if not is_opposed:
        approved(case)
        return
    found = denied(case, ReasonCode.POSITION_OPPOSED)
    assert sorted(found.numbers) == ["opposed_quantity", "signed_quantity"]
    assert sorted(map(abs, found.numbers.values())) == [0, 1]
    approved(wide(state=account(**state)))
