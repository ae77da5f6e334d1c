"""What may trade now: for each strategy the one hash, signed by a person who releases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jax.domain import checks, payload_fields
from jax.domain.canonical_json import Json
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.payload_fields import timestamp
from jax.domain.signed import SignatureRefused, Trust, check_issued, check_signer
from jax.domain.statement import Statement

PREDICATE = "urn:jax:snapshot:v1"
SUBJECT = "gate"
_KEYS = ("seq", "log_head", "active", "revoked", "policy_sha256", "signer", "issued", "expires")


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest entry of the hash chain: entry `n` (from 1) and its hash."""

    n: int
    entry_sha256: str

    def __post_init__(self) -> None:
        if self.n < 1:
            raise InvalidValue("log_head.n", f"must be at least 1, not {self.n}")
        checks.sha256("log_head.entry_sha256", self.entry_sha256)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`seq` counts from 1 without a gap; `active` is hash by strategy name; `revoked` is sorted."""

    seq: int
    log_head: LogHead
    active: Mapping[str, str]
    revoked: tuple[str, ...]
    policy_sha256: str
    signer: str
    issued_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        if self.seq < 1:
            raise InvalidValue("seq", f"must be at least 1, not {self.seq}")
        for name, payload_sha256 in self.active.items():
            checks.name("active", name)
            checks.sha256(f"active.{name}", payload_sha256)
        for payload_sha256 in self.revoked:
            checks.sha256("revoked", payload_sha256)
        if list(self.revoked) != sorted(set(self.revoked)):
            raise InvalidValue("revoked", "must be sorted, each once")
        checks.sha256("policy_sha256", self.policy_sha256)
        checks.person("signer", self.signer)
        checks.utc("issued", self.issued_at)
        if not (self.issued_at < checks.utc("expires", self.expires_at)):
            raise InvalidValue("expires", "is not after issued")

    def statement(self) -> Statement:
        """What is signed for it; times to the second."""
        return Statement(
            PREDICATE,
            SUBJECT,
            self.log_head.entry_sha256,
            {
                "seq": self.seq,
                "log_head": {"n": self.log_head.n, "entry_sha256": self.log_head.entry_sha256},
                "active": dict(self.active),
                "revoked": list(self.revoked),
                "policy_sha256": self.policy_sha256,
                "signer": self.signer,
                "issued": timestamp(self.issued_at),
                "expires": timestamp(self.expires_at),
            },
        )


def snapshot_of(statement: Statement) -> Snapshot:
    """The snapshot that `statement` spells; InvalidValue names the field that is wrong."""
    found = statement.fields(PREDICATE, *_KEYS)
    log_head = log_head_of(found["log_head"])
    if (statement.subject_name, statement.subject_sha256) != (SUBJECT, log_head.entry_sha256):
        raise InvalidValue("subject", "is not the head of the log that the predicate names")
    active = payload_fields.mapping("active", found["active"])
    revoked = payload_fields.items("revoked", found["revoked"])
    return Snapshot(
        seq=payload_fields.whole("seq", found["seq"]),
        log_head=log_head,
        active={name: payload_fields.sha256(f"active.{name}", value) for name, value in active.items()},
        revoked=tuple(payload_fields.sha256("revoked", value) for value in revoked),
        policy_sha256=payload_fields.sha256("policy_sha256", found["policy_sha256"]),
        signer=payload_fields.text("signer", found["signer"]),
        issued_at=payload_fields.time("issued", found["issued"]),
        expires_at=payload_fields.time("expires", found["expires"]),
    )


def log_head_of(value: Json) -> LogHead:
    """The head that a document names."""
    found = payload_fields.section("log_head", value, keys=frozenset({"n", "entry_sha256"}))
    return LogHead(
        n=payload_fields.whole("log_head.n", found["n"]),
        entry_sha256=payload_fields.sha256("log_head.entry_sha256", found["entry_sha256"]),
    )


def open_snapshot(envelope: bytes, trust: Trust, *, also_ended: bool = False) -> Snapshot:
    """The snapshot, if somebody signed it who releases, expired or not; SignatureRefused otherwise.

    `also_ended` takes one by a key that has ended, which nobody loads by: the next snapshot follows it.
    """
    signed = trust.open(envelope)
    try:
        snapshot = snapshot_of(signed.statement)
    except InvalidValue as error:
        raise SignatureRefused(f"it is no snapshot: {error}") from error
    check_signer(signed, person=snapshot.signer, role=GateRole.RELEASE, also_ended=also_ended)
    return snapshot


def check_in_force(snapshot: Snapshot, at: datetime) -> None:
    """SignatureRefused for a snapshot of the future or one that has expired."""
    check_issued(snapshot.issued_at, at=at)
    if not (at < snapshot.expires_at):
        raise SignatureRefused(
            f"snapshot {snapshot.seq} expired {snapshot.expires_at:%Y-%m-%d %H:%M} UTC: "
            "somebody who releases renews it with `artifact-approver release --renew`"
        )
