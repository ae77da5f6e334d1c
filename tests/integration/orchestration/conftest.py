"""Lines to agents, by a clock that the test turns."""

import pytest

from jax.adapters.memory.clock import SettableClock
from tests.advice import NOW


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)
