"""A whole history, recorded once for all the tests that only read it."""

import asyncio

import pytest

from tests.gate_history import record_rows, recorded_history
from tests.recorded import Recorded


@pytest.fixture(scope="session")
def recorded() -> Recorded:
    """Two versions, three trades, a revocation, a rollback, and tessa's key ended at the end."""

    async def record() -> Recorded:
        async with recorded_history() as history:
            return Recorded(await record_rows(history.desk.unit_of_work), history.desk.gate.root)

    return asyncio.run(record())
