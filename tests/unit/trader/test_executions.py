"""Executions belong to the trader, not to whoever asked for them."""

import asyncio
from decimal import Decimal

import pytest

from jax.app.trader.executions import Executions
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.modules.execution.execute_signal import Executed
from tests.contract import stored_values


class Ledger:
    """Executes when it is let, and writes down what it was asked for."""

    def __init__(self, outcome: Executed | Denied | Exception) -> None:
        self.asked: list[str] = []
        self.finished: list[str] = []
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.may_finish = asyncio.Event()
        self._outcome = outcome

    async def execute(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Executed | Denied:
        self.asked.append(f"{signal_id} by {approved_by}")
        self.begun.put_nowait(signal_id)
        await self.may_finish.wait()
        self.finished.append(signal_id)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def executed() -> Executed:
    signal = stored_values.signal(stored_values.artifact())
    order = stored_values.order(signal)
    return Executed(stored_values.trade(order, signal), order, repeated=False)


async def test_whoever_asks_again_meanwhile_gets_the_same_trade_as_a_repeat() -> None:
    ledger = Ledger(executed())
    executions = Executions(ledger.execute)
    asked = [
        asyncio.create_task(executions.run("sg1", approved_by=who)) for who in ("olivia", "paul", "quinn")
    ]
    await ledger.begun.get()
    ledger.may_finish.set()
    outcomes = await asyncio.gather(*asked)
    assert ledger.asked == ["sg1 by olivia"]
    assert [outcome.repeated for outcome in outcomes if isinstance(outcome, Executed)] == [False, True, True]
    assert len({outcome.trade for outcome in outcomes if isinstance(outcome, Executed)}) == 1


async def test_different_signals_do_not_wait_for_one_another() -> None:
    ledger = Ledger(executed())
    executions = Executions(ledger.execute)
    asked = [
        asyncio.create_task(executions.run(signal_id, approved_by="olivia")) for signal_id in ("sg1", "sg2")
    ]
    assert {await ledger.begun.get(), await ledger.begun.get()} == {"sg1", "sg2"}
    assert ledger.finished == []
    ledger.may_finish.set()
    await asyncio.gather(*asked)


async def test_the_execution_goes_on_when_everybody_has_hung_up() -> None:
    ledger = Ledger(executed())
    executions = Executions(ledger.execute)
    asked = [asyncio.create_task(executions.run("sg1", approved_by="olivia")) for _ in range(2)]
    await ledger.begun.get()
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert ledger.finished == []
    asyncio.get_running_loop().call_soon(ledger.may_finish.set)
    await executions.finish()
    assert ledger.finished == ["sg1"]


async def test_once_it_is_done_the_signal_may_be_asked_for_again() -> None:
    ledger = Ledger(Denied(ReasonCode.TOO_MANY_POSITIONS, "no", {"open_positions": Decimal(5)}))
    ledger.may_finish.set()
    executions = Executions(ledger.execute)
    first = await executions.run("sg1", approved_by="olivia")
    assert await executions.run("sg1", approved_by="olivia") == first
    assert len(ledger.asked) == 2


async def test_an_error_reaches_everybody_who_waits_and_is_forgotten() -> None:
    ledger = Ledger(LookupError("no such signal"))
    executions = Executions(ledger.execute)
    asked = [asyncio.create_task(executions.run("sg1", approved_by="olivia")) for _ in range(2)]
    await ledger.begun.get()
    ledger.may_finish.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError, LookupError]
    with pytest.raises(LookupError):
        await executions.run("sg1", approved_by="olivia")
