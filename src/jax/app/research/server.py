"""Runs the desk behind its HTTP interface until it is told to stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jax.app.http.guard import access_on
from jax.app.http.serving import Place, Ready, serve_until_stopped
from jax.app.log_lines import log_to_standard_error
from jax.app.research.desk.desk import Desk
from jax.app.research.desk.parts import NO_POLICY
from jax.app.research.desk_wiring import open_desk
from jax.app.research.http.app import PROGRAM, create_app
from jax.app.research.settings import ResearchSettings


async def serve(place: Place, settings: ResearchSettings) -> None:
    """Until SIGTERM or SIGINT; raises what keeps the desk from opening."""
    await serve_until_stopped("research", place, _opening(place, settings))


@asynccontextmanager
async def _opening(place: Place, settings: ResearchSettings) -> AsyncIterator[Ready]:
    async with open_desk(place.home, settings.database_url, settings) as desk:
        await desk.policy_mark()
        log_to_standard_error(lambda: desk.parts.mark.last)
        yield Ready(
            app=create_app(desk, access_on(place.host, settings.api_token)),
            version=desk.facts.version,
            boot_id=desk.facts.boot_id,
            banner=lambda url: _banner(desk, url),
        )


def _banner(desk: Desk, url: str) -> str:
    return f"{PROGRAM} {desk.facts.version} on {url}: policy={desk.parts.mark.last or NO_POLICY}"
