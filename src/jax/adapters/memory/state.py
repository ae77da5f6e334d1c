"""All that is stored, at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from jax.adapters.memory.signed_row import SignedRow
from jax.domain.advice_request import AdviceRequest
from jax.domain.advice_run import AdviceRun
from jax.domain.approval import Approval
from jax.domain.artifact import Artifact, ArtifactEvent
from jax.domain.audit import AuditEntry
from jax.domain.bar import Bar, Timeframe
from jax.domain.controls import AccountControls
from jax.domain.evidence import Evidence, GoldenResult
from jax.domain.fill import Fill
from jax.domain.gate_key import GateKey
from jax.domain.gate_policy import GatePolicy
from jax.domain.instrument import Instrument
from jax.domain.keyed_request import KeyedRequest
from jax.domain.order import Order
from jax.domain.running_trader import RunningTrader
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.domain.signal import Signal
from jax.domain.snapshot import Snapshot
from jax.domain.trade import Trade
from jax.ports.heard_journals import HeardJournal

# The bars of a series are replaced as a whole and never changed in place, so that a copy may share them.
Series = Mapping[tuple[str, Timeframe], Mapping[datetime, Bar]]
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass
class State:
    """The values are immutable, so that copying the containers copies everything.

    The state of an artifact here is that of its history, which may not have heard of a revocation yet.
    """

    artifacts: dict[str, Artifact] = field(default_factory=dict)
    artifact_events: dict[str, tuple[ArtifactEvent, ...]] = field(default_factory=dict)
    entries_of_steps: frozenset[int] = frozenset()
    policies: tuple[GatePolicy, ...] = ()
    keys: dict[str, GateKey] = field(default_factory=dict)
    evidence: tuple[SignedRow[Evidence | GoldenResult], ...] = ()
    approvals: tuple[SignedRow[Approval], ...] = ()
    snapshots: tuple[SignedRow[Snapshot], ...] = ()
    signals: dict[str, Signal] = field(default_factory=dict)
    # Of the transaction that has made this state, and of the last that wrote orders or fills of an account.
    number: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    controls: dict[str, AccountControls] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    trades: dict[str, Trade] = field(default_factory=dict)
    fills: dict[tuple[str, str, int], Fill] = field(default_factory=dict)
    running: dict[str, RunningTrader] = field(default_factory=dict)
    keyed_requests: dict[tuple[str, str], KeyedRequest] = field(default_factory=dict)
    heard_journals: dict[str, HeardJournal] = field(default_factory=dict)
    bars: Series = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    sessions: dict[tuple[str, date], ExchangeSession] = field(default_factory=dict)
    holidays: dict[tuple[str, date], ExchangeHoliday] = field(default_factory=dict)
    advice_requests: dict[str, AdviceRequest] = field(default_factory=dict)
    advice_runs: dict[str, AdviceRun] = field(default_factory=dict)
    audit: tuple[AuditEntry, ...] = ()

    @property
    def now(self) -> datetime:
        """What time it is, as far as anybody has told: when the newest entry of the audit log was made."""
        return self.audit[-1].event.at if self.audit else _BEFORE_ALL

    @property
    def policy_in_force(self) -> GatePolicy | None:
        """The policy with the highest version."""
        return max(self.policies, key=lambda policy: policy.version, default=None)

    def copy(self) -> "State":
        """A state that can be changed without changing this one."""
        return State(
            artifacts=dict(self.artifacts),
            artifact_events=dict(self.artifact_events),
            entries_of_steps=self.entries_of_steps,
            policies=self.policies,
            keys=dict(self.keys),
            evidence=self.evidence,
            approvals=self.approvals,
            snapshots=self.snapshots,
            signals=dict(self.signals),
            number=self.number + 1,
            changes=dict(self.changes),
            epochs=dict(self.epochs),
            controls=dict(self.controls),
            orders=dict(self.orders),
            trades=dict(self.trades),
            fills=dict(self.fills),
            running=dict(self.running),
            keyed_requests=dict(self.keyed_requests),
            heard_journals=dict(self.heard_journals),
            bars=self.bars,
            instruments=dict(self.instruments),
            sessions=dict(self.sessions),
            holidays=dict(self.holidays),
            advice_requests=dict(self.advice_requests),
            advice_runs=dict(self.advice_runs),
            audit=self.audit,
        )
