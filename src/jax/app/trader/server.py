"""Runs the trader behind uvicorn until it is told to stop."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from jax.app.console import note
from jax.app.trader.http.app import create_app
from jax.app.trader.http.guard import LOOPBACK_NAMES, Access
from jax.app.trader.listening_socket import url_of
from jax.app.trader.log_lines import log_to_standard_error
from jax.app.trader.run_file import run_file
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import Trader
from jax.app.trader.wiring import open_trader

_REQUESTS_FINISH_WITHIN_SECONDS = 2
_STOP_WITHIN_SECONDS = 4.5
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the trader lives: its folder, its socket, the name it was given for it."""

    home: Path
    listening: socket.socket
    host: str


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the trader stops in an order of its own."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


class _Stop:
    """Asked for by a signal or by the end of the parent; a second time changes nothing."""

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._starting = asyncio.current_task()
        self._asked = False

    def watch(self, *, exit_with_parent: bool) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask, signal.Signals(number).name)
        if exit_with_parent:
            watcher = threading.Thread(target=self._wait_for_parent, args=(loop,), daemon=True)
            watcher.start()

    def serving(self, server: uvicorn.Server) -> None:
        self._server = server

    def ask(self, why: str) -> None:
        if self._asked:
            return
        self._asked = True
        _log.info("trader.stopping", why=why)
        last_resort = threading.Timer(_STOP_WITHIN_SECONDS, _give_up)
        last_resort.daemon = True
        last_resort.start()
        if self._server is not None:
            self._server.should_exit = True
        elif self._starting is not None:
            self._starting.cancel()

    def _wait_for_parent(self, loop: asyncio.AbstractEventLoop) -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        loop.call_soon_threadsafe(self.ask, "the parent has gone")


async def serve(place: Place, settings: TraderSettings, *, exit_with_parent: bool) -> None:
    """Until SIGTERM, SIGINT or the end of standard input; raises what keeps the trader from starting."""
    stop = _Stop()
    stop.watch(exit_with_parent=exit_with_parent)
    try:
        async with open_trader(place.home, settings) as trader:
            log_to_standard_error(lambda: trader.policy)
            await _serve(trader, place, settings, stop)
    except asyncio.CancelledError:
        _log.info("trader.stopped", before="it was ready")
    else:
        _log.info("trader.stopped")


async def _serve(trader: Trader, place: Place, settings: TraderSettings, stop: _Stop) -> None:
    url = url_of(place.listening)
    state = {
        "pid": os.getpid(),
        "port": place.listening.getsockname()[1],
        "url": url,
        "boot_id": trader.facts.boot_id,
        "version": trader.facts.version,
    }
    config = uvicorn.Config(
        create_app(trader, _access(place.host, settings)),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_REQUESTS_FINISH_WITHIN_SECONDS,
    )
    ready = asyncio.Event()
    server = _Server(config, ready.set)
    stop.serving(server)
    serving = asyncio.create_task(server.serve([place.listening]))
    await asyncio.wait([serving, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    with run_file(place.home / "run" / "trader.json", state):
        note(_banner(trader, url))
        await serving


def _access(host: str, settings: TraderSettings) -> Access:
    # With a token a foreign name does no harm, and a proxy may use any.
    return Access(token=settings.api_token, hosts=None if settings.api_token else LOOPBACK_NAMES | {host})


def _banner(trader: Trader, url: str) -> str:
    facts = trader.facts
    sends = "ON, orders are sent" if facts.execution_enabled else "OFF, nothing is sent"
    runs = f"broker paper; mode {facts.mode}; policy={trader.policy or 'none'}"
    return f"jax-trader {facts.version} on {url}: execution {sends}; {runs}"


def _give_up() -> None:
    """Whatever still hangs: the database and the paper broker's file recover from a hard end."""
    _log.error("trader.stopped", problem=f"not closed within {_STOP_WITHIN_SECONDS} seconds")
    os._exit(1)
