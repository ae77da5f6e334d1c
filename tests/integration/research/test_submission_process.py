"""What is to be submitted is backtested in a process of its own, and comes back as it was made."""

import asyncio
import base64
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jax.app.research import submission_process
from jax.app.research.research import BacktestRequest
from jax.app.research.submission import DEFAULT_RISK, request_of, submission_of
from jax.app.research.submission_process import Authorship, backtest_in_another_process
from jax.app.research.wiring import build_research
from jax.domain.errors import InvalidValue
from jax.modules.artifacts.submit_artifact import Submission, build_payload
from jax.ports.errors import NotFound, Unavailable
from tests.integration.research.authored_artifacts import stock

ADA = Authorship("ada", DEFAULT_RISK, trials=1)
WHOLE = BacktestRequest("ma_crossover_v1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    asyncio.run(stock(folder))
    return folder


def submitted(home: Path, request: BacktestRequest = WHOLE, authorship: Authorship = ADA) -> Submission:
    return asyncio.run(backtest_in_another_process(home, request, authorship))


def test_it_is_what_a_run_in_this_process_submits(home: Path) -> None:
    window = replace(WHOLE, data_to=datetime(2021, 1, 31, 23, 59, 59, 999999, tzinfo=UTC), symbols=("IBM",))
    risk = replace(DEFAULT_RISK, max_orders_per_minute=7, venues=("ib", "paper"))
    here = submission_of(
        asyncio.run(build_research(home).backtest(request_of(window, risk=risk))),
        author="eve",
        risk=risk,
        trials=9,
    )
    there = submitted(home, window, Authorship("eve", risk, trials=9))
    assert there == here
    assert build_payload(there, version="1.0.3").encoded() == build_payload(here, version="1.0.3").encoded()


def test_progress_is_heard_to_the_end(home: Path) -> None:
    heard: list[tuple[int, int]] = []
    asyncio.run(backtest_in_another_process(home, WHOLE, ADA, lambda *step: heard.append(step)))
    assert heard == sorted(heard)
    assert heard[-1][0] == heard[-1][1] > 0


@pytest.mark.parametrize(
    ("request_", "error", "told"),
    [
        (replace(WHOLE, strategy="nothing_v1"), NotFound, "No strategy 'nothing_v1' is installed"),
        (replace(WHOLE, symbols=("MSFT",)), NotFound, "There are no bars of MSFT"),
        (replace(WHOLE, data_from=datetime(2050, 1, 1, tzinfo=UTC)), InvalidValue, "no bar of any symbol"),
    ],
)
def test_what_cannot_be_backtested_says_why(
    home: Path, request_: BacktestRequest, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        submitted(home, request_)


def test_an_author_who_is_nobody_is_refused(home: Path) -> None:
    with pytest.raises(InvalidValue, match="author"):
        submitted(home, authorship=Authorship("Ada Lovelace", DEFAULT_RISK, trials=1))


def test_the_process_is_told_no_password(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = tmp_path / "said"
    monkeypatch.setenv("DATABASE_URL", "postgresql://jax:hunter2@127.0.0.1/jax")
    monkeypatch.setenv("JAX_API_TOKEN", "hunter2")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    program = f"import os; open({str(said)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setattr(submission_process, "_PROGRAM", program)
    with pytest.raises(Unavailable, match="The backtest's process ended with code 0 and no answer"):
        submitted(home)
    assert "hunter2" not in said.read_text()
    assert "'SOMETHING_ELSE': 'kept'" in said.read_text()


def test_a_strategy_that_never_returns_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission_process, "_PROGRAM", "import time; time.sleep(600)")
    monkeypatch.setattr(submission_process, "_SILENCE_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="The backtest's process was ended, since it said nothing"):
        submitted(home)


def test_whoever_gives_up_ends_the_process(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    program = f"import os, time; open({str(said)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    monkeypatch.setattr(submission_process, "_PROGRAM", program)

    async def give_up() -> None:
        running = asyncio.create_task(backtest_in_another_process(home, WHOLE, ADA))
        async with asyncio.timeout(30):
            while not (said.exists() and said.read_text()):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(give_up())
    with pytest.raises(ProcessLookupError):
        os.kill(int(said.read_text()), 0)


@pytest.mark.parametrize("field", ["payload", "bundle"])
def test_what_comes_back_is_read_as_strictly_as_from_anywhere(
    home: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    documents = dict.fromkeys(("payload", "bundle", "golden_suite", "report"), "e30=")
    if field == "bundle":
        whole = submitted(home)
        documents["payload"] = _base64(build_payload(whole, version="1.0.0").encoded())
    monkeypatch.setattr(submission_process, "_PROGRAM", f"import json; print(json.dumps({documents!r}))")
    with pytest.raises(InvalidValue, match="lacks" if field == "payload" else "bundle"):
        submitted(home)


def _base64(document: bytes) -> str:
    return base64.b64encode(document).decode()
