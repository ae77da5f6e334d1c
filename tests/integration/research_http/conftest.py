"""A desk for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
