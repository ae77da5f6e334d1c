"""The way to the gateway: connected, lost, connected again, and asked about everything each time."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from ib_async import Contract, ExecutionFilter
from ib_async import Order as WireOrder
from ib_async.client import Client

from jax.adapters.brokers.ib.gateway import Gateway, Patience
from jax.adapters.brokers.ib.gateway_ear import COMPLETED, ORDERS, POSITIONS, GatewayEar
from jax.adapters.brokers.ib.journal_teller import JournalTeller
from jax.adapters.brokers.ib.questions import FIRST_NUMBER, GatewayComplained, SharedQuestion
from jax.ports.broker import BrokerEventKind
from jax.ports.errors import Unavailable

_SUMMARY_TAGS = "TotalCashValue,NetLiquidation,BuyingPower"
Turn = Callable[[], Awaitable[None]]


class GatewayLine:
    """One connection after another; `ready` only after the gateway has shown everything since the last one.

    Questions keep to the pace of `turn`; orders and cancels are paced by whoever sends them.
    """

    def __init__(
        self, gateway: Gateway, ear: GatewayEar, teller: JournalTeller, turn: Turn, patience: Patience
    ) -> None:
        self._gateway = gateway
        self._ear = ear
        self._teller = teller
        self._turn = turn
        self._patience = patience
        self._client = self._new_client()
        self._numbers = itertools.count(FIRST_NUMBER)
        self._closed = asyncio.Event()
        self._ready = asyncio.Event()
        self._was_ready = False
        self._problem = f"{gateway} has not been reached yet"
        self._open = SharedQuestion(self._ask_open)
        self._completed = SharedQuestion(self._ask_completed)
        self._executions = SharedQuestion(self._ask_executions)
        self._positions = SharedQuestion(self._ask_positions)
        self._summary = SharedQuestion(self._ask_summary)
        self._begun: set[asyncio.Future[None]] = set()
        self.on_ready: Callable[[], Awaitable[None]] | None = None
        ear.on_closed = self._on_closed
        ear.on_servers = self._on_servers

    async def keep(self) -> None:
        """Until it is canceled."""
        try:
            while True:
                await self._meet()
                await self._closed.wait()
                await asyncio.sleep(self._patience.reconnect_seconds)
        finally:
            for task in self._begun:
                task.cancel()
            self._client.disconnect()

    async def ready_within(self, seconds: float) -> bool:
        """Whether the gateway can be asked, after waiting at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        return self._ready.is_set()

    def check_ready(self) -> None:
        """Unavailable, with the reason, while it cannot be asked."""
        if not self._ready.is_set():
            raise Unavailable(self._problem)

    async def ask_open_orders(self) -> None:
        """What is open, as of after this call."""
        self.check_ready()
        await self._open.answer()
        self.check_ready()

    async def ask_orders(self) -> None:
        """What is open and completed, and what was executed, as of after this call."""
        self.check_ready()
        await self._ask_all_orders()
        self.check_ready()

    async def ask_positions(self) -> dict[int, tuple[str, Decimal]]:
        """Symbol and signed quantity by contract."""
        self.check_ready()
        found = await self._positions.answer()
        self.check_ready()
        return found

    async def ask_summary(self) -> dict[str, tuple[str, str]]:
        """Value and currency by tag."""
        self.check_ready()
        return await self._summary.answer()

    async def ask_prices(self, contract: Contract) -> tuple[Decimal, Decimal] | None:
        """Bid and ask now; None when the gateway shows none that are of this moment."""
        self.check_ready()
        number = next(self._numbers)
        self._ear.ticks[number] = {}
        try:
            await self._answered(
                number,
                lambda: self._client.reqMktData(number, contract, "", True, False, []),
                seconds=self._patience.quote_seconds,
            )
        except (TimeoutError, GatewayComplained):
            return None
        else:
            return self._ear.bid_and_ask(number)
        finally:
            self._ear.questions.end(number)
            del self._ear.ticks[number]

    def place(self, order_id: int, contract: Contract, order: WireOrder) -> None:
        """Writes the order to the socket, or raises Unavailable and has written nothing."""
        self.check_ready()
        with self._sending():
            self._client.placeOrder(order_id, contract, order)

    def cancel(self, order_id: int) -> None:
        """As `place`."""
        self.check_ready()
        with self._sending():
            self._client.cancelOrder(order_id)

    def _new_client(self) -> Any:
        client: Any = Client(self._ear)  # type: ignore[no-untyped-call]
        # The lanes of the desk and `turn` keep the pace: one queue here would let places hold up cancels.
        client.MaxRequests = 0
        client.decoder.logger = _Unreadable(self._ear)
        return client

    async def _meet(self) -> None:
        self._closed.clear()
        self._client = self._new_client()
        gateway = self._gateway
        try:
            await self._client.connectAsync(
                gateway.host, gateway.port, gateway.client_id, self._patience.answer_seconds
            )
            self._check_account()
            await self._synchronise()
        except Exception as error:  # noqa: BLE001 - whatever it was, the gateway is met again
            said = str(error) or f"it did not answer within {self._patience.answer_seconds} s"
            reason = said if isinstance(error, Unavailable) else f"{gateway} cannot be reached: {said}"
            self._leave(reason)

    def _check_account(self) -> None:
        accounts = self._client.getAccounts()
        if self._gateway.account not in accounts:
            raise Unavailable(
                f"{self._gateway} has the accounts {', '.join(accounts)}, and not {self._gateway.account}"
            )

    async def _synchronise(self) -> None:
        await self._ask_all_orders()
        await self._positions.answer()
        self._ready.set()
        if self._was_ready:
            self._teller.tell(BrokerEventKind.CONNECTION, None, f"{self._gateway} is back")
        self._was_ready = True
        if self.on_ready is not None:
            self._begin(self.on_ready())

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def _ask_all_orders(self) -> None:
        # In this order: what closes in between is shown twice, and never not at all.
        await self._open.answer()
        await self._completed.answer()
        await self._executions.answer()

    async def _ask_open(self) -> None:
        await self._turn()
        self._ear.orders.ask_open()
        await self._whole(ORDERS, self._client.reqAllOpenOrders)

    async def _ask_completed(self) -> None:
        await self._turn()
        self._ear.orders.ask_completed()
        await self._whole(COMPLETED, lambda: self._client.reqCompletedOrders(False))

    async def _ask_executions(self) -> None:
        await self._turn()
        number, wanted = next(self._numbers), ExecutionFilter(acctCode=self._gateway.account)
        await self._whole(number, lambda: self._client.reqExecutions(number, wanted))

    async def _ask_positions(self) -> dict[int, tuple[str, Decimal]]:
        await self._turn()
        self._ear.positions = {}
        await self._whole(POSITIONS, self._client.reqPositions)
        return dict(self._ear.positions)

    async def _ask_summary(self) -> dict[str, tuple[str, str]]:
        await self._turn()
        number = next(self._numbers)
        self._ear.summary[number] = {}
        try:
            await self._whole(number, lambda: self._client.reqAccountSummary(number, "All", _SUMMARY_TAGS))
            return self._ear.summary[number]
        finally:
            del self._ear.summary[number]
            await self._turn()
            with suppress(ConnectionError):
                self._client.cancelAccountSummary(number)

    async def _whole(self, name: Hashable, send: Callable[[], None]) -> None:
        """Waits for an answer without which nothing is known; a gateway that gives none is left.

        Its answers have no numbers: one that comes late would be taken for the next one's.
        """
        try:
            await self._answered(name, send, seconds=self._patience.answer_seconds)
        except TimeoutError:
            reason = f"{self._gateway} did not answer within {self._patience.answer_seconds} s"
            self._leave(reason)
            raise Unavailable(reason) from None
        except GatewayComplained as error:
            raise Unavailable(f"{self._gateway} does not answer: {error}") from error

    async def _answered(self, name: Hashable, send: Callable[[], None], *, seconds: float) -> None:
        with self._sending():
            answer = self._ear.questions.ask(name)
            send()
        async with asyncio.timeout(seconds):
            await answer

    def _sending(self) -> "_NothingWritten":
        return _NothingWritten(self._gateway)

    def _on_servers(self, back: bool, text: str) -> None:
        if not back:
            self._not_ready(f"{self._gateway} has lost Interactive Brokers: {text}")
        elif not self._ready.is_set():
            self._begin(self._synchronise_again())

    async def _synchronise_again(self) -> None:
        try:
            await self._synchronise()
        except Unavailable as error:
            self._leave(str(error))

    def _on_closed(self) -> None:
        self._not_ready(f"the connection to {self._gateway} was lost")
        self._closed.set()

    def _leave(self, reason: str) -> None:
        """Ends the connection by ourselves; the client tells the ear of lost connections only."""
        self._not_ready(reason)
        self._ear.questions.fail_all(reason)
        self._ear.orders.lost()
        self._client.disconnect()
        self._closed.set()

    def _not_ready(self, reason: str) -> None:
        was_ready = self._ready.is_set()
        self._ready.clear()
        self._problem = reason
        if was_ready:
            self._teller.tell(BrokerEventKind.CONNECTION, None, reason)


class _NothingWritten:
    """The client raises ConnectionError before it writes anything."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ConnectionError):
            raise Unavailable(f"{self._gateway} is not connected") from error


class _Unreadable:
    """Where the client's decoder says what it cannot read; it goes on with the next message."""

    def __init__(self, ear: GatewayEar) -> None:
        self._ear = ear

    def exception(self, text: str) -> None:
        self._ear.unreadable(text)
