"""Requests to the bridge, and what their answers or their absence mean."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, PortError, Refused, Unavailable

_CONNECT_WITHIN_SECONDS = 2.0
_ANSWER_WITHIN_SECONDS = 10.0
# Servers close idle connections after 5 s; a request that meets the closing has an unknown outcome.
_IDLE_CONNECTION_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, as JSON."""

    status: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A request; `body` are its exact bytes."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: bytes | None = None
    headers: Mapping[str, str] | None = None


class BridgeLine:
    """One request is one message: nothing is ever sent again from here."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def ask(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """What the bridge answers to a question; asking changes nothing, so that it may be repeated."""
        message = Message("GET", path, params)
        try:
            answer = await self.send(message)
            return _understood(answer, message)
        except OutcomeUnknown as error:
            raise Unavailable(str(error)) from error

    async def tell(self, message: Message) -> Mapping[str, Any]:
        """What the bridge answers to an order.

        Unavailable when nothing was sent or the bridge says that nothing was done; Refused, Conflict and
        NotFound when the bridge says so in the words of the contract; OutcomeUnknown for everything else.
        """
        return _understood(await self.send(message), message)

    async def send(self, message: Message) -> Answer:
        """Unavailable when nothing was sent, OutcomeUnknown when there is no answer that can be read."""
        try:
            async with self._session.request(
                message.method,
                self._url + message.path,
                params=message.params,
                data=message.body,
                headers=message.headers,
                allow_redirects=False,
            ) as response:
                document = json.loads(await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(
                f"the bridge at {self._url} cannot be reached ({error}): start ib-bridge"
            ) from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError) as error:
            raise OutcomeUnknown(
                f"the bridge at {self._url} gave no answer to {message.method} {message.path} that can be "
                f"read: {error!r}"
            ) from error
        if not isinstance(document, dict):
            raise OutcomeUnknown(f"the bridge at {self._url} answered with no JSON object")
        return Answer(response.status, document)


@asynccontextmanager
async def open_line(url: str, token: str | None) -> AsyncIterator[BridgeLine]:
    """A line to the bridge at `url`, such as http://127.0.0.1:8092; connections are made when needed."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_CONNECTION_SECONDS, limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
        timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN_SECONDS, sock_connect=_CONNECT_WITHIN_SECONDS),
    )
    # A PUT that met a closing connection would be sent a second time.
    session._retry_connection = False
    async with session:
        yield BridgeLine(session, url)


def _understood(answer: Answer, message: Message) -> Mapping[str, Any]:
    if answer.status != 200:
        raise _problem_of(answer, message)
    return answer.document


def _problem_of(answer: Answer, message: Message) -> PortError:
    """A problem is believed when its status, its code and its outcome agree; anything else proves nothing."""
    status, outcome = answer.status, answer.document.get("outcome")
    if status == 401:
        return OutcomeUnknown("the bridge does not take our token: set IB_BRIDGE_TOKEN to its JAX_API_TOKEN")
    code, detail = answer.document.get("code"), str(answer.document.get("detail"))
    match outcome, status:
        case "REFUSED", 410 | 412 | 422 | 423 if isinstance(code, str) and code:
            return Refused(detail, code=code)
        case "CONFLICT", 409:
            return Conflict(detail)
        case "NOT_FOUND", 404:
            return NotFound(detail)
        case "UNAVAILABLE", 503:
            return Unavailable(detail)
    return OutcomeUnknown(
        f"the bridge answered {message.method} {message.path} with {status} {code or ''}: {detail}"
    )
