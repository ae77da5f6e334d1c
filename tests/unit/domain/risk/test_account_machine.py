"""Whatever is asked for in whatever order, the account keeps every limit after each step.

Orders are wanted, filled in parts, canceled and left again in any interleaving; decisions are made one at a
time, on a word of the broker that may be older than the fills. Prices stand still, so that what an account is
worth does not move, and with it the limits that are shares of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jax.domain.controls import AccountControls, TradingMode
from jax.domain.order import OrderLeg, OrderType
from jax.domain.risk.decide import decide
from jax.domain.risk.inputs import ExitInputs, Holding, WantedEntry, WantedExit
from jax.domain.risk.open_orders import OpenOrder
from jax.domain.risk.recent_orders import RecentOrder
from jax.domain.risk_decision import Approved
from jax.domain.risk_limits import RiskLimits
from jax.domain.side import Side
from tests.unit.domain.examples import (
    HASH,
    a_profile,
    a_quote,
    a_signal,
    an_account,
    an_instrument,
    some_limits,
)
from tests.unit.domain.risk.cases import NOW, in_mode, limits, market, route
from tests.unit.domain.risk.told import Told, ToldAccount, ToldPace, leaving_of, open_orders_of

_PRICES = {"AAPL": Decimal(100), "IBM": Decimal(40), "MSFT": Decimal(250), "KO": Decimal(7)}
_EQUITY = Decimal(100_000)
_SHARES = st.decimals("0.05", "1.5", places=2)


@dataclass(frozen=True)
class Snapshot:
    """What the broker said, and what was reserved before it was asked."""

    cash: Decimal
    reserved: Decimal


class AccountMachine(RuleBasedStateMachine):
    """An account, its trader and its venue."""

    @initialize(
        value=st.decimals("0.05", "1", places=2),
        gross=_SHARES,
        net=_SHARES,
        reserve=st.none() | st.decimals("0", "0.5", places=2),
        most=st.integers(1, 4),
        rate=st.integers(1, 20),
        burst=st.integers(1, 20),
        apart=st.none() | st.integers(1, 90).map(Decimal),
        cycle=st.none() | _SHARES,
        risk=st.none() | st.integers(5000, 90_000).map(Decimal),
    )
    def open_account(self, **drawn: Any) -> None:
        self.limits: RiskLimits = limits(
            sizing=some_limits(
                max_risk_per_trade_fraction=Decimal("0.05"),
                max_position_size=Decimal(0),
                max_position_value_fraction=drawn["value"],
            ),
            max_open_positions=drawn["most"],
            max_daily_loss=Decimal(20_000),
            max_daily_risk=drawn["risk"],
            max_gross_exposure_fraction=drawn["gross"],
            max_net_exposure_fraction=drawn["net"],
            max_orders_per_minute=drawn["rate"],
            order_burst=drawn["burst"],
            repeat_after_seconds=drawn["apart"],
            cash_reserve_fraction=drawn["reserve"],
            max_cycle_notional_fraction=drawn["cycle"],
        )
        self.now = NOW
        self.cash = _EQUITY
        self.held: dict[str, Decimal] = {}
        self.of_trade: dict[str, tuple[str, Side, Decimal]] = {}
        self.orders: list[OpenOrder] = []
        self.sent: list[RecentOrder] = []
        self.risked = Decimal(0)
        self.cycles: list[Decimal] = [Decimal(0)]
        self.controls = AccountControls()
        self.told = Snapshot(self.cash, Decimal(0))
        self.number = 0

    def ask_the_broker(self, data: st.DataObject) -> None:
        """Fills may come between the broker's word and the decision."""
        self.told = Snapshot(self.cash, open_orders_of(self.orders).cost)
        for _ in range(data.draw(st.sampled_from([0, 0, 0, 1, 2]))):
            if self.orders:
                self.fill_some(data)

    def state(self) -> ToldAccount:
        return ToldAccount(
            snapshot=an_account(
                net_liquidation=_EQUITY, cash=self.told.cash, buying_power=max(self.told.cash, Decimal(0))
            ),
            opening_equity=_EQUITY,
            reserved=self.told.reserved,
            holdings={symbol: Holding(quantity, _PRICES[symbol]) for symbol, quantity in self.held.items()},
            open_orders={},
            realized_today=Decimal(0),
            risk_taken_today=self.risked,
            orders=tuple(self.orders),
        )

    def decided(self, wanted: WantedEntry) -> Approved | None:
        symbol = wanted.signal.symbol
        price = _PRICES[symbol]
        case = Told(
            wanted=wanted,
            instrument=an_instrument(symbol=symbol),
            account=self.state(),
            market=market(quote=a_quote(symbol=symbol, bid=price, ask=price, ts_event=self.now)),
            limits=self.limits,
            controls=self.controls,
            route=route(),
            pace=ToldPace(0, None, 0, self.cycles[-1], None, tuple(self.sent)),
            now=self.now,
        )
        decision = decide(case)
        return decision if isinstance(decision, Approved) else None

    @rule(
        symbol=st.sampled_from(sorted(_PRICES)),
        side=st.sampled_from(Side),
        distance=st.sampled_from([Decimal("0.01"), Decimal("0.1")]),
        data=st.data(),
    )
    def want_an_entry(self, symbol: str, side: Side, distance: Decimal, data: st.DataObject) -> None:
        self.ask_the_broker(data)
        self.number += 1
        price = _PRICES[symbol]
        signal = a_signal(
            signal_id=f"sg{self.number}",
            symbol=symbol,
            side=side,
            entry_price=price,
            stop_loss=price - side.sign * price * distance,
            take_profit=None,
        )
        profile = a_profile(
            max_position_fraction=Decimal(1), max_daily_loss=Decimal(20_000), max_orders_per_minute=1000
        )
        approved = self.decided(WantedEntry(signal, OrderType.LIMIT, profile))
        if approved is None:
            return
        self.orders.append(
            OpenOrder(signal.signal_id, symbol, side, OrderLeg.ENTRY, approved.quantity, price)
        )
        self.sent.append(RecentOrder(self.now, symbol, side, HASH, approved.position_value))
        self.risked += approved.risk_amount
        self.cycles[-1] += approved.position_value
        # Exits of the other side move the net position later on, so it is looked at when it is decided.
        towards = (max(side.sign * units for units in self._sides(of)) * _PRICES[of] for of in _PRICES)
        assert _total(towards) <= _EQUITY * self.limits.max_net_exposure_fraction
        kept = (self.limits.cash_reserve_fraction or 0) * _EQUITY
        assert (
            self.limits.cash_reserve_fraction is None or self.cash - open_orders_of(self.orders).cost >= kept
        )

    @rule(
        data=st.data(),
        leg=st.sampled_from([OrderLeg.STOP, OrderLeg.TARGET, OrderLeg.CLOSE]),
        in_reduce=st.booleans(),
    )
    @precondition(lambda self: self.of_trade)
    def want_an_exit(self, data: st.DataObject, leg: OrderLeg, in_reduce: bool) -> None:
        self.controls = in_mode(TradingMode.REDUCE) if in_reduce else AccountControls()
        signal_id = data.draw(st.sampled_from(sorted(self.of_trade)))
        symbol, side, holds = self.of_trade[signal_id]
        quantity = Decimal(data.draw(st.integers(1, int(holds) + 1)))
        wanted = WantedExit(signal_id, "ma_crossover_v1", symbol, side.opposite, leg, quantity, holds)
        before = abs(self.held[symbol])
        leaving = leaving_of(wanted, self.orders)
        case = ExitInputs(wanted, self.held[symbol], leaving, self.controls, route())
        self.controls = AccountControls()
        if not isinstance(decide(case), Approved):
            return
        working = (order for order in self.orders if (order.signal_id, order.leg) == (signal_id, leg))
        assert quantity + sum(order.leaves_quantity for order in working) <= holds
        if in_reduce:
            assert abs(self.held[symbol] - side.sign * quantity) <= before, "REDUCE raises no position"
        self.orders.append(OpenOrder(signal_id, symbol, side.opposite, leg, quantity, _PRICES[symbol]))

    @rule(data=st.data())
    @precondition(lambda self: self.orders)
    def fill(self, data: st.DataObject) -> None:
        self.fill_some(data)

    def fill_some(self, data: st.DataObject) -> None:
        order, in_part = data.draw(st.sampled_from(self.orders)), data.draw(st.booleans())
        quantity = max(order.leaves_quantity // 2, Decimal(1)) if in_part else order.leaves_quantity
        self._replace(order, order.leaves_quantity - quantity)
        self.held[order.symbol] = self.held.get(order.symbol, Decimal(0)) + quantity * order.side.sign
        self.cash -= quantity * order.unit_value * order.side.sign
        symbol, side, before = self.of_trade.get(order.signal_id, (order.symbol, order.side, Decimal(0)))
        after = before + quantity if order.leg is OrderLeg.ENTRY else before - quantity
        self.of_trade[order.signal_id] = (symbol, side, after)
        if order.leg is not OrderLeg.ENTRY:
            # The other ways out shrink with what is left, as a venue does with orders that only reduce.
            for other in [each for each in self.orders if each.signal_id == order.signal_id]:
                if other.leg is not OrderLeg.ENTRY:
                    self._replace(other, min(other.leaves_quantity, after))
        if after == 0 and not any(each.signal_id == order.signal_id for each in self.orders):
            del self.of_trade[order.signal_id]

    def _replace(self, order: OpenOrder, leaves: Decimal) -> None:
        at = self.orders.index(order)
        self.orders[at : at + 1] = [replace(order, leaves_quantity=leaves)] if leaves else []

    @rule(data=st.data())
    @precondition(lambda self: self.orders)
    def cancel(self, data: st.DataObject) -> None:
        self.orders.remove(data.draw(st.sampled_from(self.orders)))

    @rule(seconds=st.integers(0, 100))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def begin_a_cycle(self) -> None:
        self.cycles.append(Decimal(0))

    def _sides(self, symbol: str) -> tuple[Decimal, Decimal]:
        """The position after every entry that buys, and after every one that sells."""
        most = least = self.held.get(symbol, Decimal(0))
        for order in self.orders:
            if order.symbol == symbol and order.leg is OrderLeg.ENTRY:
                most += order.leaves_quantity if order.side is Side.BUY else 0
                least -= order.leaves_quantity if order.side is Side.SELL else 0
        return most, least

    @invariant()
    def every_side_of_every_position_is_within_its_limit(self) -> None:
        most = _EQUITY * self.limits.sizing.max_position_value_fraction
        for symbol, price in _PRICES.items():
            assert max(abs(side) for side in self._sides(symbol)) * price <= most

    @invariant()
    def gross_exposure_is_within_its_limit(self) -> None:
        sides = {symbol: self._sides(symbol) for symbol in _PRICES}
        gross = _total(max(abs(most), abs(least)) * _PRICES[of] for of, (most, least) in sides.items())
        assert gross <= _EQUITY * self.limits.max_gross_exposure_fraction

    @invariant()
    def the_trades_of_one_symbol_go_one_way(self) -> None:
        for symbol in _PRICES:
            most, least = self._sides(symbol)
            assert most <= 0 or least >= 0

    @invariant()
    def the_orders_keep_their_pace_and_their_risk(self) -> None:
        times = sorted(order.at for order in self.sent)
        rate, burst = self.limits.max_orders_per_minute, self.limits.order_burst
        for first, since in enumerate(times):
            for count, until in enumerate(times[first:], start=1):
                if until - since < timedelta(seconds=60):
                    assert count <= rate
                    assert count <= burst + (until - since).seconds * rate / 60
        cycle = self.limits.max_cycle_notional_fraction
        assert cycle is None or max(self.cycles) <= cycle * _EQUITY
        assert self.risked <= self.limits.daily_risk
        apart = self.limits.repeat_after_seconds
        for at, order in enumerate(self.sent):
            for later in self.sent[at + 1 :]:
                if apart is not None and (order.symbol, order.side) == (later.symbol, later.side):
                    assert (later.at - order.at).total_seconds() >= apart

    @invariant()
    def no_more_symbols_are_open_than_allowed(self) -> None:
        symbols = {symbol for symbol, quantity in self.held.items() if quantity}
        symbols |= {order.symbol for order in self.orders}
        assert len(symbols) <= self.limits.max_open_positions


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


AccountMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestAccount = AccountMachine.TestCase
