"""Holds our orders and fills against what the broker says, and observes when they do not agree."""

from datetime import timedelta

from jax.domain.book_difference import position_differences
from jax.domain.bracket import attached_exits
from jax.domain.controls import TradingMode
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fence
from jax.modules.execution.restrict_account import restrict_account
from jax.ports.unit_of_work import Transaction

_LONGEST_REASON = 1000
# Longer than the fills of an entry are on their way: its exits are on record with the first of them.
_ATTACHED_WITHIN = timedelta(days=2)


class CompareBooks:
    """Nothing is traded or invented to make a difference go away: the account is observed until people act.

    A difference counts when two looks in a row see the same one: a fill may come between two questions.
    """

    def __init__(self, at: BrokerAccount) -> None:
        self._unit_of_work = at.unit_of_work
        self._broker = at.broker
        self._clock = at.clock
        self._account = at.account
        self._epoch = at.epoch
        self.suspects: tuple[str, ...] = ()
        self.differences: tuple[str, ...] = ()

    async def run_once(self) -> tuple[str, ...]:
        """The differences that two looks have seen, sentences; none when the books agree.

        A broker that cannot be asked changes nothing: its PortError is raised.
        """
        theirs = await broker_answer(self._broker.positions(self._account))
        working = await broker_answer(self._broker.working_orders(self._account))
        async with self._unit_of_work.begin() as transaction:
            ours = await transaction.orders.signed_quantities(self._account)
            names = [order.client_order_id for order in working if order.client_order_id is not None]
            known = await transaction.orders.known(self._account, names)
            unknown = [order for order in working if order.client_order_id not in known]
            attached = await self._attached(transaction) if unknown else frozenset()
        foreign = [order for order in unknown if order.client_order_id not in attached]
        found = (
            *position_differences(ours=ours, theirs=theirs),
            *(f"order {order.venue_order_id} works at the broker and is not ours" for order in foreign),
        )
        self.differences = tuple(sentence for sentence in found if sentence in self.suspects)
        self.suspects = found
        if self.differences:
            await self._observe(self.differences)
        return self.differences

    async def _attached(self, transaction: Transaction) -> frozenset[str]:
        """The names of exits that went out with their entries: they may work before they are on record."""
        since = self._clock.now() - _ATTACHED_WITHIN
        entries = await transaction.orders.recorded_since(self._account, since)
        exits = (out for entry in entries for out in attached_exits(entry, at=entry.updated_at))
        return frozenset(out.client_order_id for out in exits)

    async def _observe(self, differences: tuple[str, ...]) -> None:
        reason = "; ".join(differences)[:_LONGEST_REASON]
        async with self._unit_of_work.begin() as transaction:
            await fence(transaction, self._account, epoch=self._epoch)
            at = self._clock.now()
            await restrict_account(transaction, self._account, TradingMode.OBSERVE, reason=reason, at=at)
