"""Two traders agree when they run the same artifacts."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.running_trader import RunningTrader, disagreements
from tests.unit.domain.examples import NOON

A, B, C = ("sha256:" + digit * 64 for digit in "abc")


def a_trader(*hashes: str, **changes: Any) -> RunningTrader:
    fields: dict[str, Any] = {
        "boot_id": "boot-1",
        "account": "paper",
        "artifact_hashes": hashes,
        "snapshot_seq": 3,
        "reported_at": NOON,
    }
    return RunningTrader(**fields | changes)


def test_another_set_of_artifacts_is_told_with_what_only_one_of_them_runs() -> None:
    others = [a_trader(A, B, account="second"), a_trader(B, C, account="third")]
    assert disagreements(a_trader(A, B), others) == (
        "another trader (account third) runs other artifacts: "
        "only it runs sha256:cccccccccccc, only this one runs sha256:aaaaaaaaaaaa",
    )


def test_a_trader_that_runs_nothing_disagrees_with_one_that_runs_something() -> None:
    (sentence,) = disagreements(a_trader(), [a_trader(A, B, account="second")])
    assert sentence.endswith(
        "only it runs sha256:aaaaaaaaaaaa, sha256:bbbbbbbbbbbb, only this one runs nothing"
    )


@given(own=st.sets(st.sampled_from([A, B, C])), other=st.sets(st.sampled_from([A, B, C])))
def test_the_snapshot_the_process_and_the_time_do_not_matter(own: set[str], other: set[str]) -> None:
    one = a_trader(*sorted(own))
    two = replace(a_trader(*sorted(other)), boot_id="boot-2", snapshot_seq=None)
    assert bool(disagreements(one, [two])) == (own != other)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"boot_id": ""}, "boot_id"),
        ({"boot_id": "b" * 65}, "boot_id"),
        ({"account": " paper"}, "account"),
        ({"artifact_hashes": (B, A)}, "artifact_hashes"),
        ({"artifact_hashes": (A, A)}, "artifact_hashes"),
        ({"artifact_hashes": ("a" * 64,)}, "artifact_hashes"),
        ({"snapshot_seq": 0}, "snapshot_seq"),
        ({"reported_at": NOON.replace(tzinfo=None)}, "reported_at"),
    ],
)
def test_refuses_a_bad_field_and_names_it(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        a_trader(**changes)
    assert refused.value.field == field
