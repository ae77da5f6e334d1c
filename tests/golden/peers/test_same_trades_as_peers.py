"""The SMA crossover trades here as it does in vectorbt and backtesting.py, whose runs are recorded."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

import pytest

from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.strategies.sma_crossover_v1 import STRATEGY
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from tests.golden.peers.peer_run import (
    BACKTESTING_WHOLE_UNITS,
    COMMISSION_BPS,
    INITIAL_CASH,
    PAIRS,
    PEERS,
    PeerPosition,
    PeerRun,
    PeerTrade,
    digest,
    recorded_document,
    recorded_runs,
)
from tests.golden.peers.price_series import SERIES, PeerBar, price_series

_RELATIVE = 1e-9
_SYMBOL = "PEER"
_FIRST_OPEN = datetime(2020, 1, 1, 14, 30, tzinfo=UTC)
_SESSION = timedelta(hours=6, minutes=30)
RUNS = recorded_runs()


@cache
def our_run(series: str, fast: int, slow: int) -> PeerRun:
    """The crossover by the backtest engine."""
    bars = _bars(price_series(SERIES[series]))
    settings = BacktestSettings(
        initial_cash=Decimal(INITIAL_CASH),
        costs=Costs(commission_bps=Decimal(COMMISSION_BPS)),
        sizing=AllIn(),
        short_selling=False,
    )
    params = STRATEGY.params._replace(fast=fast, slow=slow)
    instruments = {_SYMBOL: Instrument(_SYMBOL, "XNAS", "USD", Decimal("0.01"), Decimal(1))}
    result = run_backtest(BacktestInputs(STRATEGY, params, {_SYMBOL: bars}, instruments, settings))
    number = {bar.start: row for row, bar in enumerate(bars)}
    trades = [
        PeerTrade(
            number[trade.entered_at],
            float(trade.entry_price),
            number[trade.exited_at],
            float(trade.exit_price),
            float(trade.quantity),
            float(trade.net_pnl),
        )
        for trade in result.trades
    ]
    held = [
        PeerPosition(number[one.entered_at], float(one.entry_price), float(one.signed_quantity))
        for one in result.open_positions
    ]
    equity = float(result.equity[-1].equity)
    return PeerRun("Jax", series, fast, slow, tuple(trades), held[0] if held else None, equity)


def _bars(series: Sequence[PeerBar]) -> list[Bar]:
    days = (_FIRST_OPEN + timedelta(days=row) for row in range(len(series)))
    return [
        Bar(_SYMBOL, Timeframe.DAY, day, day + _SESSION, *_prices(bar), Decimal(bar.volume))
        for day, bar in zip(days, series, strict=True)
    ]


def _prices(bar: PeerBar) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    opened, high, low, close = (Decimal(cents) / 100 for cents in bar[:4])
    return opened, high, low, close


def _is_above(closes: Sequence[int], index: int, *, fast: int, slow: int) -> bool:
    if index < slow - 1:
        return False
    fast_sum, slow_sum = (sum(closes[index - length + 1 : index + 1]) for length in (fast, slow))
    assert fast_sum * slow != slow_sum * fast, "on a tie, rounding would decide"
    return fast_sum * slow > slow_sum * fast


def _differences(ours: PeerRun, peer: PeerRun) -> list[str]:
    found = [f"{len(ours.trades)} trades, not {len(peer.trades)}"] * (len(ours.trades) != len(peer.trades))
    pairs = [(ours.held, peer.held), *zip(ours.trades, peer.trades, strict=False)]
    found += [f"{mine} is not {theirs}" for mine, theirs in pairs if not _same(mine, theirs)]
    if not math.isclose(ours.final_equity, peer.final_equity, rel_tol=_RELATIVE):
        found.append(f"final equity {ours.final_equity}, not {peer.final_equity}")
    return found


def _same(mine: Sequence[float] | None, theirs: Sequence[float] | None) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return all(math.isclose(one, other, rel_tol=_RELATIVE) for one, other in zip(mine, theirs, strict=True))


def _bars_and_prices(run: PeerRun) -> list[tuple[float, ...]]:
    held = [(run.held.entry_bar, round(run.held.entry_price, 6))] if run.held else []
    rounded = (_of_trade(trade) for trade in run.trades)
    return [*rounded, *held]


def _of_trade(trade: PeerTrade) -> tuple[float, ...]:
    return (trade.entry_bar, round(trade.entry_price, 6), trade.exit_bar, round(trade.exit_price, 6))


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.peer}-{run.series}-{run.fast}-{run.slow}")
def test_trades_as_the_peer_does(run: PeerRun) -> None:
    ours = our_run(run.series, run.fast, run.slow)
    if run.peer == BACKTESTING_WHOLE_UNITS:
        assert _bars_and_prices(ours) == _bars_and_prices(run)
        assert all(trade.size == int(trade.size) for trade in run.trades)
    else:
        assert _differences(ours, run) == []


def test_every_peer_ran_every_pair_on_the_bars_of_today() -> None:
    recorded = recorded_document()
    assert recorded["series_sha256"] == {name: digest(price_series(terms)) for name, terms in SERIES.items()}
    assert (recorded["initial_cash"], recorded["commission_bps"]) == (INITIAL_CASH, COMMISSION_BPS)
    wanted = {(peer, name, *pair) for peer in PEERS for name in SERIES for pair in PAIRS}
    assert {(run.peer, run.series, run.fast, run.slow) for run in RUNS} == wanted
    assert len(RUNS) == len(wanted)


def test_the_runs_hold_the_cases_in_which_engines_differ() -> None:
    first_possible = [run for run in RUNS if run.trades[0].entry_bar == run.slow]
    one_bar_long = [run for run in RUNS if any(t.exit_bar == t.entry_bar + 1 for t in run.trades)]
    assert first_possible
    assert one_bar_long
    assert {run.held is None for run in RUNS} == {True, False}
    assert {_decided_on_the_last_bar(name) for name in SERIES} == {"BUY", "SELL"}


def _decided_on_the_last_bar(series: str) -> str:
    closes = [bar.close for bar in price_series(SERIES[series])]
    last = len(closes) - 1
    before, now = (_is_above(closes, index, fast=10, slow=30) for index in (last - 1, last))
    return "none" if before == now else "BUY" if now else "SELL"


@pytest.mark.parametrize("field", PeerTrade._fields)
def test_a_trade_that_differs_in_one_field_is_told(field: str) -> None:
    run = RUNS[0]
    other = run.trades[0]._replace(**{field: getattr(run.trades[0], field) * (1 + 1e-8)})
    assert len(_differences(run, run._replace(trades=(other, *run.trades[1:])))) == 1


def test_a_run_that_differs_in_its_end_is_told() -> None:
    run = next(run for run in RUNS if run.held)
    assert run.held is not None
    assert _differences(run, run) == []
    assert len(_differences(run, run._replace(held=None))) == 1
    assert len(_differences(run, run._replace(held=run.held._replace(size=run.held.size * 1.001)))) == 1
    assert len(_differences(run, run._replace(final_equity=run.final_equity * (1 - 1e-8)))) == 1
    assert len(_differences(run, run._replace(trades=run.trades[:-1]))) == 1
