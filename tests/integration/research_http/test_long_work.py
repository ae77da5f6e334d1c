"""Re-runs and submissions: they go on without their client, are never too many, and end with the server."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.app.research import submission_process
from jax.app.research.desk.background_runs import MOST_WAITING
from jax.app.research.desk.desk import RUNS_AT_ONCE
from jax.app.research.research import BacktestRequest
from jax.app.research.submission import DEFAULT_RISK
from jax.domain.artifact import Artifact
from jax.modules.artifacts.submit_artifact import Submission
from tests.integration.research.authored_artifacts import BARS, stock
from tests.integration.research_http.desk_server import Page, open_page, problem

SUBMISSION = {"strategy": "ma_crossover_v1", "author": "ada"}
# Bars end on both days, and before and after them.
FIRST_DAY, LAST_DAY = (BARS["IBM"][place].end for place in (10, -10))


@pytest.fixture
def endless(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Backtests never end; gives the processes that were started for them and are alive."""
    started = home / "started"
    started.mkdir()
    program = f"import os, time; open({str(started)!r} + f'/{{os.getpid()}}', 'w').close(); time.sleep(600)"
    monkeypatch.setattr(submission_process, "_PROGRAM", program)

    def alive() -> list[int]:
        return [int(one.name) for one in started.iterdir() if Path("/proc", one.name).exists()]

    return alive


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - other processes bring it about
            await asyncio.sleep(0.05)


async def statuses(page: Page, runs: list[dict[str, Any]]) -> list[str]:
    told = [await page.found(f"/submissions/{run['run']['run_id']}") for run in runs]
    return [run["run"]["status"] for run in told]


async def test_no_more_than_a_few_work_at_once_and_not_too_many_wait(
    page: Page, endless: Callable[[], list[int]]
) -> None:
    room = RUNS_AT_ONCE + MOST_WAITING
    runs = [await page.done("/artifacts", {**SUBMISSION, "trials": n + 1}) for n in range(RUNS_AT_ONCE)]
    await until(lambda: len(endless()) == RUNS_AT_ONCE)
    later = range(RUNS_AT_ONCE, room)
    runs += [await page.done("/artifacts", {**SUBMISSION, "trials": n + 1}) for n in later]
    assert problem(await page.post("/artifacts", {**SUBMISSION, "trials": 99})) == (
        503,
        "UNAVAILABLE",
        f"{MOST_WAITING} runs are waiting for their turn already: try again later",
    )
    assert await statuses(page, runs) == ["RUNNING"] * RUNS_AT_ONCE + ["WAITING"] * MOST_WAITING
    assert len(endless()) == RUNS_AT_ONCE


async def test_re_runs_and_submissions_share_their_turns(
    page: Page, endless: Callable[[], list[int]]
) -> None:
    for trials in range(RUNS_AT_ONCE):
        await page.done("/artifacts", {**SUBMISSION, "trials": trials + 1})
    await until(lambda: len(endless()) == RUNS_AT_ONCE)
    artifact = await page.submitted()
    rerun = await page.done(f"/artifacts/{artifact.artifact_id}/reruns", {"validator": "victor"})
    found = await page.found(f"/reruns/{rerun['run']['run_id']}")
    assert (found["run"]["status"], found["artifact_id"], found["validator"]) == (
        "WAITING",
        artifact.artifact_id,
        "victor",
    )
    assert (found["statements"], found["evidence"]) == ([], None)


async def test_the_same_question_while_it_runs_gets_the_same_run(
    page: Page, endless: Callable[[], list[int]]
) -> None:
    first = await page.done("/artifacts", SUBMISSION)
    again = await page.done("/artifacts", SUBMISSION)
    asked = (["IBM", "AAPL"], ["AAPL", "IBM", "AAPL"], ["IBM"])
    others = [await page.done("/artifacts", {**SUBMISSION, "symbols": symbols}) for symbols in asked]
    assert first["run"]["run_id"] == again["run"]["run_id"]
    both, turned_round, one = (other["run"]["run_id"] for other in others)
    assert len({first["run"]["run_id"], both, one}) == 3
    assert both == turned_round


async def test_the_processes_end_with_the_desk(
    home: Path, emptied_database_url: str, endless: Callable[[], list[int]]
) -> None:
    async with open_page(home, emptied_database_url) as page:
        await page.done("/artifacts", SUBMISSION)
        await until(lambda: len(endless()) == 1)
    assert endless() == []


