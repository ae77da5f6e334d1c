"""Recorded decisions are read in pages, each one once, and only those that are asked for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.audit import AuditEvent
from jax.modules.execution import replay_decisions
from jax.modules.execution.replay_decisions import DecidedAgain, Outcome, ReplayDecisions
from tests.desk import ACCOUNT, NOW, approved_signal
from tests.floor import Floor, open_floor


async def _replayed(floor: Floor, **asked: Any) -> list[DecidedAgain]:
    replaying = ReplayDecisions(floor.desk.unit_of_work)
    terms: dict[str, Any] = {"since": NOW, "until": await replaying.newest(), **asked}
    return [found async for found in replaying.decided_again(**terms)]


async def _execute(floor: Floor, names: range) -> None:
    engine = floor.engine()
    for number in names:
        await approved_signal(floor.desk, floor.artifact, signal_id=f"many{number}")
        await engine.execute(f"many{number}", approved_by="olivia")
        floor.desk.clock.advance(timedelta(seconds=1))


async def _append(floor: Floor, data: Any, kind: str = "order.denied") -> None:
    async with floor.desk.unit_of_work.begin() as transaction:
        await transaction.audit.append(AuditEvent(kind, "sg9", "olivia", floor.desk.clock.now(), data))


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 500])
async def test_every_decision_is_decided_again_once_and_in_its_order(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_decisions, "_AT_ONCE", at_once)
    async with open_floor() as floor:
        await _execute(floor, range(7))
        found = await _replayed(floor)
    assert [each.subject for each in found] == [f"many{number}" for number in range(7)]
    assert {each.outcome for each in found} == {Outcome.EQUAL}
    assert [each.n for each in found] == sorted(each.n for each in found)


async def test_what_is_recorded_after_the_replay_has_begun_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay_decisions, "_AT_ONCE", 2)
    async with open_floor() as floor:
        await _execute(floor, range(3))
        until = await ReplayDecisions(floor.desk.unit_of_work).newest()
        await _execute(floor, range(3, 6))
        found = await _replayed(floor, until=until)
    assert [each.subject for each in found] == ["many0", "many1", "many2"]


async def test_only_decisions_since_the_moment_are_replayed() -> None:
    async with open_floor() as floor:
        await _execute(floor, range(2))
        since = floor.desk.clock.now()
        await _execute(floor, range(2, 4))
        found = await _replayed(floor, since=since)
        later = await _replayed(floor, since=floor.desk.clock.now())
    assert [each.subject for each in found] == ["many2", "many3"]
    assert later == []


async def test_an_account_is_asked_for_by_its_name_and_what_names_none_is_of_every_one() -> None:
    async with open_floor() as floor:
        await _execute(floor, range(1))
        await _append(floor, {"account": "DU1", "inputs": None, "reason_code": "FENCED"})
        await _append(floor, {"reason_code": "QUOTE_STALE"})
        ours = await _replayed(floor, account=ACCOUNT)
        theirs = await _replayed(floor, account="DU1")
        everything = await _replayed(floor)
    assert [each.outcome for each in ours] == [Outcome.EQUAL, Outcome.OLDER]
    assert [each.outcome for each in theirs] == [Outcome.UNDECIDED, Outcome.OLDER]
    assert [each.outcome for each in everything] == [Outcome.EQUAL, Outcome.UNDECIDED, Outcome.OLDER]


@pytest.mark.parametrize("data", [None, [], "text", {}])
async def test_an_entry_that_holds_no_inputs_is_older(data: Any) -> None:
    async with open_floor() as floor:
        await _append(floor, data)
        (found,) = await _replayed(floor)
    assert found.outcome is Outcome.OLDER


@pytest.mark.parametrize("inputs", ["", "[1]", 7, [], False])
async def test_inputs_that_cannot_be_read_are_a_difference_and_say_why(inputs: Any) -> None:
    async with open_floor() as floor:
        await _append(floor, {"inputs": inputs, "reason_code": "QUOTE_STALE"})
        (found,) = await _replayed(floor)
    assert found.outcome is Outcome.DIFFERENT
    (difference,) = found.differences
    assert difference.name == "inputs"
    assert "inputs: are not those of a decision" in str(difference.decided)


async def test_entries_of_other_kinds_are_no_decisions() -> None:
    async with open_floor() as floor:
        await _append(floor, {"quantity": str(Decimal(1))}, kind="order.changed")
        assert await _replayed(floor) == []
