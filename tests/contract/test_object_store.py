"""What every ObjectStore does."""

import asyncio
from pathlib import Path

import pytest

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.memory.object_store import MemoryObjectStore
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound
from jax.ports.object_store import ObjectStore


@pytest.fixture(params=["memory", "local"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return MemoryObjectStore() if request.param == "memory" else LocalObjectStore(tmp_path / "objects")


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 4096], ids=["nothing", "a byte", "1 MiB"])
async def test_gives_back_the_bytes(objects: ObjectStore, content: bytes) -> None:
    await objects.put("payload/one", content)
    assert await objects.get("payload/one") == content


@pytest.mark.parametrize(
    "key", ["a", "Z9", "report.html", "_x", "-x", "a/b/c.d/e_f-g", "a.", "x" * 200, "sha256-" + "0" * 64]
)
async def test_takes_every_key_of_the_allowed_form(objects: ObjectStore, key: str) -> None:
    await objects.put(key, b"x")
    assert await objects.get(key) == b"x"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        ".a",
        "a/.b",
        "a/../b",
        "../a",
        "a b",
        "ä",
        "a\\b",
        "a:b",
        "a\n",
        "a\0",
    ],
)
async def test_refuses_every_other_key(objects: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidValue, match="key"):
        await objects.put(key, b"x")
    with pytest.raises(InvalidValue, match="key"):
        await objects.get(key)
    with pytest.raises(InvalidValue, match="key"):
        objects.location(key)


async def test_an_unknown_object_is_not_found(objects: ObjectStore) -> None:
    await objects.put("payload/one", b"x")
    for key in ("payload/two", "payload", "payload/one/more", "other"):
        with pytest.raises(NotFound, match=key):
            await objects.get(key)


async def test_the_same_bytes_may_be_put_again(objects: ObjectStore) -> None:
    await objects.put("payload/one", b"x")
    await objects.put("payload/one", b"x")
    assert await objects.get("payload/one") == b"x"


@pytest.mark.parametrize("other", [b"y", b"", b"xx"])
async def test_other_bytes_are_a_conflict_and_change_nothing(objects: ObjectStore, other: bytes) -> None:
    await objects.put("payload/one", b"x")
    with pytest.raises(Conflict, match="payload/one"):
        await objects.put("payload/one", other)
    assert await objects.get("payload/one") == b"x"


async def test_keys_are_kept_apart(objects: ObjectStore) -> None:
    contents = {"a": b"1", "A": b"2", "b/a": b"3", "b/A": b"4", "a.b": b"5"}
    for key, content in contents.items():
        await objects.put(key, content)
    assert {key: await objects.get(key) for key in contents} == contents


async def test_what_the_caller_does_with_its_buffer_later_changes_nothing(objects: ObjectStore) -> None:
    buffer = bytearray(b"before")
    await objects.put("payload/one", bytes(buffer))
    buffer[:] = b"after!"
    assert await objects.get("payload/one") == b"before"


async def test_of_different_bytes_put_at_once_one_wins_and_the_others_are_refused(
    objects: ObjectStore,
) -> None:
    contents = [bytes([n]) * 100_000 for n in range(8)]
    outcomes = await asyncio.gather(
        *(objects.put("payload/one", content) for content in contents), return_exceptions=True
    )
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert await objects.get("payload/one") == contents[outcomes.index(None)]


async def test_the_location_of_an_object_names_it(objects: ObjectStore) -> None:
    await objects.put("payload/one", b"x")
    assert objects.location("payload/one") != objects.location("payload/two")
    assert "payload" in objects.location("payload/one")
