"""A bridge on a folder of its own, with AAPL quoted at 150."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.bridge.bridge_wire import Wire, open_wire


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with open_wire(tmp_path) as opened:
        assert (await opened.bars(0, "150")).json() == {"bars": 1}
        yield opened
