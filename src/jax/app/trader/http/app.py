"""The trader's HTTP interface."""

from fastapi import FastAPI

from jax.app.http.guard import Access, RequestGuard
from jax.app.http.problems import install_problem_handlers
from jax.app.trader.http.bars import bar_routes
from jax.app.trader.http.controls import control_routes
from jax.app.trader.http.execution import execution_routes
from jax.app.trader.http.health import health_routes
from jax.app.trader.http.orders import order_routes
from jax.app.trader.http.signals import signal_routes
from jax.app.trader.trader import Trader

PROGRAM = "jax-trader"
_ABOUT = (
    "Numbers are decimal strings without exponent and trailing zeros, times are RFC 3339 in UTC. Errors are "
    "RFC 9457 problem details with a `code`. Unknown fields are refused."
)


def create_app(trader: Trader, access: Access | None = None) -> FastAPI:
    """The interface of `trader`, for this machine only unless `access` says otherwise."""
    # The interactive pages load scripts from other hosts; the description itself is enough.
    app = FastAPI(
        title=PROGRAM, version=trader.facts.version, description=_ABOUT, docs_url=None, redoc_url=None
    )
    app.add_middleware(RequestGuard, access=access or Access(), program=PROGRAM)
    install_problem_handlers(app, program=PROGRAM)
    for routes in (health_routes, bar_routes, signal_routes, execution_routes):
        app.include_router(routes(trader))
    if trader.account is not None:
        for account_routes in (order_routes, control_routes):
            app.include_router(account_routes(trader.account))
    return app
