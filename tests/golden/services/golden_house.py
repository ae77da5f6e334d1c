"""The services that baselines are captured from: real processes on a new home and a new database."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.agent_servers import Handler, HindsightShape, agent0_shape, agent_server, dexter_shape
from tests.architecture.checkout import ROOT, SRC, environment_with
from tests.integration.research_http.test_serve_process import serving
from tests.integration.trader.trader_process import trader_process
from tests.integration.trader.trading_home import prepare

FOLDER = Path(__file__).parent
SUBJECTS = ("signals", "executions", "orchestration")
# Room for three trades of one symbol.
_TRADING = {
    "EXECUTION_ENABLED": "true",
    "MAX_RISK_PER_TRADE": "0.002",
    "MAX_POSITION_VALUE_PCT": "0.1",
}


@dataclass(frozen=True)
class House:
    """Where the services are, as options of the command."""

    options: tuple[str, ...]


@contextmanager
def golden_house(folder: Path, database_url: str, subject: str) -> Iterator[House]:
    """What the baseline of `subject` asks, with nothing traded yet; agents answer the same every time."""
    home = folder / "home"
    prepare(home, database_url)
    with ExitStack() as stack:
        given = {"DATABASE_URL": database_url, **_TRADING}
        options = ["--trader", stack.enter_context(trader_process(home, **given)).url]
        if subject == "orchestration":
            agents = stack.enter_context(answering_agents())
            research = stack.enter_context(serving(home, DATABASE_URL=database_url, **agents))
            options += ["--research", str(research.state["url"])]
        yield House(tuple(options))


def golden(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs `jax golden` as people do."""
    return subprocess.run(
        [sys.executable, "-m", "jax.app.cli", "golden", *arguments],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment_with(SRC, ROOT),
        text=True,
        timeout=120,
    )


@contextmanager
def answering_agents() -> Iterator[dict[str, str]]:
    """All three agents, by the setting that names their address, on a loop of their own."""
    steps = ("dexter.research_company", "memory.reflect", "broker.place AAPL 100")
    handlers: Sequence[tuple[str, Handler]] = (
        ("HINDSIGHT_URL", HindsightShape()),
        ("AGENT0_URL", agent0_shape(*steps)),
        ("DEXTER_URL", dexter_shape),
    )
    with ExitStack() as stack:
        yield {name: stack.enter_context(answering(handler)) for name, handler in handlers}


@contextmanager
def answering(handler: Handler) -> Iterator[str]:
    """The address of a server that answers as `handler` says, whatever the calling thread does."""
    started, urls = threading.Event(), []
    loop, ended = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with agent_server(handler) as agent:
            urls.append(agent.url)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10)
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
