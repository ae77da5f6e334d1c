"""An order comes in, and goes to the venue at most once."""

from dataclasses import dataclass, replace
from decimal import Decimal

from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.modules.bridge.admission import (
    BREAKER,
    CODES_OF_THE_BRIDGE,
    FENCED,
    NO_BRACKETS,
    counts_with_the_breaker,
    notional_of,
    refusal_code,
    sentence_of,
)
from jax.modules.bridge.breaker import NotionalBreaker
from jax.modules.bridge.desk_records import DeskRecords
from jax.modules.bridge.order_lanes import OrderLanes
from jax.modules.bridge.pacing import MessageLane
from jax.ports.bridge_book import BookedOrder, SendState
from jax.ports.broker import OrderReport, Venue
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, PortError, Refused, Unavailable
from jax.ports.order_body import body_sha256


@dataclass(frozen=True, slots=True)
class SendOrder:
    """The way of an order through the bridge; the invariants are those of docs/bridge.md."""

    venue: Venue
    records: DeskRecords
    clock: Clock
    breaker: NotionalBreaker
    orders: OrderLanes
    places: MessageLane

    async def send(self, order: Order) -> OrderReport:
        """As Broker.place says."""
        async with (
            self.orders.lane(order.client_order_id),
            self.orders.sending(order.client_order_id),
        ):
            asked = body_sha256(order)
            booked, is_new = await self._claim(order, asked)
            if booked.body_sha256 != asked:
                raise Conflict(f"order {order.client_order_id} is known to the bridge with other terms")
            if is_new:
                return await self._send(order, booked)
        return await self._answer(order, booked)

    async def _claim(self, order: Order, asked: str) -> tuple[BookedOrder, bool]:
        """What the book holds of the order, and whether it is to be sent now."""
        now, switches = self.clock.now(), self.records.switches(order.account)
        code = refusal_code(order, switches, now=now)
        if code == FENCED:
            return await self._known_or_fenced(order)
        if code is None and order.bracket_stop_price is not None and not self.venue.has_brackets:
            code = NO_BRACKETS
        if self.breaker.limit is not None:
            # What is known is answered, whether or not its price can be asked for now.
            known = await self.records.book.order(order.client_order_id)
            if known is not None and known.state is not SendState.UNSENT:
                return known, False
        booked = BookedOrder(
            client_order_id=order.client_order_id,
            account=order.account,
            body_sha256=asked,
            epoch=order.epoch,
            state=SendState.SENDING,
            booked_at=now,
        )
        if code is None:
            booked, code = await self._counted(order, booked)
        if code is not None:
            booked = replace(booked, state=SendState.REFUSED, refusal_code=code)
        entries = (
            []
            if code is None
            else [self.records.entry(order.client_order_id, f"{OrderStatus.REJECTED} {code}")]
        )
        known = await self.records.book.claim(booked, *entries)
        if known is None:
            return booked, booked.state is SendState.SENDING
        if known.state is SendState.UNSENT and known.body_sha256 == booked.body_sha256:
            # The venue has said that nothing was done: this is the first message all the same.
            await self.records.book.settle(booked, *entries)
            return booked, booked.state is SendState.SENDING
        return known, False

    async def _known_or_fenced(self, order: Order) -> tuple[BookedOrder, bool]:
        """A late trader may still learn what became of its order; it may not send."""
        known = await self.records.book.order(order.client_order_id)
        if known is None or known.state is SendState.UNSENT:
            raise self._refused(order, FENCED)
        return known, False

    async def _counted(self, order: Order, booked: BookedOrder) -> tuple[BookedOrder, str | None]:
        """The order with what it counts for, and the refusal if that is too much."""
        if self.breaker.limit is None or not counts_with_the_breaker(order):
            return booked, None
        try:
            quote = await self.venue.quote(order.symbol)
        except NotFound:
            quote = None
        notional = notional_of(order, quote)
        if notional is None or not self.breaker.allows(order.account, notional, now=booked.booked_at):
            return booked, BREAKER
        return replace(booked, notional=notional), None

    async def _send(self, order: Order, booked: BookedOrder) -> OrderReport:
        await self.places.turn()
        # The last look: from here to the venue nothing waits.
        code = refusal_code(order, self.records.switches(order.account), now=self.clock.now())
        if code is not None:
            await self.records.refuse(booked, code)
            raise self._refused(order, code)
        try:
            report = await self.venue.place(order)
        except Refused as error:
            await self.records.refuse(booked, error.code)
            raise
        except Unavailable:
            self.breaker.give_back(booked)
            unsent = replace(booked, state=SendState.UNSENT, notional=Decimal(0))
            await self.records.settle(unsent, "not sent")
            raise
        except (OutcomeUnknown, Conflict):
            raise
        except Exception as error:
            raise OutcomeUnknown(
                f"the venue {self.venue.name} answered order {order.client_order_id} in a way that cannot "
                f"be read: {error!r}"
            ) from error
        # The answer need not wait for the disk: until then the book says SENDING, which is asked about.
        self.records.acknowledge_soon(booked, report)
        return report

    async def _answer(self, order: Order, booked: BookedOrder) -> OrderReport:
        """The state of an order that is known already; it is never sent from here."""
        if booked.refusal_code is not None:
            raise self._refused(order, booked.refusal_code)
        try:
            report = await self.venue.query(order.client_order_id)
        except PortError as error:
            raise OutcomeUnknown(
                f"order {order.client_order_id} was sent once, and the venue {self.venue.name} does not say "
                f"what became of it: {error}"
            ) from error
        if booked.state is SendState.SENDING:
            await self.records.acknowledge(booked, report)
        return report

    def _refused(self, order: Order, code: str) -> Refused:
        if code in CODES_OF_THE_BRIDGE:
            sentence = sentence_of(code, order, self.records.switches(order.account))
        else:
            sentence = f"the venue {self.venue.name} refuses order {order.client_order_id}: {code}"
        return Refused(sentence, code=code)
