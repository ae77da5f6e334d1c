"""A way to the server that can be cut at the worst moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

# How the driver spells the statement on the wire: a simple query.
_COMMIT = b"COMMIT;\x00"
# What a server says before it hangs up, as Postgres words it: fields of one letter, each ended by a zero.
_FATAL = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
_FAREWELL = b"E" + (4 + len(_FATAL)).to_bytes(4, "big") + _FATAL
# The end of a login, and of whatever else leaves no transaction open.
_READY = b"Z\0\0\0\x05I"


class CuttingProxy:
    """Passes everything on, until it is told to swallow the answer to the next COMMIT and hang up.

    While `is_open` is not set it holds everything back, and nobody hears why: as a network that is down.
    """

    def __init__(self, server_url: str) -> None:
        self._server = urlsplit(server_url)
        self._serving: set[asyncio.Task[None]] = set()
        self._clients: list[asyncio.StreamWriter] = []
        self.cuts_at_commit = False
        self.says_farewell_at_login = False
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["CuttingProxy"]:
        """Serves for the block, at `url`; the clients are gone before it ends."""
        async with await asyncio.start_server(self._accept, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            user_info = self._server.netloc.rpartition("@")[0]
            changed = self._server._replace(netloc=f"{user_info}@127.0.0.1:{port}", query="sslmode=disable")
            self.url = urlunsplit(changed)
            yield self
        await asyncio.gather(*self._serving)

    async def say_farewell(self) -> None:
        """Tells the clients of now that the server ends their connections, of which no end is seen yet."""
        for client in self._clients:
            client.write(_FAREWELL)
        # They hear of it when the loop next looks at its sockets.
        await asyncio.sleep(0.1)

    def _accept(self, reader: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self._clients.append(to_client)
        self._serving.add(asyncio.create_task(self._serve(reader, to_client)))

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(self._server.hostname, self._server.port)
        answering = asyncio.create_task(self._pass_on(from_server, to_client))
        while data := await _read(from_client):
            if self.cuts_at_commit and data.endswith(_COMMIT):
                answering.cancel()
                await asyncio.wait([answering])
                to_server.write(data)
                # The server has committed when it answers; nobody hears of it.
                await from_server.read(1)
                break
            await self.is_open.wait()
            to_server.write(data)
        self._clients.remove(to_client)
        for writer in (to_server, to_client):
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        await asyncio.wait([answering])

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await _read(reader):
            await self.is_open.wait()
            late = self.says_farewell_at_login and data.endswith(_READY)
            writer.write(data + _FAREWELL if late else data)
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """Nothing at the end, and at the end of a peer that went without a word."""
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""
