"""A run that is asked again with the answers that it had comes to the same advice, to the last character."""

from dataclasses import replace
from typing import Any

import pytest

from jax.domain.advice_run import AdviceRun, AskedAdvice, RunStatus
from jax.modules.orchestration.replay_run import first_difference
from jax.modules.orchestration.tape import ReplayingTape
from jax.ports.errors import NotFound
from tests.replay.advice_history import EDITED, RECORDED, read_advice
from tests.replay.record_advice import all_histories


def _run(asked: AskedAdvice) -> AdviceRun:
    assert asked.run is not None
    return asked.run


@pytest.mark.parametrize("name", RECORDED)
async def test_ten_replays_of_a_run_equal_the_record(name: str) -> None:
    asked = read_advice(name)
    for _ in range(10):
        assert await first_difference(asked) is None


async def test_the_histories_are_what_the_code_records_now() -> None:
    for name, asked in (await all_histories()).items():
        assert asked == read_advice(name), f"{name}: record it anew, and say why"


def test_the_histories_hold_each_kind_of_exchange_and_fault() -> None:
    exchanges = [exchange for name in RECORDED for exchange in _run(read_advice(name)).exchanges]
    assert {exchange.call for exchange in exchanges} == {
        *("recall", "research a company", "plan", "compare companies", "reflect", "conclude", "retain")
    }
    assert {exchange.who for exchange in exchanges if exchange.problem} == {"hindsight", "agent0", "dexter"}


async def test_a_run_whose_record_was_edited_fails() -> None:
    difference = await first_difference(read_advice(EDITED))
    assert difference is not None
    assert difference.startswith('advice: recorded {"action":"BUY","confidence":"0.9"')


@pytest.mark.parametrize("number", range(7))
async def test_a_change_of_any_exchange_is_a_difference(number: int) -> None:
    asked = read_advice("advice_by_agents")
    exchanges = list(_run(asked).exchanges)
    assert len(exchanges) == 7
    for changed in (
        replace(exchanges[number], who="another"),
        replace(exchanges[number], call="another"),
        replace(exchanges[number], question='"another"'),
        replace(exchanges[number], answer=None, problem="another"),
    ):
        with_it = (*exchanges[:number], changed, *exchanges[number + 1 :])
        assert await first_difference(replace(asked, run=replace(_run(asked), exchanges=with_it)))


@pytest.mark.parametrize("number", range(7))
async def test_a_replay_that_asks_somebody_in_earnest_differs(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = read_advice("advice_by_agents")
    exchanges, play = _run(asked).exchanges, ReplayingTape.exchange
    asking = iter(range(7))

    async def sometimes(tape: Any, question: Any, ask: Any, *, kind: Any) -> Any:
        if next(asking) == number:
            await ask()
        return await play(tape, question, ask, kind=kind)

    monkeypatch.setattr(ReplayingTape, "exchange", sometimes)
    assert await first_difference(asked) == (
        f"{exchanges[number].who} is asked in earnest: its answer is on no tape"
    )


async def test_a_missing_and_a_further_exchange_are_differences() -> None:
    asked = read_advice("advice_by_agents")
    run = _run(asked)
    for exchanges in (run.exchanges[:-1], (*run.exchanges, run.exchanges[0])):
        found = await first_difference(replace(asked, run=replace(run, exchanges=exchanges)))
        assert found is not None
        assert "exchange" in found


async def test_another_request_is_a_difference() -> None:
    asked = read_advice("advice_by_rule")
    assert asked.request.signal is not None
    dearer = replace(asked.request.signal, entry_price=asked.request.signal.entry_price + 1)
    assert await first_difference(replace(asked, request=replace(asked.request, signal=dearer)))


async def test_a_run_that_has_failed_is_not_replayed() -> None:
    asked = read_advice("advice_by_rule")
    failed = replace(_run(asked), status=RunStatus.FAILED, outcome=None, problem="a bug")
    for run in (None, failed):
        with pytest.raises(NotFound, match="nothing to replay"):
            await first_difference(replace(asked, run=run))
