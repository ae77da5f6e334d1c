"""Worlds full of trouble keep every invariant, and would not if the code had one of the known faults."""

from collections.abc import Iterator

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.search import first_catch, first_violation, quiet_logs
from tests.simulation.world import World

WORLDS = 2000
A_CHUNK = 50


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet_logs():
        yield


@pytest.mark.parametrize("first", range(0, WORLDS, A_CHUNK))
def test_no_world_breaks_an_invariant(first: int) -> None:
    broken = {seed: first_violation(seed) for seed in range(first, first + A_CHUNK)}
    told = [f"seed {seed}: {violation}" for seed, violation in broken.items() if violation is not None]
    assert not told, "\n".join(("", *told, "replay: python -m tests.simulation --seed N --trace"))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_notices(mutant: Mutant) -> None:
    assert first_catch(mutant, seeds=(mutant.noticed_by, *range(WORLDS))) is not None


def test_replays_a_world_event_by_event() -> None:
    for seed in range(5):
        first: list[str] = []
        second: list[str] = []
        assert World(seed, trace=first).run() == World(seed, trace=second).run()
        assert first == second
        assert len(first) > 5


def test_a_world_goes_the_same_way_whether_or_not_it_is_traced() -> None:
    for seed in range(5):
        traced, untraced = World(seed, trace=[]), World(seed)
        traced.run()
        untraced.run()
        assert traced.rng.random() == untraced.rng.random()
        assert traced.database.committed.audit == untraced.database.committed.audit


TROUBLE = (
    *("FENCED", "UNKNOWN", "NOT_AT_BROKER", "MARGIN", "CANCELED", "EXPIRED", "EXECUTION_DISABLED", "OBSERVE"),
    *("venue busts", "venue corrects", "venue does not find", "trades by hand", "is revoked"),
    *("dies before a commit", "dies after a commit", "dies before a write of", "dies after a write of"),
    *("trader-1 freezes", "bridge freezes", "trader-2 boots", "the lock's connection is lost"),
    *("another trader has taken over", "the connection was lost during the commit", "the disk is full"),
    *("the clocks jump", "the next day begins", "the network is cut", "the database is away"),
    *("has not answered within 5 seconds", "asks trader-1 to kill", "asks trader-1 to close"),
    *("a STOP of its entry", "a TARGET of its entry"),
)


def test_the_worlds_hold_every_kind_of_trouble() -> None:
    lived: list[str] = []
    for seed in range(250):
        World(seed, trace=lived).run()
    told = "\n".join(lived)
    assert [kind for kind in TROUBLE if kind not in told] == []
