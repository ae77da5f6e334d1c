"""The paper venue: takes orders, hears bars, fills; one thread uses it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from jax.adapters.brokers.paper.ledger import Ledger, Listing, PaperAccount
from jax.adapters.brokers.paper.matching import (
    commission_of,
    price_at_once,
    price_within,
    quote_of,
    refusal_code,
)
from jax.adapters.brokers.paper.paper_order import OrderTerms, PaperOrder, terms_of
from jax.adapters.brokers.paper.venue_file import VenueFile
from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.ports.broker import OrderReport
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, NotFound, Refused


class PaperVenue:
    """Every change is one transaction of the file; what is held follows from the fills in it.

    A MARKET order, or a LIMIT order whose limit the quote reaches, fills whole and at once at the quote.
    Any other LIMIT order works through the next bar of its symbol, which is the next session's: it fills
    within that bar or expires with it.
    """

    def __init__(self, path: Path, account: PaperAccount, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._file = VenueFile(path, account)
        self._ledger = Ledger(self._file.starting_cash(), {})
        self._fills_in_ledger = 0

    def close(self) -> None:
        self._file.close()

    def place(self, order: Order) -> OrderReport:
        """As the port says; a refusal is remembered, so that a repeat is refused for the same reason."""
        with self._file.transaction():
            known = self._file.order(order.client_order_id)
            if known is None:
                self._check_deadline(order)
                self._take(PaperOrder(order.client_order_id, terms_of(order), OrderStatus.NEW))
            elif known[1].terms != terms_of(order):
                raise Conflict(f"order {order.client_order_id} is known here with other terms")
            report = self._report(order.client_order_id)
        if report.status is OrderStatus.REJECTED:
            code = report.reason_code or "REJECTED"
            raise Refused(f"the paper venue refuses order {order.client_order_id}: {code}", code=code)
        return report

    def query(self, client_order_id: str) -> OrderReport:
        with self._file.transaction():
            return self._report(client_order_id)

    def cancel(self, client_order_id: str) -> OrderReport:
        with self._file.transaction():
            if self._report(client_order_id).status is OrderStatus.NEW:
                self._file.set_status(client_order_id, OrderStatus.CANCELED)
            return self._report(client_order_id)

    def account(self, account: str) -> AccountSnapshot:
        self._check_account(account)
        with self._file.transaction():
            listings = self._file.listings()
            return self._ledger_now(listings).snapshot(self._account, listings)

    def positions(self, account: str) -> Mapping[str, Decimal]:
        self._check_account(account)
        with self._file.transaction():
            return self._ledger_now(self._file.listings()).held()

    def on_bars(self, bars: Iterable[Bar], instruments: Mapping[str, Instrument]) -> None:
        """Fills or expires what works, then quotes the newest close; a bar heard before changes nothing."""
        with self._file.transaction():
            listings = self._file.listings()
            changed: dict[str, Listing] = {}
            for bar in bars:
                symbol = bar.symbol
                before = changed.get(symbol) or listings.get(symbol)
                if symbol in instruments and (before is None or bar.end > before.quote.ts_event):
                    self._work(bar, instruments[symbol])
                    changed[symbol] = Listing(instruments[symbol], quote_of(bar, instruments[symbol]))
            for listing in changed.values():
                self._file.put_listing(listing)

    def _check_deadline(self, order: Order) -> None:
        # Asked with the file in hand: whoever waited for it may have been given up on meanwhile.
        if not (self._clock.now() <= order.deadline_at):
            raise Refused(
                f"order {order.client_order_id} came to the paper venue after its deadline",
                code="DEADLINE_PASSED",
            )

    def _take(self, order: PaperOrder) -> None:
        listing = self._file.listings().get(order.terms.symbol)
        code = self._refusal_code(order.terms, listing)
        if listing is None or code is not None:
            self._file.add_order(replace(order, status=OrderStatus.REJECTED, reason_code=code))
            return
        self._file.add_order(order)
        price = price_at_once(order.terms, listing.quote)
        if price is not None:
            self._fill(order, price, listing.instrument)

    def _refusal_code(self, terms: OrderTerms, listing: Listing | None) -> str | None:
        if terms.account != self._account.account:
            return "UNKNOWN_ACCOUNT"
        if listing is None:
            return "NO_QUOTE"
        return refusal_code(terms, listing.instrument)

    def _work(self, bar: Bar, instrument: Instrument) -> None:
        for order in self._file.working_orders(bar.symbol):
            price = price_within(order.terms, bar, instrument)
            if price is None:
                self._file.set_status(order.client_order_id, OrderStatus.EXPIRED)
            else:
                self._fill(order, price, instrument)

    def _fill(self, order: PaperOrder, price: Decimal, instrument: Instrument) -> None:
        terms = order.terms
        notional = price * terms.quantity * instrument.multiplier
        fill = Fill(
            execution_id=f"{order.client_order_id}-1",
            client_order_id=order.client_order_id,
            symbol=terms.symbol,
            side=terms.side,
            quantity=terms.quantity,
            price=price,
            commission=commission_of(notional, self._account.commission_bps),
            ts_event=self._clock.now(),
        )
        self._file.add_fill(fill)
        self._file.set_status(order.client_order_id, OrderStatus.FILLED)

    def _report(self, client_order_id: str) -> OrderReport:
        known = self._file.order(client_order_id)
        if known is None:
            raise NotFound(f"the paper venue has no order {client_order_id}")
        number, order = known
        fills = self._file.fills_of(client_order_id)
        return OrderReport(client_order_id, f"paper-{number}", order.status, fills, order.reason_code)

    def _ledger_now(self, listings: Mapping[str, Listing]) -> Ledger:
        # Fills are only ever appended, so the ledger needs those alone that came since the last look.
        for number, fill in self._file.fills_after(self._fills_in_ledger):
            self._ledger = self._ledger.with_fill(fill, listings[fill.symbol].instrument.multiplier)
            self._fills_in_ledger = number
        return self._ledger

    def _check_account(self, account: str) -> None:
        if account != self._account.account:
            raise NotFound(f"the paper venue has account {self._account.account}, not {account}")
