"""Questions to an agent over HTTP: bounded in time and size, and asked again after a passing fault."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

import httpx
import stamina

from jax.adapters.agents.circuit_breaker import BreakerLimits, CircuitBreaker
from jax.domain.advice import LONGEST_LINE, bounded
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, Refused, Unavailable

Document = Mapping[str, Any]
MOST_ANSWER_BYTES = 1024 * 1024
_PASSING = frozenset({429, 502, 503, 504})
_NOT_OFFERED = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """`answer_seconds` for a whole answer; `attempts` (at least 1) with `wait_seconds` before the second."""

    answer_seconds: float = 60.0
    connect_seconds: float = 2.0
    attempts: int = 3
    wait_seconds: float = 0.2
    breaker: BreakerLimits = field(default_factory=BreakerLimits)


@dataclass(frozen=True, slots=True)
class AgentAddress:
    """Where an agent is; `token` is sent as a bearer token and never shown."""

    name: str
    url: str
    token: str | None = field(default=None, repr=False)


class _Passing(Exception):
    """It may work at the next attempt."""


class _Failed(Exception):
    """There is no answer."""


class AgentLine:
    """All questions to one agent."""

    def __init__(
        self, http: httpx.AsyncClient, address: AgentAddress, clock: Clock, limits: AgentLimits
    ) -> None:
        self._http = http
        self._address = address
        self._limits = limits
        self._breaker = CircuitBreaker(address.name, clock, limits.breaker)

    async def ask(self, path: str, question: Mapping[str, Any]) -> Document:
        """The JSON object that POST `path` answers with: numbers in it are Decimals or ints.

        NotFound when the agent does not offer this; Refused when it says no; Unavailable for everything else,
        and at once while the agent is left alone. Asking twice must do no harm.
        """
        try:
            if self._breaker.enter():
                await self._probe()
            document = await self._attempts(path, question)
        except (NotFound, Refused):
            self._breaker.succeeded()
            raise
        except _Failed as error:
            self._breaker.failed()
            raise Unavailable(str(error)) from error
        except BaseException:
            self._breaker.left()
            raise
        self._breaker.succeeded()
        return document

    async def _probe(self) -> None:
        """Whether the agent says that it is well: who has rested is not asked the long question first."""
        try:
            await self._attempt("GET", "/health", None)
        except (_Passing, NotFound, Refused) as error:
            raise _Failed(str(error)) from error

    async def _attempts(self, path: str, question: Mapping[str, Any]) -> Document:
        limits = self._limits
        try:
            async for attempt in stamina.retry_context(
                on=_Passing,
                attempts=limits.attempts,
                timeout=None,
                wait_initial=limits.wait_seconds,
                wait_jitter=0,  # there is one of us: nobody to be out of step with
            ):
                with attempt:
                    return await self._attempt("POST", path, question)
        except _Passing as error:
            raise _Failed(f"{error}; asked {limits.attempts} times") from error
        raise _Failed("it was not asked")

    async def _attempt(self, method: str, path: str, question: Mapping[str, Any] | None) -> Document:
        name, url = self._address.name, self._address.url
        try:
            async with (
                asyncio.timeout(self._limits.answer_seconds),
                self._http.stream(method, url.rstrip("/") + path, json=question) as response,
            ):
                body = self._without_token(await _read(response, name))
        except TimeoutError as error:
            seconds = self._limits.answer_seconds
            raise _Failed(f"{name} did not answer {path} within {seconds:g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _Passing(f"{name} cannot be asked ({type(error).__name__}: {error})") from error
        if response.status_code != 200:
            _raise_problem(name, path, response.status_code, body)
        return _object(name, path, body)

    def _without_token(self, body: bytes) -> bytes:
        """An agent that tells what it was sent must not tell it to everybody."""
        token = self._address.token
        return body if token is None else body.replace(token.encode(), b"***")


@asynccontextmanager
async def open_agent_line(
    address: AgentAddress, clock: Clock, limits: AgentLimits | None = None
) -> AsyncIterator[AgentLine]:
    """A line to the agent at `address`, whether or not it is there."""
    given = limits or AgentLimits()
    # What is packed small may be large: it is asked for as it is, and read as it comes.
    headers = {"Accept-Encoding": "identity"}
    if address.token is not None:
        headers["Authorization"] = f"Bearer {address.token}"
    timeout = httpx.Timeout(None, connect=given.connect_seconds)
    # What the environment says of proxies and what an answer says of other places is not followed.
    async with httpx.AsyncClient(
        headers=headers, timeout=timeout, trust_env=False, follow_redirects=False
    ) as http:
        yield AgentLine(http, address, clock, given)


async def _read(response: httpx.Response, name: str) -> bytes:
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MOST_ANSWER_BYTES:
            raise _Failed(f"{name} answered with more than {MOST_ANSWER_BYTES} bytes")
    return bytes(body)


def _raise_problem(name: str, path: str, status: int, body: bytes) -> NoReturn:
    said = bounded(body[:LONGEST_LINE].decode(errors="replace"), longest=200)
    sentence = f"{name} answered {path} with {status}: {said}"
    if status in _PASSING:
        raise _Passing(sentence)
    if status in _NOT_OFFERED:
        raise NotFound(sentence)
    if 400 <= status < 500:
        remedy = f"; check {name.upper()}_TOKEN" if status in {401, 403} else ""
        raise Refused(sentence + remedy, code=str(status))
    raise _Failed(sentence)


def _object(name: str, path: str, body: bytes) -> Document:
    try:
        document = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _Failed(f"{name} answered {path} with what is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise _Failed(f"{name} answered {path} with no JSON object")
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
