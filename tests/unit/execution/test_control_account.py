"""Who tells the account what, and why, is on record; the kill switch works whatever else does not."""

from datetime import timedelta
from typing import Any

import pytest

from jax.adapters.memory.kill_switch import MemoryKillSwitch
from jax.domain.controls import Arming, ModeChange, Said, TradingMode
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.modules.execution.control_account import ControlAccount
from jax.ports.broker import Broker
from jax.ports.errors import Conflict, Unavailable
from tests.cancel_walk import working
from tests.desk import ACCOUNT
from tests.failing_ports import FailingUnitOfWork, Fault, Fuse, PassingBroker
from tests.floor import Floor, booked, denial, open_floor
from tests.unit.execution.test_protect_positions import account_of


def controlling(floor: Floor, broker: Broker | None = None) -> ControlAccount:
    return ControlAccount(account_of(floor, broker), MemoryKillSwitch())


def said(floor: Floor) -> Said:
    return Said("there is smoke", "olivia", floor.desk.clock.now())


async def recorded(floor: Floor, kind: str) -> Any:
    async with floor.desk.unit_of_work.begin() as transaction:
        (entry,) = await transaction.audit.entries(kind=kind)
    assert (entry.event.subject, entry.event.actor) == (ACCOUNT, "olivia")
    return entry.event.data


class Away(PassingBroker):
    """Cannot be killed."""

    async def kill(self, account: str, *, reason: str) -> None:
        raise Unavailable("away")


@pytest.mark.parametrize(
    ("mode", "code"),
    [(TradingMode.REDUCE, ReasonCode.MODE_REDUCE), (TradingMode.OBSERVE, ReasonCode.MODE_OBSERVE)],
)
@pytest.mark.parametrize("strategy", [None, "ma_crossover_v1"])
async def test_a_mode_denies_entries_until_it_is_normal_again(
    mode: TradingMode, code: ReasonCode, strategy: str | None
) -> None:
    async with open_floor() as floor:
        control = controlling(floor)
        controls = await control.set_mode(ModeChange(mode, said(floor)), strategy=strategy)
        assert controls.mode_of("ma_crossover_v1") is mode
        assert await recorded(floor, "account.mode") == {
            "mode": mode,
            "strategy": strategy,
            "reason": "there is smoke",
        }
        assert (await denial(floor, floor.engine())).reason_code is code
        await control.set_mode(ModeChange(TradingMode.NORMAL, said(floor)), strategy=strategy)
        assert not isinstance(await floor.engine().execute("sg1", approved_by="olivia"), Denied)


async def test_a_kill_denies_entries_and_takes_back_what_works_until_it_is_released() -> None:
    async with open_floor() as floor:
        await working(floor)
        control = controlling(floor)
        controls = await control.kill(said(floor))
        assert controls.kill == said(floor)
        assert await recorded(floor, "account.killed") == {"reason": "there is smoke"}
        assert (await floor.desk.broker.status(ACCOUNT)).killed == "olivia: there is smoke"
        await floor.reconciler().run_once()
        order = await floor.order()
        assert order is not None
        assert order.status is OrderStatus.CANCELED
        assert (await control.release_kill(said(floor))).kill is None
        assert (await floor.desk.broker.status(ACCOUNT)).killed is None
        assert await recorded(floor, "account.kill_released") == {"reason": "there is smoke"}


async def test_nothing_is_entered_after_a_kill() -> None:
    async with open_floor() as floor:
        await controlling(floor).kill(said(floor))
        assert (await denial(floor, floor.engine())).reason_code is ReasonCode.KILL_SWITCH


async def test_a_kill_without_the_broker_is_on_record_and_told() -> None:
    async with open_floor() as floor:
        switch = MemoryKillSwitch()
        control = ControlAccount(account_of(floor, Away(floor.desk.broker)), switch)
        with pytest.raises(Unavailable, match="away"):
            await control.kill(said(floor))
        assert (await control.controls()).kill == said(floor)
        assert switch.reasons() == ("olivia: there is smoke",)


