"""An application behind a real server on loopback, in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from jax.app.listening_socket import url_of


class _Server(uvicorn.Server):
    """The signals are those of the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of `app` while the block runs."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listening]))
    try:
        yield url_of(listening)
    finally:
        server.should_exit = True
        await serving
        listening.close()
