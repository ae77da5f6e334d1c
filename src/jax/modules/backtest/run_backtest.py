"""Runs a strategy over the bars of many symbols with one shared cash account.

A decision is taken at the close of a bar from that bar and those before it, and becomes a market order for
the open of the symbol's next bar; the loop never holds a bar later than the one it is on. One position per
symbol: a decision enters when the symbol is flat, an opposite one closes, any other is passed over. A
position also ends at its stop or first target within a bar's range, from the bar of its entry on: at the
open when the open lies beyond them already, at the stop when one bar's range holds both.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from itertools import pairwise
from typing import Any

from jax.domain.backtest_result import BacktestResult, BacktestSettings, EquityPoint, OrderReason
from jax.domain.bar import Bar
from jax.domain.checks import LARGEST
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingRequest, size_position
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.side import Side
from jax.domain.strategy import BUY, NOTHING, SELL, Decision, Strategy
from jax.domain.strategy_runner import StrategyRunner, bar_values
from jax.modules.backtest.account import Account, Holding, WaitingOrder
from jax.modules.backtest.measure import measure

ENGINE_VERSION = "jax-bars-1"
# Bars adjusted for splits carry six decimal places, and so do the stops and targets in them.
_PRICE_PLACES = Decimal("0.000001")
# Whatever the caller's context: the digits that the trader's position sizing divides with.
_DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)
_NOTE_EVERY = 100

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class BacktestInputs:
    """A strategy with its parameters, the bars of each symbol (oldest first) and their instruments."""

    strategy: Strategy
    params: Any
    bars: Mapping[str, Sequence[Bar]]
    instruments: Mapping[str, Instrument]
    settings: BacktestSettings


def run_backtest(inputs: BacktestInputs, progress: Progress | None = None) -> BacktestResult:
    """The run's orders, trades, equity at every bar end and metrics; equal inputs give an equal result.

    `progress` hears of (bar ends done, all bar ends) now and then. InvalidValue names what is wrong: no
    bars, bars of a symbol that are unsorted, doubled or overlapping, a missing instrument, mixed
    currencies, parameters that the strategy does not take.
    """
    _check(inputs)
    with localcontext(_DIGITS):
        return _Run(inputs).through(progress)


def _check(inputs: BacktestInputs) -> None:
    if not inputs.bars:
        raise InvalidValue("bars", "there is no symbol to test on")
    problem = inputs.strategy.check_params(inputs.params)
    if problem:
        raise InvalidValue("params", f"{inputs.strategy.name} {problem}")
    for symbol, bars in inputs.bars.items():
        if symbol not in inputs.instruments:
            raise InvalidValue("instruments", f"{symbol} has bars but no instrument")
        _check_bars(symbol, bars)
    currencies = {inputs.instruments[symbol].currency for symbol in inputs.bars}
    if len(currencies) != 1:
        raise InvalidValue("instruments", f"one account has one currency, not {sorted(currencies)}")


def _check_bars(symbol: str, bars: Sequence[Bar]) -> None:
    if not bars:
        raise InvalidValue("bars", f"{symbol} has no bar in the window")
    for bar in bars:
        if bar.symbol != symbol:
            raise InvalidValue("bars", f"a bar of {bar.symbol} is among those of {symbol}")
    for row, (earlier, later) in enumerate(pairwise(bars), start=2):
        if not (earlier.end <= later.start):
            raise InvalidValue(
                "bars",
                f"{symbol}, bar {row}: starts {later.start.isoformat()}, before the bar in front of it "
                f"ends ({earlier.end.isoformat()}); bars must be sorted, each once",
            )


class _Run:
    """The state of one run."""

    def __init__(self, inputs: BacktestInputs) -> None:
        self._inputs = inputs
        self._account = Account(
            cash=inputs.settings.initial_cash,
            commission_bps=inputs.settings.commission_bps,
            instruments=inputs.instruments.__getitem__,
        )
        self._runners = {
            symbol: StrategyRunner(inputs.strategy, inputs.params) for symbol in sorted(inputs.bars)
        }
        self._refused: dict[str, int] = {}

    def through(self, progress: Progress | None) -> BacktestResult:
        """Everything, from the first bar to the last."""
        account = self._account
        curve: list[EquityPoint] = []
        moments = _by_end(self._inputs.bars)
        for done, (end, bars) in enumerate(moments, start=1):
            for bar in bars:
                self._trade(bar)
            point = account.point(end)
            curve.append(point)
            for bar in bars:
                self._decide(bar, point.equity)
            if progress is not None and (done % _NOTE_EVERY == 0 or done == len(moments)):
                progress(done, len(moments))
        account.keep_waiting_orders()
        return BacktestResult(
            settings=self._inputs.settings,
            orders=tuple(account.orders),
            trades=tuple(account.trades),
            open_positions=account.open_positions(),
            equity=tuple(curve),
            metrics=measure(curve, account.trades, initial=self._inputs.settings.initial_cash),
            refused=dict(sorted(self._refused.items())),
        )

    def _trade(self, bar: Bar) -> None:
        """What happens to waiting orders and to the position between the open and the close of `bar`."""
        account = self._account
        order = account.waiting.pop(bar.symbol, None)
        if order is not None and order.reason is OrderReason.ENTRY:
            account.enter(bar.symbol, order, price=bar.open, at=bar.start)
        elif order is not None:
            account.leave(bar.symbol, order, price=bar.open, at=bar.start)
        holding = account.holdings.get(bar.symbol)
        if holding is None:
            return
        protective = _protective_exit(holding, bar)
        if protective is None:
            holding.last_price = bar.close
            return
        reason, price, at = protective
        # A protective order was decided together with the entry that it protects.
        order = _closing(holding, reason, reason.value, decided_at=holding.entry.decided_at)
        account.leave(bar.symbol, order, price=price, at=at)

    def _decide(self, bar: Bar, equity: Decimal) -> None:
        decision = self._runners[bar.symbol].on_bar(bar_values(bar))
        if decision.action == NOTHING:
            return
        if decision.action not in (BUY, SELL):
            raise InvalidValue("decision", f"{self._inputs.strategy.name} answered action {decision.action}")
        side = Side.BUY if decision.action == BUY else Side.SELL
        detail = self._inputs.strategy.reasons[decision.reason]
        holding = self._account.holdings.get(bar.symbol)
        if holding is None:
            self._enter_next(bar, side, decision, equity)
        elif holding.entry.side is not side:
            self._account.waiting[bar.symbol] = _closing(
                holding, OrderReason.OPPOSITE_DECISION, detail, decided_at=bar.end
            )

    def _enter_next(self, bar: Bar, side: Side, decision: Decision, equity: Decimal) -> None:
        stop, target = _price(decision.stop), _price(decision.first_target)
        if not (target > 0 and (target - bar.close) * side.sign > 0):
            self._refuse(ReasonCode.PRICE_INVALID)
            return
        request = SizingRequest(
            symbol=bar.symbol,
            side=side,
            entry_price=bar.close,
            stop_loss=stop,
            net_liquidation=equity,
            buying_power=self._account.buying_power(equity),
        )
        sized = size_position(request, self._inputs.settings.sizing, self._inputs.instruments[bar.symbol])
        if isinstance(sized, Denied):
            self._refuse(sized.reason_code)
            return
        self._account.waiting[bar.symbol] = WaitingOrder(
            side=side,
            quantity=sized.quantity,
            decided_at=bar.end,
            decided_price=bar.close,
            reason=OrderReason.ENTRY,
            detail=self._inputs.strategy.reasons[decision.reason],
            stop=stop,
            target=target,
        )

    def _refuse(self, code: ReasonCode) -> None:
        self._refused[code] = self._refused.get(code, 0) + 1


def _by_end(bars: Mapping[str, Sequence[Bar]]) -> list[tuple[datetime, list[Bar]]]:
    moments: dict[datetime, list[Bar]] = {}
    for symbol in sorted(bars):
        for bar in bars[symbol]:
            moments.setdefault(bar.end, []).append(bar)
    return sorted(moments.items())


def _price(value: float) -> Decimal:
    """`value` to six decimal places; 0, which is no price, for what no Bar could hold."""
    if not (abs(value) < float(LARGEST)):
        return Decimal(0)
    return Decimal(repr(value)).quantize(_PRICE_PLACES, ROUND_HALF_EVEN)


def _closing(holding: Holding, reason: OrderReason, detail: str, *, decided_at: datetime) -> WaitingOrder:
    entry = holding.entry
    return WaitingOrder(
        side=Side.SELL if entry.side is Side.BUY else Side.BUY,
        quantity=entry.quantity,
        decided_at=decided_at,
        decided_price=holding.last_price,
        reason=reason,
        detail=detail,
    )


def _protective_exit(holding: Holding, bar: Bar) -> tuple[OrderReason, Decimal, datetime] | None:
    """Reason, price and time of the exit within `bar`, if there is one; the stop comes before the target."""
    return next(_exits(holding, bar), None)


def _exits(holding: Holding, bar: Bar) -> Iterator[tuple[OrderReason, Decimal, datetime]]:
    sign = holding.entry.side.sign
    stop, target = holding.entry.stop, holding.entry.target
    worst, best = (bar.low, bar.high) if sign > 0 else (bar.high, bar.low)
    if (bar.open - stop) * sign <= 0:
        yield OrderReason.STOP, bar.open, bar.start
    if (bar.open - target) * sign >= 0:
        yield OrderReason.TARGET, bar.open, bar.start
    if (worst - stop) * sign <= 0:
        yield OrderReason.STOP, stop, bar.end
    if (best - target) * sign >= 0:
        yield OrderReason.TARGET, target, bar.end
