"""The bridge's HTTP interface."""

from fastapi import FastAPI

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.account import account_routes
from jax.app.bridge.http.control import control_routes
from jax.app.bridge.http.health import health_routes
from jax.app.bridge.http.market import market_routes
from jax.app.bridge.http.older_clients import older_routes
from jax.app.bridge.http.orders import order_routes
from jax.app.bridge.http.reports import report_routes
from jax.app.http.guard import Access, RequestGuard
from jax.app.http.problems import install_problem_handlers

PROGRAM = "ib-bridge"
_ABOUT = (
    "Numbers are decimal strings without exponent and trailing zeros, times are RFC 3339 in UTC. Errors are "
    "RFC 9457 problem details with a `code` and, when they are about what was asked for, an `outcome`."
)


def create_app(bridge: Bridge, access: Access | None = None) -> FastAPI:
    """The interface of `bridge`, for this machine only unless `access` says otherwise."""
    # The interactive pages load scripts from other hosts; the description itself is enough.
    app = FastAPI(
        title=PROGRAM, version=bridge.facts.version, description=_ABOUT, docs_url=None, redoc_url=None
    )
    app.add_middleware(RequestGuard, access=access or Access(), program=PROGRAM)
    install_problem_handlers(app, program=PROGRAM)
    for routes in (
        health_routes,
        order_routes,
        report_routes,
        older_routes,
        account_routes,
        control_routes,
        market_routes,
    ):
        app.include_router(routes(bridge))
    return app
