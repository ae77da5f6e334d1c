"""Hears from the broker that something happened, and asks what."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.modules.execution.apply_report import apply_report
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fence
from jax.ports.broker import MOST_ASKED_ABOUT, OrderReport
from jax.ports.errors import Conflict, NotFound
from jax.ports.heard_journals import HeardJournal
from jax.ports.unit_of_work import Transaction

_ASKED_ABOUT_FOR = timedelta(minutes=1)
_ASKED_AT_ONCE = 10 * MOST_ASKED_ABOUT
# The account stays locked for so many: executions wait for it.
_BOOKED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An order to ask about, since entry `seq` of the journal was heard at `since`."""

    seq: int
    since: datetime


class FollowEvents:
    """An event is a reason to ask and never an answer; what is missed, reconciliation finds.

    What this process has booked already is not asked about. How far the journal was heard is written down
    after what the broker said of it is committed, and never before: what a crash leaves is asked about again.
    """

    def __init__(self, at: BrokerAccount) -> None:
        self._at = at
        self._applied = at.unit_of_work.applied
        self._heard: HeardJournal | None = None
        self._written: HeardJournal | None = None
        self._waiting: dict[str, _Waiting] = {}

    async def run_once(self) -> int:
        """Asks about the orders that events name; returns about how many.

        Of a journal that this account has not heard, everything. Raised at the end: InvalidValue when the
        broker says what cannot be, Conflict when another trader has taken over.
        """
        await self._listen()
        asked = list(islice(self._waiting, _ASKED_AT_ONCE))
        problems: list[InvalidValue | Conflict] = []
        for start in range(0, len(asked), MOST_ASKED_ABOUT):
            problems += await self._ask(asked[start : start + MOST_ASKED_ABOUT])
        await self._give_up()
        await self._write_down()
        if problems:
            raise problems[0]
        return len(asked)

    async def _listen(self) -> None:
        """Reads on, unless more waits than is asked about at once."""
        if len(self._waiting) >= _ASKED_AT_ONCE:
            return
        heard = self._heard or await self._begin()
        page = await broker_answer(self._at.broker.events(after=heard.seq))
        if page.journal != heard.journal:
            # Another bridge, or one that has lost its file: its numbers mean something else.
            if heard.journal:
                self._applied.forget()
            heard = HeardJournal(page.journal, 0)
            page = await broker_answer(self._at.broker.events(after=0))
        now = self._at.clock.now()
        for event in page.events:
            if event.client_order_id is not None and not self._applied.contain(event):
                self._waiting.setdefault(event.client_order_id, _Waiting(event.seq, now))
        self._heard = HeardJournal(page.journal, page.events[-1].seq) if page.events else heard

    async def _begin(self) -> HeardJournal:
        async with self._at.unit_of_work.begin() as transaction:
            self._written = await transaction.heard.of(self._at.account)
        return self._written or HeardJournal("", 0)

    async def _ask(self, client_order_ids: Sequence[str]) -> list[InvalidValue | Conflict]:
        """What cannot be booked of the answers; an order without one goes on waiting.

        So does one that is not found: a venue that has told of it may be slow to show it.
        """
        said = await broker_answer(self._at.broker.query_many(client_order_ids))
        reports = [report for report in said.values() if report is not None]
        problems: list[InvalidValue | Conflict] = []
        for start in range(0, len(reports), _BOOKED_AT_ONCE):
            problems += await self._book(reports[start : start + _BOOKED_AT_ONCE])
        for name in client_order_ids:
            waiting = self._waiting.pop(name)
            if said.get(name) is None:
                # Behind the others: they must not wait for it.
                self._waiting[name] = waiting
        return problems

    async def _book(self, reports: Sequence[OrderReport]) -> list[InvalidValue | Conflict]:
        """Together; when that cannot be, each by itself, and what cannot be booked is given back."""
        try:
            booked = await self._apply(reports)
        except (InvalidValue, Conflict) as error:
            # Reconciliation goes on asking about it; the others must not wait for that.
            if len(reports) == 1:
                return [error]
            return [problem for report in reports for problem in await self._book([report])]
        for report in booked:
            self._applied.note(report)
        return []

    async def _apply(self, reports: Sequence[OrderReport]) -> Sequence[OrderReport]:
        """Those that are about orders of ours; what is found at the broker without a row is told by the
        comparison of positions.
        """
        async with self._at.unit_of_work.begin() as transaction:
            await fence(transaction, self._at.account, epoch=self._at.epoch)
            ours = await _ours(transaction, reports)
            # All signals before the audit log: two transactions that lock them the other way round would
            # wait for each other.
            for signal_id in sorted({order.signal_id for order, _ in ours}):
                await transaction.signals.get(signal_id)
            for order, report in ours:
                await apply_report(transaction, order, report, at=self._at.clock.now())
            booked = [report for _, report in ours]
            # With an entry its exits may just have come to be orders of ours.
            for order, report in await _ours(transaction, [one for one in reports if one not in booked]):
                await apply_report(transaction, order, report, at=self._at.clock.now())
                booked.append(report)
        return booked

    async def _give_up(self) -> None:
        """A broker that answers, and for a minute not about one order, may never: the books are compared."""
        before = self._at.clock.now() - _ASKED_ABOUT_FOR
        old = {name for name, waiting in self._waiting.items() if waiting.since < before}
        if old and (await broker_answer(self._at.broker.status(self._at.account))).problem is None:
            self._waiting = {name: waiting for name, waiting in self._waiting.items() if name not in old}

    async def _write_down(self) -> None:
        """Up to the entry before the first that is still asked about."""
        if self._heard is None:
            return
        first = min((waiting.seq for waiting in self._waiting.values()), default=self._heard.seq + 1)
        heard = HeardJournal(self._heard.journal, first - 1)
        if heard == self._written:
            return
        async with self._at.unit_of_work.begin() as transaction:
            await fence(transaction, self._at.account, epoch=self._at.epoch)
            await transaction.heard.put(self._at.account, heard)
        self._written = heard


async def _ours(
    transaction: Transaction, reports: Sequence[OrderReport]
) -> Sequence[tuple[Order, OrderReport]]:
    found = []
    for report in reports:
        with suppress(NotFound):
            found.append((await transaction.orders.get(report.client_order_id), report))
    return found