async def test_a_submission_that_fails_says_why(page: Page, home: Path) -> None:
    await stock(home)
    told = {}
    changes: dict[str, dict[str, Any]] = {
        "strategy": {"strategy": "nothing_v1"},
        "symbol": {"symbols": ["MSFT"]},
        "window": {"from": "2050-01-01"},
    }
    for name, change in changes.items():
        started = await page.done("/artifacts", {**SUBMISSION, **change})
        over = await page.over(f"/submissions/{started['run']['run_id']}")
        assert (over["run"]["status"], over["artifact"]) == ("FAILED", None)
        assert over["run"]["ended_at"] is not None
        told[name] = over["run"]["problem"]
    known = ", ".join(InstalledStrategies().names())
    assert told == {
        "strategy": {
            "code": "NOT_FOUND",
            "detail": f"No strategy 'nothing_v1' is installed; there are: {known}",
        },
        "symbol": {"code": "NOT_FOUND", "detail": "There are no bars of MSFT; there are those of AAPL, IBM"},
        "window": {
            "code": "INVALID_VALUE",
            "detail": "backtest: window: no bar of any symbol ends within it",
        },
    }
    assert (await page.found("/artifacts"))["artifacts"] == []


async def test_a_run_that_breaks_is_our_fault_and_shows_no_trace_of_itself(
    page: Page, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("jax.app.research.desk.submissions.backtest_in_another_process", broken)
    started = await page.done("/artifacts", SUBMISSION)
    over = await page.over(f"/submissions/{started['run']['run_id']}")
    assert over["run"]["problem"] == {
        "code": "INTERNAL_ERROR",
        "detail": "jax-research failed on this run; its log says why",
    }


async def test_what_was_submitted_is_what_was_asked_for(page: Page, home: Path) -> None:
    await stock(home)
    asked = {
        **SUBMISSION,
        "from": FIRST_DAY.date().isoformat(),
        "to": LAST_DAY.date().isoformat(),
        "symbols": ["IBM", "AAPL", "IBM"],
        "trials": 7,
        "risk": {"max_daily_loss": "250.50", "allowed_order_types": ["MARKET", "LIMIT"], "venues": ["paper"]},
    }
    started = await page.done("/artifacts", asked)
    over = await page.over(f"/submissions/{started['run']['run_id']}")
    artifact = over["artifact"]
    payload = (await page.found(f"/artifacts/{artifact['artifact_id']}"))["payload"]
    assert payload["risk"] == {
        "max_position_pct": "0.2",
        "max_daily_loss": "250.5",
        "allowed_order_types": ["LIMIT", "MARKET"],
        "max_order_notional": "1000000",
        "max_orders_per_min": 60,
        "price_collar_pct": "0.5",
        "venues": ["paper"],
    }
    assert (payload["backtest"]["trials"], payload["data"]["symbols"]) == (7, ["AAPL", "IBM"])
    assert (payload["author"], payload["name"]) == ("ada", "ma_crossover_v1")
    assert [payload["data"][end] for end in ("from", "to")] == [
        f"{day:%Y-%m-%dT%H:%M:%SZ}" for day in (FIRST_DAY, LAST_DAY)
    ]
    again = await page.done("/artifacts", asked)
    repeated = await page.over(f"/submissions/{again['run']['run_id']}")
    assert again["run"]["run_id"] != started["run"]["run_id"]
    assert repeated["artifact"] == artifact


async def test_a_run_that_is_not_as_the_payload_says_gives_nothing_to_sign(page: Page, home: Path) -> None:
    await stock(home)
    artifact = await _lying(page, home)
    started = await page.done(f"/artifacts/{artifact.artifact_id}/reruns", {"validator": "victor"})
    over = await page.over(f"/reruns/{started['run']['run_id']}")
    assert (over["run"]["status"], over["statements"]) == ("DONE", [])
    (difference,) = over["differences"]
    assert difference.startswith("metric total_return: the payload says 9.99, the run made ")
    assert over["evidence"]["validator"] == "victor"


async def test_who_hangs_up_finds_the_run_done(page: Page, home: Path) -> None:
    await stock(home)
    reader, writer = await asyncio.open_connection("127.0.0.1", page.http.base_url.port)
    body = json.dumps(SUBMISSION).encode()
    head = (
        "POST /api/v1/artifacts HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
    await writer.drain()
    await reader.readline()
    writer.transport.abort()

    async def is_there() -> bool:
        return bool((await page.found("/artifacts"))["artifacts"])

    async with asyncio.timeout(60):
        while not await is_there():  # noqa: ASYNC110 - it shows over HTTP only
            await asyncio.sleep(0.05)


async def _lying(page: Page, home: Path) -> Artifact:
    """A DRAFT whose author says that it earns more than it does."""
    authorship = submission_process.Authorship("ada", DEFAULT_RISK, 1)
    honest: Submission = await submission_process.backtest_in_another_process(
        home, BacktestRequest("ma_crossover_v1"), authorship
    )
    evidence = replace(honest.evidence, metrics={**honest.evidence.metrics, "total_return": Decimal("9.99")})
    return await page.submitted(replace(honest, evidence=evidence))
