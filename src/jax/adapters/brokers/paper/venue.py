"""The paper venue: takes orders, hears bars, fills; one thread uses it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.paper_order import PaperOrder, exits_with, terms_of
from jax.adapters.brokers.paper.trading import Trading
from jax.adapters.brokers.paper.venue_file import VenueFile
from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.position import positions_of
from jax.domain.quote import Quote
from jax.ports.broker import BrokerStatus, JournalPage, OrderReport, WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, NotFound, Refused

T = TypeVar("T")
_KILLED = "KILLED"
_KILL_SWITCH = "KILL_SWITCH"


class PaperVenue:
    """Every change is one transaction of the file; what is held follows from the fills in it.

    An order that the quote lets trade fills at once, at the quote. Any other works through the bars of its
    symbol; a bar is a session, and a DAY order expires with the first one. What the account's
    `volume_fraction` leaves of an order works on as long as the order may.
    """

    def __init__(self, path: Path, account: PaperAccount, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._file = VenueFile(path, account)
        self._trading = Trading(self._file, account, clock)

    def close(self) -> None:
        self._file.close()

    def together(self, calls: Sequence[Callable[[], T]]) -> Sequence[T | Exception]:
        """What each of `calls` to this venue gives or raises, one after the other, in one commit."""
        if len(calls) == 1:
            return [_outcome_of(calls[0])]
        try:
            with self._file.transaction():
                return [_outcome_of(call) for call in calls]
        except Exception as error:  # noqa: BLE001 - nobody may wait for an answer that never comes
            self._trading.holdings.forget()
            return [error] * len(calls)

    def place(self, order: Order) -> OrderReport:
        """As the port says; a refusal is remembered, so that a repeat is refused for the same reason."""
        with self._file.transaction():
            self._trading.holdings.catch_up()
            known = self._file.order(order.client_order_id)
            if known is None:
                self._take(order)
            elif known[1].status is OrderStatus.INTENT or known[1].terms != terms_of(order):
                raise Conflict(f"order {order.client_order_id} is known here with other terms")
            report = self._report(order.client_order_id)
        if report.status is OrderStatus.REJECTED:
            code = report.reason_code or "REJECTED"
            raise Refused(f"the paper venue refuses order {order.client_order_id}: {code}", code=code)
        return report

    def query(self, client_order_id: str) -> OrderReport:
        with self._file.transaction():
            return self._report(client_order_id)

    def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        with self._file.transaction():
            return {
                name: None if self._file.order(name) is None else self._report(name)
                for name in client_order_ids
            }

    def cancel(self, client_order_id: str) -> OrderReport:
        with self._file.transaction():
            known = self._file.order(client_order_id)
            if known is not None and known[1].is_working:
                self._trading.close(known[1], OrderStatus.CANCELED)
            return self._report(client_order_id)

    def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        self._check_account(account)
        with self._file.transaction():
            return [
                WorkingOrder(
                    order.client_order_id,
                    _venue_order_id(number),
                    order.terms.symbol,
                    order.terms.side,
                    order.leaves_quantity,
                )
                for number, order in self._file.working_orders()
            ]

    def account(self, account: str) -> AccountSnapshot:
        self._check_account(account)
        with self._file.transaction():
            self._trading.holdings.catch_up()
            ledger = self._trading.holdings.now()
            return ledger.snapshot(self._account, self._file.listings(ledger.held()))

    def positions(self, account: str) -> Mapping[str, Decimal]:
        self._check_account(account)
        with self._file.transaction():
            self._trading.holdings.catch_up()
            return self._trading.holdings.now().held()

    def quote(self, symbol: str) -> Quote:
        with self._file.transaction():
            listing = self._file.listing(symbol)
        if listing is None:
            raise NotFound(f"the paper venue has no quote of {symbol}")
        return listing.quote

    def raise_epoch(self, account: str, epoch: int) -> None:
        self._check_account(account)
        with self._file.transaction():
            self._check_epoch(epoch, what=f"epoch {epoch} of account {account}")
            self._file.set_epoch(epoch)

    def kill(self, account: str, reason: str) -> None:
        self._check_account(account)
        with self._file.transaction():
            # Whoever kills again must not hide why it was done first.
            self._file.set_killed(self._file.killed() or reason)
            for _, order in self._file.working_orders():
                self._trading.close(order, OrderStatus.CANCELED, _KILL_SWITCH)

    def release_kill(self, account: str) -> None:
        self._check_account(account)
        with self._file.transaction():
            self._file.set_killed(None)

    def status(self, account: str) -> BrokerStatus:
        with self._file.transaction():
            mine = account == self._account.account
            problem = None if mine else self._no_account(account)
            return BrokerStatus(problem=problem, killed=self._file.killed(), epoch=self._file.epoch())

    def events(self, after: int, limit: int) -> JournalPage:
        with self._file.transaction():
            return self._file.events(after=after, limit=limit)

    def executions(self, account: str, after: int, limit: int) -> Sequence[tuple[int, Fill]]:
        self._check_account(account)
        with self._file.transaction():
            return self._file.fills_after(after, limit=limit)

    def realized_pnl(self, account: str) -> Mapping[str, Decimal]:
        self._check_account(account)
        with self._file.transaction():
            fills = [fill for _, fill in self._file.fills_after(0)]
            listings = self._file.listings({fill.symbol for fill in fills})
        before_commission = positions_of(replace(fill, commission=Decimal(0)) for fill in fills)
        profit = {
            symbol: position.realized_pnl * listings[symbol].instrument.multiplier
            for symbol, position in before_commission.items()
        }
        for fill in fills:
            profit[fill.symbol] -= fill.commission
        return profit

    def instruments(self) -> Mapping[str, Instrument]:
        with self._file.transaction():
            return {symbol: listing.instrument for symbol, listing in self._file.all_listings().items()}

    def on_bars(self, bars: Iterable[Bar], instruments: Mapping[str, Instrument]) -> None:
        """Fills or expires what works, then quotes the newest close; a bar heard before changes nothing."""
        with self._file.transaction():
            self._trading.holdings.catch_up()
            for bar in bars:
                listing = self._file.listing(bar.symbol)
                if bar.symbol in instruments and (listing is None or bar.end > listing.quote.ts_event):
                    self._trading.hear(bar, instruments[bar.symbol])

    def _take(self, order: Order) -> None:
        self._check_epoch(order.epoch, what=f"order {order.client_order_id}")
        # Asked with the file in hand: whoever waited for it may have been given up on meanwhile.
        if not (self._clock.now() <= order.deadline_at):
            raise Refused(
                f"order {order.client_order_id} came to the paper venue after its deadline",
                code="DEADLINE_PASSED",
            )
        new = PaperOrder(order.client_order_id, terms_of(order), OrderStatus.NEW)
        if self._file.killed() is None:
            self._trading.take(new, exits_with(order))
        else:
            # Remembered, or a copy of the same request would trade after the kill was released.
            self._trading.reject(new, _KILLED)

    def _check_epoch(self, epoch: int, *, what: str) -> None:
        floor = self._file.epoch()
        if not (epoch >= floor):
            raise Refused(f"{what} is below epoch {floor}, which the paper venue was told of", code="FENCED")

    def _report(self, client_order_id: str) -> OrderReport:
        known = self._file.order(client_order_id)
        if known is None or known[1].status is OrderStatus.INTENT:
            raise NotFound(f"the paper venue has no order {client_order_id}")
        number, order = known
        return OrderReport(
            client_order_id,
            _venue_order_id(number),
            order.status,
            self._file.fills_of(client_order_id),
            order.reason_code,
            # Nobody else writes within this transaction.
            as_of=self._file.newest_event(),
        )

    def _check_account(self, account: str) -> None:
        if account != self._account.account:
            raise NotFound(self._no_account(account))

    def _no_account(self, account: str) -> str:
        return f"the paper venue has account {self._account.account}, not {account}"


def _outcome_of(call: Callable[[], T]) -> T | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - raised where the call was made
        return error


def _venue_order_id(number: int) -> str:
    return f"paper-{number}"
