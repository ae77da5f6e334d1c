"""What people signed of the chain: a snapshot pins the entry it names, a checkpoint too.

Whoever rewrites the chain and hashes everything anew still lacks their keys.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jax.domain.checkpoint import Checkpoint, open_checkpoint
from jax.domain.signed import Trust
from jax.domain.snapshot import LogHead
from jax.modules.artifacts.history.check_revocations import Revoked
from jax.modules.artifacts.history.check_snapshots import Released
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.trust_at import trust_at

_CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class _Pin:
    signed_by: str
    head: LogHead


def check_pins(
    case: Case, released: Released, revoked: Sequence[Revoked], envelope: bytes | None
) -> Checkpoint | None:
    """Holds the chain, the snapshots and the revocations against the signed heads, oldest first.

    Returns the checkpoint in `envelope`, if it counts.
    """
    pins = [_Pin(f"snapshot {snapshot.seq}", snapshot.log_head) for _, snapshot in released.told]
    checkpoint, about = None, case.about(_CHECKPOINT)
    if envelope is not None:
        with about.noting():
            checkpoint = _opened(envelope, case.trust)
            pins.append(_Pin(f"the checkpoint by {checkpoint.auditor}", checkpoint.log_head))
            for problem in _lost(checkpoint, released, revoked):
                about.add(problem)
    confirmed = 0
    for pin in sorted(pins, key=lambda pin: pin.head.n):
        if case.record.hashes.get(pin.head.n) == pin.head.entry_sha256:
            confirmed = pin.head.n
        else:
            case.about(f"audit entry {pin.head.n}").add(_rewritten(case, pin, confirmed))
    return checkpoint


def _opened(envelope: bytes, trust: Trust) -> Checkpoint:
    """The checkpoint of an auditor whose key was in use when it was made."""
    ever = replace(trust.root, keys=tuple(replace(key, ended=None) for key in trust.root.keys))
    checkpoint = open_checkpoint(envelope, replace(trust, root=ever))
    return open_checkpoint(envelope, trust_at(trust, checkpoint.issued_at))


def _lost(checkpoint: Checkpoint, released: Released, revoked: Sequence[Revoked]) -> Iterator[str]:
    newest = max((snapshot.seq for _, snapshot in released.told), default=0)
    if newest < checkpoint.snapshot_seq:
        yield f"it has seen snapshot {checkpoint.snapshot_seq}, and the newest here is {newest}"
    stored = {revocation.payload_sha256 for revocation in revoked}
    for payload_sha256 in checkpoint.revoked:
        if payload_sha256 not in stored:
            yield f"it has seen {payload_sha256} revoked, and no revocation of it is stored"


def _rewritten(case: Case, pin: _Pin, confirmed: int) -> str:
    head = case.record.head
    newest = 0 if head is None else head.n
    if newest < pin.head.n:
        return f"{pin.signed_by} names it, and the record ends at entry {newest}: the newest were dropped"
    since = f"after entry {confirmed}" if confirmed else "from the beginning"
    return f"{pin.signed_by} names it with another hash: something {since} up to it was rewritten"
