"""The least that an execution costs: HTTP by hand, two durable inserts, and one hop to another such process.

`python -m tests.bench.bare_service PORT [DATABASE_URL NEXT_PORT]` answers every request with the same bytes.
"""

import asyncio
import sys

import asyncpg

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """The body of one message; IncompleteReadError at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return await reader.readexactly(length)


async def serve(port: int, url: str | None, next_port: int | None) -> None:
    """Until it is killed."""
    database = None if url is None else await asyncpg.connect(url)
    hop = None if next_port is None else await asyncio.open_connection("127.0.0.1", next_port)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                await read_message(reader)
            except asyncio.IncompleteReadError:
                return
            if database is not None and hop is not None:
                await database.execute("INSERT INTO bench VALUES ($1)", 1)
                hop[1].write(_REQUEST)
                await read_message(hop[0])
                await database.execute("INSERT INTO bench VALUES ($1)", 2)
            writer.write(_ANSWER)

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(
        serve(
            int(sys.argv[1]),
            sys.argv[2] if len(sys.argv) > 2 else None,
            int(sys.argv[3]) if len(sys.argv) > 2 else None,
        )
    )
