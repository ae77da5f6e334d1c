"""The services that are asked: over HTTP, and only where nothing but paper is traded."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from jax.app.console import CommandFailed

_TIMEOUT_SECONDS = 60.0
_AGAIN_SECONDS = 0.05
_AGAIN_FOR_SECONDS = 60.0
_PAPER = "paper"


class Services:
    """Running services by name; CommandFailed names the one that does not answer."""

    def __init__(self, urls: Mapping[str, str], *, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = {
            name: httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False, headers=headers)
            for name, url in urls.items()
        }

    def __enter__(self) -> "Services":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for http in self._http.values():
            http.close()

    def refuse_a_trader_at_work(self) -> None:
        """CommandFailed unless jax-trader trades on paper and has no signal yet: baselines give orders."""
        mode = self.ask("jax-trader", "GET /health", {})["body"].get("mode")
        if mode != _PAPER:
            raise CommandFailed(
                f"jax-trader is in mode {mode}, and a baseline gives it orders; start one with MODE=paper"
            )
        known = self.ask("jax-trader", "GET /api/v1/signals", {"query": {"limit": 1}})["body"]
        if known.get("signals") != []:
            raise CommandFailed(
                "jax-trader has signals already; start one on an empty JAX_HOME and an empty database"
            )

    def ask(self, service: str, endpoint: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """`status` and `body` of the answer, asked again for as long as the request says."""
        again_while, until = request.get("again_while"), time.monotonic() + _AGAIN_FOR_SECONDS
        while True:
            answer = self._answer(service, endpoint, request)
            if again_while is None or not again_while.items() <= _plain_fields(answer["body"]):
                return answer
            if time.monotonic() > until:
                raise CommandFailed(
                    f"{service} still says {again_while} to {endpoint} after {_AGAIN_FOR_SECONDS:.0f} seconds"
                )
            time.sleep(_AGAIN_SECONDS)

    def _answer(self, service: str, endpoint: str, request: Mapping[str, Any]) -> dict[str, Any]:
        method, _, path = endpoint.partition(" ")
        options = {"json": request["body"]} if "body" in request else {}
        try:
            response = self._http[service].request(method, path, params=request.get("query"), **options)
            return {"status": response.status_code, "body": response.json()}
        except httpx.HTTPError as error:
            url = self._http[service].base_url
            raise CommandFailed(
                f"{service} at {url} does not answer {method} {path}: {error}; start it, or name its address"
            ) from error
        except ValueError as error:
            raise CommandFailed(f"{service} answered {method} {path} with no JSON") from error


def _plain_fields(body: Any) -> Any:
    """The fields of an object that are no containers, to be compared with others."""
    if not isinstance(body, dict):
        return {}.items()
    return {name: value for name, value in body.items() if not isinstance(value, dict | list)}.items()
