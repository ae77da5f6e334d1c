"""A desk for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jax.domain.artifact import Artifact
from jax.domain.gate_key import GateRole
from tests.gate_people import KEYS, gate_key, root_of
from tests.integration.research_http.desk_server import Page, open_page


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
async def page(home: Path, emptied_database_url: str) -> AsyncIterator[Page]:
    async with open_page(home, emptied_database_url) as opened:
        yield opened


@pytest.fixture
async def validated(page: Page) -> Artifact:
    return await page.gate.validate(await page.submitted())


@pytest.fixture
async def with_old_hats(home: Path, emptied_database_url: str) -> AsyncIterator[Page]:
    """The author has a key for everything, too."""
    others = [key for key in KEYS if key.person != "ada"]
    async with open_page(
        home, emptied_database_url, root=root_of([*others, gate_key("ada", *GateRole)])
    ) as page:
        yield page
