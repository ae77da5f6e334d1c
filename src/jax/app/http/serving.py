"""Runs a service behind uvicorn until it is told to stop."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from jax.app.console import note
from jax.app.listening_socket import url_of
from jax.app.run_file import run_file

_REQUESTS_FINISH_WITHIN_SECONDS = 2
_STOP_WITHIN_SECONDS = 4.5
_log = structlog.get_logger()


def run(service: Coroutine[Any, Any, None]) -> None:
    """Runs a service to its end on the quickest event loop that there is here."""
    if sys.platform == "win32":
        asyncio.run(service)
    else:
        import uvloop

        uvloop.run(service)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service lives: its folder, its socket, the name it was given for it."""

    home: Path
    listening: socket.socket
    host: str


@dataclass(frozen=True, slots=True)
class Ready:
    """A service that can be spoken to; `banner` is the line it says of itself, by its address."""

    app: ASGIApp
    version: str
    boot_id: str
    banner: Callable[[str], str]


async def serve_until_stopped(
    service: str, place: Place, opening: AbstractAsyncContextManager[Ready], *, exit_with_parent: bool = False
) -> None:
    """Until SIGTERM, SIGINT or, if asked for, the end of standard input.

    `service` names the file in `run/` of the home that tells where it is, and its lines in the log. Raises
    what keeps the service from starting.
    """
    stop = _Stop(service)
    stop.watch(exit_with_parent=exit_with_parent)
    try:
        async with opening as ready:
            await _serve(service, place, ready, stop)
    except asyncio.CancelledError:
        _log.info(f"{service}.stopped", before="it was ready")
    else:
        _log.info(f"{service}.stopped")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: a service stops in an order of its own."""

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

    def __init__(self, service: str) -> None:
        self._service = service
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
        _log.info(f"{self._service}.stopping", why=why)
        last_resort = threading.Timer(_STOP_WITHIN_SECONDS, self._give_up)
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

    def _give_up(self) -> None:
        """Whatever still hangs: what is stored recovers from a hard end."""
        _log.error(f"{self._service}.stopped", problem=f"not closed within {_STOP_WITHIN_SECONDS} seconds")
        os._exit(1)


async def _serve(service: str, place: Place, ready: Ready, stop: _Stop) -> None:
    url = url_of(place.listening)
    state = {
        "pid": os.getpid(),
        "port": place.listening.getsockname()[1],
        "url": url,
        "boot_id": ready.boot_id,
        "version": ready.version,
    }
    config = uvicorn.Config(
        ready.app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_REQUESTS_FINISH_WITHIN_SECONDS,
    )
    answering = asyncio.Event()
    server = _Server(config, answering.set)
    stop.serving(server)
    serving = asyncio.create_task(server.serve([place.listening]))
    await asyncio.wait([serving, asyncio.create_task(answering.wait())], return_when=asyncio.FIRST_COMPLETED)
    # Whoever finds the file may look for the line.
    note(ready.banner(url))
    with run_file(place.home / "run" / f"{service}.json", state):
        await serving
