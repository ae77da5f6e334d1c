"""Trades: each by the bytes that were released, approved and not revoked when it was decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from jax.domain.approval_count import Authority, GateRefused, check_quorum, subject_name
from jax.domain.artifact import LOADABLE_STATES, Artifact
from jax.domain.derived_id import trade_id
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import GatePolicy
from jax.domain.record_row import RecordRow
from jax.domain.signed import LARGEST_CLOCK_SKEW
from jax.domain.snapshot import Snapshot
from jax.modules.artifacts.history.check_steps import Gate, States
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.told import DECIDED, Told
from jax.modules.artifacts.history.trust_at import trust_at

_TABLE = "trading.trade"


@dataclass(frozen=True, slots=True)
class _Trade:
    """A trade with the entry that tells of its decision."""

    about: About
    artifact: Artifact
    submitted_at: datetime
    told: Told


def check_trades(case: Case, gate: Gate, states: States) -> None:
    """The order in the chain decides what was in force; clocks may differ by a few minutes."""
    quorums = _Quorums(case, gate)
    for row in case.rows(_TABLE):
        about = case.about(f"trade {row.row.get('trade_id')}")
        with about.noting():
            _compare_with_order(about, row)
            told = case.claim(about, DECIDED, row.text("signal_id"))
            artifact = gate.artifacts.get(row.text("artifact_id"))
            if artifact is None or artifact.payload_sha256 != row.text("artifact_hash"):
                raise InvalidValue("artifact_id", f"{row.text('artifact_id')} has no version with its hash")
            if told is None:
                continue
            _compare_with_entry(row, about, told)
            _compare_with_names(row, about, artifact)
            trade = _Trade(about, artifact, row.moment("submitted_at"), told)
            _check_policy(row, trade, _released(gate, trade), gate)
            _check_not_revoked(gate, trade)
            _check_state(states, trade)
            quorums.check(trade)


def _compare_with_order(about: About, row: RecordRow) -> None:
    columns = ("signal_id", "artifact_id", "artifact_hash")
    about.compare_columns(row, "its order", {column: row.row.get(f"order_{column}") for column in columns})


def _compare_with_entry(row: RecordRow, about: About, told: Told) -> None:
    said = {column: told.data.get(column) for column in ("artifact_id", "artifact_hash")}
    about.compare_columns(row, told.name, {**said, "approved_by": told.actor})
    amounts = ((c, _decimal(row.row.get(c)), _decimal(told.data.get(c))) for c in ("quantity", "risk_amount"))
    times = ("time", row.moment("submitted_at"), told.at)
    about.compare(told.name, [times, *amounts])


def _compare_with_names(row: RecordRow, about: About, artifact: Artifact) -> None:
    said = {"trade_id": trade_id(client_order_id=row.text("client_order_id")), "strategy": artifact.name}
    about.compare_columns(row, "its order and artifact", said)


def _decimal(value: object) -> object:
    """The number that a text says, so that 5 is 5.0; the value itself when it says none."""
    try:
        return Decimal(str(value)).normalize()
    except ArithmeticError:
        return value


def _released(gate: Gate, trade: _Trade) -> Snapshot:
    snapshot = gate.released.at(trade.told.n)
    if snapshot is None:
        raise GateRefused("nothing was released when it was decided")
    name, payload_sha256 = trade.artifact.name, trade.artifact.payload_sha256
    if snapshot.active.get(name) != payload_sha256:
        raise GateRefused(
            f"snapshot {snapshot.seq}, then in force, did not name {subject_name(trade.artifact)}"
        )
    if not (trade.submitted_at < snapshot.expires_at + LARGEST_CLOCK_SKEW):
        raise GateRefused(
            f"snapshot {snapshot.seq} had expired {snapshot.expires_at:%Y-%m-%d %H:%M}, before it"
        )
    return snapshot


def _check_policy(row: RecordRow, trade: _Trade, snapshot: Snapshot, gate: Gate) -> None:
    """A trader that has not looked yet since the newest snapshot still names the policy of the one before."""
    earlier = gate.released.before(trade.told.n)[-2:-1]
    is_new = trade.submitted_at < snapshot.issued_at + LARGEST_CLOCK_SKEW
    if is_new and row.row.get("policy_sha256") in {before.policy_sha256 for before in earlier}:
        return
    trade.about.compare_columns(row, "the snapshot", {"policy_sha256": snapshot.policy_sha256})


def _check_not_revoked(gate: Gate, trade: _Trade) -> None:
    for revoked in gate.revoked:
        was_told = revoked.n is not None and revoked.n < trade.told.n
        was_stopped = trade.submitted_at > revoked.at + LARGEST_CLOCK_SKEW
        if revoked.payload_sha256 == trade.artifact.payload_sha256 and (was_told or was_stopped):
            raise GateRefused(
                f"{subject_name(trade.artifact)} had been revoked {revoked.at:%Y-%m-%d %H:%M}, before it"
            )


def _check_state(states: States, trade: _Trade) -> None:
    known = states.get(trade.artifact.artifact_id)
    state = None if known is None else known.at(trade.told.n)
    if state not in LOADABLE_STATES:
        raise GateRefused(f"{subject_name(trade.artifact)} was {state} then")


class _Quorums:
    """Whether approvals held at a moment; counted anew only when something may have changed."""

    def __init__(self, case: Case, gate: Gate) -> None:
        self._case = case
        self._gate = gate
        self._held: dict[tuple[str, int, int], tuple[datetime, datetime]] = {}

    def check(self, trade: _Trade) -> None:
        """GateRefused when the approvals that were there did not make the policy's quorum."""
        policy = self._gate.policies.in_force(trade.told.n)
        known = self._gate.approvals.get(trade.artifact.artifact_id)
        envelopes = () if known is None else known.before(trade.told.n)
        key = trade.artifact.artifact_id, len(envelopes), policy.version
        # What ended a moment ago, by another clock, may not have ended yet for the trader.
        at = trade.submitted_at - LARGEST_CLOCK_SKEW
        since, until = self._held.get(key, (at, at))
        if not (since <= at < until):
            self._held[key] = at, self._count(trade, envelopes, policy, at)

    def _count(self, trade: _Trade, envelopes: Sequence[bytes], policy: GatePolicy, at: datetime) -> datetime:
        """Until when the quorum holds at least."""
        trust = replace(trust_at(self._case.trust, at), at=trade.submitted_at)
        counted = check_quorum(trade.artifact, envelopes, Authority(trust, policy, at))
        changes = [approval.expires_at for approval in counted]
        changes += [key.ended for key in self._case.trust.root.keys if key.ended is not None]
        return min((change for change in changes if at < change), default=at)
