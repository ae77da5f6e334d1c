"""The folder on a real disk: modes, links, strange files, crashes, a full disk."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.ports.errors import Conflict, NotFound, Unavailable
from tests.integration.research.full_disk import run_with_files_up_to


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(root: Path) -> LocalObjectStore:
    return LocalObjectStore(root)


def names_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


async def test_files_and_folders_are_their_owners_alone(root: Path, objects: LocalObjectStore) -> None:
    await objects.put("payloads/2024/one.json", b"x")
    assert modes_in(root) == {
        "objects": 0o700,
        "payloads": 0o700,
        "2024": 0o700,
        "one.json": 0o600,
        ".lock": 0o600,
    }


def test_the_location_is_the_objects_file(objects: LocalObjectStore) -> None:
    asyncio.run(objects.put("reports/one.html", b"<p>"))
    assert Path(objects.location("reports/one.html")).read_bytes() == b"<p>"


@pytest.mark.parametrize("link", ["payloads", "payloads/one"])
async def test_no_link_is_followed(root: Path, objects: LocalObjectStore, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "one").write_bytes(b"secret")
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside if link == "payloads" else outside / "one")
    with pytest.raises((Unavailable, NotFound)):
        await objects.get("payloads/one")
    with pytest.raises((Unavailable, Conflict)):
        await objects.put("payloads/one", b"mine")
    assert (outside / "one").read_bytes() == b"secret"
    assert names_below(outside) == ["one"]


def test_a_pipe_in_an_objects_place_is_refused_and_not_waited_for(
    root: Path, objects: LocalObjectStore
) -> None:
    root.mkdir()
    os.mkfifo(root / "one")
    with pytest.raises(Unavailable, match="not a regular file"):
        asyncio.run(objects.get("one"))


async def test_a_name_that_is_taken_by_a_folder_or_below_an_object_is_a_conflict(
    objects: LocalObjectStore,
) -> None:
    await objects.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        with pytest.raises(Conflict, match="is taken by something that is not an object"):
            await objects.put(key, b"y")
        with pytest.raises(NotFound):
            await objects.get(key)


async def test_a_root_that_cannot_be_a_folder_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    objects = LocalObjectStore(tmp_path / "file" / "objects")
    with pytest.raises(Unavailable, match=r"file/objects/one cannot be written .*make .* a writable folder"):
        await objects.put("one", b"x")


PUT = """
import asyncio, sys
from pathlib import Path
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.ports.errors import Unavailable
try:
    asyncio.run(LocalObjectStore(Path(sys.argv[1])).put("new/folder/big", bytes(100_000)))
except Unavailable as error:
    print(error)
"""


async def test_a_full_disk_is_named_and_leaves_nothing_behind(root: Path, objects: LocalObjectStore) -> None:
    await objects.put("payloads/one", b"x")
    before = names_below(root)
    process = run_with_files_up_to(4096, PUT, str(root))
    assert process.stdout.startswith(f"The object {root}/new/folder/big cannot be written (File too large)")
    assert names_below(root) == before
    assert await objects.get("payloads/one") == b"x"


PUT_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
async def main():
    objects = LocalObjectStore(Path(sys.argv[1]))
    for number in itertools.count():
        await objects.put(f"k/{number}", str(number % 10).encode() * 300_000)
        print(number, flush=True)
asyncio.run(main())
"""


def test_a_killed_writer_leaves_whole_objects_and_a_store_that_works(
    root: Path, objects: LocalObjectStore
) -> None:
    for objects_before_the_kill in (1, 3, 7):
        with subprocess.Popen(
            [sys.executable, "-c", PUT_FOR_EVER, str(root)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(objects_before_the_kill):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        for path in (root / "k").iterdir():
            assert path.read_bytes() == path.name[-1:].encode() * 300_000
    asyncio.run(objects.put("k/after", b"x"))
    assert {name.partition("/")[0] for name in names_below(root)} == {".lock", "k"}


async def test_a_reader_beside_a_writer_sees_whole_objects_or_none(
    root: Path, objects: LocalObjectStore
) -> None:
    content = bytes(range(256)) * 8192
    reader = LocalObjectStore(root)
    stop = threading.Event()
    seen: list[bytes | None] = []

    def read_all_the_time() -> None:
        while not stop.is_set():
            for number in range(20):
                try:
                    seen.append(asyncio.run(reader.get(f"n/{number}")))
                except NotFound:
                    seen.append(None)

    thread = threading.Thread(target=read_all_the_time)
    thread.start()
    for number in range(20):
        await objects.put(f"n/{number}", content)
    stop.set()
    thread.join()
    assert set(seen) <= {None, content}
