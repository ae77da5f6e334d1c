"""`jax replay` decides again what a trader has decided on a real Postgres, and names what differs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.audit import AuditEvent
from jax.domain.reason_code import ReasonCode
from jax.domain.risk import decide as deciding
from jax.domain.risk.caps import EntryRoom
from jax.domain.risk.inputs_document import FORMAT
from jax.domain.risk.rule import Cap
from jax.domain.risk_decision import Denied
from jax.modules.execution.execute_signal import Executed
from jax.modules.execution.protect_positions import ProtectPositions
from tests.desk import ACCOUNT, LIMITS, NOW, approved_signal, quote
from tests.floor import Floor, open_floor
from tests.integration.postgres.logins import new_login
from tests.integration.research.jax_command import Jax, jax_on
from tests.postgres_server import run_sql
from tests.unit.execution.test_protect_positions import account_of

_SINCE = (NOW - timedelta(days=1)).isoformat()
Work = Callable[[Floor], Awaitable[None]]


@pytest.fixture
def trade(database_url: str) -> Callable[[Work], None]:
    """Opens a floor on the database and does something on it."""

    async def run(work: Work) -> None:
        database = PostgresDatabase(database_url)
        try:
            async with open_floor(PostgresUnitOfWork(database)) as floor:
                await work(floor)
        finally:
            await database.close()

    return lambda work: asyncio.run(run(work))


@pytest.fixture
def jax(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Jax]:
    """The command, for somebody who may look at the record and write nothing."""
    with new_login(database_url, "jax_auditor") as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield jax_on(tmp_path, monkeypatch, capsys)


async def _some_of_everything(floor: Floor) -> None:
    """Three entries, four denials by different rules, one before any rule, a stop and a target."""
    desk, engine = floor.desk, floor.engine()
    assert isinstance(await engine.execute("sg1", approved_by="olivia"), Executed)
    for name in ("sg2", "sg3", "sg4"):
        await approved_signal(desk, floor.artifact, signal_id=name)
    assert isinstance(await engine.execute("sg2", approved_by="olivia"), Executed)
    assert _code(await engine.execute("sg3", approved_by="somebody")) is ReasonCode.APPROVER_MISMATCH
    strict = replace(LIMITS, repeat_after_seconds=Decimal(10))
    assert (
        _code(await floor.engine(limits=strict).execute("sg3", approved_by="olivia"))
        is ReasonCode.REPEATED_ORDER
    )
    few = replace(LIMITS, max_open_positions=1)
    await approved_signal(desk, floor.artifact, signal_id="sg5", symbol="MSFT")
    await quote(desk, "150", symbol="MSFT")
    assert (
        _code(await floor.engine(limits=few).execute("sg5", approved_by="olivia"))
        is ReasonCode.TOO_MANY_POSITIONS
    )
    burst = replace(LIMITS, order_burst=1, max_orders_per_minute=1)
    assert isinstance(await engine.execute("sg3", approved_by="olivia"), Executed)
    assert (
        _code(await floor.engine(limits=burst).execute("sg4", approved_by="olivia"))
        is ReasonCode.ORDER_RATE_REACHED
    )
    small = replace(LIMITS, sizing=replace(LIMITS.sizing, max_position_value_fraction=Decimal("0.3")))
    assert (
        _code(await floor.engine(limits=small).execute("sg4", approved_by="olivia"))
        is ReasonCode.POSITION_VALUE_TOO_SMALL
    )
    await ProtectPositions(account_of(floor), unprotected_limit=timedelta(seconds=10)).run_once()


def _code(outcome: Executed | Denied) -> ReasonCode:
    assert isinstance(outcome, Denied), outcome
    return outcome.reason_code


def test_what_was_decided_is_decided_again_and_equal(jax: Jax, trade: Callable[[Work], None]) -> None:
    trade(_some_of_everything)
    said = jax("replay", "--since", "7d", "--json").document
    leaving = said["decisions"] - 8
    assert leaving >= 3, "a stop at least for each of three trades"
    assert said["equal"] == said["decisions"] - 1
    assert (said["different"], said["older"], said["undecided"]) == (0, 0, 1)
    assert said["first_difference"] is said["older_entries"] is None
    ended = jax("replay", "--since", _SINCE)
    assert (ended.code, ended.err) == (0, "")
    assert f"{said['decisions']} decisions since {_SINCE}" in ended.out
    assert "1 were denied before the rules of risk were asked" in ended.out


def test_a_rule_that_has_changed_is_told_with_the_first_decision_that_it_changes(
    jax: Jax, trade: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(_some_of_everything)

    def hundred(_: EntryRoom) -> Cap:
        return Cap(ReasonCode.POSITION_SIZE_REACHED, Decimal(100), {})

    monkeypatch.setattr(deciding, "CAPS", (*deciding.CAPS, hundred))
    ended = jax("replay", "--since", _SINCE)
    assert ended.code == 1
    _, _, *told = ended.out.splitlines()
    assert told[0].startswith("the first difference is in entry ")
    assert "order.decided of sg1 at " in told[0]
    assert told[1:] == [
        "  quantity: recorded 133, now 100",
        "  risk_amount: recorded 665, now 500",
        "  risk_fraction: recorded 0.00665, now 0.005",
        "  position_value: recorded 19950, now 15000",
    ]
    found = _failed(jax("replay", "--since", _SINCE, "--json"))
    assert found["different"] == 3
    assert found["first_difference"]["subject"] == "sg1"
    assert found["first_difference"]["differences"][0] == {
        "name": "quantity",
        "recorded": "133",
        "decided": "100",
    }


def test_a_rule_that_is_gone_lets_through_what_it_had_denied(
    jax: Jax, trade: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(_some_of_everything)
    rules = [rule for rule in deciding.ENTRY_RULES if rule.__name__ != "order_is_no_repeat"]
    monkeypatch.setattr(deciding, "ENTRY_RULES", tuple(rules))
    found = _failed(jax("replay", "--since", _SINCE, "--json"))
    assert found["different"] == 1
    first = found["first_difference"]
    assert (first["kind"], first["subject"]) == ("order.denied", "sg3")
    assert first["differences"][:2] == [
        {"name": "decision", "recorded": "denied", "decided": "approved"},
        {"name": "reason_code", "recorded": "REPEATED_ORDER", "decided": None},
    ]


def test_a_rule_of_exits_that_has_changed_is_told_too(
    jax: Jax, trade: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trade(_some_of_everything)
    refusal = Denied(ReasonCode.EXIT_RAISES_POSITION, "never")
    monkeypatch.setattr(deciding, "EXIT_RULES", (lambda _: refusal,))
    found = _failed(jax("replay", "--since", _SINCE, "--json"))
    assert found["first_difference"]["kind"] == "order.leaving"
    assert found["different"] == found["decisions"] - 8


def test_what_was_recorded_in_an_older_format_is_counted_and_named(
    jax: Jax, trade: Callable[[Work], None], database_url: str
) -> None:
    async def work(floor: Floor) -> None:
        await _record(floor, "order.decided", {"quantity": "133"})
        await _record(floor, "order.denied", {"reason_code": "QUOTE_STALE", "numbers": {}})
        await floor.engine().execute("sg1", approved_by="olivia")
        async with floor.desk.unit_of_work.begin() as transaction:
            (newest,) = await transaction.audit.entries(kind="order.decided", limit=1)
        assert isinstance(newest.event.data, dict)
        text = str(newest.event.data["inputs"])
        older = text.replace(f"[{FORMAT},", f"[{FORMAT - 1},", 1)
        await _record(floor, "order.decided", {**newest.event.data, "inputs": older})
        await _record(floor, "order.decided", {**newest.event.data, "quantity": "132", "inputs": text[:-1]})

    trade(work)
    ended = jax("replay", "--since", _SINCE, "--json")
    found = _failed(ended)
    assert (found["decisions"], found["equal"], found["older"], found["different"]) == (5, 1, 3, 1)
    first, last = found["older_entries"]
    run_sql(
        database_url,
        f"DO $$ BEGIN ASSERT (SELECT count(*) FROM audit.entry WHERE n IN ({first}, {last}) "
        "AND kind = 'order.decided') = 2; END $$",
    )
    assert found["first_difference"]["differences"][0]["name"] == "inputs"
    told = jax("replay", "--since", _SINCE).out
    assert f"3 are recorded in an older format and cannot be decided again: entries {first} to {last}" in told


async def _record(floor: Floor, kind: str, data: dict[str, Any]) -> None:
    async with floor.desk.unit_of_work.begin() as transaction:
        await transaction.audit.append(AuditEvent(kind, "sg1", "olivia", floor.desk.clock.now(), data))


def test_where_nothing_was_decided_there_is_no_difference(jax: Jax, trade: Callable[[Work], None]) -> None:
    empty = jax("replay", "--since", _SINCE, "--json").document
    assert (empty["decisions"], empty["equal"], empty["different"]) == (0, 0, 0)
    trade(_some_of_everything)
    later = (NOW + timedelta(days=1)).isoformat()
    assert jax("replay", "--since", later, "--json").document["decisions"] == 0
    of_nobody = jax("replay", "--since", _SINCE, "--account", "DU1", "--json").document
    assert (of_nobody["decisions"], of_nobody["account"]) == (0, "DU1")
    of_all = jax("replay", "--since", _SINCE, "--json").document["decisions"]
    assert (
        jax("replay", "--since", _SINCE, "--account", ACCOUNT, "--json").document["decisions"] == of_all > 0
    )


def test_a_moment_that_is_none_is_named(jax: Jax) -> None:
    ended = jax("replay", "--since", "yesterday")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "jax: since: 'yesterday' is neither a span such as 5d nor a time such as 2026-01-15T14:30Z\n"
    )


def _failed(ended: Any) -> Any:
    """What a command that found a difference has printed."""
    assert (ended.code, ended.err) == (1, "")
    return replace(ended, code=0).document
