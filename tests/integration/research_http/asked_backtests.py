"""Asks for backtests over HTTP, and waits for them."""

import asyncio
from collections.abc import Callable
from typing import Any

from jax.app.research.research import BacktestRequest
from jax.domain.backtest_settings import AllIn, BacktestSettings
from tests.integration.research.authored_artifacts import BARS
from tests.integration.research_http.desk_server import Page, answer

ASKED: dict[str, Any] = {
    "strategy": "sma_crossover_v1",
    "symbols": ["IBM"],
    "params": {"fast": 5, "slow": 12},
    "settings": {"sizing": "all in"},
}
# Bars end on both days, and before and after them.
FIRST_DAY, LAST_DAY = (BARS["IBM"][place].end.date().isoformat() for place in (10, -10))
REQUEST = BacktestRequest(
    "sma_crossover_v1",
    symbols=("IBM",),
    params={"fast": 5, "slow": 12},
    settings=BacktestSettings(sizing=AllIn()),
)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - other processes bring it about
            await asyncio.sleep(0.05)


async def over(page: Page, run_id: str) -> dict[str, Any]:
    """The run when it is over."""
    async with asyncio.timeout(200):
        while True:
            told = await page.found(f"/backtest/runs/{run_id}")
            if told["status"] in {"DONE", "FAILED"}:
                return told
            await asyncio.sleep(0.1)


async def failed(page: Page, **change: Any) -> dict[str, Any]:
    """The problem of a run that comes to nothing."""
    started = await page.done("/backtest", {**ASKED, **change})
    told = await over(page, started["run_id"])
    assert (told["status"], told["result"], told["progress"]) == ("FAILED", None, 0)
    assert told["ended_at"] is not None
    found: dict[str, Any] = told["problem"]
    return found


async def started(page: Page, fast: int) -> str:
    run: dict[str, Any] = await page.done("/backtest", {**ASKED, "params": {"fast": fast, "slow": 60}})
    return str(run["run_id"])


async def statuses(page: Page, runs: list[str]) -> list[str]:
    return [(await page.found(f"/backtest/runs/{run_id}"))["status"] for run_id in runs]


async def cancel(page: Page, run_id: str) -> dict[str, Any]:
    return answer(await page.http.delete(f"/api/v1/backtest/runs/{run_id}"))
