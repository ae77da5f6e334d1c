"""A disk that is full while orders arrive: what the bridge says to have, it has; the rest was not sent."""

import asyncio
from pathlib import Path

from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from tests.integration.research.full_disk import run_with_files_up_to

_CLAIMS = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, ".")
from jax.adapters.sqlite_bridge_book.sqlite_bridge_book import open_bridge_book
from jax.ports.errors import PortError
from tests.contract.test_bridge_book import booked

async def claim_until_it_is_full():
    async with open_bridge_book(Path(sys.argv[1])) as book:
        for number in range(10_000):
            try:
                await book.claim(booked(f"jx{number}"))
            except PortError as error:
                print(type(error).__name__, error, file=sys.stderr)
                return
            print(f"jx{number}", flush=True)

asyncio.run(claim_until_it_is_full())
"""


def test_an_order_that_a_full_disk_cannot_hold_is_not_claimed_and_all_others_are(tmp_path: Path) -> None:
    path = tmp_path / "bridge.sqlite"
    ended = run_with_files_up_to(300_000, _CLAIMS, str(path))
    claimed = ended.stdout.split()
    assert ended.returncode == 0, ended.stderr
    assert 0 < len(claimed) < 10_000
    assert ended.stderr.startswith(("Unavailable", "OutcomeUnknown")), ended.stderr

    async def known() -> tuple[list[str], bool]:
        async with open_bridge_book(path) as book:
            kept = [name for name in claimed if await book.order(name) is not None]
            return kept, await book.order(f"jx{len(claimed) + 1}") is None

    kept, is_the_rest_unknown = asyncio.run(known())
    assert kept == claimed
    assert is_the_rest_unknown
