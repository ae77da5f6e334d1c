"""Where the record stands, to be signed by an auditor and kept where its keepers cannot write."""

from datetime import datetime

from jax.domain.approval_count import GateRefused
from jax.domain.checkpoint import Checkpoint, open_checkpoint
from jax.domain.signed import SignatureRefused, Trust
from jax.modules.artifacts.verify_history import HistoryVerdict


def draft_checkpoint(verdict: HistoryVerdict, *, auditor: str, at: datetime) -> Checkpoint:
    """What is to be signed of a verified record; GateRefused for one with a finding, and for an empty one."""
    if verdict.findings:
        others = len(verdict.findings) - 1
        more = f", and {others} more" if others else ""
        raise GateRefused(
            f"the record does not verify, and no checkpoint is made of it: {verdict.findings[0]}{more} "
            "(see `artifact-approver verify`)"
        )
    if verdict.head is None:
        raise GateRefused("nothing is recorded yet, so there is nothing to make a checkpoint of")
    return Checkpoint(verdict.head, verdict.snapshot_seq, verdict.revoked, auditor, at.replace(microsecond=0))


def check_checkpoint(envelope: bytes, trust: Trust) -> Checkpoint:
    """The signed checkpoint as anybody will read it; GateRefused unless an auditor's key in use signed it."""
    try:
        return open_checkpoint(envelope, trust)
    except SignatureRefused as error:
        raise GateRefused(f"the checkpoint would not count: {error}") from error
