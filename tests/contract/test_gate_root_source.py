"""What every GateRootSource does."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from jax.adapters.gate_files.root_file import RootFile, write_root
from jax.adapters.memory.gate_root_source import MemoryGateRootSource
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_root import GateRoot, with_key_ended
from jax.ports.errors import NotFound
from jax.ports.gate_root_source import GateRootSource

_THEN = datetime(2026, 3, 1, tzinfo=UTC)
_KEY = GateKey(b"\1" * 32, "tessa", frozenset({GateRole.TECHNICAL}), _THEN)
_ROOT = GateRoot(1, False, (_KEY,))


class _Place(NamedTuple):
    """A source, and how its operator puts a root there."""

    source: GateRootSource
    put: Callable[[GateRoot], None]


@pytest.fixture(params=["memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> _Place:
    if request.param == "memory":
        memory = MemoryGateRootSource(None)
        return _Place(memory, lambda root: setattr(memory, "root", root))
    path = tmp_path / "gate" / "root.json"
    return _Place(RootFile(path), lambda root: write_root(path, root))


def test_before_there_is_a_root_it_is_not_found(place: _Place) -> None:
    with pytest.raises(NotFound, match="root"):
        place.source.read()


def test_gives_the_root_that_was_put_there(place: _Place) -> None:
    place.put(_ROOT)
    assert place.source.read() == _ROOT


def test_a_change_is_seen_at_once(place: _Place) -> None:
    place.put(_ROOT)
    place.source.read()
    ended = with_key_ended(_ROOT, _KEY.key_id, _THEN)
    place.put(ended)
    assert place.source.read() == ended
