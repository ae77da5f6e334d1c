"""The questions to a venue and the messages to it, each answered in our own words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from jax.adapters.brokers.ccxt.dialects import Dialect, OrderRequest
from jax.adapters.brokers.ccxt.error_tables import error_of_sending
from jax.adapters.brokers.ccxt.exchange_line import CallFailed, ExchangeLine
from jax.adapters.brokers.ccxt.traded_markets import TradedMarket
from jax.adapters.brokers.ccxt.venue_reports import FoundOrder, fills_of, found_order
from jax.domain.errors import InvalidValue
from jax.domain.fill import Fill
from jax.ports.errors import Unavailable

T = TypeVar("T")
_UNREADABLE = (InvalidValue, ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
# A list this short is whole at every venue: pages begin at 100.
_SHORTER_THAN_A_PAGE = 100
_LONGEST_PAGE = "1000"


class VenueCalls:
    """Whatever only asks is Unavailable when it fails; what it failed of is never an answer."""

    def __init__(self, line: ExchangeLine, dialect: Dialect) -> None:
        self.line = line
        self.dialect = dialect
        self._exchange = line.exchange

    async def place(
        self, request: OrderRequest, market: TradedMarket, *, left: timedelta, what: str
    ) -> FoundOrder | None:
        """The order as the venue answered, None when the answer says that it is there and cannot be read.

        What arrives when no time is `left` any more is refused by a venue that looks at it.

        Refused, Unavailable and OutcomeUnknown as the venue's table says.
        """
        parameters = {**request.parameters, **self.dialect.arrival(left)}
        try:
            document = await self.line.send(
                lambda: self._exchange.create_order(
                    request.unified,
                    request.order_type,
                    request.side,
                    request.quantity,
                    request.price,
                    parameters,
                ),
                is_urgent=True,
            )
        except CallFailed as failed:
            error = error_of_sending(self.dialect.errors, failed.answer, what=what)
        else:
            return self._read_placed(document, market)
        raise error

    def _read_placed(self, document: Any, market: TradedMarket) -> FoundOrder | None:
        try:
            found = found_order(document, market)
            name = document["info"].get(self.dialect.ack_name)
        except _UNREADABLE:
            return None
        return found if name is None else replace(found, client_order_id=str(name))

    async def cancel(self, found: FoundOrder, *, what: str) -> None:
        """Asks to cancel; an order that is not open any more is no error."""
        try:
            await self.line.send(
                lambda: self._exchange.cancel_order(found.venue_order_id, found.market.unified),
                is_urgent=True,
            )
        except CallFailed as failed:
            if failed.answer.code in self.dialect.errors.not_open:
                return
            error = error_of_sending(self.dialect.errors, failed.answer, what=what)
        else:
            return
        raise error

    async def find(
        self, client_order_id: str, market: TradedMarket, *, sent_at: datetime | None, number: str | None
    ) -> FoundOrder | None:
        """The order in one market, open or closed; None when the venue says that there is none.

        `number` is the venue's, where it is known. Unavailable when the lists do not reach back to `sent_at`.
        """
        if self.dialect.finds_by_name:
            return await self._find_by_name(client_order_id, market)

        def is_it(found: FoundOrder) -> bool:
            return found.client_order_id == client_order_id or found.venue_order_id == number

        for found in self._found(await self.open_orders(market), market):
            if is_it(found):
                return found
        closed = await self._closed_orders(market)
        for found in self._found(closed, market):
            if is_it(found):
                return found
        if not _reaches_back(closed, sent_at):
            raise Unavailable(
                f"{self._exchange.id} does not list the orders of {market.unified} as far back as "
                f"{client_order_id} may be"
            )
        return None

    async def _find_by_name(self, client_order_id: str, market: TradedMarket) -> FoundOrder | None:
        try:
            document = await self.line.send(
                lambda: self._exchange.fetch_order(
                    None, market.unified, {"origClientOrderId": client_order_id}
                )
            )
        except CallFailed as failed:
            answer = failed.answer
        else:
            return self._read(lambda: found_order(document, market))
        if answer.status is not None and answer.code in self.dialect.errors.no_such_order:
            return None
        raise Unavailable(f"{self._exchange.id} could not be asked of {client_order_id} ({answer.told})")

    async def _closed_orders(self, market: TradedMarket) -> Sequence[Any]:
        if self._exchange.has.get("fetchOrders"):
            listed: Sequence[Any] = await self.line.ask(
                lambda: self._exchange.fetch_orders(market.unified, params={"limit": _LONGEST_PAGE})
            )
            return listed
        closed: list[Any] = await self.line.ask(lambda: self._exchange.fetch_closed_orders(market.unified))
        if self._exchange.has.get("fetchCanceledOrders"):
            closed += await self.line.ask(lambda: self._exchange.fetch_canceled_orders(market.unified))
        return closed

    async def open_orders(self, market: TradedMarket | None) -> Sequence[Any]:
        """What is open in one market, or in every one, as ccxt has it."""
        unified = None if market is None else market.unified
        listed: Sequence[Any] = await self.line.ask(lambda: self._exchange.fetch_open_orders(unified))
        return listed

    async def fills(self, found: FoundOrder, *, client_order_id: str) -> tuple[Fill, ...]:
        """The executions of an order that the venue shows now."""
        if found.filled_quantity == 0:
            return ()
        unified = found.market.unified
        if self._exchange.has.get("fetchOrderTrades"):
            trades = await self.line.ask(
                lambda: self._exchange.fetch_order_trades(found.venue_order_id, unified)
            )
        else:
            trades = await self.line.ask(lambda: self._exchange.fetch_my_trades(unified))
        return self._read(lambda: fills_of(found, trades, self.dialect, client_order_id=client_order_id))

    async def balances(self) -> Mapping[str, Mapping[str, Decimal]]:
        """`total` and `free` by currency."""
        document = await self.line.ask(self._exchange.fetch_balance)
        return self._read(
            lambda: {
                part: {currency: Decimal(held or 0) for currency, held in document[part].items()}
                for part in ("total", "free")
            }
        )

    async def ticker(self, market: TradedMarket) -> Any:
        """ccxt's ticker of a market."""
        return await self.line.ask(lambda: self._exchange.fetch_ticker(market.unified))

    def _found(self, documents: Sequence[Any], market: TradedMarket) -> Sequence[FoundOrder]:
        return self._read(lambda: [found_order(document, market) for document in documents])

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except _UNREADABLE as error:
            raise Unavailable(
                f"the answer of {self._exchange.id} cannot be read ({type(error).__name__})"
            ) from None


def _reaches_back(listed: Sequence[Any], sent_at: datetime | None) -> bool:
    if len(listed) < _SHORTER_THAN_A_PAGE:
        return True
    times = [int(document["timestamp"]) for document in listed if document.get("timestamp")]
    return sent_at is not None and bool(times) and min(times) < sent_at.timestamp() * 1000
