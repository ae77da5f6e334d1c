"""Agents as real HTTP servers on this machine, in the shapes of the real ones or saying what one likes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]
Handler = Callable[[str, Body], "Reply"]


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` as JSON, or as the bytes that it is; a reply that `hangs` never comes, `drips` never ends.

    `drops` hangs up without an answer.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


class AgentServer:
    """Answers every request with what `handler` says, and keeps a list of them."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.url = ""
        self._arrived = asyncio.Event()

    async def until_asked(self, count: int) -> None:
        """Waits for so many requests."""
        while len(self.requests) < count:
            self._arrived.clear()
            await self._arrived.wait()

    @property
    def asked(self) -> list[str]:
        """Method and path of each request."""
        return [f"{one.method} {one.path}" for one in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            self.requests.append(request)
            self._arrived.set()
            await _write(writer, self.handler(f"{request.method} {request.path}", request.body))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def agent_server(handler: Handler) -> AsyncIterator[AgentServer]:
    """A server on a port of its own until the block ends."""
    agent = AgentServer(handler)
    open_ones: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(agent.serve(reader, writer))
        open_ones.add(task)
        task.add_done_callback(open_ones.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    agent.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield agent
    finally:
        server.close()
        for task in tuple(open_ones):
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    length = int(headers.get("content-length", "0"))
    body = await reader.readexactly(length)
    return Request(method, path, headers, json.loads(body) if body else {})


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if reply.hangs:
        await asyncio.Event().wait()
    if reply.drops:
        return
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    headers = {"Content-Type": "application/json", "Connection": "close", **reply.headers}
    if not reply.drips:
        headers["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} Said\r\n{lines}\r\n".encode() + body)
    await writer.drain()
    while reply.drips:
        writer.write(b" " * 65536)
        await writer.drain()


class HindsightShape:
    """A Hindsight server as its HTTP API 0.8 describes it, over a list; recall goes by words."""

    def __init__(self) -> None:
        self.items: dict[str, Body] = {}

    def __call__(self, asked: str, body: Body) -> Reply:
        if asked == "GET /health":
            return Reply({"status": "healthy"})
        match asked.removeprefix("POST /v1/default/banks/trade_decisions/"):
            case "memories":
                for item in body["items"]:
                    self.items[item["document_id"]] = item
                return Reply(
                    {
                        "success": True,
                        "bank_id": "trade_decisions",
                        "items_count": len(body["items"]),
                        "async": False,
                    }
                )
            case "memories/recall":
                wanted = set(body["query"].lower().split())
                found = [item for item in self.items.values() if wanted & _words(item)]
                return Reply({"results": [_result(item) for item in found], "entities": {}})
            case "reflect":
                return Reply({"text": f"Of {len(self.items)} memories: be careful.", "based_on": []})
        return Reply({"detail": "Not Found"}, status=404)


def _words(item: Body) -> set[str]:
    return set(item["content"].lower().split()) | {str(item["metadata"].get("symbol")).lower()}


def _result(item: Body) -> Body:
    return {
        "id": f"unit of {item['document_id']}",
        "text": item["content"],
        "type": "experience",
        "context": item["context"],
        "mentioned_at": item.get("timestamp"),
        "document_id": item["document_id"],
        "metadata": item["metadata"],
        "chunk_id": None,
    }


def agent0_shape(*steps: str, tools: tuple[str, ...] = ("memory.reflect",)) -> Handler:
    """An Agent0 service with plans and executions."""

    def answer(asked: str, body: Body) -> Reply:
        match asked:
            case "GET /health":
                return Reply({"status": "healthy", "ready": True})
            case "POST /v1/plan":
                return Reply(
                    {
                        "summary": f"{body['symbol']} looks good.",
                        "steps": list(steps),
                        "action": "BUY",
                        "confidence": 0.72,
                        "reasoning_notes": "It rose.",
                    }
                )
            case "POST /v1/execute":
                calls = [{"tool": tool, "parameters": {}, "result": "", "success": True} for tool in tools]
                return Reply({"tool_calls": calls, "success": True, "summary": "On reflection: wait."})
        return Reply({"detail": "Not Found"}, status=404)

    return answer


def old_agent0_shape(asked: str, body: Body) -> Reply:
    """An Agent0 service that knows suggestions only."""
    if asked != "POST /suggest":
        return Reply({"detail": "Not Found"}, status=404)
    return Reply(
        {
            "symbol": body["symbol"],
            "action": "WATCH",
            "confidence": 78,
            "signal_strength": "moderate",
            "reasoning": "Strong momentum with earnings beat.",
            "key_factors": ["Earnings beat by 12%", "Strong volume on breakout"],
            "time_horizon": "swing",
            "entry_price": 185.5,
            "target_price": 195.0,
            "stop_loss": 180.0,
            "risk": {"risk_level": "medium", "stop_loss_pct": 3.0},
            "model_used": "llama3.2",
            "provider": "ollama",
            "request_id": "abc123",
        }
    )


def dexter_shape(asked: str, body: Body) -> Reply:
    """A Dexter tools server."""
    if asked == "GET /health":
        return Reply({"ok": True})
    given = body.get("input", {})
    match body.get("tool"):
        case "dexter.research_company":
            output: dict[str, Any] = {
                "ticker": given["ticker"],
                "summary": "Services grew.",
                "key_points": ["New products", "Strong cash flow"],
                "metrics": {"pe_ratio": 28.5, "employees": 164000},
                "raw_markdown": "## Research",
            }
        case "dexter.compare_companies":
            items = [{"ticker": one, "thesis": f"{one} is fine", "notes": []} for one in given["tickers"]]
            output = {"comparison_axis": given["focus"], "items": items}
        case tool:
            return Reply({"error": f"unknown tool: {tool}"}, status=400)
    return Reply({"output": output})
