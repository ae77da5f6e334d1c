"""What the in-memory fence takes for the time: the latest that anybody has told of."""

from datetime import timedelta

import pytest

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.artifact import ArtifactState
from jax.domain.gate_policy import DESK_POLICY
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.gate_acts import release, told
from tests.contract.stored_values import artifact, store_artifact, store_order, store_signal
from tests.contract.within import within
from tests.gate_people import SIGNED_AT

_AFTER_IT = SIGNED_AT + timedelta(days=DESK_POLICY.snapshot_days)
_WHILE_IT_LIVES = _AFTER_IT - timedelta(seconds=1)


async def _released() -> UnitOfWork:
    unit_of_work = MemoryUnitOfWork(MemoryDatabase())
    stored = await store_artifact(unit_of_work, artifact(), state=ArtifactState.APPROVED)
    await store_signal(unit_of_work, stored, "sg1")
    await release(unit_of_work, stored)
    return unit_of_work


async def test_an_order_of_the_time_after_a_snapshot_is_refused() -> None:
    unit_of_work = await _released()
    async with unit_of_work.begin() as tx:
        decided = await tx.signals.get("sg1")
        await store_order(tx, decided, at=_WHILE_IT_LIVES)
    with pytest.raises(Conflict, match="artifact art-1 is not loadable"):
        await within(unit_of_work, lambda tx: store_order(tx, decided, "jx2", at=_AFTER_IT))


async def test_an_order_that_calls_itself_older_is_refused_once_the_log_is_past_the_snapshot() -> None:
    unit_of_work = await _released()
    decided = await within(unit_of_work, lambda tx: tx.signals.get("sg1"))
    await within(unit_of_work, lambda tx: told(tx, at=_AFTER_IT))
    with pytest.raises(Conflict, match="artifact art-1 is not loadable"):
        await within(unit_of_work, lambda tx: store_order(tx, decided, at=_WHILE_IT_LIVES))
