"""A person names an artifact in several ways, and never two at once."""

from dataclasses import replace

import pytest

from jax.app.approver.find_artifact import named_artifact
from jax.domain.artifact import Artifact
from jax.ports.errors import NotFound
from tests.unit.domain.examples import an_artifact

FIRST = an_artifact(
    artifact_id="7b1c0000-aaaa", payload_sha256="sha256:" + "12ab" + "0" * 60, version="1.0.0"
)
SECOND = replace(
    FIRST, artifact_id="7b1c0000-bbbb", payload_sha256="sha256:" + "12cd" + "0" * 60, version="1.0.1"
)
# Its id begins as a hash does, its hash as an id.
THIRD = replace(
    FIRST, artifact_id="12ab-third", payload_sha256="sha256:" + "7b1c" + "0" * 60, version="1.0.10"
)
ALL = [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("7b1c0000-aaaa", FIRST),
        ("7b1c0000-b", SECOND),
        ("ma_crossover_v1 1.0.1", SECOND),
        ("ma_crossover_v1@1.0.1", SECOND),
        ("ma_crossover_v1@1.0.10", THIRD),
        # A version that another one begins with is still a whole name.
        ("ma_crossover_v1@1.0.0", FIRST),
        ("sha256:12ab", FIRST),
        ("12cd", SECOND),
        (THIRD.payload_sha256, THIRD),
        ("12ab-", THIRD),
        ("sha256:7b1c", THIRD),
    ],
)
def test_finds_the_one_that_is_named(wanted: str, found: Artifact) -> None:
    assert named_artifact(ALL, wanted) == found


@pytest.mark.parametrize(
    "wanted", ["", "7b1", "sha256:", "sha256:12c", "ma_crossover_v1", "ma_crossover_v1@1.0", "ffff", "1.0.1"]
)
def test_finds_nothing_by_what_is_too_short_or_no_start(wanted: str) -> None:
    with pytest.raises(NotFound, match=r"There is no artifact .*artifact-approver list"):
        named_artifact(ALL, wanted)


def test_two_that_fit_are_one_sentence_that_names_both() -> None:
    with pytest.raises(NotFound) as refusal:
        named_artifact([FIRST, SECOND], "7b1c")
    assert str(refusal.value) == (
        "'7b1c' fits 2 artifacts: ma_crossover_v1 1.0.0 (7b1c0000-aaaa, sha256:12ab00000000), "
        "ma_crossover_v1 1.0.1 (7b1c0000-bbbb, sha256:12cd00000000); give more of it"
    )
    with pytest.raises(NotFound, match="'12ab' fits 2 artifacts"):
        named_artifact(ALL, "12ab")
