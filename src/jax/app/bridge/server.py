"""Runs the bridge behind its HTTP interface until it is told to stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.app import PROGRAM, create_app
from jax.app.bridge.settings import BridgeSettings
from jax.app.bridge.wiring import open_bridge
from jax.app.http.guard import access_on
from jax.app.http.serving import Place, Ready, serve_until_stopped
from jax.app.log_lines import log_to_standard_error


async def serve(place: Place, settings: BridgeSettings, *, exit_with_parent: bool) -> None:
    """Until SIGTERM, SIGINT or the end of standard input; raises what keeps the bridge from starting."""
    await serve_until_stopped("bridge", place, _opening(place, settings), exit_with_parent=exit_with_parent)


@asynccontextmanager
async def _opening(place: Place, settings: BridgeSettings) -> AsyncIterator[Ready]:
    async with open_bridge(place.home, settings) as bridge:
        log_to_standard_error()
        status = await bridge.desk.status(bridge.facts.account)
        yield Ready(
            app=create_app(bridge, access_on(place.host, settings.api_token)),
            version=bridge.facts.version,
            boot_id=bridge.facts.boot_id,
            banner=lambda url: _banner(bridge, url, status.killed),
        )


def _banner(bridge: Bridge, url: str, killed: str | None) -> str:
    facts = bridge.facts
    takes = "takes orders" if killed is None else f"KILLED ({killed}), takes no orders"
    lies = f", which lies ({facts.faults})" if facts.faults else ""
    live = ", LIVE: real money" if facts.is_live else ""
    account = f"account {facts.account}{live}"
    return f"{PROGRAM} {facts.version} on {url}: venue {facts.backend}{lies}, {account}; {takes}"
