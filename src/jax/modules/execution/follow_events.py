"""Hears from the broker that something happened, and asks what."""

from datetime import timedelta

from jax.domain.errors import InvalidValue
from jax.modules.execution.apply_report import apply_report
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fence
from jax.ports.broker import OrderReport
from jax.ports.errors import Conflict, NotFound

_LOOKED_BACK = timedelta(minutes=5)


class FollowEvents:
    """An event is a reason to ask and never an answer; what is missed, reconciliation finds.

    It goes on after an event only when what the broker said of it is committed.
    """

    def __init__(self, at: BrokerAccount) -> None:
        self._unit_of_work = at.unit_of_work
        self._broker = at.broker
        self._clock = at.clock
        self._account = at.account
        self._epoch = at.epoch
        self._seen: int | None = None
        self._since = at.clock.now() - _LOOKED_BACK

    async def run_once(self) -> int:
        """Asks about every order that events name; returns how many orders it asked about.

        What happened more than five minutes before the start is for reconciliation. Raised at the end:
        InvalidValue when the broker says what cannot be, Conflict when another trader has taken over.
        """
        if self._seen is None:
            self._seen = await self._old()
        events = await broker_answer(self._broker.events(after=self._seen))
        named = dict.fromkeys(event.client_order_id for event in events if event.client_order_id)
        problems = []
        for client_order_id in named:
            try:
                await self._ask(client_order_id)
            except (InvalidValue, Conflict) as error:
                # Reconciliation goes on asking about it; the others must not wait for that.
                problems.append(error)
        if events:
            self._seen = events[-1].seq
        if problems:
            raise problems[0]
        return len(named)

    async def _old(self) -> int:
        """The number of the last event from well before the start: those after it are asked about."""
        seen = 0
        while events := await broker_answer(self._broker.events(after=seen)):
            old = [event.seq for event in events if event.at < self._since]
            seen = old[-1] if old else seen
            if len(old) < len(events):
                break
        return seen

    async def _ask(self, client_order_id: str) -> None:
        try:
            report = await broker_answer(self._broker.query(client_order_id))
        except NotFound:
            return
        await self._book(report)

    async def _book(self, report: OrderReport) -> None:
        async with self._unit_of_work.begin() as transaction:
            await fence(transaction, self._account, epoch=self._epoch)
            try:
                order = await transaction.orders.get(report.client_order_id)
            except NotFound:
                # Not ours; what is found at the broker without a row is told by the comparison of positions.
                return
            await apply_report(transaction, order, report, at=self._clock.now())
