"""Whatever happens in whatever order: what the bridge promises holds at the moment of each message."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.bridge_book import MemoryBridgeBook
from jax.adapters.memory.clock import SettableClock
from jax.domain.order import Order, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.modules.bridge.bridge_desk import BridgeDesk, BridgeLimits
from jax.ports.bridge_book import BookedOrder, JournalEntry, SendState, Switches
from jax.ports.broker import Broker, OrderReport
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused, Unavailable
from jax.ports.order_body import body_sha256
from tests.contract.broker_venues import OPENING, Venue, bar, order, paper_broker
from tests.failing_ports import Crash, PassingBroker

STEPS = 80
NAMES = 40
ACCOUNT = "paper"


class SlowBook(MemoryBridgeBook):
    """Takes a turn of the loop before and after it writes, so that others come in between."""

    async def claim(self, order: BookedOrder, *entries: JournalEntry) -> BookedOrder | None:
        await asyncio.sleep(0)
        known = await super().claim(order, *entries)
        await asyncio.sleep(0)
        return known

    async def settle(self, order: BookedOrder, *entries: JournalEntry) -> None:
        await asyncio.sleep(0)
        await super().settle(order, *entries)
        await asyncio.sleep(0)

    async def put_switches(self, account: str, switches: Switches) -> None:
        await asyncio.sleep(0)
        await super().put_switches(account, switches)
        await asyncio.sleep(0)


class JudgingVenue(PassingBroker):
    """Looks at each message as it arrives, then does with it what the dice say."""

    def __init__(self, venue: Broker, book: SlowBook, clock: SettableClock, dice: Random) -> None:
        super().__init__(venue)
        self._book, self._clock, self._dice = book, clock, dice
        self.messages: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        # An error raised in here would be one more fault of the venue.
        self.broken: list[str] = []

    async def _judge(self, order: Order) -> None:
        name, booked = order.client_order_id, await self._book.order(order.client_order_id)
        switches = (await self._book.switches()).get(order.account, Switches())
        self.messages[name] += 1
        kept = {
            "booked before sent": booked is not None
            and (booked.state, booked.body_sha256) == (SendState.SENDING, body_sha256(order)),
            "nothing fenced": order.epoch >= switches.epoch,
            "nothing late": self._clock.now() <= order.deadline_at,
            "nothing while killed": switches.killed is None,
            "one message": self.messages[name] == 1,
        }
        self.broken += [f"{name}: {promise}" for promise, is_kept in kept.items() if not is_kept]

    async def place(self, order: Order) -> OrderReport:
        await self._judge(order)
        fate = self._dice.random()
        await asyncio.sleep(0)
        if fate < 0.10:
            self.messages[order.client_order_id] -= 1
            raise Unavailable("nothing was done")
        if fate < 0.20:
            raise OutcomeUnknown("lost before it arrived")
        report = await super().place(order)
        await asyncio.sleep(0)
        if fate < 0.30:
            raise OutcomeUnknown("the answer was lost")
        if fate < 0.40:
            raise Crash
        self.acknowledged.add(order.client_order_id)
        return report

    async def query(self, client_order_id: str) -> OrderReport:
        if self._dice.random() < 0.1:
            raise Unavailable("not synchronised")
        return await super().query(client_order_id)


class History:
    """One sequence of steps by one seed."""

    def __init__(self, seed: int, paper: Broker, clock: SettableClock) -> None:
        self.dice, self.paper, self.clock, self.book = Random(seed), paper, clock, SlowBook()
        self.venue = JudgingVenue(paper, self.book, clock, self.dice)
        self.desk = self._new_desk()
        self.refused: dict[str, str] = {}
        self.broken = self.venue.broken
        self.sent: dict[str, Order] = {}
        self.epoch = 1

    def _new_desk(self) -> BridgeDesk:
        return BridgeDesk(self.venue, self.book, self.clock, BridgeLimits(Decimal(5_000)))

    async def crash(self) -> None:
        """Whatever was going on stops where it was; a new process finds what the book holds."""
        for task in list(self.desk._begun):
            task.cancel()
        await asyncio.sleep(0)
        self.desk = self._new_desk()
        await self.desk.start()

    async def step(self) -> None:
        """Some calls at once; a crash among them ends them all."""
        calls = [self._call() for _ in range(self.dice.randint(1, 4))]
        for outcome in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(outcome, Crash):
                await self.crash()
            elif isinstance(outcome, BaseException) and not isinstance(outcome, PortError):
                raise outcome

    def _call(self) -> Awaitable[object]:
        name = f"jx{self.dice.randrange(NAMES)}"
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: self._placed(name),
            lambda: self._asked(name),
            lambda: self.desk.cancel(name),
            lambda: self.desk.kill(ACCOUNT, reason="drill"),
            lambda: self.desk.release_kill(ACCOUNT),
            self._raise_epoch,
            self._move_clock,
        ]
        return self.dice.choices(calls, weights=[12, 4, 2, 1, 3, 1, 3])[0]()

    async def _raise_epoch(self) -> None:
        self.epoch += 1
        await self.desk.raise_epoch(ACCOUNT, self.epoch)

    async def _move_clock(self) -> None:
        if self.dice.random() < 0.5:
            self.clock.jump_to(self.clock.now() - timedelta(seconds=7))
        else:
            self.clock.advance(timedelta(seconds=self.dice.choice([0.5, 3, 61])))

    async def _placed(self, name: str) -> None:
        fresh = order(
            Venue(self.desk, ACCOUNT, Decimal(0), _nobody),
            name,
            5,
            limit="140",
            time_in_force=TimeInForce.GTC,
            epoch=self.epoch - self.dice.choice([0, 0, 0, 1]),
            deadline_at=self.clock.now() + timedelta(seconds=self.dice.choice([5, 5, 5, -1])),
        )
        # A repeat is at times the same request again, at times that of a later trader.
        asked = self.sent.setdefault(name, fresh) if self.dice.random() < 0.5 else fresh
        code = None
        with suppress(OutcomeUnknown, Unavailable):
            try:
                await self.desk.place(asked)
            except Refused as error:
                code = error.code
            before = self.refused.get(name)
            if before is not None and code != before:
                self.broken.append(f"{name}: refused with {before}, then {code or 'taken'}")
            if code is not None and code != "FENCED":
                self.refused[name] = code

    async def _asked(self, name: str) -> None:
        acknowledged = name in self.venue.acknowledged
        try:
            report = await self.desk.query(name)
        except NotFound:
            if acknowledged:
                self.broken.append(f"{name}: acknowledged, then not found")
        else:
            if name in self.refused and report.status is not OrderStatus.REJECTED:
                self.broken.append(f"{name}: refused, then {report.status}")

    async def end(self) -> None:
        """After a kill with a venue that answers, nothing is open that the bridge has heard of."""
        self.dice.random = lambda: 0.99  # type: ignore[method-assign]  # nothing goes wrong any more
        await self.desk.close()
        await self.desk.kill(ACCOUNT, reason="end")
        assert await self.paper.working_orders(ACCOUNT) == []
        for booked in await self.book.unanswered():
            with suppress(NotFound):
                await self.desk.query(booked.client_order_id)
        for booked in await self.book.unanswered():
            with pytest.raises(NotFound):
                await self.paper.query(booked.client_order_id)


async def _nobody(_: object) -> None:
    pass


@pytest.mark.parametrize("seeds", [range(start, start + 15) for start in range(0, 120, 15)], ids=str)
async def test_what_the_bridge_promises_holds_in_any_history(seeds: range) -> None:
    for seed in seeds:
        clock = SettableClock(OPENING)
        async with paper_broker(IN_MEMORY, clock=clock) as paper:
            await paper.on_bars([bar(0, close="150")])
            history = History(seed, paper, clock)
            await history.desk.start()
            for _ in range(STEPS):
                await history.step()
            await history.end()
        assert history.broken == [], f"seed {seed}"


async def test_the_histories_are_rich() -> None:
    clock, codes, messages = SettableClock(OPENING), Counter[str](), 0
    for seed in range(20):
        async with paper_broker(IN_MEMORY, clock=clock) as paper:
            await paper.on_bars([bar(0, close="150")])
            history = History(seed, paper, clock)
            await history.desk.start()
            for _ in range(STEPS):
                await history.step()
            codes.update(history.refused.values())
            messages += history.venue.messages.total()
            await history.desk.close()
    assert codes.keys() >= {"KILLED", "DEADLINE_PASSED", "BREAKER"}
    assert messages > 100
