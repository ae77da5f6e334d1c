"""One world: a database, a bridge, a venue, one or two traders and their trouble, all drawn from one seed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from jax.adapters.memory.state import State
from jax.domain.signal import Signal
from jax.ports.errors import PortError
from tests.simulation.bridge import BridgeHost
from tests.simulation.database import SimulatedDatabase, SimulatedUnitOfWork
from tests.simulation.house import BEGINS, CLOSES, built_house, signals_of
from tests.simulation.invariants import Violation, Watch
from tests.simulation.network import Link, RemoteBroker
from tests.simulation.people import People
from tests.simulation.possibilities import calm, draw
from tests.simulation.trader import HostClock, KillFile, SimulatedTrader, TraderPorts
from tests.simulation.venue import SimulatedVenue
from tests.simulation.virtual_loop import Process, VirtualLoop, current_process

HEALS_AT = 25.0
ENDS_AT = 55.0


@dataclass(slots=True)
class Slot:
    """A place where a trader runs again and again."""

    name: str
    process: Process
    trader: SimulatedTrader | None = None
    boots: int = 0


class _LockOf:
    """The lock as the trader of one boot sees it."""

    def __init__(self, world: "World", process: Process) -> None:
        self._world = world
        self._process = process

    async def held(self) -> bool:
        await asyncio.sleep(self._world.seconds(0.01))
        return self._world.lock_holder is self._process


class World:
    """Runs from `BEGINS`: trouble for 25 seconds, then half a minute in which everything has to settle."""

    def __init__(self, seed: int, *, trace: list[str] | None = None) -> None:
        self.rng = Random(seed)
        self.loop = VirtualLoop()  # type: ignore[abstract] # what asyncio's tasks and locks ask for
        self.possible = draw(self.rng)
        self._trace = trace
        house = built_house()
        state = house.state.copy()
        self.artifact = house.artifact
        self.signals: list[Signal] = signals_of(house.artifact, self.rng)
        state.signals = {signal.signal_id: signal for signal in self.signals}
        self.clock = HostClock(BEGINS, self.loop.time)
        self.traders_clock = self.clock  # the bridge runs on the same machine
        self.database = SimulatedDatabase(state, self)
        self.watch = Watch(self.loop, committed=lambda: self.database.committed)
        self.database.on_commit = self._committed
        self.venue = SimulatedVenue(self, lambda: self.possible, now=self.clock.now, watching=self.watch)
        self.watch.venue = self.venue
        self.watch.sends_are_off = self.possible.disabled
        self.bridge = BridgeHost(self.venue, self, lambda: self.possible, clock=self.clock)
        self.watch.is_bridge_killed = self.bridge.is_killed
        self.link = Link(self.bridge, self, lambda: self.possible)
        names = ("trader-1", "trader-2") if self.possible.second_trader else ("trader-1",)
        self.slots = [Slot(name, Process(name, is_alive=False)) for name in names]
        self.switch = KillFile()
        self.people = People(self)
        self.lock_holder: Process | None = None

    # What the parts ask for.

    def chance(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def seconds(self, most: float) -> float:
        return self.rng.random() * most

    def note(self, text: str) -> None:
        if self._trace is not None:
            process = current_process()
            name = "world" if process is None else process.name
            self._trace.append(f"{self.loop.time():9.4f} {name:9} {text}")

    async def may_crash(self, where: str) -> None:
        """The process that runs now dies here, by chance."""
        process = current_process()
        if process is None or not self.chance(self.possible.crash_at_step):
            return
        self.note(f"dies {where}")
        process.is_alive = False
        self.loop.at(self.loop.time(), lambda: self._crashed(process))
        await self.loop.create_future()

    # The whole story.

    def run(self) -> Violation | None:
        """Lives through everything; the first violation, or None."""
        self._boot_bridge()
        for slot in self.slots:
            self._boot(slot)
        self._plan()
        self.loop.run(until=HEALS_AT)
        if self.watch.violation is None:
            self._heal()
            self.loop.run(until=ENDS_AT)
        if self.watch.violation is None:
            self.watch.settled(self.database.committed)
        self._end()
        return self.watch.violation

    def _plan(self) -> None:
        loop, possible = self.loop, self.possible
        loop.at(CLOSES.total_seconds(), self.venue.close_session)
        loop.at(ENDS_AT - 12, self._halt)
        self.people.plan(self.signals)
        troubles: tuple[tuple[int, Callable[[], object]], ...] = (
            (possible.crashes, self._crash_somebody),
            (possible.freezes, self._freeze_somebody),
            (possible.lock_losses, self._lose_lock),
            (possible.takeovers, self._take_over),
            (possible.clock_jumps, self._jump),
            (possible.outages, self._database_outage),
            (possible.partitions, self._partition),
            (int(possible.day_roll), self._roll_the_day),
        )
        for count, trouble in troubles:
            for _ in range(count):
                loop.at(self.seconds(HEALS_AT), trouble)

    def _heal(self) -> None:
        self.note("everything heals")
        self.people.make_peace()
        self.possible = calm(self.possible)
        self.link.is_cut = False
        self.database.is_down = False
        for process in (self.bridge.process, *(slot.process for slot in self.slots)):
            process.frozen_until = 0.0

    def _end(self) -> None:
        for process in (self.bridge.process, *(slot.process for slot in self.slots)):
            self.loop.kill(process)

    def _halt(self) -> None:
        self.note("nothing is traded any more")
        self.venue.is_halted = True

    # Processes.

    def _boot_bridge(self) -> None:
        self.bridge.process = Process("bridge")
        self.note("the bridge boots")
        self.loop.spawn(self.bridge.process, self._serve())

    async def _serve(self) -> None:
        try:
            await self.bridge.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.watch.fail("BUG", f"the bridge: {error!r}")
        self._die(self.bridge.process)

    def _boot(self, slot: Slot) -> None:
        """Takes the lock if it is free, else tries again later."""
        if self.lock_holder is not None:
            self.loop.at(self.loop.time() + 0.1 + self.seconds(1), lambda: self._boot(slot))
            return
        slot.boots += 1
        slot.process = Process(slot.name)
        self.lock_holder = slot.process
        self.note(f"{slot.name} boots")
        slot.trader = self._trader(slot.process)
        self.loop.spawn(slot.process, self._live(slot, slot.trader))

    def _trader(self, process: Process) -> SimulatedTrader:
        return SimulatedTrader(
            TraderPorts(
                unit_of_work=SimulatedUnitOfWork(self.database, self, lambda: self.possible),
                broker=RemoteBroker(
                    self.link, self, on_send=self.watch.sent, has_brackets=self.possible.brackets
                ),
                clock=self.traders_clock,
                lock=_LockOf(self, process),
                artifact=self.artifact,
                watch=self.watch,
                switch=self.switch,
                is_enabled=not self.possible.disabled,
                note=self.note,
            )
        )

    async def _live(self, slot: Slot, trader: SimulatedTrader) -> None:
        try:
            await trader.run()
        except PortError as error:
            self.note(f"cannot start: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.watch.fail("BUG", f"the trader's start: {error!r}")
        self._die(slot.process)

    def _die(self, process: Process) -> None:
        process.is_alive = False
        self.loop.at(self.loop.time(), lambda: self._crashed(process))

    def _crashed(self, process: Process) -> None:
        if process.is_buried:
            return
        self.loop.kill(process)
        if process is self.bridge.process:
            self.bridge.broker = None
            self.link.reset()
            self.loop.at(self.loop.time() + self.seconds(4), self._boot_bridge)
            return
        if self.lock_holder is process:
            self.lock_holder = None
        slot = next(slot for slot in self.slots if slot.process is process)
        slot.trader = None
        away = 0.2 + self.seconds(self.rng.choice((1.0, 9.0)))
        self.loop.at(self.loop.time() + away, lambda: self._boot(slot))

    def _committed(self, before: State, after: State) -> None:
        if self._trace is not None:
            for cid, order in after.orders.items():
                if before.orders.get(cid) is not order:
                    said = (
                        f"{order.status} {order.filled_quantity}/{order.quantity} {order.reason_code or ''}"
                    )
                    self.note(f"committed: {cid[:8]} {said} (not found {order.not_found_count} times)")
        self.watch.committed(before, after)

    # Trouble.

    def _crash_somebody(self) -> None:
        process = self._somebody()
        if process.is_alive:
            self.note(f"{process.name} is killed")
            self._die(process)

    def _freeze_somebody(self) -> None:
        process, seconds = self._somebody(), self.seconds(self.possible.freeze_seconds)
        self.note(f"{process.name} freezes for {seconds:.2f} s")
        self.loop.freeze(process, seconds)

    def _somebody(self) -> Process:
        return self.rng.choice([self.bridge.process, *(slot.process for slot in self.slots)])

    def _lose_lock(self) -> None:
        self.note("the lock's connection is lost")
        self.lock_holder = None

    def _take_over(self) -> None:
        self.link.holds_back_seconds = self.seconds(4)
        self.people.execute(self.rng.choice(self.signals))
        self.loop.at(self.loop.time() + self.seconds(0.3), self._lose_lock)

    def _jump(self) -> None:
        seconds = self.rng.choice((-10, -3, 3, 10, 3600))
        self.note(f"the clocks jump by {seconds} s")
        self.watch.jumped()
        self.clock.begins += timedelta(seconds=seconds)

    def _roll_the_day(self) -> None:
        self.note("the next day begins")
        self.watch.jumped()
        self.clock.begins += timedelta(hours=24)
        self.venue.close_session()

    def _database_outage(self) -> None:
        seconds = self.rng.choice((0.0, self.seconds(8)))
        self.note(f"the database is away for {seconds:.2f} s")
        self.database.is_down = seconds > 0
        self.database.break_connections()
        if self.database.loses_commits:
            self.database.lose_last_commits(2)
        self.loop.at(self.loop.time() + seconds, self._database_returns)

    def _database_returns(self) -> None:
        self.database.is_down = False

    def _partition(self) -> None:
        self.note("the network is cut")
        self.link.is_cut = True
        self.loop.at(self.loop.time() + self.seconds(10), self._reconnect)

    def _reconnect(self) -> None:
        self.link.is_cut = False
