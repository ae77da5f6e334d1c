"""The key of one person, and what its signatures may be used for."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jax.domain import checks
from jax.domain.errors import InvalidValue

PUBLIC_KEY_BYTES = 32


class GateRole(StrEnum):
    """What a key may sign at the gate."""

    AUTHOR = "AUTHOR"
    VALIDATOR = "VALIDATOR"
    TECHNICAL = "TECHNICAL"
    RISK = "RISK"
    COMPLIANCE = "COMPLIANCE"
    RELEASE = "RELEASE"
    REVOKER = "REVOKER"
    AUDITOR = "AUDITOR"


@dataclass(frozen=True, slots=True)
class GateKey:
    """An Ed25519 public key (32 raw bytes), its owner and its roles, at least one.

    From `ended` on it signs nothing that counts. Times are written to the second.
    """

    public_key: bytes
    person: str
    roles: frozenset[GateRole]
    added: datetime
    ended: datetime | None = None

    def __post_init__(self) -> None:
        check_public_key("public_key", self.public_key)
        checks.person("person", self.person)
        if not self.roles:
            raise InvalidValue("roles", "must name at least one role")
        checks.utc("added", self.added)
        if self.ended is not None and not (self.added <= checks.utc("ended", self.ended)):
            raise InvalidValue("ended", f"{self.ended.isoformat()} is before it was added")

    @property
    def key_id(self) -> str:
        """The name that signatures give the key: the hash of its raw bytes."""
        return key_id_of(self.public_key)


def key_id_of(public_key: bytes) -> str:
    """`sha256:` and the hash of the raw public key in 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(check_public_key("public_key", public_key)).hexdigest()


def check_public_key(field: str, value: bytes) -> bytes:
    """The raw bytes of an Ed25519 public key."""
    if not isinstance(value, bytes) or len(value) != PUBLIC_KEY_BYTES:
        raise InvalidValue(field, f"must be the {PUBLIC_KEY_BYTES} raw bytes of an Ed25519 public key")
    return value
