"""What may enter now: what was verified a moment ago, is on record, and whose snapshot has not expired."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from jax.app.trader.running_artifacts import RunningArtifacts
from jax.domain.artifact import Artifact
from jax.domain.bar import Bar
from jax.modules.artifacts.load_artifacts import ArtifactsLoaded, LoadArtifacts, LoaderParts, Look
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.errors import Unavailable
from tests.contract import stored_values
from tests.desk import Desk, active_artifact, open_desk, submission
from tests.entry_rights import right_to_enter

_ALMOST_NOTHING = timedelta(microseconds=1)


class HeldUpLoader(LoadArtifacts):
    """Waits where it is told to, until `may_go_on`."""

    def __init__(self, parts: LoaderParts) -> None:
        super().__init__(parts)
        self.waits_at = ""
        self.waiting, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.record_fails = False

    async def look(self) -> Look:
        await self._wait_at("look")
        return await super().look()

    async def verify(self, look: Look) -> ArtifactsLoaded:
        await self._wait_at("verify")
        return await super().verify(look)

    async def record(self, outcome: ArtifactsLoaded) -> None:
        await self._wait_at("record")
        if self.record_fails:
            raise Unavailable("somebody holds the audit log")
        await super().record(outcome)

    async def _wait_at(self, step: str) -> None:
        if step == self.waits_at:
            self.waiting.set()
            await self.may_go_on.wait()


@dataclass(frozen=True, slots=True)
class Trading:
    """A desk with one strategy released, and what a trader has loaded of it."""

    desk: Desk
    artifact: Artifact
    loader: HeldUpLoader
    receive_bars: ReceiveBars
    running: RunningArtifacts

    @property
    def entering(self) -> set[str]:
        return set(self.running.that_may_enter())

    @property
    def in_force(self) -> set[str]:
        return set(self.running.ids_by_hash())

    async def another_version(self) -> Artifact:
        changed = submission()
        return await active_artifact(self.desk, replace(changed, params={**changed.params, "fast": 10}))

    async def begin_reload(self, *, waits_at: str) -> "asyncio.Task[None]":
        """A reload that has come to where it waits."""
        self.loader.waits_at = waits_at
        reloading = asyncio.create_task(self.running.reload())
        await asyncio.wait_for(self.loader.waiting.wait(), 10)
        return reloading

    async def let_go_on(self, reloading: "asyncio.Task[None]") -> None:
        self.loader.waits_at = ""
        self.loader.may_go_on.set()
        await asyncio.wait_for(reloading, 10)


class Slow:
    """Hears of bars, and takes its time."""

    def __init__(self) -> None:
        self.told, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        self.told.set()
        await self.may_go_on.wait()


def trading_on(desk: Desk, artifact: Artifact, *listeners: Slow) -> Trading:
    loader = HeldUpLoader(
        LoaderParts(desk.unit_of_work, desk.objects, desk.clock, desk.gate.trust, desk.memory)
    )
    receive_bars = ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock, listeners=listeners)
    running = RunningArtifacts(load_artifacts=loader, receive_bars=receive_bars, clock=desk.clock)
    return Trading(desk, artifact, loader, receive_bars, running)


@pytest.fixture
async def trading() -> AsyncIterator[Trading]:
    """Loaded once."""
    async with open_desk() as desk:
        found = trading_on(desk, await active_artifact(desk))
        await found.running.reload()
        yield found


async def test_what_is_loaded_may_enter_as_the_artifact_and_under_the_policy_that_it_is(
    trading: Trading,
) -> None:
    artifact = trading.artifact
    right = right_to_enter(artifact)
    assert trading.running.that_may_enter() == {artifact.payload_sha256: right}
    assert trading.running.ids_by_hash() == {artifact.payload_sha256: artifact.artifact_id}
    assert trading.running.alarms() == ()


async def test_five_seconds_after_the_last_look_nothing_enters_until_the_next_one(trading: Trading) -> None:
    trading.desk.clock.advance(timedelta(seconds=5))
    assert trading.entering == {trading.artifact.payload_sha256}
    assert trading.running.alarms() == ()
    trading.desk.clock.advance(_ALMOST_NOTHING)
    assert trading.entering == set()
    assert trading.in_force == {trading.artifact.payload_sha256}, "its working entries may go on"
    (alarm,) = trading.running.alarms()
    assert alarm.startswith("nothing enters: what may trade was last verified at ")
    await trading.running.reload()
    assert trading.entering == {trading.artifact.payload_sha256}
    assert trading.running.alarms() == ()


@pytest.mark.parametrize("step", ["look", "verify", "record"])
async def test_a_loader_that_hangs_for_ever_stops_entries_after_five_seconds(
    trading: Trading, step: str
) -> None:
    reloading = await trading.begin_reload(waits_at=step)
    assert trading.entering == {trading.artifact.payload_sha256}
    trading.desk.clock.advance(timedelta(seconds=5) + _ALMOST_NOTHING)
    assert trading.entering == set()
    assert len(trading.running.alarms()) == 1
    reloading.cancel()


async def test_a_slow_look_is_as_old_as_its_beginning(trading: Trading) -> None:
    reloading = await trading.begin_reload(waits_at="verify")
    trading.desk.clock.advance(timedelta(seconds=5) + _ALMOST_NOTHING)
    await trading.let_go_on(reloading)
    assert trading.entering == set()
    await trading.running.reload()
    assert trading.entering == {trading.artifact.payload_sha256}


async def test_a_machine_that_slept_does_not_enter_on_what_it_knew_before(trading: Trading) -> None:
    clock = trading.desk.clock
    clock.jump_to(clock.now() + timedelta(seconds=6))
    assert trading.entering == set()


async def test_a_wall_clock_that_is_set_back_makes_no_look_younger(trading: Trading) -> None:
    clock = trading.desk.clock
    clock.jump_to(clock.now() - timedelta(hours=1))
    assert trading.entering == {trading.artifact.payload_sha256}
    clock.advance(timedelta(seconds=5) + _ALMOST_NOTHING)
    assert trading.entering == set()


async def test_a_snapshot_expires_by_the_traders_own_clock_without_another_look(trading: Trading) -> None:
    expires_at = trading.running.now.expires_at
    assert expires_at is not None
    clock = trading.desk.clock
    clock.jump_to(expires_at - _ALMOST_NOTHING)
    assert trading.in_force == {trading.artifact.payload_sha256}
    clock.jump_to(expires_at)
    assert trading.in_force == set()
    assert trading.entering == set()


async def test_nothing_enters_and_nothing_is_known_before_the_first_look() -> None:
    async with open_desk() as desk:
        trading = trading_on(desk, await active_artifact(desk))
        assert (trading.entering, trading.running.are_known) == (set(), False)
        assert trading.running.alarms() == (
            "nothing enters: what may trade could not be loaded yet; look at the database",
        )
        reloading = await trading.begin_reload(waits_at="record")
        assert (trading.entering, trading.running.are_known) == (set(), False)
        await trading.let_go_on(reloading)
        assert trading.entering == {trading.artifact.payload_sha256}
        assert (trading.running.are_known, trading.running.alarms()) == (True, ())


@pytest.mark.parametrize("step", ["verify", "record"])
async def test_what_is_revoked_is_out_before_anything_that_may_hang(trading: Trading, step: str) -> None:
    await trading.desk.gate.revoke(trading.artifact)
    reloading = await trading.begin_reload(waits_at=step)
    assert (trading.entering, trading.in_force) == (set(), set())
    assert trading.running.are_known
    reloading.cancel()


@pytest.mark.parametrize("step", ["verify", "record"])
async def test_what_is_new_is_in_once_it_is_on_record(trading: Trading, step: str) -> None:
    newer = await trading.another_version()
    reloading = await trading.begin_reload(waits_at=step)
    assert trading.in_force == set()
    await trading.let_go_on(reloading)
    assert trading.in_force == trading.entering == {newer.payload_sha256}


async def test_what_cannot_be_put_on_record_does_not_enter_and_what_falls_out_is_out(
    trading: Trading,
) -> None:
    newer = await trading.another_version()
    trading.loader.record_fails = True
    with pytest.raises(Unavailable):
        await trading.running.reload()
    assert trading.in_force == set()
    trading.desk.clock.advance(timedelta(seconds=5) + _ALMOST_NOTHING)
    with pytest.raises(Unavailable):
        await trading.running.reload()
    assert len(trading.running.alarms()) == 1
    trading.loader.record_fails = False
    await trading.running.reload()
    assert trading.entering == {newer.payload_sha256}
    async with trading.desk.unit_of_work.begin() as transaction:
        records = await transaction.audit.entries(kind="artifacts.loaded")
    assert len(records) == 2


async def test_why_it_fell_out_is_told_also_while_that_cannot_be_put_on_record(trading: Trading) -> None:
    await trading.desk.gate.revoke(trading.artifact)
    trading.loader.record_fails = True
    with pytest.raises(Unavailable):
        await trading.running.reload()
    assert [refused.reason for refused in trading.running.now.refused] == ["it is revoked"]


async def test_bars_that_are_being_received_hold_up_no_look_at_the_gate() -> None:
    async with open_desk() as desk:
        slow = Slow()
        trading = trading_on(desk, await active_artifact(desk), slow)
        await trading.running.reload()
        receiving = asyncio.create_task(trading.receive_bars.receive([stored_values.bar(symbol="MSFT")]))
        await asyncio.wait_for(slow.told.wait(), 10)
        await desk.gate.revoke(trading.artifact)
        await asyncio.wait_for(trading.running.reload(), 10)
        assert trading.in_force == set()
        assert not receiving.done()
        slow.may_go_on.set()
        await receiving


async def test_a_gate_that_cannot_be_read_leaves_nothing_loaded() -> None:
    class Unreadable(LoadArtifacts):
        broken = False

        async def look(self) -> Look:
            if self.broken:
                raise OverflowError("a date that no calendar has")
            return await super().look()

    async with open_desk() as desk:
        await active_artifact(desk)
        loader = Unreadable(
            LoaderParts(desk.unit_of_work, desk.objects, desk.clock, desk.gate.trust, desk.memory)
        )
        receive_bars = ReceiveBars(unit_of_work=desk.unit_of_work, clock=desk.clock)
        artifacts = RunningArtifacts(load_artifacts=loader, receive_bars=receive_bars, clock=desk.clock)
        await artifacts.reload()
        assert artifacts.ids_by_hash()
        loader.broken = True
        with pytest.raises(OverflowError):
            await artifacts.reload()
        assert artifacts.ids_by_hash() == {}
