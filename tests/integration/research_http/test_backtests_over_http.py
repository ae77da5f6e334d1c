"""Backtests over HTTP: asked for, watched, read, canceled, and remembered after a restart."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from jax.app.http.guard import Access
from jax.app.research import backtest_process
from jax.app.research.desk.background_runs import MOST_WAITING
from jax.app.research.desk.desk import BACKTESTS_AT_ONCE
from jax.app.research.wiring import build_research, runs_in
from tests.integration.research.authored_artifacts import stock
from tests.integration.research_http.asked_backtests import (
    ASKED,
    FIRST_DAY,
    LAST_DAY,
    REQUEST,
    cancel,
    over,
    started,
    statuses,
    until,
)
from tests.integration.research_http.desk_server import Page, open_page, problem

ARROW = {"Accept": "application/vnd.apache.arrow.stream"}


@pytest.fixture
def endless(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """Backtests never end; gives the processes that were started for them and are alive."""
    started = home / "started"
    started.mkdir()
    program = (
        'import os, sys, time; print(\'{"done":1,"total":4}\', flush=True); '
        f"open({str(started)!r} + f'/{{os.getpid()}}', 'w').close(); time.sleep(600)"
    )
    monkeypatch.setattr(backtest_process, "_PROGRAM", program)

    def alive() -> list[int]:
        return [int(one.name) for one in started.iterdir() if Path("/proc", one.name).exists()]

    return alive


async def test_a_backtest_is_asked_for_watched_and_read(page: Page, home: Path) -> None:
    await stock(home)
    settings = {
        **ASKED["settings"],
        "initial_cash": "50000",
        "costs": {"commission_bps": "5"},
        "fill_at": "next close",
    }
    days = {"from": FIRST_DAY, "to": LAST_DAY}
    response = await page.post("/backtest", {**ASKED, **days, "settings": settings, "benchmark": "AAPL"})
    assert response.status_code == 202, response.text
    first = response.json()
    assert first["status"] in {"QUEUED", "RUNNING"}
    assert response.headers["location"] == f"/api/v1/backtest/runs/{first['run_id']}"

    told = await over(page, first["run_id"])
    assert (told["status"], told["progress"], told["problem"]) == ("DONE", 1, None), told
    request = told["request"]
    assert (request["params"], request["symbols"], request["benchmark"]) == (
        {"fast": 5, "slow": 12},
        ["IBM"],
        "AAPL",
    )
    assert (request["data_from"], request["data_to"]) == (
        f"{FIRST_DAY}T00:00:00+00:00",
        f"{LAST_DAY}T23:59:59.999999+00:00",
    )
    assert (request["settings"]["initial_cash"], request["settings"]["fill_at"]) == ("50000", "next close")
    assert request["settings"]["costs"]["commission_bps"] == "5"

    kept = await runs_in(home).get(told["result"]["run_id"])
    assert told["result"]["metrics"] == json.loads(json.dumps(kept.metrics, default=_plain))
    assert told["result"]["params"] == {"fast": 5, "slow": 12}
    assert {"alpha", "beta", "sharpe"} <= told["result"]["metrics"].keys()

    path = f"/backtest/runs/{first['run_id']}"
    for name in ("orders", "trades", "equity"):
        rows = await _every_row(page, f"{path}/{name}", name)
        stream = await page.http.get(f"/api/v1{path}/{name}", headers=ARROW)
        assert stream.headers["content-type"] == "application/vnd.apache.arrow.stream"
        frame = pl.read_ipc_stream(stream.content)
        assert len(rows) == len(frame) == told["result"]["rows"][name] > 0
        assert set(rows[0]) == set(frame.columns) - {"benchmark"}
    report = await page.get(f"{path}/report")
    assert report.headers["content-type"] == "text/html; charset=utf-8"
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
    assert report.content == await runs_in(home).report(kept.run_id)


def _plain(value: object) -> str:
    return format(value, "f")


async def _every_row(page: Page, path: str, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: int | None = 0
    while cursor is not None:
        told = await page.found(path, cursor=cursor, limit=7 if name != "equity" else 100)
        rows += told[name]
        cursor = told["next_cursor"]
    return rows


async def test_what_the_command_line_kept_is_here_too(page: Page, home: Path) -> None:
    await stock(home)
    kept = await build_research(home).keep_backtest(REQUEST)
    run_id = kept.outcome.run_id
    told = await page.found(f"/backtest/runs/{run_id}")
    assert (told["status"], told["progress"], told["result"]["run_id"]) == ("DONE", 1, run_id)
    listed = await page.found("/backtest/runs")
    assert [run["run_id"] for run in listed["runs"]] == [run_id]
    first_page = await page.found(f"/backtest/runs/{run_id}/orders", limit=1)
    order = kept.outcome.result.orders[0]
    assert first_page["orders"][0]["commission"] == _plain(order.commission.normalize())
    assert first_page["orders"][0]["decided_at"] == order.decided_at.isoformat().replace("+00:00", "Z")

    asked = await page.done("/backtest", ASKED)
    done = await over(page, asked["run_id"])
    assert done["result"]["run_id"] == run_id
    assert [run["run_id"] for run in (await page.found("/backtest/runs"))["runs"]] == [asked["run_id"]]


async def test_no_more_than_a_few_run_at_once_and_whoever_cancels_makes_room(
    page: Page, home: Path, endless: Callable[[], list[int]]
) -> None:
    await stock(home)
    runs = [await started(page, n + 1) for n in range(BACKTESTS_AT_ONCE)]
    await until(lambda: len(endless()) == BACKTESTS_AT_ONCE)
    runs.append(await started(page, BACKTESTS_AT_ONCE + 1))
    assert await statuses(page, runs) == ["RUNNING"] * BACKTESTS_AT_ONCE + ["QUEUED"]
    running = await page.found(f"/backtest/runs/{runs[0]}")
    assert (running["progress"], running["ended_at"], running["problem"]) == (0.25, None, None)
    for name in ("orders", "report"):
        assert problem(await page.get(f"/backtest/runs/{runs[0]}/{name}")) == (
            409,
            "CONFLICT",
            f"The run {runs[0]} is RUNNING: ask again when it is DONE",
        )

    before = set(endless())
    canceled = await cancel(page, runs[0])
    assert (canceled["status"], canceled["problem"]) == (
        "FAILED",
        {"code": "CANCELED", "field": None, "detail": "it was canceled before it was done"},
    )
    assert len(before - set(endless())) == 1
    await until(lambda: len(set(endless()) - before) == 1)
    assert await statuses(page, runs) == ["FAILED"] + ["RUNNING"] * BACKTESTS_AT_ONCE
    assert await cancel(page, runs[0]) == canceled
    assert problem(await page.get(f"/backtest/runs/{runs[0]}/trades"))[:2] == (409, "CONFLICT")

    waiting = await started(page, 50)
    assert (await cancel(page, waiting))["problem"]["code"] == "CANCELED"
    for run_id in runs:
        await cancel(page, run_id)
    assert endless() == []


async def test_too_many_are_refused_and_the_gate_keeps_its_turns(
    page: Page, home: Path, endless: Callable[[], list[int]]
) -> None:
    await stock(home)
    for n in range(BACKTESTS_AT_ONCE):
        await started(page, n + 1)
    await until(lambda: len(endless()) == BACKTESTS_AT_ONCE)
    for n in range(MOST_WAITING):
        await started(page, BACKTESTS_AT_ONCE + n + 1)
    refused = await page.post("/backtest", {**ASKED, "params": {"fast": 55, "slow": 60}})
    assert problem(refused) == (
        503,
        "UNAVAILABLE",
        f"{MOST_WAITING} runs are waiting for their turn already: try again later",
    )
    submitted = await page.done("/artifacts", {"strategy": "sma_crossover_v1", "author": "ada"})
    async with asyncio.timeout(60):
        path = f"/submissions/{submitted['run']['run_id']}"
        while (await page.found(path))["run"]["status"] == "WAITING":  # noqa: ASYNC110 - it shows over HTTP only
            await asyncio.sleep(0.05)
    listed = await page.found("/backtest/runs", limit=200)
    assert len(listed["runs"]) == BACKTESTS_AT_ONCE + MOST_WAITING


async def test_the_same_question_while_it_runs_gets_the_same_run(
    page: Page, home: Path, endless: Callable[[], list[int]]
) -> None:
    await stock(home)
    spellings: list[dict[str, Any]] = [
        ASKED,
        {
            **ASKED,
            "settings": {"sizing": "all in", "initial_cash": "100000.0", "costs": {"slippage": "none"}},
        },
        {**ASKED, "symbols": ["IBM", "IBM"]},
        {**ASKED, "symbols": ["IBM", "AAPL"]},
        {**ASKED, "params": {"fast": 5, "slow": "12.5"}},
        {**ASKED, "settings": {"short_selling": False}},
        {**ASKED, "market": "AAPL"},
    ]
    found = [(await page.done("/backtest", asked))["run_id"] for asked in spellings]
    assert found[0] == found[1] == found[2]
    assert len(set(found)) == 5


async def test_after_a_restart_the_finished_are_there_and_the_others_are_lost(
    home: Path, emptied_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stock(home)
    async with open_page(home, emptied_database_url) as page:
        done = await over(page, (await page.done("/backtest", ASKED))["run_id"])
        bad = await over(page, (await page.done("/backtest", {**ASKED, "from": "2050-01-01"}))["run_id"])
        monkeypatch.setattr(backtest_process, "_PROGRAM", "import time; time.sleep(600)")
        others = [await started(page, n + 1) for n in range(BACKTESTS_AT_ONCE + 1)]
        before = await page.found("/backtest/runs")
        assert [run["run_id"] for run in before["runs"][::-1]] == [done["run_id"], bad["run_id"], *others]
    async with open_page(home, emptied_database_url, policy=None) as page:
        assert await page.found(f"/backtest/runs/{done['run_id']}") == done
        assert await page.found(f"/backtest/runs/{bad['run_id']}") == bad
        for run_id in others:
            told = await page.found(f"/backtest/runs/{run_id}")
            assert (told["status"], told["problem"]) == (
                "FAILED",
                {
                    "code": "LOST",
                    "field": None,
                    "detail": "the server stopped before it was done: ask for it again",
                },
            )
        assert (await page.get(f"/backtest/runs/{done['run_id']}/report")).status_code == 200


async def test_runs_are_listed_page_by_page(page: Page, home: Path, endless: Callable[[], list[int]]) -> None:
    await stock(home)
    runs = [await started(page, n + 1) for n in range(5)]
    found: list[str] = []
    cursor: dict[str, str | None] = {}
    for size in (2, 2, 1):
        told = await page.found("/backtest/runs", limit=2, **cursor)
        assert len(told["runs"]) == size
        found += [run["run_id"] for run in told["runs"]]
        cursor = {"cursor": told["next_cursor"]}
    assert (found, cursor) == (runs[::-1], {"cursor": None})
    refused = await page.get("/backtest/runs", cursor="nobody")
    assert problem(refused)[:2] == (422, "INVALID_VALUE")


async def test_a_run_that_was_removed_says_so(page: Page, home: Path) -> None:
    await stock(home)
    kept = await build_research(home).keep_backtest(REQUEST)
    asked = await page.done("/backtest", ASKED)
    await over(page, asked["run_id"])
    (home / "runs" / kept.outcome.run_id / "run.json").unlink()
    told = await page.found(f"/backtest/runs/{asked['run_id']}")
    assert (told["status"], told["result"], told["problem"]["code"]) == ("DONE", None, "NOT_FOUND")
    assert problem(await page.get(f"/backtest/runs/{asked['run_id']}/equity"))[:2] == (404, "NOT_FOUND")


async def test_an_unknown_run_is_not_found(page: Page) -> None:
    for path in ("", "/orders", "/report"):
        found = problem(await page.get(f"/backtest/runs/nobody{path}"))
        assert found == (404, "NOT_FOUND", "There is no run 'nobody': none is kept yet")
    refused = await page.http.delete("/api/v1/backtest/runs/nobody")
    assert problem(refused)[:2] == (404, "NOT_FOUND")


async def test_backtests_want_the_token_like_everything_else(home: Path, emptied_database_url: str) -> None:
    async with open_page(home, emptied_database_url, access=Access(token="hush")) as page:
        for request in (page.post("/backtest", ASKED), page.get("/backtest/runs")):
            assert problem(await request)[:2] == (401, "UNAUTHORIZED")
