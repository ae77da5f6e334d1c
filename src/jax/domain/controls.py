"""What people, and the trader itself, have told an account: how far it may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain import checks
from jax.domain.errors import InvalidValue


class TradingMode(StrEnum):
    """NORMAL trades. REDUCE sends nothing that makes a position larger. OBSERVE sends cancels only."""

    NORMAL = "NORMAL"
    REDUCE = "REDUCE"
    OBSERVE = "OBSERVE"


_STRICTNESS = (TradingMode.NORMAL, TradingMode.REDUCE, TradingMode.OBSERVE)


def strictest(*modes: TradingMode) -> TradingMode:
    """The one of `modes` that allows least."""
    return max(modes, key=_STRICTNESS.index)


@dataclass(frozen=True, slots=True)
class Said:
    """Who said something of an account, why and when."""

    reason: str
    actor: str
    at: datetime

    def __post_init__(self) -> None:
        checks.text("reason", self.reason, longest=1000)
        checks.text("actor", self.actor)
        checks.utc("at", self.at)


@dataclass(frozen=True, slots=True)
class ModeChange:
    """The mode that was set and by whom."""

    mode: TradingMode
    said: Said


@dataclass(frozen=True, slots=True)
class Arming:
    """Live orders of one artifact are allowed until `expires_at`."""

    artifact_hash: str
    expires_at: datetime
    said: Said

    def __post_init__(self) -> None:
        checks.sha256("artifact_hash", self.artifact_hash)
        if not (checks.utc("expires_at", self.expires_at) > self.said.at):
            raise InvalidValue("expires_at", f"{self.expires_at.isoformat()} is not after it was armed")

    def holds(self, at: datetime) -> bool:
        """Whether it has not expired at `at`."""
        return at < self.expires_at


@dataclass(frozen=True, slots=True)
class SessionOpening:
    """The account's net liquidation, above zero, as it was first known in the session of that date."""

    session_date: date
    equity: Decimal

    def __post_init__(self) -> None:
        checks.positive("equity", self.equity)


@dataclass(frozen=True, slots=True)
class AccountControls:
    """Everything that was said of an account and still holds.

    `kill` is set while the kill switch is engaged. `loss_latched_on` is the session date on which the daily
    loss was reached: no entry is sent for that session any more, also after a restart. `opening` is that of
    the newest session in which the account was looked at.
    """

    mode: ModeChange | None = None
    strategy_modes: Mapping[str, ModeChange] = field(default_factory=dict)
    kill: Said | None = None
    armings: Mapping[str, Arming] = field(default_factory=dict)
    loss_latched_on: date | None = None
    opening: SessionOpening | None = None

    @property
    def account_mode(self) -> TradingMode:
        """The account's own mode: NORMAL until one is set, whatever the kill switch or a strategy's mode."""
        return TradingMode.NORMAL if self.mode is None else self.mode.mode

    def mode_of(self, strategy: str) -> TradingMode:
        """The stricter of the account's mode and the strategy's; OBSERVE while the kill switch is engaged."""
        if self.kill is not None:
            return TradingMode.OBSERVE
        change = self.strategy_modes.get(strategy)
        return self.account_mode if change is None else strictest(self.account_mode, change.mode)

    def concerning(self, *, strategy: str, artifact_hash: str) -> "AccountControls":
        """Of the words about single strategies and artifacts, those about these."""
        return replace(
            self,
            strategy_modes={of: mode for of, mode in self.strategy_modes.items() if of == strategy},
            armings={of: arming for of, arming in self.armings.items() if of == artifact_hash},
        )
