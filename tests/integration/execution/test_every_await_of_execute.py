"""Each await of an execution fails in each way, once: one order at most, and both sides agree on it."""

import ast
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

import jax.modules.execution
from jax.adapters.postgres.database import PostgresDatabase
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.modules.execution.execute_signal import Executed
from jax.ports.errors import PortError
from tests.failing_ports import Crash
from tests.failpoints import Failure, Line
from tests.integration.execution.settled_account import check_settled, settle
from tests.integration.execution.worked_account import Boot, Market, WorkedAccount, open_account, open_market

Situation = Callable[[WorkedAccount, Boot], Awaitable[str]]


@pytest.fixture
async def market(database_url: str) -> AsyncIterator[Market]:
    database = PostgresDatabase(database_url)
    try:
        async with open_market(database) as opened:
            yield opened
    finally:
        await database.close()


async def fills_at_once(account: WorkedAccount, boot: Boot) -> str:
    return await account.propose("AAPL")


async def while_something_is_held(account: WorkedAccount, boot: Boot) -> str:
    await boot.execute(await account.propose("AAPL"))
    return await account.propose("MSFT")


async def after_the_daily_loss(account: WorkedAccount, boot: Boot) -> str:
    await while_something_is_held(account, boot)
    await account.quote("AAPL", "140")
    return await account.propose("MSFT")


async def at_a_broker_that_was_killed_alone(account: WorkedAccount, boot: Boot) -> str:
    await account.venue.paper.kill(account.name, reason="by hand")
    return await account.propose("AAPL")


async def of_a_revoked_artifact(account: WorkedAccount, boot: Boot) -> str:
    signal_id = await account.propose("AAPL")
    await account.revoke()
    return signal_id


async def again(account: WorkedAccount, boot: Boot) -> str:
    signal_id = await account.propose("AAPL")
    await boot.execute(signal_id)
    return signal_id


async def under_a_key(account: WorkedAccount, boot: Boot) -> str:
    signal_id = await account.propose("AAPL")
    account.keys[signal_id] = "k1"
    return signal_id


async def again_under_a_key(account: WorkedAccount, boot: Boot) -> str:
    signal_id = await again(account, boot)
    account.keys[signal_id] = "k1"
    return signal_id


SITUATIONS = (
    fills_at_once,
    while_something_is_held,
    after_the_daily_loss,
    at_a_broker_that_was_killed_alone,
    again,
    under_a_key,
    again_under_a_key,
    of_a_revoked_artifact,
)
# Files of which every await is on the way of an execution.
_WAY = (
    "execute_signal.py",
    "record_entry.py",
    "keyed_execution.py",
    "record_order.py",
    "risk_state.py",
    "broker_means.py",
    "booked_unit_of_work.py",
    "broker_answer.py",
    "send_order.py",
)
# No port is behind these in the same task: they wait for another one, or for time to pass.
_TURNS = (
    "self._committing[",
    "asyncio.gather(",
    "asyncio.timeout(",
    "self._means.of(",
    "self._turn",
    "self._one_at_a_time",
)
# Of a trader that decides and places nothing.
_OF_A_SHADOW = ("self._broker.positions(", "and_then(")


async def test_one_order_at_most_and_both_sides_agree_whichever_await_fails(market: Market) -> None:
    walked: set[tuple[str, Line]] = set()
    reached: set[Line] = set()
    for situation in SITUATIONS:
        for at, await_ in enumerate(await _undisturbed(market, situation, reached), start=1):
            if await_ in walked:
                continue
            walked.add(await_)
            for failure in Failure:
                async with open_account(market) as account:
                    where = f"{situation.__name__}: {await_[0]} ({at}, {await_[1]}): {failure.value}"
                    reached |= await _disturbed(account, situation, at, failure, where)
    assert not _never_reached(reached)


async def _undisturbed(market: Market, situation: Situation, reached: set[Line]) -> list[tuple[str, Line]]:
    """What an execution waits for, in order, and from which line."""
    async with open_account(market) as account:
        boot = await account.start_trader()
        signal_id = await situation(account, boot)
        boot.points.arm(0)
        await boot.execute(signal_id)
        awaits = list(zip(boot.points.names, boot.points.line_of, strict=True))
        reached.update(boot.points.lines)
        await settle(account, boot)
        await check_settled(account, boot)
    return awaits


async def _disturbed(
    account: WorkedAccount, situation: Situation, at: int, failure: Failure, where: str
) -> set[Line]:
    boot = await account.start_trader()
    signal_id = await situation(account, boot)
    boot.points.arm(at, failure)
    with suppress(PortError, Crash, asyncio.CancelledError):
        task = asyncio.ensure_future(boot.execute(signal_id))
        await task
    assert len(boot.points.names) >= at, where
    reached = boot.points.lines
    if boot.points.is_dead:
        boot = await account.start_trader()
    try:
        await settle(account, boot)
        outcome = await boot.execute(signal_id)
        await settle(account, boot)
        await check_settled(account, boot)
        assert isinstance(outcome, Executed) or _is_expected(situation, outcome), outcome
    except AssertionError as error:
        raise AssertionError(f"{where}: {error}") from error
    return reached


def _is_expected(situation: Situation, outcome: object) -> bool:
    codes: dict[Situation, set[ReasonCode]] = {
        after_the_daily_loss: {ReasonCode.DAILY_LOSS_REACHED, ReasonCode.DAILY_LOSS_LATCHED},
        of_a_revoked_artifact: {ReasonCode.ARTIFACT_NOT_LOADABLE},
    }
    return isinstance(outcome, Denied) and outcome.reason_code in codes.get(situation, set())


def _never_reached(reached: set[Line]) -> list[str]:
    """The awaits on the way of an execution that no failpoint has been behind."""
    folder = Path(jax.modules.execution.__path__[0])
    missed = []
    for name in _WAY:
        for node in ast.walk(ast.parse((folder / name).read_text())):
            for waiting in _waits_of(node):
                source, end = ast.unparse(waiting), waiting.end_lineno or waiting.lineno
                lines = range(waiting.lineno, end + 1)
                if not any(Line(name, number) in reached for number in lines) and not any(
                    turn in source for turn in (*_TURNS, *_OF_A_SHADOW)
                ):
                    missed.append(f"{name}:{waiting.lineno}: {source}")
    return missed


def _waits_of(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Await):
        return [node.value]
    if isinstance(node, ast.AsyncWith):
        return [item.context_expr for item in node.items]
    return []
