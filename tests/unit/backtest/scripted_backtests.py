"""Bars and strategies small enough to be followed by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from jax.domain.backtest_result import BacktestResult
from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits
from jax.domain.strategy import BUY, NO_DECISION, SELL, BarValues, Decision, Strategy
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest

FIRST_OPEN = datetime(2024, 1, 1, 14, 30, tzinfo=UTC)
SESSION = timedelta(hours=6, minutes=30)
# Every position as large as the whole account allows, unless a test says otherwise.
ALL_IN = SizingLimits(Decimal(1), Decimal(1), Decimal(0), Decimal(1))


class NoParams(NamedTuple):
    """A script has none."""


class NoInputs(NamedTuple):
    """A script looks at no indicator."""


def scripted(script: Mapping[int, Decision]) -> Strategy:
    """Decides what `script` says for the bar with that number, from 0 on; an entry of 0.0 is the close."""

    def decide(state: int, bar: BarValues, inputs: NoInputs, params: NoParams) -> tuple[int, Decision]:
        del inputs, params
        said = script.get(state, NO_DECISION)
        return state + 1, said._replace(entry=bar.close) if said.entry == 0.0 else said

    return Strategy(
        name="scripted",
        params=NoParams(),
        inputs=NoInputs,
        indicators=lambda _: (),
        initial_state=0,
        decide=decide,
        reasons=("none", "the script says so"),
        check_params=lambda _: "",
    )


def buy(*, stop: float, target: float = 1e6, entry: float = 0.0) -> Decision:
    return Decision(BUY, 0.5, entry, stop, target, target * 2, 1)


def sell(*, stop: float, target: float = 0.01, entry: float = 0.0) -> Decision:
    return Decision(SELL, 0.5, entry, stop, target, target / 2, 1)


def opens_at(day: int) -> datetime:
    return FIRST_OPEN + timedelta(days=day)


def closes_at(day: int) -> datetime:
    return opens_at(day) + SESSION


def bar(day: int, prices: str, *, symbol: str = "AAPL", volume: int = 1000) -> Bar:
    """`prices` are open, high, low and close."""
    open_, high, low, close = map(Decimal, prices.split())
    return Bar(symbol, Timeframe.DAY, opens_at(day), closes_at(day), open_, high, low, close, Decimal(volume))


def bars(*days: str, symbol: str = "AAPL") -> list[Bar]:
    return [bar(day, prices, symbol=symbol) for day, prices in enumerate(days)]


def instrument(symbol: str, *, multiplier: int = 1) -> Instrument:
    return Instrument(symbol, "XNAS", "USD", Decimal("0.01"), Decimal(1), Decimal(multiplier))


def settings(
    *, cash: int = 10_000, commission_bps: int = 0, sizing: SizingLimits | AllIn = ALL_IN
) -> BacktestSettings:
    return BacktestSettings(Decimal(cash), Costs(Decimal(commission_bps)), sizing)


def run(
    script: Mapping[int, Decision],
    series: Sequence[Bar] | Mapping[str, Sequence[Bar]],
    *,
    under: BacktestSettings | None = None,
) -> BacktestResult:
    by_symbol = series if isinstance(series, Mapping) else {series[0].symbol: series}
    strategy = scripted(script)
    return run_backtest(
        BacktestInputs(
            strategy,
            strategy.params,
            by_symbol,
            {symbol: instrument(symbol) for symbol in by_symbol},
            under or settings(),
        )
    )
