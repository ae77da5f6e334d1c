"""No artifact is promoted without the people it takes, each of them counted once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain import promotion
from jax.domain.artifact import ARTIFACT_TRANSITIONS, Approval, ApprovalKind, ArtifactState
from jax.domain.errors import IllegalTransition
from jax.domain.promotion import QUORUM, GateRefused, check_approver, check_promotion, check_quorum
from tests.unit.domain.examples import OTHER_HASH, an_approval, an_artifact

_TECHNICAL, _RISK = ApprovalKind.TECHNICAL, ApprovalKind.RISK
_PEOPLE = ("Noor", "Kim", "Ines")
_approvals = st.lists(
    st.builds(an_approval, kind=st.sampled_from(ApprovalKind), approver=st.sampled_from(_PEOPLE)), max_size=6
)


def _refusal(approvals: Sequence[Approval]) -> str | None:
    try:
        check_quorum(an_artifact(), approvals)
    except GateRefused as error:
        return str(error)
    return None


def _is_quorum(approvals: Sequence[Approval], kinds: Sequence[ApprovalKind] = QUORUM) -> bool:
    """Whether some choice of one approval for each kind names as many people as there are kinds."""
    return any(
        all(approval.kind is kind for approval, kind in zip(chosen, kinds, strict=True))
        and len({approval.approver for approval in chosen}) == len(kinds)
        for chosen in permutations(approvals, len(kinds))
    )


@given(_approvals)
def test_a_quorum_is_one_person_for_each_kind(approvals: list[Approval]) -> None:
    assert (_refusal(approvals) is None) == _is_quorum(approvals)


@given(approvals=_approvals, more=_approvals)
def test_a_further_approval_never_breaks_a_quorum(approvals: list[Approval], more: list[Approval]) -> None:
    if _refusal(approvals) is None:
        assert _refusal(approvals + more) is None


@given(approvals=_approvals, seed=st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_approvals_do_not_matter(approvals: list[Approval], seed: Random) -> None:
    shuffled = approvals * 2
    seed.shuffle(shuffled)
    assert (_refusal(shuffled) is None) == (_refusal(approvals) is None)


def test_the_quorum_is_a_technical_and_a_risk_approval() -> None:
    assert QUORUM == (_TECHNICAL, _RISK)
    assert _refusal([an_approval(), an_approval(kind=_RISK, approver="Kim")]) is None


def test_one_person_with_two_hats_counts_once() -> None:
    both = [an_approval(kind=_TECHNICAL), an_approval(kind=_RISK)]
    assert _refusal(both) == (
        "ma_crossover_v1 1.0.0 needs 1 RISK approval; "
        "given: Noor as TECHNICAL, Noor as RISK (one person counts once)"
    )
    assert _refusal([*both, an_approval(kind=_TECHNICAL, approver="Kim")]) is None
    assert _refusal([*both, an_approval(kind=_RISK, approver="Kim")]) is None


def test_says_what_is_missing() -> None:
    assert _refusal([]) == (
        "ma_crossover_v1 1.0.0 needs 1 TECHNICAL approval, 1 RISK approval; nobody has approved it"
    )
    assert _refusal([an_approval(kind=_RISK)]) == (
        "ma_crossover_v1 1.0.0 needs 1 TECHNICAL approval; given: Noor as RISK (one person counts once)"
    )


@pytest.mark.parametrize("name", ["NOOR", "noor", "\uff2eoor"])
def test_another_spelling_of_a_name_is_no_other_person(name: str) -> None:
    assert _refusal([an_approval(), an_approval(kind=_RISK, approver=name)]) is not None
    artifact = an_artifact(author=name)
    with pytest.raises(GateRefused, match=r"Noor wrote ma_crossover_v1 1.0.0 and cannot approve it"):
        check_approver(artifact, an_approval())
    with pytest.raises(GateRefused, match=r"Noor wrote ma_crossover_v1 1.0.0 and cannot validate it"):
        check_promotion(artifact, ArtifactState.VALIDATED, actor="Noor", approvals=[])


def test_composed_and_decomposed_letters_are_one_name() -> None:
    both = [an_approval(approver="Zo\u00eb"), an_approval(kind=_RISK, approver="Zoe\u0308")]
    assert _refusal(both) is not None


@given(approvals=_approvals, kind=st.sampled_from(ApprovalKind), position=st.integers(0, 6))
def test_the_author_never_counts(approvals: list[Approval], kind: ApprovalKind, position: int) -> None:
    own = an_approval(kind=kind, approver="Avery")
    assert _refusal([*approvals[:position], own, *approvals[position:]]) == (
        "Avery wrote ma_crossover_v1 1.0.0 and cannot approve it"
    )


@pytest.mark.parametrize("change", [{"artifact_id": "a2"}, {"payload_sha256": OTHER_HASH}], ids=str)
def test_an_approval_of_other_bytes_never_counts(change: dict[str, Any]) -> None:
    enough = [an_approval(), an_approval(kind=_RISK, approver="Kim")]
    with pytest.raises(GateRefused, match="Noor approved sha256:"):
        check_quorum(an_artifact(), [replace(enough[0], **change), enough[1]])
    with pytest.raises(GateRefused, match="Kim approved sha256:"):
        check_quorum(an_artifact(), [*enough, replace(enough[1], **change)])


def test_a_quorum_that_names_one_kind_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotion, "QUORUM", (_RISK, _RISK))
    with pytest.raises(GateRefused, match="the quorum names one kind twice"):
        check_quorum(an_artifact(), [an_approval(kind=_RISK), an_approval(kind=_RISK, approver="Kim")])


@pytest.mark.parametrize(("before", "after"), list(product(ArtifactState, ArtifactState)))
@pytest.mark.parametrize("has_quorum", [True, False])
def test_a_step_needs_the_table_and_before_trading_the_quorum(
    before: ArtifactState, after: ArtifactState, *, has_quorum: bool
) -> None:
    artifact = an_artifact(state=before)
    approvals = [an_approval()] + [an_approval(kind=_RISK, approver="Kim")] * has_quorum

    def promote() -> None:
        check_promotion(artifact, after, actor="Noor", approvals=approvals)

    if after not in ARTIFACT_TRANSITIONS[before]:
        with pytest.raises(IllegalTransition, match=rf"artifact .*: no step leads from {before} to {after}"):
            promote()
    elif after in {ArtifactState.APPROVED, ArtifactState.ACTIVE} and not has_quorum:
        with pytest.raises(GateRefused, match="needs 1 RISK approval"):
            promote()
    else:
        promote()


def test_the_author_may_not_validate_and_another_may() -> None:
    check_promotion(an_artifact(), ArtifactState.VALIDATED, actor="Noor", approvals=[])
    with pytest.raises(GateRefused, match=r"Avery wrote ma_crossover_v1 1.0.0 and cannot validate it"):
        check_promotion(an_artifact(), ArtifactState.VALIDATED, actor="Avery", approvals=[])


def test_the_author_may_revoke() -> None:
    check_promotion(an_artifact(), ArtifactState.REVOKED, actor="Avery", approvals=[])
