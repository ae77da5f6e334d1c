"""The steps of an artifact's life, and the history that records them."""

from itertools import product

import pytest

from jax.domain.artifact import ARTIFACT_TRANSITIONS, LOADABLE_STATES, ArtifactState
from jax.domain.errors import IllegalTransition, InvalidValue
from tests.unit.domain.examples import an_artifact, an_artifact_event
from tests.unit.domain.refusals import illegal_step_of

_LIFE = ["DRAFT", "VALIDATED", "REVIEWED", "APPROVED", "ACTIVE", "DEPRECATED"]
_ROLLBACK = ("DEPRECATED", "ACTIVE")


def _is_step(before: str, after: str) -> bool:
    forward = before in _LIFE and after == [*_LIFE[1:], None][_LIFE.index(before)]
    revocation = after == "REVOKED" and before != "REVOKED"
    return forward or revocation or (before, after) == _ROLLBACK


@pytest.mark.parametrize(("before", "after"), list(product(ArtifactState, ArtifactState)))
def test_the_steps_are_one_state_on_a_rollback_or_a_revocation(
    before: ArtifactState, after: ArtifactState
) -> None:
    assert (after in ARTIFACT_TRANSITIONS[before]) == _is_step(before, after)


def test_every_state_has_a_row() -> None:
    assert set(ARTIFACT_TRANSITIONS) == set(ArtifactState)


def test_revoked_is_for_good() -> None:
    assert ARTIFACT_TRANSITIONS[ArtifactState.REVOKED] == frozenset()


def test_only_approved_and_active_artifacts_may_trade() -> None:
    assert {ArtifactState.APPROVED, ArtifactState.ACTIVE} == LOADABLE_STATES


def test_nothing_becomes_loadable_without_passing_every_state_before() -> None:
    shortest = {ArtifactState.DRAFT: 0}
    for _ in ArtifactState:
        for state, steps in list(shortest.items()):
            for after in ARTIFACT_TRANSITIONS[state]:
                shortest.setdefault(after, steps + 1)
    assert [shortest[ArtifactState(state)] for state in _LIFE] == [0, 1, 2, 3, 4, 5]


def test_an_artifact_begins_as_a_draft() -> None:
    assert an_artifact().state is ArtifactState.DRAFT


@pytest.mark.parametrize(("before", "after"), list(product(ArtifactState, ArtifactState)))
def test_a_later_event_is_a_step_of_the_table(before: ArtifactState, after: ArtifactState) -> None:
    error = illegal_step_of(lambda: an_artifact_event(n=2, from_state=before, to_state=after))
    assert (error is None) == (after in ARTIFACT_TRANSITIONS[before])
    if error is not None:
        assert str(error) == f"artifact a1: no step leads from {before} to {after}"


@pytest.mark.parametrize("after", ArtifactState)
def test_the_first_event_leads_to_draft(after: ArtifactState) -> None:
    if after is ArtifactState.DRAFT:
        assert an_artifact_event(n=1, from_state=None, to_state=after).to_state is after
        return
    with pytest.raises(IllegalTransition, match=f"artifact a1: no step leads from nothing to {after}"):
        an_artifact_event(n=1, from_state=None, to_state=after)


@pytest.mark.parametrize(
    ("n", "before"), [(0, None), (-1, None), (0, ArtifactState.DRAFT), (1, ArtifactState.DRAFT), (2, None)]
)
def test_events_are_counted_from_one_and_only_the_first_has_no_state_before(
    n: int, before: ArtifactState | None
) -> None:
    with pytest.raises(InvalidValue, match=f"n: step {n} cannot lead from {before}"):
        an_artifact_event(n=n, from_state=before, to_state=ArtifactState.DRAFT)
