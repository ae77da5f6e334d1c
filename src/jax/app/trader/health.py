"""Whether the trader can do its work, and what it is doing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jax.modules.artifacts.load_artifacts import ArtifactsLoaded


class HealthStatus(StrEnum):
    """ok: it can trade what it should. degraded: nothing to trade with. unhealthy: something is broken."""

    OK = "ok"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something the trader needs; `problem` is None when it answers."""

    name: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class LastExecution:
    """The newest trade."""

    trade_id: str
    signal_id: str
    symbol: str
    status: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """One look at the trader; `uptime_seconds` since it was ready."""

    artifacts: ArtifactsLoaded
    database: Dependency
    broker: Dependency
    alarms: tuple[str, ...]
    last_execution: LastExecution | None
    execution_enabled: bool
    mode: str
    version: str
    uptime_seconds: float

    @property
    def status(self) -> HealthStatus:
        if self.database.problem is not None or self.broker.problem is not None or self.alarms:
            return HealthStatus.UNHEALTHY
        return HealthStatus.OK if self.artifacts.loaded else HealthStatus.DEGRADED

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not ok, a sentence each."""
        parts = [
            f"{part.name}: {part.problem}"
            for part in (self.database, self.broker)
            if part.problem is not None
        ]
        return (*parts, *self.alarms, *self._nothing_to_trade_with())

    def _nothing_to_trade_with(self) -> tuple[str, ...]:
        if self.artifacts.problem is not None:
            return (f"there is nothing to trade with: {self.artifacts.problem}",)
        if self.artifacts.loaded:
            return ()
        if not self.artifacts.refused:
            return ("there is nothing to trade with: the snapshot in force names no artifact",)
        refused = "; ".join(f"{r.name} {r.version}: {r.reason}" for r in self.artifacts.refused)
        return (f"there is nothing to trade with: every released artifact was refused ({refused})",)
