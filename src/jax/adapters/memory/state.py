"""All that is stored, at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from jax.domain.artifact import Approval, Artifact, ArtifactEvent
from jax.domain.audit import AuditEntry
from jax.domain.bar import Bar, Timeframe
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.running_trader import RunningTrader
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.domain.signal import Signal
from jax.domain.trade import Trade

# The bars of a series are replaced as a whole and never changed in place, so that a copy may share them.
Series = Mapping[tuple[str, Timeframe], Mapping[datetime, Bar]]


@dataclass
class State:
    """The values are immutable, so that copying the containers copies everything."""

    artifacts: dict[str, Artifact] = field(default_factory=dict)
    artifact_events: dict[str, tuple[ArtifactEvent, ...]] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    signals: dict[str, Signal] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    fills: dict[tuple[str, str], Fill] = field(default_factory=dict)
    running: dict[str, RunningTrader] = field(default_factory=dict)
    bars: Series = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    sessions: dict[tuple[str, date], ExchangeSession] = field(default_factory=dict)
    holidays: dict[tuple[str, date], ExchangeHoliday] = field(default_factory=dict)
    audit: tuple[AuditEntry, ...] = ()

    def copy(self) -> "State":
        """A state that can be changed without changing this one."""
        return State(
            artifacts=dict(self.artifacts),
            artifact_events=dict(self.artifact_events),
            approvals=self.approvals,
            signals=dict(self.signals),
            epochs=dict(self.epochs),
            orders=dict(self.orders),
            trades=dict(self.trades),
            fills=dict(self.fills),
            running=dict(self.running),
            bars=self.bars,
            instruments=dict(self.instruments),
            sessions=dict(self.sessions),
            holidays=dict(self.holidays),
            audit=self.audit,
        )
