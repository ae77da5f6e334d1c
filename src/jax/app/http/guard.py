"""Who may speak to a service at all, checked before anything of the request is read."""

import hmac
from dataclasses import dataclass

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jax.app.http.problems import problem_response

MOST_BODY_BYTES = 4 * 1024 * 1024
_OPEN_PATHS = frozenset({"/health"})
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Access:
    """`token` is asked of every request but /health, if set; `hosts` are the names the service answers to.

    Without a token `hosts` must be names of this machine only: a web page whose name was pointed at
    127.0.0.1 must not reach the service (DNS rebinding). None answers to any name.
    """

    token: str | None = None
    hosts: frozenset[str] | None = LOOPBACK_NAMES


def access_on(host: str, token: str | None) -> Access:
    """Access to a service that listens on `host`."""
    # With a token a foreign name does no harm, and a proxy may use any.
    return Access(token=token, hosts=None if token else LOOPBACK_NAMES | {host})


class RequestGuard:
    """Host, origin, token and size of each request to `program`; what fails never reaches a route."""

    def __init__(self, app: ASGIApp, access: Access, program: str) -> None:
        self._app = app
        self._access = access
        self._program = program

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope["path"], Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        try:
            body = await _read_body(receive)
        except _HungUp:
            return
        if body is None:
            too_large = problem_response(
                413, "BODY_TOO_LARGE", f"a request may have {MOST_BODY_BYTES} bytes: send less at once"
            )
            await too_large(scope, receive, send)
            return
        await self._app(scope, _Replayed(body, receive), send)

    def _refusal(self, path: str, headers: Headers) -> JSONResponse | None:
        host = _host_name(headers.get("host", ""))
        if self._access.hosts is not None and host not in self._access.hosts:
            return problem_response(421, "HOST_NOT_SERVED", f"{self._program} does not answer to {host!r}")
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != headers.get("host"):
            return problem_response(
                403, "ORIGIN_REFUSED", f"pages of other sites may not use {self._program}"
            )
        if path not in _OPEN_PATHS and not self._has_token(headers):
            response = problem_response(401, "UNAUTHORIZED", "send Authorization: Bearer with JAX_API_TOKEN")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return None

    def _has_token(self, headers: Headers) -> bool:
        if self._access.token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        # Headers are latin-1; compare_digest takes as long for a near miss as for a far one.
        same = hmac.compare_digest(given.strip().encode("latin-1"), self._access.token.encode("latin-1"))
        return same and scheme.lower() == "bearer"


def _host_name(host: str) -> str:
    """The name in a Host header: without port, IPv6 without brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


class _HungUp(Exception):
    """The client has gone before its request was whole: nobody asked for anything."""


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body; None when it is longer than allowed."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _HungUp
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY_BYTES:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


class _Replayed:
    """Gives the body that was read already, then what else the client does."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
