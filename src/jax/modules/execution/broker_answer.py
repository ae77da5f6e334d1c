"""A broker that does not answer must not hold up whoever asks it."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from jax.ports.errors import OutcomeUnknown

T = TypeVar("T")
_WITHIN_SECONDS = 5.0


async def broker_answer(asked: Awaitable[T]) -> T:
    """What the broker answers within 5 seconds; OutcomeUnknown when that is nothing, else as it raises."""
    try:
        # Not wait_for: until Python 3.12 it swallows a cancellation that comes together with the answer.
        async with asyncio.timeout(_WITHIN_SECONDS):
            return await asked
    except TimeoutError as error:
        raise OutcomeUnknown(f"the broker has not answered within {_WITHIN_SECONDS:.0f} seconds") from error
