"""What people do in a world: they execute signals, often twice, and tell the account how far it may go."""

from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Protocol

from jax.domain.artifact import Artifact
from jax.domain.controls import ModeChange, TradingMode
from jax.domain.revocation import RecordedRevocation
from jax.domain.signal import Signal
from jax.ports.errors import PortError
from tests.simulation.database import SimulatedDatabase, Surroundings
from tests.simulation.house import BEGINS, SYMBOLS
from tests.simulation.invariants import Watch
from tests.simulation.possibilities import Possibilities
from tests.simulation.trader import SimulatedTrader
from tests.simulation.venue import SimulatedVenue
from tests.simulation.virtual_loop import Process

BUSY_SECONDS = 25.0
_AGAIN_SECONDS = 3.0

Act = Callable[[SimulatedTrader], Coroutine[Any, Any, object]]


class TraderSlot(Protocol):
    """A place where a trader runs, at times."""

    name: str
    process: Process
    trader: SimulatedTrader | None


class Scene(Surroundings, Protocol):
    """The part of the world that people see."""

    rng: Random
    possible: Possibilities
    artifact: Artifact
    database: SimulatedDatabase
    venue: SimulatedVenue
    watch: Watch

    @property
    def slots(self) -> Sequence[TraderSlot]: ...


class People:
    """They ask whichever trader they think of; what fails they leave, but for ending a kill or a mode."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def plan(self, signals: Sequence[Signal]) -> None:
        """Who will do what, when."""
        scene, possible = self._scene, self._scene.possible
        self._plan_executions(signals)
        acts: tuple[tuple[int, Callable[[], object]], ...] = (
            (possible.revocations, self._revoke),
            (possible.kills, self._kill),
            (possible.mode_changes, self._change_mode),
            (possible.closings, self._close),
            (possible.manual_orders, self._trade_by_hand),
        )
        for count, act in acts:
            for _ in range(count):
                scene.loop.at(scene.seconds(BUSY_SECONDS), act)

    def make_peace(self) -> None:
        """The kill is released and the mode set back, as often as it takes."""
        self._insist(self._back_to_normal)

    def _plan_executions(self, signals: Sequence[Signal]) -> None:
        scene = self._scene
        rush = scene.seconds(BUSY_SECONDS * 0.8)
        for signal in signals:
            begins = rush + scene.seconds(2) if scene.possible.rush else scene.seconds(BUSY_SECONDS * 0.9)
            for _ in range(scene.rng.randint(1, scene.possible.repeats)):
                spread = scene.rng.choice((0.0, 0.05, 5.0, 25.0))
                when = begins + scene.seconds(spread)
                scene.loop.at(when, lambda signal=signal: self.execute(signal))  # type: ignore[misc]

    def execute(self, signal: Signal) -> None:
        """Somebody asks some trader for it."""
        self._ask(f"execute {signal.signal_id}", lambda trader: trader.execute(signal.signal_id))

    def _revoke(self) -> None:
        scene = self._scene
        scene.note("the artifact is revoked")
        said = RecordedRevocation(
            "rv1", scene.artifact.payload_sha256, "rolf", "it loses money", BEGINS, None
        )
        scene.database.revocations = (*scene.database.revocations, said)

    def _kill(self) -> None:
        async def kill(trader: SimulatedTrader) -> object:
            control = trader.control
            return control and await control.kill(control.said(reason="stop", actor="olivia"))

        self._ask("kill", kill)

    def _change_mode(self) -> None:
        mode = self._scene.rng.choice(list(TradingMode))
        self._ask(f"change to {mode}", lambda trader: self._set_mode(trader, mode))

    def _close(self) -> None:
        symbol = self._scene.rng.choice((None, *SYMBOLS))

        async def close(trader: SimulatedTrader) -> object:
            closing, control = trader.closing, trader.control
            if closing is None or control is None:
                return None
            return await closing.close(symbol, control.said(reason="enough", actor="olivia"))

        self._ask(f"close {symbol or 'everything'}", close)

    def _trade_by_hand(self) -> None:
        self._scene.note("somebody trades by hand")
        self._scene.venue.trade_by_hand(self._scene.rng.choice(SYMBOLS), Decimal(1))

    async def _back_to_normal(self, trader: SimulatedTrader) -> object:
        control = trader.control
        if control is None:
            return None
        await control.release_kill(control.said(reason="it is over", actor="olivia"))
        return await self._set_mode(trader, TradingMode.NORMAL)

    async def _set_mode(self, trader: SimulatedTrader, mode: TradingMode) -> object:
        control = trader.control
        said = control and control.said(reason="for now", actor="olivia")
        return control and said and await control.set_mode(ModeChange(mode, said))

    def _insist(self, act: Act) -> None:
        """Asks every few seconds until some trader has done it."""

        async def until_done(trader: SimulatedTrader) -> object:
            done = await act(trader)
            if not done:
                self._later(lambda: self._insist(act))
            return done

        if not self._ask("go back to normal", until_done, otherwise=lambda: self._insist(act)):
            self._later(lambda: self._insist(act))

    def _later(self, act: Callable[[], object]) -> None:
        self._scene.loop.at(self._scene.loop.time() + _AGAIN_SECONDS, act)

    def _ask(self, what: str, act: Act, *, otherwise: Callable[[], object] | None = None) -> bool:
        """Whether anybody was there to be asked."""
        scene = self._scene
        slot = scene.rng.choice(scene.slots)
        if slot.trader is None or not slot.process.is_alive or not slot.trader.is_ready:
            return False
        scene.note(f"somebody asks {slot.name} to {what}")
        scene.loop.spawn(slot.process, self._done(slot.trader, what, act, otherwise))
        return True

    async def _done(
        self, trader: SimulatedTrader, what: str, act: Act, otherwise: Callable[[], object] | None
    ) -> None:
        try:
            outcome = await act(trader)
            self._scene.note(f"answer to {what}: {outcome!r:.200}")
        except PortError as error:
            self._scene.note(f"answer to {what}: {error!r}")
            if otherwise is not None:
                self._later(otherwise)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            # A coroutine that is closed because its process is dead cannot wait for anything any more.
            if "should be used inside a task" in str(error):
                return
            self._scene.watch.fail("BUG", f"{what}: {error!r}")
