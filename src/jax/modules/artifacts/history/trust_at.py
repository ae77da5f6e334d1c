"""Whose signatures counted at a moment of the past."""

from dataclasses import dataclass, replace
from datetime import datetime

from jax.domain.gate_key import GateKey
from jax.domain.gate_root import GateRoot
from jax.domain.signed import LARGEST_CLOCK_SKEW, SignatureRefused, Signed, Trust


@dataclass(frozen=True, slots=True)
class TrustAt(Trust):
    """The root file as it was at `at`: a key that was ended later was in use, one added later was not."""

    at: datetime

    def open(self, envelope: bytes) -> Signed:
        signed = Trust.open(self, envelope)
        if signed.key.added > self.at + LARGEST_CLOCK_SKEW:
            raise SignatureRefused(
                f"the key of {signed.key.person} was added {signed.key.added:%Y-%m-%d %H:%M}, after its use"
            )
        return signed


def trust_at(trust: Trust, at: datetime) -> TrustAt:
    """What counted at `at`, as far as today's root file tells."""
    root = trust.root
    keys = tuple(_at(key, at) for key in root.keys)
    return TrustAt(GateRoot(root.number, root.solo, keys), trust.verify, at)


def _at(key: GateKey, at: datetime) -> GateKey:
    ended_later = key.ended is not None and at < key.ended
    return replace(key, ended=None) if ended_later else key
