"""Runs the trader behind its HTTP interface until it is told to stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jax.app.http.guard import access_on
from jax.app.http.serving import Place, Ready, serve_until_stopped
from jax.app.log_lines import log_to_standard_error
from jax.app.trader.http.app import PROGRAM, create_app
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import Trader
from jax.app.trader.wiring import open_trader


async def serve(place: Place, settings: TraderSettings, *, exit_with_parent: bool) -> None:
    """Until SIGTERM, SIGINT or the end of standard input; raises what keeps the trader from starting."""
    # Beside the trader of record, a shadow may share its home.
    service = "shadow-trader" if settings.is_shadow else "trader"
    await serve_until_stopped(service, place, _opening(place, settings), exit_with_parent=exit_with_parent)


@asynccontextmanager
async def _opening(place: Place, settings: TraderSettings) -> AsyncIterator[Ready]:
    async with open_trader(place.home, settings) as trader:
        log_to_standard_error(lambda: trader.policy)
        yield Ready(
            app=create_app(trader, access_on(place.host, settings.api_token)),
            version=trader.facts.version,
            boot_id=trader.facts.boot_id,
            banner=lambda url: _banner(trader, url),
        )


def _banner(trader: Trader, url: str) -> str:
    facts = trader.facts
    sends = "ON, orders are sent" if facts.execution_enabled else "OFF, nothing is sent"
    runs = f"broker {trader.broker_name}; mode {facts.mode}; policy={trader.policy or 'none'}"
    return f"{PROGRAM} {facts.version} on {url}: execution {sends}; {runs}"
