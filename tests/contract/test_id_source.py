"""What every IdSource does."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from jax.adapters.memory.id_source import SequentialIdSource
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.ports.id_source import IdSource


@pytest.fixture(params=["sequential", "uuid"])
def ids(request: pytest.FixtureRequest) -> IdSource:
    return SequentialIdSource() if request.param == "sequential" else UuidIdSource()


def test_an_id_is_1_to_36_characters_of_a_to_z_0_to_9_and_hyphen(ids: IdSource) -> None:
    for _ in range(100):
        assert re.fullmatch(r"[a-z0-9-]{1,36}", ids.new_id())


def test_no_id_is_given_twice(ids: IdSource) -> None:
    with ThreadPoolExecutor(4) as threads:
        given = list(threads.map(lambda _: ids.new_id(), range(10_000)))
    assert len(set(given)) == 10_000


def test_sequential_ids_count_from_one_after_their_prefix() -> None:
    ids = SequentialIdSource("run")
    assert [ids.new_id() for _ in range(3)] == ["run-1", "run-2", "run-3"]


def test_two_uuid_sources_do_not_give_the_same_ids() -> None:
    one, two = UuidIdSource(), UuidIdSource()
    assert {one.new_id() for _ in range(100)}.isdisjoint({two.new_id() for _ in range(100)})
