"""How orders live at the paper venue, from their arrival to their end; within the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from jax.adapters.brokers.paper.holdings import Holdings
from jax.adapters.brokers.paper.ledger import Listing, PaperAccount
from jax.adapters.brokers.paper.matching import (
    commission_of,
    in_order_of_trading,
    price_at_once,
    price_within,
    quote_of,
    refusal_code,
)
from jax.adapters.brokers.paper.paper_order import OrderTerms, PaperOrder
from jax.adapters.brokers.paper.venue_file import VenueFile
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.clock import Clock

REDUCE_ONLY = "REDUCE_ONLY"
EXIT_FILLED = "EXIT_FILLED"


class Trading:
    """Every change of an order is told in the journal, in the transaction that makes it."""

    def __init__(self, file: VenueFile, account: PaperAccount, clock: Clock) -> None:
        self._file = file
        self._account = account
        self._clock = clock
        self.holdings = Holdings(file)

    def take(self, order: PaperOrder, exits: Sequence[PaperOrder]) -> None:
        """A new order is refused, or works, and fills against the quote if it can.

        The exits that it brings along are refused with it, or wait for its first fill.
        """
        listing = self._file.listing(order.terms.symbol)
        codes = [self._refusal_code(known.terms, listing) for known in (order, *exits)]
        code = next(filter(None, codes), None)
        if listing is None or code is not None:
            self.reject(order, code or "NO_QUOTE")
            return
        for new in (order, *exits):
            self._file.add_order(new)
        self._tell(order)
        traded = self._trade_at_once(order, listing)
        for begun in self._begin(order):
            # Of a stop and a target one price reaches one.
            traded = self._trade_at_once(begun, traded)
        if traded is not listing:
            self._file.put_listing(traded)

    def reject(self, order: PaperOrder, code: str) -> None:
        """Remembers a new order as refused, so that a repeat is refused as well."""
        rejected = replace(order, status=OrderStatus.REJECTED, reason_code=code)
        self._file.add_order(rejected)
        self._tell(rejected)

    def close(self, order: PaperOrder, status: OrderStatus, reason_code: str | None = None) -> None:
        """Ends a working order."""
        self._put(replace(order, status=status, reason_code=reason_code))

    def hear(self, bar: Bar, instrument: Instrument) -> None:
        """Fills or expires what works in the bar's symbol, then quotes its close."""
        fraction = self._account.volume_fraction
        volume = None if fraction is None else bar.volume * fraction
        listing = Listing(instrument, quote_of(bar, instrument), volume)
        working = [order for _, order in self._file.working_orders(bar.symbol)]
        begun: list[PaperOrder] = []
        for order in in_order_of_trading(working, bar):
            listing = self._trade_within(order, bar, listing)
            for exit_ in self._begin(order):
                # Whoever enters on the way to the stop is stopped on the same way; of a target nobody knows
                # whether the market was there before or after.
                if exit_.terms.order_type is OrderType.STOP:
                    listing = self._trade_within(exit_, bar, listing)
                begun.append(exit_)
            now = self._now(order)
            # A bar is a session: whoever is good for one ends with it.
            if now.is_working and now.terms.time_in_force is TimeInForce.DAY:
                self.close(now, OrderStatus.EXPIRED)
        for exit_ in begun:
            listing = self._trade_at_once(self._now(exit_), listing)
        self._file.put_listing(listing)

    def _trade_at_once(self, order: PaperOrder, listing: Listing) -> Listing:
        price = price_at_once(order, listing.quote) if order.is_working else None
        return listing if price is None else self._execute(order, price, listing)

    def _trade_within(self, order: PaperOrder, bar: Bar, listing: Listing) -> Listing:
        now = self._now(order)
        price = price_within(now, bar, listing.instrument) if now.is_working else None
        return listing if price is None else self._execute(now, price, listing)

    def _now(self, order: PaperOrder) -> PaperOrder:
        """The order as it is stored: what has traded since may have ended it, or filled it."""
        known = self._file.order(order.client_order_id)
        return order if known is None else known[1]

    def _begin(self, entry: PaperOrder) -> list[PaperOrder]:
        """The exits of an entry, which work from its first fill on; none when they do already."""
        if entry.terms.bracket_stop_price is None or not self._now(entry).filled_quantity:
            return []
        waiting = [known for known in self._file.exits_of(entry.client_order_id) if not known.has_begun]
        begun = [replace(exit_, status=OrderStatus.NEW) for exit_ in waiting]
        for exit_ in begun:
            self._put(exit_)
        return begun

    def _refusal_code(self, terms: OrderTerms, listing: Listing | None) -> str | None:
        if terms.account != self._account.account:
            return "UNKNOWN_ACCOUNT"
        if listing is None:
            return "NO_QUOTE"
        return refusal_code(terms, listing.instrument)

    def _execute(self, order: PaperOrder, price: Decimal, listing: Listing) -> Listing:
        """The listing after as much as volume and position allow was traded at `price`."""
        allowed = self._allowed(order)
        quantity = listing.fillable(allowed)
        if quantity > 0:
            self._file.add_fill(self._fill(order, price, quantity, listing.instrument))
        filled = order.filled_quantity + quantity
        after = replace(
            order,
            filled_quantity=filled,
            triggered=order.triggered or order.terms.order_type is OrderType.STOP,
            status=_status_after(order, filled),
        )
        if quantity == allowed < order.leaves_quantity:
            after = replace(after, status=OrderStatus.CANCELED, reason_code=REDUCE_ONLY)
        self._put(after)
        if after.entry_id is not None and quantity > 0:
            self._end_bracket(after.entry_id)
        return listing.after(quantity)

    def _end_bracket(self, entry_id: str) -> None:
        """One of the exits has filled: nothing more is entered, and what it took the other has lost."""
        entry = self._file.order(entry_id)
        if entry is not None and entry[1].is_working:
            self.close(entry[1], OrderStatus.CANCELED, EXIT_FILLED)
        if self._held_by(entry_id) > 0:
            return
        for exit_ in self._file.exits_of(entry_id):
            if exit_.is_working:
                self.close(exit_, OrderStatus.CANCELED, REDUCE_ONLY)

    def _held_by(self, entry_id: str) -> Decimal:
        """What an entry has filled and the exits that came with it have not."""
        entry = self._file.order(entry_id)
        entered = Decimal(0) if entry is None else entry[1].filled_quantity
        return entered - sum((known.filled_quantity for known in self._file.exits_of(entry_id)), Decimal(0))

    def _allowed(self, order: PaperOrder) -> Decimal:
        """What is left of the order; when it only reduces, at most the position on the other side, and when
        it came with an entry, at most what that still holds.
        """
        terms = order.terms
        if not terms.reduce_only:
            return order.leaves_quantity
        against = -self.holdings.signed_quantity(terms.symbol) * terms.side.sign
        if order.entry_id is not None:
            against = min(against, self._held_by(order.entry_id))
        return min(order.leaves_quantity, max(Decimal(0), against))

    def _fill(self, order: PaperOrder, price: Decimal, quantity: Decimal, instrument: Instrument) -> Fill:
        side: Side = order.terms.side
        number = len(self._file.fills_of(order.client_order_id)) + 1
        return Fill(
            execution_id=f"{order.client_order_id}-{number}",
            client_order_id=order.client_order_id,
            symbol=order.terms.symbol,
            side=side,
            quantity=quantity,
            price=price,
            commission=commission_of(price * quantity * instrument.multiplier, self._account.commission_bps),
            ts_event=self._clock.now(),
        )

    def _put(self, order: PaperOrder) -> None:
        self._file.put_order(order)
        self._tell(order)

    def _tell(self, order: PaperOrder) -> None:
        because = "" if order.reason_code is None else f" {order.reason_code}"
        detail = f"{order.status}{because}, {order.filled_quantity} of {order.terms.quantity} filled"
        self._file.add_event(order.client_order_id, detail, self._clock.now())


def _status_after(order: PaperOrder, filled: Decimal) -> OrderStatus:
    if filled == order.terms.quantity:
        return OrderStatus.FILLED
    return OrderStatus.PARTIALLY_FILLED if filled > 0 else order.status
