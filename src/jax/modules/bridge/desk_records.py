"""What the desk remembers: its book, and what of it is kept at hand."""

import asyncio
from collections import Counter
from dataclasses import replace

from jax.domain.order_status import OrderStatus
from jax.ports.bridge_book import BookedOrder, BridgeBook, JournalEntry, SendState, Switches
from jax.ports.broker import BrokerEventKind, OrderReport
from jax.ports.clock import Clock
from jax.ports.errors import PortError


class DeskRecords:
    """The switches are kept at hand, so that the last look before a message leaves costs no waiting."""

    def __init__(self, book: BridgeBook, clock: Clock) -> None:
        self.book = book
        self.problem: str | None = None
        self._clock = clock
        self._switches: dict[str, Switches] = {}
        self._kills: Counter[str] = Counter()
        self._writing = asyncio.Lock()
        self._begun: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """What was known when the bridge last stopped."""
        self._switches = dict(await self.book.switches())

    def switches(self, account: str) -> Switches:
        """What holds for the account from this moment on."""
        return self._switches.get(account, Switches())

    def killed_accounts(self) -> list[str]:
        """The accounts whose kill switch is engaged."""
        return [account for account, switches in self._switches.items() if switches.killed is not None]

    def kills(self, account: str) -> int:
        """How often the account was killed since this process began."""
        return self._kills[account]

    async def raise_epoch(self, account: str, epoch: int) -> None:
        """A higher floor holds at once; it is on disk when this returns."""
        self._switches[account] = replace(self.switches(account), epoch=epoch)
        await self._write_switches(account)

    async def kill(self, account: str, *, reason: str) -> None:
        """A kill holds at once, and its first reason stays; it is on disk when this returns."""
        self._kills[account] += 1
        switches = self.switches(account)
        self._switches[account] = replace(switches, killed=switches.killed or reason)
        await self._write_switches(account)

    async def release_kill(self, account: str) -> None:
        """A kill is over when that is on disk, not before, and not when another came meanwhile."""
        async with self._writing:
            kills = self.kills(account)
            await self.book.put_switches(account, replace(self.switches(account), killed=None))
            if self.kills(account) == kills:
                self._switches[account] = replace(self.switches(account), killed=None)

    async def _write_switches(self, account: str) -> None:
        # One after the other, and each writes what holds when its turn comes.
        async with self._writing:
            await self.book.put_switches(account, self.switches(account))

    async def settle(self, order: BookedOrder, detail: str, *, change: int | None = None) -> None:
        """Writes what became of an order.

        What cannot be written is a problem of the bridge and no reason to withhold the venue's answer: the
        order stays SENDING in the book, which is asked about and never sent again.
        """
        try:
            entry = replace(self.entry(order.client_order_id, detail), change=change)
            await self.book.settle(order, entry)
        except PortError as error:
            self.problem = f"the bridge's book cannot be written: {error}"
        else:
            self.problem = None

    async def refuse(self, order: BookedOrder, code: str) -> None:
        """Remembers that the order is refused for good."""
        await self.settle(
            replace(order, state=SendState.REFUSED, refusal_code=code), f"{OrderStatus.REJECTED} {code}"
        )

    async def acknowledge(self, order: BookedOrder, report: OrderReport) -> None:
        """Remembers that the venue has the order."""
        sent = replace(order, state=SendState.SENT, venue_order_id=report.venue_order_id, refusal_code=None)
        # What lies is not believed about its numbers either.
        await self.settle(sent, summary_of(report), change=report.as_of or None)

    def acknowledge_soon(self, order: BookedOrder, report: OrderReport) -> None:
        """As `acknowledge`, without waiting for it."""
        task = asyncio.create_task(self.acknowledge(order, report))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def close(self) -> None:
        """Waits for what is to be written."""
        await asyncio.gather(*self._begun)

    def entry(
        self, client_order_id: str | None, detail: str, kind: BrokerEventKind = BrokerEventKind.ORDER
    ) -> JournalEntry:
        """For the journal, stamped now."""
        return JournalEntry(kind, client_order_id, detail, self._clock.now())


def numbered(report: OrderReport, *, before: int) -> OrderReport:
    """A report of a venue that numbers nothing was asked for when entry `before` was in the journal."""
    return report if report.as_of is not None else replace(report, as_of=before)


def summary_of(report: OrderReport) -> str:
    """A report in one line of the journal."""
    because = "" if report.reason_code is None else f" {report.reason_code}"
    return f"{report.status}{because}, {len(report.fills)} fills"


def report_of_refusal(booked: BookedOrder) -> OrderReport:
    """What is said of an order that never worked."""
    return OrderReport(
        client_order_id=booked.client_order_id,
        venue_order_id=booked.venue_order_id or f"none-{booked.client_order_id}",
        status=OrderStatus.REJECTED,
        reason_code=booked.refusal_code,
    )
