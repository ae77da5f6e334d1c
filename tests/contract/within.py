"""One thing done in a transaction of its own."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from jax.ports.unit_of_work import Transaction, UnitOfWork

_T = TypeVar("_T")


async def within(unit_of_work: UnitOfWork, work: Callable[[Transaction], Awaitable[_T]]) -> _T:
    """What `work` answers; committed when this returns."""
    async with unit_of_work.begin() as tx:
        return await work(tx)
