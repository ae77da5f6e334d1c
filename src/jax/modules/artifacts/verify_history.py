"""Everything that was recorded, held against itself, the root file and a checkpoint: offline, and pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from jax.domain.checkpoint import Checkpoint
from jax.domain.dsse import VerifySignature
from jax.domain.gate_root import GateRoot
from jax.domain.record_row import RecordRow
from jax.domain.signed import Trust
from jax.domain.snapshot import LogHead
from jax.modules.artifacts.history.check_artifacts import check_artifacts
from jax.modules.artifacts.history.check_keys import check_keys
from jax.modules.artifacts.history.check_pins import check_pins
from jax.modules.artifacts.history.check_policies import check_policies
from jax.modules.artifacts.history.check_revocations import check_revocations
from jax.modules.artifacts.history.check_signatures import check_approvals, check_evidence_rows
from jax.modules.artifacts.history.check_snapshots import Around, check_snapshots
from jax.modules.artifacts.history.check_steps import Gate, check_steps
from jax.modules.artifacts.history.check_trades import check_trades
from jax.modules.artifacts.history.finding import Finding, Findings
from jax.modules.artifacts.history.read_record import Case, read_record
from jax.modules.artifacts.history.told import is_known

__all__ = ["Finding", "HistoryVerdict", "verify_history"]


@dataclass(frozen=True, slots=True)
class HistoryVerdict:
    """What is wrong, how much was verified, and where the record ends.

    `head` is the newest entry (None when there is none), `snapshot_seq` the number of the newest snapshot
    (0: none), `revoked` are all revoked hashes, sorted; `checkpoint` is what it was held against.
    """

    findings: tuple[Finding, ...]
    entries: int
    artifacts: int
    trades: int
    head: LogHead | None
    snapshot_seq: int
    revoked: tuple[str, ...]
    checkpoint: Checkpoint | None


def verify_history(
    rows: Iterable[RecordRow], root: GateRoot, verify: VerifySignature, checkpoint: bytes | None = None
) -> HistoryVerdict:
    """Every row is told of by the chain and says the same, every signature is by a key of `root` that was in
    use then, every step and trade had what it needed, and the chain is as `checkpoint` (an envelope) saw it.

    Never raises for what the rows say; what reading `rows` raises passes through.
    """
    findings = Findings()
    # An approval is looked at for each step and trade that stands on it.
    trust = Trust(root, lru_cache(maxsize=4096)(verify))
    case = Case(read_record(rows, findings), trust, findings)
    policies = check_policies(case)
    check_keys(case)
    artifacts = check_artifacts(case)
    revoked = check_revocations(case, artifacts)
    gate = Gate(
        artifacts=artifacts,
        policies=policies,
        evidence=check_evidence_rows(case, artifacts),
        approvals=check_approvals(case, artifacts, policies),
        released=check_snapshots(case, Around(artifacts, policies, revoked)),
        revoked=revoked,
    )
    check_trades(case, gate, check_steps(case, gate))
    _check_unclaimed(case)
    kept = check_pins(case, gate.released, revoked, checkpoint)
    return HistoryVerdict(
        findings=findings.found,
        entries=len(case.record.hashes),
        artifacts=len(artifacts),
        trades=len(case.rows("trading.trade")),
        head=case.record.head,
        snapshot_seq=max((snapshot.seq for _, snapshot in gate.released.told), default=0),
        revoked=tuple(sorted(_revoked(gate))),
        checkpoint=kept,
    )


def _revoked(gate: Gate) -> set[str]:
    """Every hash that a row or a snapshot says is revoked."""
    named = (snapshot.revoked for _, snapshot in gate.released.told)
    return {revocation.payload_sha256 for revocation in gate.revoked}.union(*named)


def _check_unclaimed(case: Case) -> None:
    for told in case.record.told.unclaimed():
        what = f"it tells of {told.kind} of {told.subject} by {told.actor}"
        problem = "and no row of it is left" if is_known(told.kind) else "which this version does not know"
        case.about(told.name).add(f"{what}, {problem}")
