"""How many people, and how much evidence, an artifact needs: data, hashed like everything that is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from jax.domain import checks, payload_fields
from jax.domain.artifact import ApprovalKind
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, sha256_of, strict_parse
from jax.domain.errors import InvalidValue

SCHEMA = "jax/policy/v1"
LONGEST_APPROVAL_DAYS = 366
LONGEST_SNAPSHOT_DAYS = 92
_KEYS = frozenset(
    {"schema", "name", "version", "solo", "quorum", "approval_days", "snapshot_days", "evidence"}
)
_EVIDENCE = frozenset({"min_trades", "min_deflated_sharpe", "max_pbo"})
_FLOOR = MappingProxyType({ApprovalKind.TECHNICAL: 1, ApprovalKind.RISK: 1})
_MOST_APPROVALS = 9


class BelowFloor(ValueError):
    """A policy asks for less than the trader accepts, whoever signed it."""


@dataclass(frozen=True, slots=True)
class EvidenceThresholds:
    """What the re-run must reach: at least `min_trades` and `min_deflated_sharpe`, a probability of backtest
    overfitting of at most `max_pbo`; a figure that is not defined is held against no threshold.
    """

    min_trades: int
    min_deflated_sharpe: Decimal
    max_pbo: Decimal


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """`quorum` counts the approvals of each kind, by different people; days are of 24 hours.

    `solo` is the policy of one person alone: the author may approve.
    """

    name: str
    version: int
    solo: bool
    quorum: Mapping[ApprovalKind, int]
    approval_days: int
    snapshot_days: int
    evidence: EvidenceThresholds

    def __post_init__(self) -> None:
        checks.name("name", self.name)
        for field in ("version", "approval_days", "snapshot_days"):
            if getattr(self, field) < 1:
                raise InvalidValue(field, f"must be at least 1, not {getattr(self, field)}")
        if set(self.quorum) != set(ApprovalKind):
            raise InvalidValue("quorum", f"must name {', '.join(ApprovalKind)}, each once")
        for kind, count in self.quorum.items():
            if not (0 <= count <= _MOST_APPROVALS):
                raise InvalidValue(f"quorum.{kind}", f"must be 0 to {_MOST_APPROVALS}, not {count}")
        if sum(self.quorum.values()) < 1:
            raise InvalidValue("quorum", "asks for no approval at all")

    @property
    def sha256(self) -> str:
        """The hash that approvals and snapshots name."""
        return sha256_of(self.encoded())

    @property
    def mark(self) -> str:
        """What trades, pages and logs say of it: `solo`, or its name."""
        return "solo" if self.solo else self.name

    def encoded(self) -> bytes:
        """The policy as canonical JSON."""
        return canonical_bytes(
            {
                "schema": SCHEMA,
                "name": self.name,
                "version": self.version,
                "solo": self.solo,
                "quorum": {str(kind): count for kind, count in self.quorum.items()},
                "approval_days": self.approval_days,
                "snapshot_days": self.snapshot_days,
                "evidence": {
                    "min_trades": self.evidence.min_trades,
                    "min_deflated_sharpe": format(self.evidence.min_deflated_sharpe.normalize(), "f"),
                    "max_pbo": format(self.evidence.max_pbo.normalize(), "f"),
                },
            }
        )


def parse_policy(document: bytes) -> GatePolicy:
    """The policy that canonical `document` spells; InvalidValue names the field that is wrong."""
    try:
        top = payload_fields.section("policy", strict_parse(document), keys=_KEYS)
    except NotCanonical as error:
        raise InvalidValue("policy", str(error)) from error
    if top["schema"] != SCHEMA:
        raise InvalidValue("schema", f"is {top['schema']!r}, this version reads {SCHEMA!r}")
    quorum = payload_fields.section("quorum", top["quorum"], keys=frozenset(ApprovalKind))
    policy = GatePolicy(
        name=payload_fields.text("name", top["name"]),
        version=payload_fields.whole("version", top["version"]),
        solo=payload_fields.flag("solo", top["solo"]),
        quorum={kind: payload_fields.whole(f"quorum.{kind}", quorum[kind]) for kind in ApprovalKind},
        approval_days=payload_fields.whole("approval_days", top["approval_days"]),
        snapshot_days=payload_fields.whole("snapshot_days", top["snapshot_days"]),
        evidence=_evidence(top["evidence"]),
    )
    if policy.encoded() != document:
        raise InvalidValue("policy", "a number is not in its one spelling, such as 0.5")
    return policy


def check_floor(policy: GatePolicy, *, solo_allowed: bool) -> None:
    """BelowFloor when `policy` asks for less than every trader does; `solo` counts where it is allowed."""
    if policy.approval_days > LONGEST_APPROVAL_DAYS or policy.snapshot_days > LONGEST_SNAPSHOT_DAYS:
        raise BelowFloor(
            f"policy {policy.name} lets approvals live {policy.approval_days} and snapshots "
            f"{policy.snapshot_days} days; at most {LONGEST_APPROVAL_DAYS} and "
            f"{LONGEST_SNAPSHOT_DAYS} are taken"
        )
    if policy.solo:
        if not solo_allowed:
            raise BelowFloor(
                f"policy {policy.name} is a solo policy, and this desk's root file does not allow one"
            )
        return
    for kind, count in _FLOOR.items():
        if policy.quorum[kind] < count:
            raise BelowFloor(
                f"policy {policy.name} asks for {policy.quorum[kind]} {kind} approvals, the floor is {count}"
            )


def _evidence(value: Json) -> EvidenceThresholds:
    found = payload_fields.section("evidence", value, keys=_EVIDENCE)
    return EvidenceThresholds(
        min_trades=payload_fields.whole("evidence.min_trades", found["min_trades"]),
        min_deflated_sharpe=_decimal("evidence.min_deflated_sharpe", found["min_deflated_sharpe"]),
        max_pbo=_decimal("evidence.max_pbo", found["max_pbo"]),
    )


def _decimal(field: str, value: Json) -> Decimal:
    return Decimal(payload_fields.number(field, payload_fields.text(field, value)))


_NOTHING_ASKED = EvidenceThresholds(min_trades=1, min_deflated_sharpe=Decimal(0), max_pbo=Decimal(1))
# Two people who are not the author: what a desk begins with.
DESK_POLICY = GatePolicy(
    name="desk",
    version=1,
    solo=False,
    quorum=MappingProxyType({ApprovalKind.TECHNICAL: 1, ApprovalKind.RISK: 1, ApprovalKind.COMPLIANCE: 0}),
    approval_days=180,
    snapshot_days=30,
    evidence=_NOTHING_ASKED,
)
# One person alone, who says so.
SOLO_POLICY = GatePolicy(
    name="solo",
    version=1,
    solo=True,
    quorum=MappingProxyType({ApprovalKind.TECHNICAL: 1, ApprovalKind.RISK: 0, ApprovalKind.COMPLIANCE: 0}),
    approval_days=180,
    snapshot_days=30,
    evidence=_NOTHING_ASKED,
)
