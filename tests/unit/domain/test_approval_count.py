"""Which approvals count: of these bytes, by these people, under this policy, at this moment."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.approval import Approval, Decision
from jax.domain.approval_count import Authority, GateRefused, check_quorum, count_approvals
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import IllegalTransition
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY, GatePolicy
from jax.domain.promotion import check_step, next_state
from jax.domain.signed import Trust
from tests.unit.domain.examples import HASH
from tests.unit.domain.toy_keys import key, sign, trust

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
_K = ApprovalKind
_R = GateRole
_S = ArtifactState
PEOPLE = (
    key("ada", _R.AUTHOR, _R.TECHNICAL, _R.RISK, _R.COMPLIANCE),
    key("tessa", _R.TECHNICAL),
    key("rosa", _R.RISK),
    key("carol", _R.RISK, _R.TECHNICAL, _R.COMPLIANCE),
    key("carol", _R.RISK, name="carol's second"),
    key("rene", _R.RELEASE),
)
TRUST = trust(*PEOPLE)


def an_artifact(state: ArtifactState = ArtifactState.VALIDATED) -> Artifact:
    payload = b"{}"
    return Artifact("art-1", "ma_crossover_v1", "1.0.2", "ada", payload, sha256_of(payload), NOW, state)


def an_approval(approver: str = "tessa", kind: ApprovalKind = _K.TECHNICAL, **changes: Any) -> Approval:
    artifact = an_artifact()
    approval = Approval(
        subject="ma_crossover_v1 1.0.2",
        payload_sha256=artifact.payload_sha256,
        kind=kind,
        decision=Decision.APPROVE,
        approver=approver,
        policy_sha256=DESK_POLICY.sha256,
        displayed_sha256=HASH,
        reason="read it",
        issued_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=100),
    )
    return replace(approval, **changes)


def signed(approval: Approval, by: str | None = None) -> bytes:
    return sign(approval.statement(), by or approval.approver)


def judged(policy: GatePolicy = DESK_POLICY, *, at: datetime = NOW, by: Trust = TRUST) -> Authority:
    return Authority(by, policy, at)


TESSA, ROSA = signed(an_approval()), signed(an_approval("rosa", _K.RISK))


def _set_aside(envelope: bytes, authority: Authority | None = None) -> str:
    count = count_approvals(an_artifact(), [envelope], authority or judged())
    assert count.counted == ()
    (aside,) = count.set_aside
    return aside.reason


def test_a_technical_and_a_risk_approval_of_two_people_are_the_quorum() -> None:
    counted = check_quorum(an_artifact(), [TESSA, ROSA], judged())
    assert [approval.approver for approval in counted] == ["tessa", "rosa"]


@pytest.mark.parametrize(
    ("envelopes", "message"),
    [
        ([], "ma_crossover_v1 1.0.2 needs 1 TECHNICAL approval, 1 RISK approval; nobody has signed one"),
        ([TESSA], "ma_crossover_v1 1.0.2 needs 1 RISK approval; tessa's counts as TECHNICAL"),
        ([ROSA], "ma_crossover_v1 1.0.2 needs 1 TECHNICAL approval; rosa's counts as RISK"),
    ],
)
def test_says_what_is_missing_and_what_counts(envelopes: list[bytes], message: str) -> None:
    with pytest.raises(GateRefused) as refusal:
        check_quorum(an_artifact(), envelopes, judged())
    assert str(refusal.value) == message


def test_an_expired_approval_is_named_with_its_day() -> None:
    expired = an_approval("carol", _K.RISK, issued_at=NOW - timedelta(days=9), expires_at=NOW)
    with pytest.raises(GateRefused) as refusal:
        check_quorum(an_artifact(), [TESSA, signed(expired)], judged())
    assert str(refusal.value) == (
        "ma_crossover_v1 1.0.2 needs 1 RISK approval; carol's expired 2026-03-04; tessa's counts as TECHNICAL"
    )
    check_quorum(an_artifact(), [TESSA, signed(expired)], judged(at=NOW - timedelta(seconds=1)))


def test_one_person_counts_once_whatever_the_hats() -> None:
    both = [signed(an_approval("carol", kind)) for kind in (_K.TECHNICAL, _K.RISK)]
    with pytest.raises(GateRefused, match="needs 1"):
        check_quorum(an_artifact(), both, judged())
    check_quorum(an_artifact(), [*both, TESSA], judged())
    check_quorum(an_artifact(), [*both, ROSA], judged())


def test_one_person_counts_once_whatever_the_keys() -> None:
    two_risks = replace(DESK_POLICY, quorum={_K.TECHNICAL: 0, _K.RISK: 2, _K.COMPLIANCE: 0})
    under = an_approval("carol", _K.RISK, policy_sha256=two_risks.sha256)
    with pytest.raises(GateRefused, match="needs 1 RISK approval"):
        check_quorum(an_artifact(), [signed(under), signed(under, "carol's second")], judged(two_risks))


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (signed(an_approval(), "nobody"), "which the root file lacks"),
        (signed(an_approval(), "rosa"), "it says that tessa signed, the key is rosa's"),
        (signed(an_approval("tessa", _K.RISK)), "the key of tessa has no RISK role"),
        (signed(an_approval("rene")), "the key of rene has no TECHNICAL role"),
        (signed(an_approval("ada")), "ada wrote ma_crossover_v1 1.0.2 and cannot approve it"),
        (signed(an_approval(policy_sha256=SOLO_POLICY.sha256)), "for another policy than desk 1"),
        (signed(an_approval(payload_sha256=HASH)), "it is about ma_crossover_v1 1.0.2 " + HASH),
        (signed(an_approval(subject="ma_crossover_v1 1.0.3")), "it is about ma_crossover_v1 1.0.3"),
        (signed(an_approval(issued_at=NOW + timedelta(minutes=6))), "which is in the future"),
        (signed(an_approval(issued_at=NOW - timedelta(days=81))), "lives longer than the 180 days"),
        (b"{}", "it is no signed statement"),
        (b"", "it is no signed statement"),
    ],
)
def test_sets_aside_what_does_not_count(envelope: bytes, reason: str) -> None:
    assert reason in _set_aside(envelope)


def test_another_predicate_is_no_approval() -> None:
    statement = replace(an_approval().statement(), predicate_type="urn:jax:revocation:v1")
    assert "it is no approval" in _set_aside(sign(statement, "tessa"))


def test_an_approval_of_exactly_the_policys_days_and_of_a_slightly_fast_clock_counts() -> None:
    longest = an_approval(issued_at=NOW - timedelta(days=80))
    fast = an_approval(issued_at=NOW + timedelta(minutes=5))
    for approval in (longest, fast):
        assert count_approvals(an_artifact(), [signed(approval)], judged()).set_aside == ()


def test_every_changed_byte_of_a_signed_approval_is_set_aside() -> None:
    for position in range(len(TESSA)):
        changed = bytearray(TESSA)
        changed[position] ^= 1
        count = count_approvals(an_artifact(), [bytes(changed)], judged())
        assert (count.counted, len(count.set_aside)) == ((), 1), position


def test_a_key_that_was_ended_counts_for_nothing_also_not_for_what_it_signed_before() -> None:
    ended = key("tessa", _R.TECHNICAL, ended=NOW)
    authority = judged(by=trust(ended, *PEOPLE[2:]))
    assert _set_aside(TESSA, authority) == "the key of tessa was ended 2026-03-04"


def test_a_bad_approval_does_not_stop_the_good_ones() -> None:
    check_quorum(an_artifact(), [b"junk", signed(an_approval("ada")), TESSA, ROSA, TESSA], judged())


def test_a_rejection_that_stands_refuses_what_others_approve() -> None:
    rejection = an_approval("carol", _K.RISK, decision=Decision.REJECT, reason="too large")
    with pytest.raises(
        GateRefused, match=r"was rejected by carol as RISK \(too large\): submit a new version"
    ):
        check_quorum(an_artifact(), [TESSA, ROSA, signed(rejection)], judged())
    over = replace(rejection, issued_at=NOW - timedelta(days=9), expires_at=NOW)
    check_quorum(an_artifact(), [TESSA, ROSA, signed(over)], judged())


def test_a_solo_policy_lets_the_author_approve_alone() -> None:
    alone = judged(SOLO_POLICY, by=trust(*PEOPLE, solo=True))
    own = an_approval("ada", policy_sha256=SOLO_POLICY.sha256)
    check_quorum(an_artifact(), [signed(own)], alone)
    with pytest.raises(GateRefused, match="needs 1 TECHNICAL approval; nobody has signed one"):
        check_quorum(an_artifact(), [], alone)


_PERSONS = ("ada", "tessa", "rosa", "carol", "carl", "tom", "rick")
_ALL = trust(*(key(person, _R.TECHNICAL, _R.RISK, _R.COMPLIANCE) for person in _PERSONS))


@given(
    given_=st.lists(st.tuples(st.sampled_from(_PERSONS), st.sampled_from(_K)), max_size=8),
    quorum=st.fixed_dictionaries({kind: st.integers(0, 2) for kind in _K}).filter(
        lambda q: sum(q.values()) > 0
    ),
)
def test_the_quorum_holds_exactly_when_different_people_can_take_its_seats(
    given_: list[tuple[str, ApprovalKind]], quorum: Mapping[ApprovalKind, int]
) -> None:
    policy = replace(DESK_POLICY, quorum=quorum)
    envelopes = [signed(an_approval(person, kind, policy_sha256=policy.sha256)) for person, kind in given_]
    seats = [kind for kind in _K for _ in range(quorum[kind])]
    hats = {(person, kind) for person, kind in given_ if person != "ada"}
    people = sorted({person for person, _ in hats})
    expected = any(
        all((person, kind) in hats for person, kind in zip(seated, seats, strict=True))
        for seated in permutations(people, len(seats))
    )
    try:
        check_quorum(an_artifact(), envelopes, judged(policy, by=_ALL))
        held = True
    except GateRefused:
        held = False
    assert held == expected


def test_approvals_carry_an_artifact_as_far_as_they_reach() -> None:
    for state, envelopes, expected in (
        (_S.DRAFT, [TESSA, ROSA], None),
        (_S.VALIDATED, [], None),
        (_S.VALIDATED, [ROSA], None),
        (_S.VALIDATED, [TESSA], _S.REVIEWED),
        (_S.REVIEWED, [TESSA], None),
        (_S.REVIEWED, [TESSA, ROSA], _S.APPROVED),
        (_S.APPROVED, [TESSA, ROSA], None),
        (_S.REVOKED, [TESSA, ROSA], None),
    ):
        assert next_state(an_artifact(state), envelopes, judged()) is expected, (state, expected)


def test_active_needs_the_quorum_again_and_a_step_that_the_table_has() -> None:
    for state in (_S.APPROVED, _S.DEPRECATED):
        check_step(an_artifact(state), _S.ACTIVE, [TESSA, ROSA], judged())
        with pytest.raises(GateRefused):
            check_step(an_artifact(state), _S.ACTIVE, [TESSA], judged())
    check_step(an_artifact(_S.ACTIVE), _S.DEPRECATED, [], judged())
    for state in (_S.DRAFT, _S.VALIDATED, _S.REVIEWED, _S.REVOKED):
        with pytest.raises(IllegalTransition):
            check_step(an_artifact(state), _S.ACTIVE, [TESSA, ROSA], judged())
