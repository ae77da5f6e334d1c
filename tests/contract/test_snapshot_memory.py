"""What every SnapshotMemory does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.gate_files.snapshot_memory_file import SnapshotMemoryFile
from jax.adapters.memory.snapshot_memory import MemorySnapshotMemory
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict
from jax.ports.snapshot_memory import RememberedSnapshot, SnapshotMemory

_A, _B, _C = sha256_of(b"a"), sha256_of(b"b"), sha256_of(b"c")


def seen(seq: int, *revoked: str, content: str = _A) -> RememberedSnapshot:
    return RememberedSnapshot(seq, content if seq else None, frozenset(revoked))


@pytest.fixture(params=["memory", "file"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> SnapshotMemory:
    return MemorySnapshotMemory() if request.param == "memory" else _file(tmp_path)


def _file(folder: Path) -> SnapshotMemory:
    return SnapshotMemoryFile(folder / "gate" / "snapshot-memory.json")


def test_at_first_nothing_was_seen(memory: SnapshotMemory) -> None:
    assert memory.remembered() == RememberedSnapshot(0, None, frozenset())


def test_remembers_what_was_seen(memory: SnapshotMemory) -> None:
    memory.remember(seen(3, _B, _C))
    assert memory.remembered() == seen(3, _B, _C)


def test_a_higher_snapshot_takes_its_place(memory: SnapshotMemory) -> None:
    memory.remember(seen(3))
    memory.remember(seen(7, content=_B))
    assert memory.remembered() == seen(7, content=_B)


def test_the_same_again_changes_nothing(memory: SnapshotMemory) -> None:
    memory.remember(seen(3, _B))
    memory.remember(seen(3, _B))
    memory.remember(seen(3))
    assert memory.remembered() == seen(3, _B)


def test_revocations_are_only_added(memory: SnapshotMemory) -> None:
    memory.remember(seen(3, _B))
    memory.remember(seen(4, _C))
    memory.remember(seen(5))
    assert memory.remembered() == seen(5, _B, _C)


def test_revocations_are_remembered_before_the_first_snapshot(memory: SnapshotMemory) -> None:
    memory.remember(seen(0, _B))
    assert memory.remembered() == seen(0, _B)


@pytest.mark.parametrize("older", [seen(2, _C), seen(0, _C)])
def test_an_older_snapshot_is_a_conflict_and_only_its_revocations_are_added(
    memory: SnapshotMemory, older: RememberedSnapshot
) -> None:
    memory.remember(seen(3, _B))
    with pytest.raises(Conflict, match="3"):
        memory.remember(older)
    assert memory.remembered() == seen(3, _B, _C)


def test_another_snapshot_of_the_same_number_is_a_conflict_and_only_its_revocations_are_added(
    memory: SnapshotMemory,
) -> None:
    memory.remember(seen(3, _B, content=_A))
    with pytest.raises(Conflict, match="3"):
        memory.remember(seen(3, _C, content=_B))
    assert memory.remembered() == seen(3, _B, _C, content=_A)


_sightings = st.lists(
    st.builds(
        lambda seq, revoked, content: seen(seq, *revoked, content=content),
        st.integers(0, 4),
        st.frozensets(st.sampled_from([_A, _B, _C])),
        st.sampled_from([_A, _B]),
    ),
    max_size=8,
)


@given(_sightings)
def test_whatever_is_seen_in_whatever_order_the_memory_only_grows(
    sightings: list[RememberedSnapshot],
) -> None:
    memory = MemorySnapshotMemory()
    for sighting in sightings:
        before = memory.remembered()
        try:
            memory.remember(sighting)
        except Conflict:
            assert memory.remembered().seq == before.seq
        after = memory.remembered()
        assert after.seq == max(before.seq, sighting.seq)
        assert after.revoked == before.revoked | sighting.revoked
        assert after.seq > before.seq or after.snapshot_sha256 == before.snapshot_sha256


def test_what_cannot_have_been_seen_is_no_memory() -> None:
    for seq, content in ((-1, None), (-1, _A), (0, _A), (1, None), (1, "sha256:x")):
        with pytest.raises(InvalidValue):
            RememberedSnapshot(seq, content)
    with pytest.raises(InvalidValue, match="revoked"):
        RememberedSnapshot(0, None, frozenset({"x"}))
