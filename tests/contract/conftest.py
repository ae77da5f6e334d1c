"""Each contract test of a system of record runs once in memory and once on a real Postgres."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jax.domain.artifact import Artifact
from jax.domain.signal import Signal
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.broker_venues import VENUES, Venue
from tests.contract.storages import IN_MEMORY, ON_POSTGRES, Storage, open_storage
from tests.contract.stored_values import artifact, store_artifact, store_signal


@pytest.fixture(params=[IN_MEMORY, ON_POSTGRES])
def storage_url(request: pytest.FixtureRequest) -> str | None:
    """Where the system of record is; None is in memory."""
    if request.param == IN_MEMORY:
        return None
    url: str = request.getfixturevalue("emptied_database_url")
    return url


@pytest.fixture
async def storage(storage_url: str | None) -> AsyncIterator[Storage]:
    async with open_storage(storage_url) as opened:
        yield opened


@pytest.fixture
def unit_of_work(storage: Storage) -> UnitOfWork:
    return storage.unit_of_work


@pytest.fixture
async def active(unit_of_work: UnitOfWork) -> Artifact:
    """A stored artifact, art-1, in state ACTIVE."""
    return await store_artifact(unit_of_work, artifact())


@pytest.fixture
async def approved(unit_of_work: UnitOfWork, active: Artifact) -> Signal:
    """A stored signal, sg1, of the active artifact."""
    return await store_signal(unit_of_work, active, "sg1")


@pytest.fixture(params=VENUES)
async def venue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Venue]:
    """Every broker that the contract is tried on, in its turn."""
    async with VENUES[request.param](tmp_path) as opened:
        parts, reason = opened.cannot.get(request.node.originalname, ((), ""))
        if reason and (not parts or any(part in request.node.name for part in parts)):
            pytest.skip(f"{request.param}: {reason}")
        yield opened