async def test_a_kill_without_the_record_reaches_file_and_broker() -> None:
    async with open_floor() as floor:
        at = account_of(floor)
        broken = FailingUnitOfWork(floor.desk.unit_of_work, Fuse(at=1, fault=Fault.REFUSED_BEFORE))
        switch = MemoryKillSwitch()
        control = ControlAccount(
            type(at)(booked(floor.desk, broken), at.broker, at.clock, at.account, at.epoch),
            switch,
        )
        with pytest.raises(Unavailable):
            await control.kill(said(floor))
        assert (await floor.desk.broker.status(ACCOUNT)).killed == "olivia: there is smoke"
        assert switch.reasons() == ("olivia: there is smoke",)


async def test_an_artifact_is_armed_and_disarmed_on_record() -> None:
    async with open_floor() as floor:
        control, sha256 = controlling(floor), floor.artifact.payload_sha256
        arming = Arming(sha256, floor.desk.clock.now() + timedelta(hours=1), said(floor))
        assert (await control.arm(arming)).armings == {sha256: arming}
        assert await recorded(floor, "account.armed") == {
            "artifact_hash": sha256,
            "expires_at": arming.expires_at.isoformat(),
            "reason": "there is smoke",
        }
        assert (await control.disarm(sha256, said(floor))).armings == {}
        assert (await recorded(floor, "account.disarmed"))["artifact_hash"] == sha256


async def test_a_trader_that_was_replaced_changes_no_mode_but_may_kill() -> None:
    async with open_floor() as floor:
        old = ControlAccount(account_of(floor, epoch=floor.epoch - 1), MemoryKillSwitch())
        with pytest.raises(Conflict, match="taken over"):
            await old.set_mode(ModeChange(TradingMode.NORMAL, said(floor)))
        with pytest.raises(Conflict, match="taken over"):
            await old.disarm(floor.artifact.payload_sha256, said(floor))
        assert (await old.kill(said(floor))).kill is not None


async def test_a_kill_that_the_broker_has_not_heard_is_said_again_until_it_has() -> None:
    async with open_floor() as floor:
        switch = MemoryKillSwitch()
        control = ControlAccount(account_of(floor, Away(floor.desk.broker)), switch)
        with pytest.raises(Unavailable):
            await control.kill(said(floor))
        with pytest.raises(Unavailable):
            await control.keep_killed()
        back = ControlAccount(account_of(floor), switch)
        assert await back.keep_killed() is True
        assert (await floor.desk.broker.status(ACCOUNT)).killed == "olivia: there is smoke"
        assert await back.keep_killed() is False
        await back.release_kill(said(floor))
        assert await back.keep_killed() is False
        assert (await floor.desk.broker.status(ACCOUNT)).killed is None


async def test_a_file_that_somebody_made_kills_at_the_broker_too() -> None:
    async with open_floor() as floor:
        await working(floor)
        switch = MemoryKillSwitch()
        control = ControlAccount(account_of(floor), switch)
        assert await control.keep_killed() is False
        switch.engage("the file is there")
        assert await control.keep_killed() is True
        assert (await floor.desk.broker.status(ACCOUNT)).killed == "the file is there"
        assert await floor.desk.broker.working_orders(ACCOUNT) == []


async def test_a_kill_at_the_broker_alone_is_an_alarm_and_stays() -> None:
    async with open_floor() as floor:
        control = controlling(floor)
        await floor.desk.broker.kill(ACCOUNT, reason="by hand")
        assert await control.keep_killed() is False
        (alarm,) = control.alarms
        assert "by hand" in alarm
        assert (await floor.desk.broker.status(ACCOUNT)).killed == "by hand"
        await control.kill(said(floor))
        await control.keep_killed()
        assert control.alarms == ()
        await control.release_kill(said(floor))
        await control.keep_killed()
        assert control.alarms == ()
