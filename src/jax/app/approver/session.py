"""Opens the gate for one command."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from jax.app.approver.gate import Gate
from jax.app.approver.wiring import open_gate
from jax.app.home import home_folder
from jax.domain.approval_count import GateRefused
from jax.domain.errors import IllegalTransition

_Result = TypeVar("_Result")


def at_the_gate(work: Callable[[Gate], Awaitable[_Result]]) -> _Result:
    """What `work` returns; a refusal says under which policy."""

    async def run() -> _Result:
        async with open_gate(home_folder(), os.environ.get("DATABASE_URL")) as gate:
            try:
                return await work(gate)
            except (GateRefused, IllegalTransition) as error:
                raise await gate.refusal(error) from error

    return asyncio.run(run())
