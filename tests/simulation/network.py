"""The way between a trader and the bridge: a Broker whose messages get lost, late, twice and out of order."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from jax.domain.account import AccountSnapshot
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.ports.broker import Broker, BrokerStatus, JournalPage, OrderReport, WorkingOrder
from jax.ports.errors import OutcomeUnknown, PortError, Unavailable
from tests.simulation.bridge import BridgeHost
from tests.simulation.database import Surroundings
from tests.simulation.possibilities import Possibilities

T = TypeVar("T")
_ANSWER_WITHIN_SECONDS = 10.0


class Link:
    """Carries messages to the bridge and answers back."""

    def __init__(self, host: BridgeHost, around: Surroundings, trouble: Callable[[], Possibilities]) -> None:
        self.is_cut = False
        self.holds_back_seconds = 0.0  # the next order that is sent
        self._host = host
        self._around = around
        self._trouble = trouble
        self._waiting: dict[asyncio.Future[Any], None] = {}

    async def ask(self, name: str, call: Callable[[Broker], Coroutine[Any, Any, T]]) -> T:
        """The bridge's answer; OutcomeUnknown when none comes, Unavailable when it is not there."""
        around, trouble = self._around, self._trouble()
        if self._host.broker is None and around.chance(0.7):
            raise Unavailable("the bridge refuses the connection")
        answered: asyncio.Future[T] = around.loop.create_future()
        self._waiting[answered] = None
        try:
            held_back = self._held_back(name)
            for _ in range(2 if around.chance(trouble.message_twice) else 1):
                self._send(lambda: self._arrive(call, answered), held_back)
            async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
                return await answered
        except TimeoutError as error:
            raise OutcomeUnknown(f"the bridge has not answered to {name}") from error
        finally:
            self._waiting.pop(answered, None)

    def reset(self) -> None:
        """The bridge has died: some of those who wait hear of it, the others hear nothing."""
        for answered in list(self._waiting):
            if self._around.chance(0.5):
                _give(answered, OutcomeUnknown("the connection to the bridge was reset"))

    def _held_back(self, name: str) -> float:
        if name != "place":
            return 0.0
        held_back, self.holds_back_seconds = self.holds_back_seconds, 0.0
        return held_back

    def _send(self, deliver: Callable[[], object], held_back: float = 0.0) -> None:
        around, trouble = self._around, self._trouble()
        if self.is_cut or around.chance(trouble.message_loss):
            return
        longest = trouble.longest_delay if around.chance(trouble.message_delay) else 0.01
        around.loop.at(around.loop.time() + held_back + around.seconds(longest), deliver)

    def _arrive(
        self, call: Callable[[Broker], Coroutine[Any, Any, T]], answered: "asyncio.Future[T]"
    ) -> None:
        broker = self._host.broker
        if broker is None:
            return
        self._around.loop.spawn(self._host.process, self._serve(broker, call, answered))

    async def _serve(
        self,
        broker: Broker,
        call: Callable[[Broker], Coroutine[Any, Any, T]],
        answered: "asyncio.Future[T]",
    ) -> None:
        answer: T | PortError
        try:
            answer = await call(broker)
        except PortError as error:
            answer = error
        self._send(lambda: _give(answered, answer))


def _give(answered: "asyncio.Future[T]", answer: T | PortError) -> None:
    if answered.done():
        return
    if isinstance(answer, PortError):
        answered.set_exception(answer)
    else:
        answered.set_result(answer)


class RemoteBroker:
    """The Broker that a trader holds."""

    name = "paper"
    is_live = False

    def __init__(
        self, link: Link, around: Surroundings, *, on_send: Callable[[Order], None], has_brackets: bool
    ) -> None:
        self.has_brackets = has_brackets
        self._link = link
        self._around = around
        self._on_send = on_send

    async def place(self, order: Order) -> OrderReport:
        await self._around.may_crash("before sending an order")
        self._around.note(f"sends {order.client_order_id[:8]} of epoch {order.epoch}")
        self._on_send(order)
        return await self._ask("place", lambda broker: broker.place(order))

    async def query(self, client_order_id: str) -> OrderReport:
        return await self._ask("query", lambda broker: broker.query(client_order_id))

    async def cancel(self, client_order_id: str) -> OrderReport:
        return await self._ask("cancel", lambda broker: broker.cancel(client_order_id))

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return await self._ask("working_orders", lambda broker: broker.working_orders(account))

    async def account(self, account: str) -> AccountSnapshot:
        return await self._ask("account", lambda broker: broker.account(account))

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await self._ask("positions", lambda broker: broker.positions(account))

    async def quote(self, symbol: str) -> Quote:
        return await self._ask("quote", lambda broker: broker.quote(symbol))

    async def raise_epoch(self, account: str, epoch: int) -> None:
        return await self._ask("raise_epoch", lambda broker: broker.raise_epoch(account, epoch))

    async def kill(self, account: str, *, reason: str) -> None:
        return await self._ask("kill", lambda broker: broker.kill(account, reason=reason))

    async def release_kill(self, account: str) -> None:
        return await self._ask("release_kill", lambda broker: broker.release_kill(account))

    async def status(self, account: str) -> BrokerStatus:
        return await self._ask("status", lambda broker: broker.status(account))

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        return await self._ask("query_many", lambda broker: broker.query_many(client_order_ids))

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        return await self._ask("events", lambda broker: broker.events(after=after, limit=limit))

    async def _ask(self, name: str, call: Callable[[Broker], Coroutine[Any, Any, T]]) -> T:
        answer = await self._link.ask(name, call)
        await self._around.may_crash(f"after the answer to {name}")
        return answer
