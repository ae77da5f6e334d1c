"""Interactive Brokers as a Venue."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ib_async import Contract

from jax.adapters.brokers.ib.contracts import contract_of
from jax.adapters.brokers.ib.executions import Executions
from jax.adapters.brokers.ib.file_thread import FileThread, open_venue_file
from jax.adapters.brokers.ib.gateway import Gateway, Patience
from jax.adapters.brokers.ib.gateway_ear import GatewayEar
from jax.adapters.brokers.ib.gateway_line import GatewayLine, Turn
from jax.adapters.brokers.ib.journal_teller import Hear, JournalTeller
from jax.adapters.brokers.ib.order_answers import CLOSED, OrderAnswers
from jax.adapters.brokers.ib.order_view import venue_order_id_of
from jax.adapters.brokers.ib.placing import Placing
from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.quote import Quote
from jax.ports.broker import OrderReport, WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Refused, Unavailable
from jax.ports.order_body import body_sha256

InstrumentOf = Callable[[str], Awaitable[Instrument]]


@dataclass(frozen=True, slots=True)
class IbParts:
    """What the venue is made of; `turn` lets the next question to the gateway go, `is_live`: real money."""

    gateway: Gateway
    clock: Clock
    instrument_of: InstrumentOf
    turn: Turn
    patience: Patience
    is_live: bool = False


class IbVenue:
    """A Venue of one account. What it says of an order was asked of the gateway after the call began."""

    name = "ib"
    # Interactive Brokers has them; what becomes of them when an entry fills in part was never seen from here.
    has_brackets = False

    def __init__(self, parts: IbParts, file: FileThread) -> None:
        """Opened by `open_ib_venue`."""
        self.is_live = parts.is_live
        self._parts = parts
        self._file = file
        self._teller = JournalTeller()
        self._ear = GatewayEar(parts.gateway.account, parts.gateway.client_id, parts.clock, self._teller)
        self._line = GatewayLine(parts.gateway, self._ear, self._teller, parts.turn, parts.patience)
        self._executions = Executions(
            self._ear.orders,
            file,
            clock=parts.clock,
            teller=self._teller,
            commission_seconds=parts.patience.commission_seconds,
        )
        self._answers = OrderAnswers(self._ear.orders, self._executions, file)
        self._ear.on_order_error = self._answers.note_error
        self._placing = Placing(self._line, self._ear, file, parts.clock, parts.patience)

    async def keep_connected(self) -> None:
        """Until it is canceled."""
        await self._answers.load()
        self._ear.orders.names.update(await self._file.run(lambda file: file.names()))
        await self._line.keep()

    async def ready_within(self, seconds: float) -> bool:
        """Whether it can be asked, after waiting at most so long."""
        return await self._line.ready_within(seconds)

    def listen(self, hear: Hear, when_ready: Callable[[], Awaitable[None]]) -> None:
        """`hear` is told what the gateway says; `when_ready` is called after each time it was met again."""
        self._teller.listen(hear)
        self._line.on_ready = when_ready

    async def told(self) -> None:
        """Returns when whoever listens was told everything heard so far."""
        await self._teller.told()

    async def place(self, order: Order) -> OrderReport:
        """Refused with UNKNOWN_ACCOUNT, NO_CONTRACT, DEADLINE_PASSED, or IB_ and the code of the gateway.

        What of an order that only reduces is more than the position is not sent, and counts as canceled.
        """
        if order.account != self._parts.gateway.account:
            raise Refused(self._no_account(order.account), code="UNKNOWN_ACCOUNT")
        self._line.check_ready()
        sha = body_sha256(order)
        if not await self._is_known(order.client_order_id, sha):
            await self._placing.place(order, await self._contract_of(order.symbol), sha)
        return await self._answer_to(order.client_order_id)

    async def query(self, client_order_id: str) -> OrderReport:
        """Asks for what is open, completed and executed."""
        await self._line.ask_orders()
        report = await self._answers.report(client_order_id)
        await self._teller.told()
        if report is None:
            raise NotFound(f"{self._parts.gateway} shows no order {client_order_id}")
        return report

    async def cancel(self, client_order_id: str) -> OrderReport:
        self._line.check_ready()
        filed = await self._file.run(lambda file: file.order(client_order_id))
        if filed is None or filed.closed is not None:
            report = await self.query(client_order_id)
            statement = self._ear.orders.statement(client_order_id)
            if statement is None or statement.is_closed or not statement.order_id:
                return report
            order_id = statement.order_id
        else:
            order_id = filed.order_id
            await self._file.run(lambda file: file.ask_cancel(client_order_id))
        await self._placing.cancel(order_id, client_order_id)
        said = await self._answers.report(client_order_id)
        if said is not None and said.status in CLOSED:
            # The gateway has just said so by itself, and its executions account for it.
            await self._teller.told()
            return said
        try:
            return await self.query(client_order_id)
        except Unavailable as error:
            raise OutcomeUnknown(f"order {client_order_id} may have been canceled: {error}") from error

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        self._check_account(account)
        await self._line.ask_open_orders()
        await self._teller.told()
        return [
            WorkingOrder(
                client_order_id=order.client_order_id,
                venue_order_id=venue_order_id_of(order),
                symbol=order.symbol,
                side=order.side,
                leaves_quantity=order.quantity - (order.filled or Decimal(0)),
            )
            for order in self._ear.orders.open_orders()
            if not self._answers.is_refused(order)
        ]

    async def account(self, account: str) -> AccountSnapshot:
        self._check_account(account)
        told = await self._line.ask_summary()
        try:
            cash, currency = told["TotalCashValue"]
            return AccountSnapshot(
                account=account,
                currency=currency,
                cash=Decimal(cash),
                net_liquidation=Decimal(told["NetLiquidation"][0]),
                buying_power=max(Decimal(0), Decimal(told["BuyingPower"][0])),
            )
        except (KeyError, ArithmeticError, ValueError) as error:
            raise Unavailable(f"{self._parts.gateway} does not say what account {account} holds") from error

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        self._check_account(account)
        held: dict[str, Decimal] = {}
        for symbol, quantity in (await self._line.ask_positions()).values():
            held[symbol] = held.get(symbol, Decimal(0)) + quantity
        return {symbol: quantity for symbol, quantity in held.items() if quantity != 0}

    async def quote(self, symbol: str) -> Quote:
        """Bid and ask of the moment, stamped by our clock: frozen and delayed prices are no quote."""
        instrument = await self._parts.instrument_of(symbol)
        contract = contract_of(instrument)
        prices = None if contract is None else await self._line.ask_prices(contract)
        if prices is None or not (prices[0] <= prices[1]):
            raise NotFound(f"{self._parts.gateway} shows no bid and ask of {symbol} now")
        return Quote(symbol, prices[0], prices[1], self._parts.clock.now())

    async def executions(self, account: str, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Fill]]:
        """The account's fills of our orders after number `after`, with their numbers, oldest first.

        What was executed while no bridge ran is among them as long as the gateway shows it, which is a day.
        """
        self._check_account(account)
        await self._line.ask_orders()
        await self._executions.file()
        return await self._file.run(lambda file: file.fills_after(after, limit))

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Remembers the instruments of the bars; the market itself is elsewhere."""
        found = [await self._parts.instrument_of(symbol) for symbol in sorted({bar.symbol for bar in bars})]
        await self._file.run(lambda file: file.put_instruments(found))

    async def instruments(self) -> Mapping[str, Instrument]:
        """By symbol, whatever it was ever told of."""
        return await self._file.run(lambda file: file.instruments())

    async def _contract_of(self, symbol: str) -> Contract | None:
        try:
            return contract_of(await self._parts.instrument_of(symbol))
        except NotFound:
            return None

    async def _is_known(self, client_order_id: str, sha: str) -> bool:
        filed = await self._file.run(lambda file: file.order(client_order_id))
        if filed is not None and filed.body_sha256 != sha:
            raise Conflict(f"order {client_order_id} is known at the ib venue with other terms")
        if filed is not None and filed.closed is OrderStatus.REJECTED:
            code = filed.reason_code or "REJECTED"
            raise Refused(f"the ib venue refuses order {client_order_id}: {code}", code=code)
        return filed is not None

    async def _answer_to(self, client_order_id: str) -> OrderReport:
        """As `query`, after something was sent: whatever is not an answer leaves its outcome unknown."""
        try:
            return await self.query(client_order_id)
        except (NotFound, Unavailable) as error:
            raise OutcomeUnknown(
                f"order {client_order_id} was sent to {self._parts.gateway}, which does not say what became "
                f"of it: {error}"
            ) from error

    def _check_account(self, account: str) -> None:
        if account != self._parts.gateway.account:
            raise NotFound(self._no_account(account))

    def _no_account(self, account: str) -> str:
        return f"the ib venue has account {self._parts.gateway.account}, not {account}"


@asynccontextmanager
async def open_ib_venue(path: Path, parts: IbParts) -> AsyncIterator[IbVenue]:
    """The venue whose file is `path`, connected or trying to be while the block runs.

    Unavailable when the file cannot be used.
    """
    # What the client would log is in the journal, or is the reason why nothing is known now.
    logging.getLogger("ib_async").setLevel(logging.CRITICAL)
    async with open_venue_file(path) as file:
        venue = IbVenue(parts, file)
        connected = asyncio.create_task(venue.keep_connected())
        try:
            yield venue
        finally:
            connected.cancel()
            with suppress(asyncio.CancelledError):
                await connected
            await venue.told()
