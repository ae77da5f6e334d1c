"""Keys for tests of what a signature means, not of how it is made: anybody could sign with these."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from jax.domain.dsse import Envelope, signed_bytes
from jax.domain.gate_key import GateKey, GateRole, key_id_of
from jax.domain.gate_root import GateRoot
from jax.domain.signed import Trust
from jax.domain.statement import Statement

ADDED = datetime(2020, 1, 1, tzinfo=UTC)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    return signature == hashlib.sha512(public_key + message).digest()


def public_key(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def key(person: str, *roles: GateRole, name: str | None = None, ended: datetime | None = None) -> GateKey:
    """A key of `person`; another `name` is another key of the same person."""
    return GateKey(public_key(name or person), person, frozenset(roles), ADDED, ended)


def root(keys: Iterable[GateKey], *, solo: bool = False) -> GateRoot:
    return GateRoot(1, solo, tuple(sorted(keys, key=lambda one: one.key_id)))


def trust(*keys: GateKey, solo: bool = False) -> Trust:
    return Trust(root(keys, solo=solo), verify)


def sign(statement: Statement, name: str) -> bytes:
    """The envelope by the key that is called `name`."""
    payload = statement.encoded()
    signature = hashlib.sha512(public_key(name) + signed_bytes(payload)).digest()
    return Envelope(payload, key_id_of(public_key(name)), signature).encoded()
