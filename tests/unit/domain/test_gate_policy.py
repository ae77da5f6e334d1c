"""A policy is data with one spelling, and asks for no less than the floor."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.artifact import ApprovalKind
from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import (
    DESK_POLICY,
    LONGEST_APPROVAL_DAYS,
    LONGEST_SNAPSHOT_DAYS,
    SOLO_POLICY,
    BelowFloor,
    GatePolicy,
    check_floor,
    parse_policy,
)

_K = ApprovalKind


@pytest.mark.parametrize("policy", [DESK_POLICY, SOLO_POLICY])
def test_a_policy_is_read_back_from_the_bytes_that_its_hash_is_of(policy: GatePolicy) -> None:
    assert parse_policy(policy.encoded()) == policy
    assert policy.sha256 == sha256_of(policy.encoded())


def test_anything_changed_is_another_hash() -> None:
    evidence = DESK_POLICY.evidence
    others = [
        replace(DESK_POLICY, name="other"),
        replace(DESK_POLICY, version=2),
        replace(DESK_POLICY, solo=True),
        replace(DESK_POLICY, quorum={**DESK_POLICY.quorum, _K.RISK: 2}),
        replace(DESK_POLICY, approval_days=181),
        replace(DESK_POLICY, snapshot_days=31),
        replace(DESK_POLICY, evidence=replace(evidence, min_trades=2)),
        replace(DESK_POLICY, evidence=replace(evidence, min_deflated_sharpe=Decimal("0.5"))),
        replace(DESK_POLICY, evidence=replace(evidence, max_pbo=Decimal("0.5"))),
    ]
    assert len({DESK_POLICY.sha256, *(other.sha256 for other in others)}) == len(others) + 1


def _changed(change: Callable[[Any], Any]) -> bytes:
    document = json.loads(DESK_POLICY.encoded())
    change(document)
    return canonical_bytes(document)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(schema="jax/policy/v2"), "schema"),
        (lambda d: d.update(name="Desk"), "name"),
        (lambda d: d.update(version=0), "version"),
        (lambda d: d.update(version="1"), "version"),
        (lambda d: d.update(solo=0), "solo"),
        (lambda d: d.update(approval_days=0), "approval_days"),
        (lambda d: d.update(snapshot_days=0), "snapshot_days"),
        (lambda d: d["quorum"].update(RISK=-1), "quorum.RISK"),
        (lambda d: d["quorum"].update(RISK=10), "quorum.RISK"),
        (lambda d: d["quorum"].update(RISK=True), "quorum.RISK"),
        (lambda d: d["quorum"].pop("RISK"), "quorum"),
        (lambda d: d["quorum"].update(FRIEND=1), "quorum"),
        (lambda d: d.update(quorum={"TECHNICAL": 0, "RISK": 0, "COMPLIANCE": 0}), "quorum"),
        (lambda d: d["evidence"].pop("max_pbo"), "evidence"),
        (lambda d: d["evidence"].update(max_pbo="NaN"), "evidence.max_pbo"),
        (lambda d: d["evidence"].update(max_pbo=1), "evidence.max_pbo"),
        (lambda d: d["evidence"].update(max_pbo="1.0"), "policy"),
        (lambda d: d.pop("name"), "policy"),
        (lambda d: d.update(more=1), "policy"),
    ],
)
def test_any_other_document_is_refused_by_its_field(change: Callable[[Any], Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        parse_policy(_changed(change))
    assert refusal.value.field == field


def test_another_spelling_is_no_policy() -> None:
    for spelled in (DESK_POLICY.encoded() + b"\n", b"", b"[]"):
        with pytest.raises(InvalidValue):
            parse_policy(spelled)


@pytest.mark.parametrize(
    "policy",
    [
        DESK_POLICY,
        replace(DESK_POLICY, quorum={_K.TECHNICAL: 2, _K.RISK: 1, _K.COMPLIANCE: 1}),
        replace(DESK_POLICY, approval_days=LONGEST_APPROVAL_DAYS, snapshot_days=LONGEST_SNAPSHOT_DAYS),
    ],
)
def test_what_reaches_the_floor_may_be_used(policy: GatePolicy) -> None:
    check_floor(policy, solo_allowed=False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"quorum": {_K.TECHNICAL: 0, _K.RISK: 1, _K.COMPLIANCE: 1}},
            "0 TECHNICAL approvals, the floor is 1",
        ),
        ({"quorum": {_K.TECHNICAL: 1, _K.RISK: 0, _K.COMPLIANCE: 1}}, "0 RISK approvals, the floor is 1"),
        ({"approval_days": LONGEST_APPROVAL_DAYS + 1}, "lets approvals live 367"),
        ({"snapshot_days": LONGEST_SNAPSHOT_DAYS + 1}, "snapshots 93 days"),
    ],
)
def test_no_policy_lowers_the_floor_wherever_it_is_used(changes: dict[str, Any], words: str) -> None:
    for solo_allowed in (False, True):
        with pytest.raises(BelowFloor, match=words):
            check_floor(replace(DESK_POLICY, **changes), solo_allowed=solo_allowed)


def test_a_solo_policy_is_for_a_root_file_that_allows_it() -> None:
    check_floor(SOLO_POLICY, solo_allowed=True)
    with pytest.raises(BelowFloor, match="does not allow one"):
        check_floor(SOLO_POLICY, solo_allowed=False)
    with pytest.raises(BelowFloor, match="lets approvals live"):
        check_floor(replace(SOLO_POLICY, approval_days=1000), solo_allowed=True)


def test_a_solo_policy_is_marked_whatever_its_name() -> None:
    assert replace(SOLO_POLICY, name="desk").mark == "solo"
    assert DESK_POLICY.mark == "desk"
