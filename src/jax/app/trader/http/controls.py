"""The account, its limits, and what people tell it."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from jax.app.http.decimal_text import DecimalText
from jax.app.http.problems import responses
from jax.app.trader.account_desk import AccountDesk
from jax.app.trader.http.orders import Saying
from jax.domain.controls import AccountControls, ModeChange, Said, TradingMode
from jax.domain.decimal_text import plain
from jax.domain.risk_limits import RiskLimits

_Hash = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
_Strategy = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class SaidBody(BaseModel):
    """Who said it, why and when."""

    reason: str
    actor: str
    at: datetime

    @classmethod
    def of(cls, said: Said) -> "SaidBody":
        return cls(reason=said.reason, actor=said.actor, at=said.at)


class ModeBody(BaseModel):
    """A mode and who set it."""

    mode: TradingMode
    said: SaidBody

    @classmethod
    def of(cls, change: ModeChange) -> "ModeBody":
        return cls(mode=change.mode, said=SaidBody.of(change.said))


class ArmingBody(BaseModel):
    """Live orders of one artifact are allowed until then."""

    artifact_hash: str
    expires_at: datetime
    said: SaidBody


class ControlsBody(BaseModel):
    """What holds: `mode` null is NORMAL, `killed` null is not killed."""

    mode: ModeBody | None
    strategy_modes: dict[str, ModeBody]
    killed: SaidBody | None
    armed: list[ArmingBody]
    loss_latched_on: date | None

    @classmethod
    def of(cls, controls: AccountControls) -> "ControlsBody":
        return cls(
            mode=None if controls.mode is None else ModeBody.of(controls.mode),
            strategy_modes={
                strategy: ModeBody.of(change) for strategy, change in controls.strategy_modes.items()
            },
            killed=None if controls.kill is None else SaidBody.of(controls.kill),
            armed=[
                ArmingBody(
                    artifact_hash=arming.artifact_hash,
                    expires_at=arming.expires_at,
                    said=SaidBody.of(arming.said),
                )
                for arming in controls.armings.values()
            ],
            loss_latched_on=controls.loss_latched_on,
        )


class AccountBody(BaseModel):
    """The account as the broker sees it; `differences` say where its books and ours do not agree.

    `oldest_unresolved_seconds` is the age of the oldest order whose outcome is not known, 0 for none.
    """

    account: str
    currency: str
    cash: DecimalText
    net_liquidation: DecimalText
    buying_power: DecimalText
    controls: ControlsBody
    differences: list[str]
    oldest_unresolved_seconds: float


class RiskAnswer(BaseModel):
    """The account's limits, which an artifact's own may only tighten; null does not limit."""

    limits: dict[str, str | int | bool | list[str] | None]
    controls: ControlsBody


class ModeRequest(Saying):
    mode: TradingMode
    strategy: _Strategy | None = None


class ArmRequest(Saying):
    artifact_hash: _Hash
    expires_at: datetime


class DisarmRequest(Saying):
    artifact_hash: _Hash


def control_routes(desk: AccountDesk) -> APIRouter:
    """The routes of the account and its controls."""
    routes = APIRouter(prefix="/api/v1", tags=["account"])

    @routes.get("/account", responses=responses(503))
    async def account() -> AccountBody:
        """Asks the broker."""
        standing = await desk.standing()
        snapshot = standing.snapshot
        return AccountBody(
            account=snapshot.account,
            currency=snapshot.currency,
            cash=snapshot.cash,
            net_liquidation=snapshot.net_liquidation,
            buying_power=snapshot.buying_power,
            controls=ControlsBody.of(standing.controls),
            differences=list(standing.differences),
            oldest_unresolved_seconds=standing.oldest_unresolved_seconds,
        )

    @routes.get("/risk", responses=responses(503))
    async def risk() -> RiskAnswer:
        """The limits in force, and what was said of the account."""
        controls = (await desk.standing()).controls
        return RiskAnswer(limits=_limits(desk.limits), controls=ControlsBody.of(controls))

    @routes.post("/kill", responses=responses(422, 503))
    async def kill(saying: Saying) -> ControlsBody:
        """Nothing is sent any more, everything that works is canceled; positions stay."""
        return ControlsBody.of(await desk.kill(_said(desk, saying)))

    @routes.post("/kill/release", responses=responses(409, 422, 503))
    async def release_kill(saying: Saying) -> ControlsBody:
        """Orders may be sent again."""
        return ControlsBody.of(await desk.release_kill(_said(desk, saying)))

    @routes.post("/mode", responses=responses(409, 422, 503))
    async def mode(request: ModeRequest) -> ControlsBody:
        """NORMAL, REDUCE or OBSERVE, for the account or one strategy."""
        said = _said(desk, request)
        return ControlsBody.of(await desk.set_mode(request.mode, said, strategy=request.strategy))

    @routes.post("/arm", responses=responses(409, 422, 503))
    async def arm(request: ArmRequest) -> ControlsBody:
        """Allows live orders of one artifact until `expires_at`."""
        said = _said(desk, request)
        return ControlsBody.of(await desk.arm(request.artifact_hash, request.expires_at, said))

    @routes.post("/disarm", responses=responses(409, 422, 503))
    async def disarm(request: DisarmRequest) -> ControlsBody:
        """No live orders of the artifact any more."""
        return ControlsBody.of(await desk.disarm(request.artifact_hash, _said(desk, request)))

    return routes


def _said(desk: AccountDesk, saying: Saying) -> Said:
    return desk.said(reason=saying.reason, actor=saying.actor)


def _limits(limits: RiskLimits) -> dict[str, str | int | bool | list[str] | None]:
    told: dict[str, str | int | bool | list[str] | None] = {}
    for part in (limits.sizing, limits):
        for name in part.__slots__:
            value = getattr(part, name)
            if name == "sizing":
                continue
            if value is None or isinstance(value, bool | int):
                told[name] = value
            elif isinstance(value, frozenset | tuple):
                told[name] = sorted(map(str, value))
            else:
                told[name] = plain(value)
    return told
