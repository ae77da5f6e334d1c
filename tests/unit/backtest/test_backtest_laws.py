"""What holds for every run, whatever the bars and the decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Context, Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.backtest_result import BacktestResult, OrderReason
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.bar import Bar
from jax.domain.position_sizing import SizingLimits
from jax.domain.strategy import Decision
from tests.unit.backtest.scripted_backtests import bar, buy, run, sell, settings

LIMITS = SizingLimits(Decimal("0.05"), Decimal(1), Decimal(0), Decimal("0.5"))
PRICES = st.decimals(min_value=10, max_value=200, places=2)
Series = dict[str, list[Bar]]
Script = dict[int, Decision]


@st.composite
def one_bar(draw: st.DrawFn, day: int, symbol: str) -> Bar:
    low, second, third, high = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES)))
    open_, close = draw(st.permutations([second, third]))
    return bar(day, f"{open_} {high} {low} {close}", symbol=symbol)


@st.composite
def many_series(draw: st.DrawFn) -> Series:
    """Up to three symbols, each with holes of its own."""
    series: Series = {}
    for symbol in draw(st.sampled_from([["AAPL"], ["AAPL", "IBM"], ["AAPL", "IBM", "MSFT"]])):
        days = draw(st.lists(st.integers(0, 20), min_size=1, max_size=15, unique=True))
        series[symbol] = [draw(one_bar(day, symbol)) for day in sorted(days)]
    return series


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    decision = st.one_of(
        st.builds(buy, stop=st.floats(1, 250), target=st.floats(1, 250)),
        st.builds(sell, stop=st.floats(1, 250), target=st.floats(1, 250)),
    )
    return draw(st.dictionaries(st.integers(0, 14), decision, max_size=15))


def costly(*, commission_bps: int = 10) -> BacktestSettings:
    return settings(cash=10_000, commission_bps=commission_bps, sizing=LIMITS)


def near(told: Decimal, found: Decimal) -> bool:
    """Equal but for what floats round on the way."""
    return abs(told - found) <= Decimal("1e-7")


def replayed(result: BacktestResult, series: Mapping[str, Sequence[Bar]]) -> list[tuple[Decimal, Decimal]]:
    """Cash and value of the positions at each bar end, from nothing but orders and closes."""
    points = []
    for point in result.equity:
        cash, value = result.settings.initial_cash, Decimal(0)
        for order in result.orders:
            if order.filled_at is not None and order.price is not None and order.filled_at <= point.end:
                signed = order.quantity * order.side.sign
                cash -= signed * order.price + order.commission
                closes = [one.close for one in series[order.symbol] if one.end <= point.end]
                value += signed * closes[-1]
        points.append((cash, value))
    return points


@given(series=many_series(), script=scripts(), commission_bps=st.integers(0, 100))
def test_cash_and_positions_are_the_equity_at_every_bar(
    series: Series, script: Script, commission_bps: int
) -> None:
    result = run(script, series, under=costly(commission_bps=commission_bps))
    told = [(point.cash, point.positions_value) for point in result.equity]
    for (cash, value), (own_cash, own_value) in zip(told, replayed(result, series), strict=True):
        assert near(cash, own_cash)
        assert near(value, own_value)
    ends = sorted({one.end for bars in series.values() for one in bars})
    assert [point.end for point in result.equity] == ends


@given(series=many_series(), script=scripts())
def test_no_fill_lies_outside_the_range_of_a_bar(series: Series, script: Script) -> None:
    for order in run(script, series, under=costly()).orders:
        if order.filled_at is None:
            continue
        (own,) = [one for one in series[order.symbol] if order.filled_at in {one.start, one.end}]
        assert order.price is not None
        assert own.low <= order.price <= own.high
        assert order.decided_at < order.filled_at
        if order.filled_at == own.start:
            assert order.price == own.open


@given(series=many_series(), script=scripts())
def test_a_symbol_has_one_position_at_a_time(series: Series, script: Script) -> None:
    result = run(script, series, under=costly())
    for symbol in series:
        held = Decimal(0)
        for order in result.orders:
            if order.symbol == symbol and order.filled_at is not None:
                assert (held == 0) == (order.reason is OrderReason.ENTRY)
                held += order.quantity * order.side.sign
                assert held == 0 or order.reason is OrderReason.ENTRY


@given(series=many_series(), script=scripts(), cut=st.integers(0, 20), garbage=PRICES)
def test_what_comes_after_a_bar_changes_nothing_before(
    series: Series, script: Script, cut: int, garbage: Decimal
) -> None:
    """Every price after the cut becomes garbage; what was known until then stays as it was."""
    spoiled = {
        symbol: [
            one
            if number <= cut
            else replace(one, open=garbage, high=garbage * 2, low=garbage / 2, close=garbage)
            for number, one in enumerate(own)
        ]
        for symbol, own in series.items()
    }
    last = min(own[min(cut, len(own) - 1)].end for own in series.values())
    before, after = run(script, series, under=costly()), run(script, spoiled, under=costly())
    assert _known_at(before, last) == _known_at(after, last)


def _known_at(result: BacktestResult, moment: datetime) -> object:
    known = [order for order in result.orders if order.filled_at is not None and order.filled_at <= moment]
    return known, [point for point in result.equity if point.end <= moment]


@given(series=many_series(), script=scripts())
def test_profit_is_the_sum_of_the_trades_and_of_what_is_open(series: Series, script: Script) -> None:
    result = run(script, series, under=costly())
    closed = sum((trade.net_pnl for trade in result.trades), Decimal(0))
    still_open = sum(
        (held.signed_quantity * (held.last_price - held.entry_price) for held in result.open_positions),
        Decimal(0),
    )
    entries = {(order.symbol, order.filled_at): order.commission for order in result.orders}
    paid = sum((entries[held.symbol, held.entered_at] for held in result.open_positions), Decimal(0))
    assert near(result.equity[-1].equity, 10_000 + closed + still_open - paid)


@given(closes=st.lists(PRICES, min_size=2, max_size=20))
def test_buying_and_holding_without_costs_returns_what_the_price_does(closes: list[Decimal]) -> None:
    series = [bar(day, f"{close} {close} {close} {close}") for day, close in enumerate([closes[0], *closes])]
    result = run({0: buy(stop=1)}, series, under=settings(cash=1_000_000))
    quantity = result.orders[0].quantity
    assert quantity == 1_000_000 // closes[0]
    assert near(result.equity[-1].equity - 1_000_000, quantity * (closes[-1] - closes[0]))


@given(series=many_series(), script=scripts())
def test_a_run_again_in_any_order_and_context_is_equal(series: Series, script: Script) -> None:
    under = costly()
    first = run(script, series, under=under)
    shuffled = dict(reversed(series.items()))
    with localcontext(Context(prec=9)):
        second = run(script, shuffled, under=under)
    assert second == first


@given(series=many_series(), script=scripts())
def test_metrics_are_numbers_within_their_bounds(series: Series, script: Script) -> None:
    metrics = run(script, series, under=costly()).metrics
    assert all(value.is_finite() for value in metrics.defined().values())
    assert 0 <= metrics.exposure <= 1
    assert metrics.max_drawdown >= 0
    assert metrics.win_rate is None or 0 <= metrics.win_rate <= 1
