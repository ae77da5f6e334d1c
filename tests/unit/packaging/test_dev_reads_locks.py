"""How dev.py takes a lock apart, and which ones it refuses."""

import pytest

import dev
from tests.unit.packaging.project_metadata import LOCK, pins

HASH = "--hash=sha256:" + 64 * "0"
NUMPY = f"""\
idna==3.20 \\
    {HASH} \\
    {HASH}
    # via httpx
numpy==2.4.0 ; python_full_version < '3.12' \\
    {HASH}
    # via
    #   scipy
numpy==2.5.0 ; python_full_version >= '3.12' \\
    {HASH}
"""


def test_takes_a_lock_apart_by_the_names_of_its_packages() -> None:
    assert dev.lock_blocks(NUMPY)["idna"] == f"idna==3.20 \\\n    {HASH} \\\n    {HASH}\n"


def test_keeps_every_version_of_a_package_that_is_pinned_more_than_once() -> None:
    block = dev.lock_blocks(NUMPY)["numpy"]
    assert "numpy==2.4.0 ; python_full_version < '3.12'" in block
    assert "numpy==2.5.0 ; python_full_version >= '3.12'" in block
    assert "scipy" not in block


def test_finds_every_pin_of_the_real_lock() -> None:
    blocks = dev.lock_blocks(LOCK)
    assert blocks.keys() == pins().keys()
    assert sum(block.count("==") for block in blocks.values()) >= sum(map(len, pins().values()))
    assert sum(block.count("--hash=") for block in blocks.values()) == LOCK.count("--hash=")


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        (f"--index-url https://packages.example/simple\n{NUMPY}", "a URL"),
        (f"idna @ file:///wheels/idna.whl \\\n    {HASH}\n", "a URL"),
        (f"jax==0.9 \\\n    {HASH}\n", "our import name"),
        (f"{NUMPY}jaxlib==0.9 \\\n    {HASH}\n", "our import name"),
        (f"{NUMPY}zipp==4.0\n", "no hashes for zipp"),
    ],
)
def test_refuses_a_lock_that_must_not_be_used(lock: str, reason: str) -> None:
    assert reason in (dev.lock_complaint(lock) or "")


def test_accepts_a_lock_of_pins_and_hashes() -> None:
    assert dev.lock_complaint(NUMPY) is None
