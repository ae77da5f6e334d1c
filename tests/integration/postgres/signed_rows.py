"""What people sign, as SQL stores it. The signatures are not valid: Postgres verifies none."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from jax.domain import approval, revocation, snapshot
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import Json
from jax.domain.dsse import Envelope
from jax.domain.gate_key import key_id_of
from jax.domain.gate_policy import DESK_POLICY, GatePolicy
from jax.domain.payload_fields import timestamp
from jax.domain.statement import Statement

# The database asks its own clock, so what is signed here is signed today.
TODAY = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
RERUN = "urn:jax:rerun:v1"
GOLDEN = "https://in-toto.io/attestation/test-result/v0.1"
ZEROS = "sha256:" + "0" * 64
ONES = "sha256:" + "1" * 64
_NOTHING: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one key, whose role is `role`; `name` is also what they log in as."""

    name: str
    role: str

    @property
    def public_key(self) -> bytes:
        return hashlib.sha256(f"{self.name} {self.role}".encode()).digest()

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)


VICTOR = Person("victor", "VALIDATOR")
VERA = Person("vera", "VALIDATOR")
TESSA = Person("tessa", "TECHNICAL")
TOBIAS = Person("tobias", "TECHNICAL")
ROSA = Person("rosa", "RISK")
CORA = Person("cora", "COMPLIANCE")
RENE = Person("rene", "RELEASE")
# The author of the artifacts of tests, who also has a key that approves and one that validates.
RITA = Person("rita", "TECHNICAL")
RITA_VALIDATING = Person("rita", "VALIDATOR")
PEOPLE = (VICTOR, VERA, TESSA, TOBIAS, ROSA, CORA, RENE, RITA, RITA_VALIDATING)


def signed(statement: Statement, by: Person) -> bytes:
    """The envelope of `statement`."""
    return Envelope(statement.encoded(), by.key_id, bytes(64)).encoded()


def _about(of: Artifact, kind: str, by: Person, predicate: Mapping[str, Json]) -> bytes:
    return signed(Statement(kind, f"{of.name} {of.version}", of.payload_sha256, predicate), by)


def signed_approval(
    of: Artifact,
    by: Person,
    *,
    decision: str = "APPROVE",
    policy: GatePolicy = DESK_POLICY,
    issued: datetime = TODAY,
    days: float = 180,
    but: Mapping[str, Json] = _NOTHING,
) -> bytes:
    """`by` decides as the kind of their key; `but` replaces what the predicate says."""
    predicate: dict[str, Json] = {
        "kind": by.role,
        "decision": decision,
        "approver": by.name,
        "policy_sha256": policy.sha256,
        "displayed_sha256": ONES,
        "reason": "read it twice",
        "issued": timestamp(issued),
        "expires": timestamp(issued + timedelta(days=days)),
    }
    return _about(of, approval.PREDICATE, by, predicate | dict(but))


def signed_rerun(of: Artifact, by: Person = VICTOR, but: Mapping[str, Json] = _NOTHING) -> bytes:
    """`by` has made the orders that the payload of tests names."""
    predicate: dict[str, Json] = {
        "validator": by.name,
        "orders_sha256": ZEROS,
        "manifest_sha256": ZEROS,
        "engine_version": "1",
        "python": "3.11",
        "metrics": {"total_return": "0.1"},
        "overfitting": {
            "trials": 1,
            "studied": 1,
            "deflated_sharpe": None,
            "pbo": None,
            "walk_forward_sharpe": None,
        },
        "issued": timestamp(TODAY),
    }
    return _about(of, RERUN, by, predicate | dict(but))


def signed_golden(of: Artifact, by: Person = VICTOR, but: Mapping[str, Json] = _NOTHING) -> bytes:
    """The golden suite that the payload of tests names has passed at `by`'s."""
    suite: Json = [{"name": "golden-suite", "digest": {"sha256": "0" * 64}}]
    predicate: dict[str, Json] = {
        "result": "PASSED",
        "configuration": suite,
        "passedTests": ["first"],
        "failedTests": [],
        "validator": by.name,
        "issued": timestamp(TODAY),
    }
    return _about(of, GOLDEN, by, predicate | dict(but))


def signed_snapshot(
    seq: int,
    active: Sequence[Artifact],
    head: tuple[int, str],
    *,
    by: Person = RENE,
    policy: GatePolicy = DESK_POLICY,
    issued: datetime = TODAY,
    days: float = 30,
    but: Mapping[str, Json] = _NOTHING,
) -> bytes:
    """Snapshot `seq` with these artifacts; `head` is an entry of the audit log."""
    n, entry_sha256 = head
    predicate: dict[str, Json] = {
        "seq": seq,
        "log_head": {"n": n, "entry_sha256": entry_sha256},
        "active": {of.name: of.payload_sha256 for of in active},
        "revoked": [],
        "policy_sha256": policy.sha256,
        "signer": by.name,
        "issued": timestamp(issued),
        "expires": timestamp(issued + timedelta(days=days)),
    }
    return signed(
        Statement(snapshot.PREDICATE, snapshot.SUBJECT, entry_sha256, predicate | dict(but)),
        by,
    )


def signed_revocation(of: Artifact, by: Person = ROSA, but: Mapping[str, Json] = _NOTHING) -> bytes:
    """`by` stops the artifact."""
    predicate: dict[str, Json] = {"revoker": by.name, "reason": "it misbehaves", "issued": timestamp(TODAY)}
    return _about(of, revocation.PREDICATE, by, predicate | dict(but))
