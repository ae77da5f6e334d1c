"""Runs the demo's steps in order and shows what came of them."""

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from jax.app import console
from jax.app.console import CommandFailed
from jax.app.demo import steps
from jax.app.demo.progress import Reached, StepProgress
from jax.app.demo.replay import replay_until_trade
from jax.app.demo.summary import Chain, print_chain, read_chain, summary_document
from jax.app.demo.trader_client import TraderClient
from jax.app.demo.trader_process import running_trader
from jax.app.demo.wiring import DemoParts, open_demo
from jax.app.home import home_folder
from jax.app.trader.settings import load_settings
from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import parse_payload

_PORT = ":8100"


@dataclass(frozen=True, slots=True)
class _Outcome:
    chain: Chain
    bars: int
    trader_url: str
    seconds: dict[str, float]


def run_demo(*, once: bool, as_json: bool) -> None:
    """The whole way; keeps the services up until Ctrl-C unless `once`."""
    asyncio.run(_demo(once=once, print_as_json=as_json))


async def _demo(*, once: bool, print_as_json: bool) -> None:
    async with AsyncExitStack() as services:
        outcome = await _steps(services)
        if print_as_json:
            console.print_json(summary_document(outcome.chain, bars=outcome.bars, seconds=outcome.seconds))
        else:
            print_chain(outcome.chain, trader_url=outcome.trader_url)
        if not once:
            interrupted = _interrupted()
            console.note("The services stay up; Ctrl-C stops them.")
            await interrupted.wait()


async def _steps(services: AsyncExitStack) -> _Outcome:
    home, settings = home_folder(), load_settings()
    with StepProgress() as progress:
        with progress.step("database", "1 database"):
            parts = await services.enter_async_context(open_demo(home, settings.database_url))
        with progress.step("data", "2 market data") as reached:
            bars = await steps.import_data(parts, reached)
        with progress.step("research", "3 backtest and artifact") as reached:
            artifact = await steps.submit(parts, await steps.backtest(parts, reached))
        with progress.step("gate", "4 approvals") as reached:
            artifact = await steps.promote(parts, artifact, reached)
        with progress.step("trader", "5 jax-trader"):
            url = services.enter_context(running_trader(home))
            trader = services.enter_context(TraderClient(url, token=settings.api_token))
            _check_loaded(trader, artifact)
        with progress.step("trade", "6 bars, signal, execution") as reached:
            trade = await _trade(parts, artifact, trader, reached)
        with progress.step("summary", "7 chain"):
            chain = await read_chain(parts, trade)
    if not url.endswith(_PORT):
        console.note(f"Port {_PORT[1:]} is taken; jax-trader listens on {url}")
    return _Outcome(chain, bars, url, progress.seconds)


def _check_loaded(trader: TraderClient, artifact: Artifact) -> None:
    """The trader must run these bytes; if it refused them, its reason is the demo's error."""
    health = trader.health()
    for refused in health["artifacts_refused"]:
        if refused["id"] == artifact.artifact_id:
            raise CommandFailed(f"jax-trader refuses {artifact.name} {artifact.version}: {refused['reason']}")
    if artifact.payload_sha256 not in {loaded["hash"] for loaded in health["artifacts"]}:
        raise CommandFailed(f"jax-trader has not loaded {artifact.name} {artifact.version}; see its /health")


async def _trade(
    parts: DemoParts, artifact: Artifact, trader: TraderClient, reached: Reached
) -> dict[str, Any]:
    bars = await steps.bars_to_replay(parts, parse_payload(artifact.payload).symbols)
    answer = replay_until_trade(trader, bars, history_until=steps.DATA_TO, reached=reached)
    if answer is not None:
        trade: dict[str, Any] = answer["trade"]
        return trade
    trades = trader.trades()
    if not trades:
        raise CommandFailed(
            "every bar was replayed and no signal executed; name an empty folder in JAX_HOME to start anew"
        )
    console.note("Every bar has been replayed already; this is the newest trade.")
    return trades[0]


def _interrupted() -> asyncio.Event:
    """Is set by Ctrl-C, and by SIGTERM, from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
