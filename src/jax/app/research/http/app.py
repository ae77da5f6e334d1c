"""The desk's HTTP interface."""

from collections.abc import Mapping

from fastapi import FastAPI

from jax.app.http.guard import Access, RequestGuard
from jax.app.http.problems import install_problem_handlers
from jax.app.research.desk.desk import Desk
from jax.app.research.http.approvals import approval_routes
from jax.app.research.http.artifacts import artifact_routes
from jax.app.research.http.backtests import backtest_routes
from jax.app.research.http.evidence import evidence_routes
from jax.app.research.http.health import health_routes
from jax.app.research.http.orchestration import orchestration_routes
from jax.app.research.http.problems import responses
from jax.app.research.http.record import record_routes
from jax.app.research.http.releases import release_routes
from jax.app.research.http.revocations import revocation_routes
from jax.app.research.http.submissions import submission_routes

PROGRAM = "jax-research"
_ABOUT = (
    "Backtests, advice on signals, and the promotion gate. The server holds no private key: what is to be "
    "signed is drafted here, signed where the key is, and handed in as a DSSE envelope. Every answer of the "
    "gate names the policy; `solo` is that of a person alone. Numbers are decimal strings, times are "
    "RFC 3339 in UTC. Errors are RFC 9457 problem details with a `code`. Unknown fields are refused."
)
_ROUTES = (
    *(artifact_routes, submission_routes, evidence_routes, approval_routes, release_routes),
    *(revocation_routes, record_routes, backtest_routes, orchestration_routes, health_routes),
)


def create_app(desk: Desk, access: Access | None = None) -> FastAPI:
    """The interface of `desk`, for this machine only unless `access` says otherwise."""

    async def under_which_policy() -> Mapping[str, str | None]:
        return {"policy": await desk.policy_mark()}

    # The interactive pages load scripts from other hosts; the description itself is enough.
    app = FastAPI(
        title=PROGRAM,
        version=desk.facts.version,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        responses=responses(401, 403, 421),
    )
    app.add_middleware(RequestGuard, access=access or Access(), program=PROGRAM)
    install_problem_handlers(app, program=PROGRAM, members=under_which_policy)
    for routes in _ROUTES:
        app.include_router(routes(desk))
    return app
