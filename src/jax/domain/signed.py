"""Opens an envelope: whose key signed it, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from jax.domain.canonical_json import Json
from jax.domain.dsse import VerifySignature, decode_envelope, signed_bytes
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_root import GateRoot
from jax.domain.statement import Statement, parse_statement

# Clocks of two machines may differ; what is signed later than this is not yet signed.
LARGEST_CLOCK_SKEW = timedelta(minutes=5)
# A trader opens the same envelopes again and again: three for each of some hundred artifacts.
_REMEMBERED = 2048


class SignatureRefused(ValueError):
    """A signed document does not count; the message says why."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement whose signature is that of `key`, one of the root file's."""

    statement: Statement
    key: GateKey


@dataclass(frozen=True, slots=True)
class Trust:
    """What decides about signatures: the pinned root file, and the signature scheme."""

    root: GateRoot
    verify: VerifySignature

    def open(self, envelope: bytes) -> Signed:
        """The statement and the key that signed it, also one that has ended; SignatureRefused.

        It follows from root and bytes alone, so what was opened once is remembered; a refusal is not.
        """
        return _opened(self, envelope)


@lru_cache(maxsize=_REMEMBERED)
def _opened(trust: Trust, envelope: bytes) -> Signed:
    try:
        found = decode_envelope(envelope)
        key = trust.root.key(found.key_id)
        if key is None:
            raise SignatureRefused(f"it names key {found.key_id[:18]}..., which the root file lacks")
        if not trust.verify(key.public_key, signed_bytes(found.payload), found.signature):
            raise SignatureRefused(f"its signature is not one by the key of {key.person}")
        return Signed(parse_statement(found.payload), key)
    except InvalidValue as error:
        raise SignatureRefused(f"it is no signed statement: {error}") from error


def check_signer(signed: Signed, *, person: str, role: GateRole, also_ended: bool = False) -> None:
    """SignatureRefused unless the key is `person`'s, is in use, and has `role`.

    `also_ended` is for history: it takes a key that was in use once.
    """
    key = signed.key
    if key.person != person:
        raise SignatureRefused(f"it says that {person} signed, the key is {key.person}'s")
    if key.ended is not None and not also_ended:
        raise SignatureRefused(f"the key of {person} was ended {key.ended:%Y-%m-%d}")
    if role not in key.roles:
        raise SignatureRefused(f"the key of {person} has no {role} role")


def check_issued(issued_at: datetime, *, at: datetime) -> None:
    """SignatureRefused for a document of the future."""
    if issued_at > at + LARGEST_CLOCK_SKEW:
        raise SignatureRefused(f"it was issued {issued_at:%Y-%m-%d %H:%M}, which is in the future")


def subject_of(signed: Signed, *, name: str, sha256: str) -> Mapping[str, Json]:
    """The predicate, if its subject is this one; SignatureRefused otherwise."""
    statement = signed.statement
    if (statement.subject_name, statement.subject_sha256) != (name, sha256):
        raise SignatureRefused(
            f"it is about {statement.subject_name} {statement.subject_sha256}, not about {name} {sha256}"
        )
    return statement.predicate
