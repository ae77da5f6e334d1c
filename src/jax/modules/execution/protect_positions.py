"""Every trade that holds something has a stop at the broker, or is closed."""

from datetime import datetime, timedelta

from jax.domain.audit import TRADER
from jax.domain.controls import Said, TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.held_trade import HeldTrade
from jax.domain.instrument import Instrument
from jax.domain.order import Order, OrderLeg, OrderType
from jax.domain.order_status import FAILED, OrderStatus
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.leave_trade import LeaveTrade, WayOut
from jax.ports.errors import OutcomeUnknown, Unavailable

_REST_NS = 3_000_000_000
# A broker that has refused a leg so often is left alone with it for a while. Not for ever: a kill switch that
# only the broker knew of, or a disk that was full, may be why.
_MOST_REFUSALS = 3
_TRIED_AGAIN_AFTER = timedelta(seconds=10)


class ProtectPositions:
    """Places what is missing of stop and target, and takes back what is left of a trade that is closed.

    The broker lets none of them take more than the position (they only reduce), so both may wait at once. A
    trade whose stop has not been acknowledged for `unprotected_limit` is closed at the market. Nothing is
    placed in OBSERVE and while the kill switch is engaged; cancels go on.
    """

    def __init__(self, at: BrokerAccount, *, unprotected_limit: timedelta) -> None:
        self._unit_of_work = at.unit_of_work
        self._leave = LeaveTrade(at)
        self._cancel = CancelOrder(at)
        self._clock = at.clock
        self._account = at.account
        self._unprotected_limit = unprotected_limit
        self._unprotected_since: dict[str, datetime] = {}
        self._rests_until_ns = 0

    async def run_once(self) -> int:
        """Looks at each trade once; returns how many orders it placed or asked to cancel.

        InvalidValue names a trade that can be neither protected nor closed, after all others were looked at.
        """
        async with self._unit_of_work.begin() as transaction:
            controls = await transaction.controls.get(self._account)
            trades = tuple(await transaction.orders.held_trades(self._account))
            symbols = {held.entry.symbol for held in trades}
            instruments = {symbol: await transaction.reference.instrument(symbol) for symbol in symbols}
        done, problems = 0, []
        for held in trades:
            if not (held.held_quantity > 0):
                self._unprotected_since.pop(held.trade.trade_id, None)
                done += await self._take_back(held)
            elif controls.mode_of(held.entry.strategy) is not TradingMode.OBSERVE:
                try:
                    done += await self._protect(held, instruments[held.entry.symbol])
                except InvalidValue as error:
                    problems.append(error)
        if problems:
            raise problems[0]
        return done

    async def _take_back(self, held: HeldTrade) -> int:
        said = self._said("the trade is closed")
        for order in held.open_exits:
            await self._cancel.cancel(order.client_order_id, said)
        return len(held.open_exits)

    async def _protect(self, held: HeldTrade, instrument: Instrument) -> int:
        open_quantity = held.held_quantity - held.leaving(OrderLeg.CLOSE)
        if self._is_overdue(held) and open_quantity > 0:
            if self._is_refused_again_and_again(held, OrderLeg.CLOSE):
                raise InvalidValue(
                    f"trade {held.trade.trade_id}",
                    f"holds {held.held_quantity} {held.entry.symbol} without a stop, and the broker refuses "
                    "to close it: close it by hand",
                )
            way = WayOut(OrderLeg.CLOSE, open_quantity)
            return await self._placed(held, way, "no stop was acknowledged in time")
        placed = 0
        for way in self._missing(held, instrument):
            placed += await self._placed(held, way, "the position must not stand without it")
        return placed

    def _missing(self, held: HeldTrade, instrument: Instrument) -> list[WayOut]:
        trade = held.trade
        wanted = [(OrderLeg.STOP, OrderType.STOP, trade.stop_loss)]
        if trade.take_profit is not None:
            wanted.append((OrderLeg.TARGET, OrderType.LIMIT, trade.take_profit))
        found = []
        for leg, order_type, price in wanted:
            missing = held.held_quantity - held.leaving(OrderLeg.CLOSE) - held.leaving(leg)
            if missing > 0 and not self._is_refused_again_and_again(held, leg):
                found.append(WayOut(leg, missing, order_type, instrument.round_price(price)))
        # One at a time: the next pass sees what became of the first.
        return found[:1]

    def _is_overdue(self, held: HeldTrade) -> bool:
        trade_id, now = held.trade.trade_id, self._clock.now()
        covered = held.protected(OrderLeg.STOP) + held.protected(OrderLeg.CLOSE)
        if not (covered < held.held_quantity):
            self._unprotected_since.pop(trade_id, None)
            return False
        since = self._unprotected_since.setdefault(trade_id, now)
        return not (now - since <= self._unprotected_limit)

    async def _placed(self, held: HeldTrade, way: WayOut, reason: str) -> int:
        if self._clock.monotonic_ns() < self._rests_until_ns:
            return 0
        try:
            placed = await self._leave.leave(held, way, self._said(reason))
        except (Unavailable, OutcomeUnknown):
            # Whoever waits for the record holds the account meanwhile: others have to get their turn.
            self._rests_until_ns = self._clock.monotonic_ns() + _REST_NS
            raise
        return int(isinstance(placed, Order))

    def _said(self, reason: str) -> Said:
        return Said(reason, TRADER, self._clock.now())

    def _is_refused_again_and_again(self, held: HeldTrade, leg: OrderLeg) -> bool:
        last = [order for order in held.exits if order.leg is leg][-_MOST_REFUSALS:]
        if len(last) < _MOST_REFUSALS or not all(map(_came_to_nothing, last)):
            return False
        # Whichever way the clock was set meanwhile.
        return abs(self._clock.now() - last[-1].updated_at) < _TRIED_AGAIN_AFTER


def _came_to_nothing(order: Order) -> bool:
    """Refused; or taken and ended by the broker itself, as when there is nothing that it would reduce."""
    if order.status is OrderStatus.CANCELED:
        return order.filled_quantity == 0 and order.cancel_requested_at is None
    return order.status in FAILED
