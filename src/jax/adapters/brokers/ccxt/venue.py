"""A crypto exchange as a Venue: spot, one account, orders named by our client_order_id."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from jax.adapters.brokers.ccxt.account_view import AccountView
from jax.adapters.brokers.ccxt.dialects import request_of
from jax.adapters.brokers.ccxt.sending_limits import SendingLimits
from jax.adapters.brokers.ccxt.sent_orders import SentOrder, SentOrders, SentState
from jax.adapters.brokers.ccxt.traded_markets import TradedMarket, TradedMarkets
from jax.adapters.brokers.ccxt.venue_calls import VenueCalls
from jax.adapters.brokers.ccxt.venue_reports import (
    REDUCE_ONLY,
    FoundOrder,
    is_told_whole,
    report_of,
)
from jax.domain.account import AccountSnapshot
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.quote import Quote
from jax.ports.broker import OrderReport, WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Refused, Unavailable
from jax.ports.order_body import body_sha256

# What a venue may take to show an order that it has.
_SHOWN_WITHIN = timedelta(seconds=2)


class CcxtVenue:
    """Opened by `open_ccxt_venue`."""

    # A spot market binds what an order would sell: a stop and a target beside it would need it twice.
    has_brackets = False

    def __init__(
        self, calls: VenueCalls, markets: TradedMarkets, sent: SentOrders, limits: SendingLimits, clock: Clock
    ) -> None:
        self.name: str = calls.line.exchange.id
        self.is_live = limits.is_live
        self.sent = sent
        self.view = AccountView(self.name, calls, markets, clock)
        self._calls = calls
        self._markets = markets
        self._limits = limits
        self._clock = clock

    async def place(self, order: Order) -> OrderReport:
        self.view.check_account(order.account)
        known = await self.sent.order(order.client_order_id)
        if known is not None:
            answered = await self._answer(order, known)
            if answered is not None:
                return answered
        self._calls.line.check_may_send()
        try:
            market = await self._admitted(order)
            quantity = await self._allowed_quantity(order, market)
            request = request_of(order, market, self._calls.dialect, quantity=quantity)
        except Refused as refused:
            # It has never left, and must not after the limits were changed.
            await self.sent.put(self._record(order, Decimal(0), SentState.REFUSED, refused.code))
            raise
        if quantity == 0:
            record = replace(self._record(order, quantity), reason_code=REDUCE_ONLY)
            return _canceled_unsent(await self._put(record))
        await self._take_back_exits(order)
        record = self._record(order, quantity)
        if known is None and not await self.sent.claim(record):
            raise OutcomeUnknown(f"order {order.client_order_id} is on its way to {self.name} already")
        if known is not None:
            await self.sent.put(record)
        # From here to the venue nothing waits.
        now = self._clock.now()
        if not (now <= order.deadline_at):
            await self.sent.put(replace(record, state=SentState.UNSENT))
            raise Refused(
                f"order {order.client_order_id} came to {self.name} after its deadline",
                code="DEADLINE_PASSED",
            )
        try:
            found = await self._calls.place(
                request, market, left=order.deadline_at - now, what=f"order {order.client_order_id}"
            )
        except Refused as refused:
            await self._put(replace(record, state=SentState.REFUSED, reason_code=refused.code))
            raise
        except Unavailable:
            await self._put(replace(record, state=SentState.UNSENT))
            raise
        return await self._report_of_placed(record, market, found)

    async def query(self, client_order_id: str) -> OrderReport:
        sent = await self.sent.order(client_order_id)
        if sent is not None and sent.sent_quantity == 0:
            return _canceled_unsent(sent)
        found = await self._find(client_order_id, sent)
        if found is None:
            if sent is not None and sent.state is SentState.REFUSED:
                return _rejected(sent)
            if sent is not None and sent.venue_order_id is not None:
                raise Unavailable(
                    f"{self.name} has acknowledged order {client_order_id} and does not show it now"
                )
            raise NotFound(f"{self.name} has no order {client_order_id}")
        return await self._report(found, await self._up_to_date(sent, found), client_order_id)

    async def cancel(self, client_order_id: str) -> OrderReport:
        sent = await self.sent.order(client_order_id)
        if sent is not None and sent.sent_quantity == 0:
            return _canceled_unsent(sent)
        found = await self._find(client_order_id, sent)
        if found is None or not found.is_open:
            return await self.query(client_order_id)
        await self._calls.cancel(found, what=f"the cancel of {client_order_id}")
        return await self.query(client_order_id)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return await self.view.working_orders(account, self.sent)

    async def account(self, account: str) -> AccountSnapshot:
        return await self.view.account(account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await self.view.positions(account)

    async def quote(self, symbol: str) -> Quote:
        return await self.view.quote(symbol)

    async def _answer(self, order: Order, known: SentOrder) -> OrderReport | None:
        """What is said of an order that is known already; None when it may be sent after all."""
        if known.body_sha256 != body_sha256(order):
            raise Conflict(f"order {order.client_order_id} is known to {self.name} with other terms")
        if known.state is SentState.REFUSED:
            code = known.reason_code or "REJECTED"
            raise Refused(f"{self.name} refuses order {order.client_order_id}: {code}", code=code)
        if known.state is not SentState.UNSENT:
            try:
                return await self.query(order.client_order_id)
            except NotFound as error:
                raise OutcomeUnknown(
                    f"order {order.client_order_id} was sent once, and {self.name} does not show it"
                ) from error
        # The venue has said that nothing was done. It is asked before it is told again.
        with suppress(NotFound):
            return await self.query(order.client_order_id)
        if self._clock.now() < known.sent_at + _SHOWN_WITHIN:
            raise Unavailable(f"order {order.client_order_id} may be sent again in two seconds")
        return None

    async def _admitted(self, order: Order) -> TradedMarket:
        try:
            market = self._markets.of(order.symbol)
        except NotFound as error:
            raise Refused(f"order {order.client_order_id}: {error}", code="UNKNOWN_SYMBOL") from None
        code = market.refusal_of(order)
        if code is not None:
            raise Refused(
                f"order {order.client_order_id} is not in the steps of {market.unified}: quantity "
                f"{market.lot_size}, price {market.price_increment}",
                code=code,
            )
        try:
            quote = await self.view.quote(order.symbol)
        except NotFound as error:
            raise Refused(f"order {order.client_order_id}: {error}", code="NO_QUOTE") from None
        self._limits.check(order, quote, currency=market.quote)
        return market

    async def _allowed_quantity(self, order: Order, market: TradedMarket) -> Decimal:
        """All of it, or when it only reduces at most what is held: spot has no reduce-only of its own."""
        if not order.reduces_only:
            return order.quantity
        held = await self.view.held(market)
        against = -held * order.side.sign
        return min(order.quantity, market.floored(max(Decimal(0), against)))

    async def _take_back_exits(self, order: Order) -> None:
        """A working stop binds what a close would sell; Unavailable when it may work on."""
        if order.leg is not OrderLeg.CLOSE:
            return
        for sent in await self.sent.open():
            if sent.symbol == order.symbol and sent.leg in {OrderLeg.STOP, OrderLeg.TARGET}:
                try:
                    await self.cancel(sent.client_order_id)
                except (NotFound, OutcomeUnknown, Refused) as error:
                    raise Unavailable(
                        f"order {order.client_order_id} is not sent: {sent.client_order_id} may still bind "
                        f"what it would sell ({error})"
                    ) from None

    def _record(
        self,
        order: Order,
        quantity: Decimal,
        state: SentState = SentState.SENDING,
        reason_code: str | None = None,
    ) -> SentOrder:
        now = self._clock.now()
        is_for_the_day = order.time_in_force is TimeInForce.DAY and order.order_type is not OrderType.MARKET
        return SentOrder(
            client_order_id=order.client_order_id,
            body_sha256=body_sha256(order),
            symbol=order.symbol,
            side=order.side,
            leg=order.leg,
            quantity=order.quantity,
            sent_quantity=quantity,
            expires_at=_end_of_day(now) if is_for_the_day else None,
            sent_at=now,
            state=state,
            reason_code=reason_code,
        )

    async def _report_of_placed(
        self, record: SentOrder, market: TradedMarket, found: FoundOrder | None
    ) -> OrderReport:
        name = record.client_order_id
        if found is not None and found.client_order_id not in {None, name}:
            # The number is what is left to find it by.
            await self._put(replace(record, venue_order_id=found.venue_order_id))
            raise OutcomeUnknown(
                f"{self.name} has named order {name} {found.client_order_id!r}: it does not carry our names"
            )
        if found is None or found.status is None:
            with suppress(Unavailable):
                number = None if found is None else found.venue_order_id
                found = await self._find(name, replace(record, venue_order_id=number)) or found
        if found is None:
            raise OutcomeUnknown(f"{self.name} has taken order {name} and does not show it yet")
        placed = replace(record, state=SentState.SENT, venue_order_id=found.venue_order_id)
        try:
            fills = await self._calls.fills(found, client_order_id=name)
        except Unavailable:
            fills = ()
        report = report_of(found, fills, placed, client_order_id=name)
        await self._put(replace(placed, told=summary_of(report)))
        return report

    async def _find(self, client_order_id: str, sent: SentOrder | None) -> FoundOrder | None:
        try:
            markets = self._markets.all if sent is None else (self._markets.of(sent.symbol),)
        except NotFound as error:
            # It may well be at the venue: nobody has looked.
            raise Unavailable(f"order {client_order_id} cannot be asked about: {error}") from None
        for market in markets:
            found = await self._calls.find(
                client_order_id,
                market,
                sent_at=None if sent is None else sent.sent_at,
                number=None if sent is None else sent.venue_order_id,
            )
            if found is not None:
                return found
        return None

    async def _up_to_date(self, sent: SentOrder | None, found: FoundOrder) -> SentOrder | None:
        """The record once the order was seen; one whose day is over is canceled."""
        if sent is None:
            return None
        if sent.venue_order_id is None or sent.state in {SentState.SENDING, SentState.UNSENT}:
            sent = await self._put(
                replace(sent, state=SentState.SENT, venue_order_id=found.venue_order_id, reason_code=None)
            )
        if sent.expires_at is not None and found.is_open and self._clock.now() >= sent.expires_at:
            sent = await self._put(replace(sent, reason_code=OrderStatus.EXPIRED))
            with suppress(OutcomeUnknown, Refused, Unavailable):
                await self._calls.cancel(found, what=f"the end of {sent.client_order_id}")
        return sent

    async def _report(self, found: FoundOrder, sent: SentOrder | None, client_order_id: str) -> OrderReport:
        fills = await self._calls.fills(found, client_order_id=client_order_id)
        report = report_of(found, fills, sent, client_order_id=client_order_id)
        is_over = not found.is_open and is_told_whole(found, fills)
        if sent is not None and is_over and sent.state is SentState.SENT:
            await self._put(replace(sent, state=SentState.CLOSED))
        return report

    async def _put(self, record: SentOrder) -> SentOrder:
        """What cannot be written stays as it was: SENDING, which is asked about."""
        with suppress(Unavailable):
            await self.sent.put(record)
        return record


def summary_of(report: OrderReport) -> str:
    """A report in one line of the journal."""
    because = "" if report.reason_code is None else f" {report.reason_code}"
    filled = sum((fill.quantity for fill in report.fills), Decimal(0))
    return f"{report.status}{because}, {filled.normalize():f} filled"


def _end_of_day(at: datetime) -> datetime:
    return datetime.combine(at.date(), time(tzinfo=UTC)) + timedelta(days=1)


def _canceled_unsent(sent: SentOrder) -> OrderReport:
    if sent.state is SentState.REFUSED:
        return _rejected(sent)
    name = sent.client_order_id
    return OrderReport(name, f"none-{name}", OrderStatus.CANCELED, reason_code=sent.reason_code)


def _rejected(sent: SentOrder) -> OrderReport:
    name = sent.client_order_id
    number = sent.venue_order_id or f"none-{name}"
    return OrderReport(name, number, OrderStatus.REJECTED, reason_code=sent.reason_code)
