"""Two traders that run different artifacts raise an alarm, and nothing else."""

from datetime import timedelta

from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.domain.running_trader import RunningTrader
from jax.modules.signals.receive_bars import ReceiveBars
from tests.floor import Floor, open_floor


def _artifacts(floor: Floor) -> RunningArtifacts:
    receive_bars = ReceiveBars(unit_of_work=floor.desk.unit_of_work, clock=floor.desk.clock)
    return RunningArtifacts(
        load_artifacts=floor.desk.loader(), receive_bars=receive_bars, clock=floor.desk.clock
    )


async def _report(
    floor: Floor, account: str, *, boot_id: str | None = None, loaded: bool = True
) -> RunningReport:
    artifacts = _artifacts(floor)
    if loaded:
        await artifacts.reload()
    return RunningReport(
        unit_of_work=floor.desk.unit_of_work,
        clock=floor.desk.clock,
        boot_id=boot_id or f"boot-{account}",
        account=account,
        artifacts=artifacts,
    )


async def _said(floor: Floor) -> list[RunningTrader]:
    async with floor.desk.unit_of_work.begin() as transaction:
        return list(await transaction.running.reported_after(floor.desk.clock.now() - timedelta(days=1)))


async def _revoke(floor: Floor) -> None:
    await floor.desk.gate.revoke(floor.artifact)


async def test_it_says_what_it_runs_each_time_in_one_row() -> None:
    async with open_floor() as floor:
        report = await _report(floor, "one")
        for _ in range(2):
            floor.desk.clock.advance(timedelta(seconds=3))
            await report.run_once()
        hashes = (floor.artifact.payload_sha256,)
        assert await _said(floor) == [RunningTrader("boot-one", "one", hashes, 1, floor.desk.clock.now())]
        assert report.alarms() == ()


async def test_traders_that_run_the_same_raise_no_alarm() -> None:
    async with open_floor() as floor:
        reports = [await _report(floor, account) for account in ("one", "two")]
        for report in reports * 2:
            await report.run_once()
        assert [report.alarms() for report in reports] == [(), ()]
        assert len(await _said(floor)) == 2


async def test_traders_that_run_different_artifacts_both_raise_the_alarm_until_they_agree() -> None:
    async with open_floor() as floor:
        one = await _report(floor, "one")
        await _revoke(floor)
        two = await _report(floor, "two")
        for report in (one, two, one):
            await report.run_once()
        short = floor.artifact.payload_sha256[:19]
        assert one.alarms() == (
            "another trader (account two) runs other artifacts: "
            f"only it runs nothing, only this one runs {short}",
        )
        assert two.alarms() == (
            "another trader (account one) runs other artifacts: "
            f"only it runs {short}, only this one runs nothing",
        )
        agreeing = await _report(floor, "one")
        for report in (agreeing, two):
            await report.run_once()
        assert (agreeing.alarms(), two.alarms()) == ((), ())


async def test_a_word_that_is_ten_seconds_old_says_nothing_any_more() -> None:
    async with open_floor() as floor:
        one = await _report(floor, "one")
        await one.run_once()
        await _revoke(floor)
        two = await _report(floor, "two")
        floor.desk.clock.advance(timedelta(seconds=9, microseconds=999_999))
        await two.run_once()
        assert len(two.alarms()) == 1
        floor.desk.clock.advance(timedelta(microseconds=1))
        await two.run_once()
        assert two.alarms() == ()


async def test_the_last_word_of_the_process_before_a_restart_is_no_other_trader() -> None:
    async with open_floor() as floor:
        before = await _report(floor, "one", boot_id="boot-1")
        await before.run_once()
        await _revoke(floor)
        after = await _report(floor, "one", boot_id="boot-2")
        await after.run_once()
        assert after.alarms() == ()
        floor.desk.clock.advance(timedelta(seconds=1))
        await before.run_once()
        await after.run_once()
        assert len(after.alarms()) == 1, "it is still running"


async def test_a_trader_that_could_not_load_anything_yet_says_nothing_of_itself() -> None:
    async with open_floor() as floor:
        report = await _report(floor, "one", loaded=False)
        await report.run_once()
        assert await _said(floor) == []
