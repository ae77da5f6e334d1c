"""What every OrderStore asks of an artifact before it takes an order: that it is loadable now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.payload_fields import timestamp
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.gate_acts import publish, release, state_of
from tests.contract.stored_values import (
    ACCOUNT,
    artifact,
    order,
    store_artifact,
    store_order,
    store_signal,
    trade,
)
from tests.contract.within import within
from tests.gate_people import SIGNED_AT, gate_key, recorded_revocation

_DAY = timedelta(days=1)


@pytest.fixture
async def approved(unit_of_work: UnitOfWork) -> Artifact:
    """art-1, APPROVED, with a stored signal sg1; no snapshot yet."""
    stored = await store_artifact(unit_of_work, artifact(), state=ArtifactState.APPROVED)
    await store_signal(unit_of_work, stored, "sg1")
    return stored


async def _order(tx: Transaction) -> None:
    await store_order(tx, await tx.signals.get("sg1"), at=SIGNED_AT)


async def _loadable(tx: Transaction, artifact_id: str = "art-1") -> bool:
    return (await tx.grounds.standing(ACCOUNT, artifact_id=artifact_id)).is_loadable


async def _is_loadable(unit_of_work: UnitOfWork, artifact_id: str = "art-1") -> bool:
    return await within(unit_of_work, lambda tx: _loadable(tx, artifact_id))


async def _taken(unit_of_work: UnitOfWork) -> None:
    assert await _is_loadable(unit_of_work)
    await within(unit_of_work, _order)


async def _refused(unit_of_work: UnitOfWork) -> None:
    assert not await _is_loadable(unit_of_work)
    with pytest.raises(Conflict, match="artifact art-1 is not loadable"):
        await within(unit_of_work, _order)


async def test_what_is_not_stored_is_not_loadable(unit_of_work: UnitOfWork, approved: Artifact) -> None:
    await release(unit_of_work, approved)
    assert not await _is_loadable(unit_of_work, "art-9")


async def test_an_approved_artifact_trades_as_soon_as_the_newest_snapshot_names_it(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await _refused(unit_of_work)
    await release(unit_of_work, approved)
    await _taken(unit_of_work)


async def test_an_active_artifact_that_the_newest_snapshot_no_longer_names_does_not_trade(
    unit_of_work: UnitOfWork,
) -> None:
    active = await store_artifact(unit_of_work, artifact())
    newer = await store_artifact(unit_of_work, artifact("art-2", version="2"), state=ArtifactState.APPROVED)
    await store_signal(unit_of_work, active, "sg1")
    await release(unit_of_work, newer)
    assert await state_of(unit_of_work) is ArtifactState.ACTIVE
    await _refused(unit_of_work)
    await release(unit_of_work, active)
    await _taken(unit_of_work)


@pytest.mark.parametrize("state", [ArtifactState.DRAFT, ArtifactState.VALIDATED, ArtifactState.REVIEWED])
async def test_a_snapshot_does_not_make_up_for_approvals(
    unit_of_work: UnitOfWork, state: ArtifactState
) -> None:
    stored = await store_artifact(unit_of_work, artifact(), state=state)
    await store_signal(unit_of_work, stored, "sg1")
    await release(unit_of_work, stored)
    await _refused(unit_of_work)


async def test_a_snapshot_that_has_expired_lets_nothing_trade(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await release(unit_of_work, approved)
    await release(unit_of_work, approved, issued=SIGNED_AT - 9 * _DAY, expires=timestamp(SIGNED_AT - _DAY))
    await _refused(unit_of_work)


async def test_a_snapshot_by_a_key_that_was_ended_lets_nothing_trade(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await release(unit_of_work, approved)
    await publish(unit_of_work, gate_key("rene", GateRole.RELEASE, ended=SIGNED_AT))
    await _refused(unit_of_work)


async def test_a_snapshot_of_the_policy_before_still_lets_trade(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await release(unit_of_work, approved)
    await publish(unit_of_work, policy=replace(DESK_POLICY, version=2))
    await _taken(unit_of_work)


async def test_a_revocation_stops_trading_before_any_history_tells_of_it(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await release(unit_of_work, approved)
    unsigned = replace(recorded_revocation(approved), envelope=None)
    await within(unit_of_work, lambda tx: tx.releases.add_revocation(unsigned))
    await _refused(unit_of_work)


async def test_a_revocation_stops_an_order_whose_transaction_had_begun(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    await release(unit_of_work, approved)

    async def begin_and_order(tx: Transaction) -> None:
        await tx.signals.get("sg1")
        revocation = recorded_revocation(approved)
        assert await _loadable(tx)
        await within(unit_of_work, lambda other: other.releases.add_revocation(revocation))
        assert not await _loadable(tx)
        await _order(tx)

    with pytest.raises(Conflict, match="artifact art-1 is not loadable"):
        await within(unit_of_work, begin_and_order)


async def test_the_revocation_of_another_artifact_stops_nothing(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    other = await store_artifact(unit_of_work, artifact("art-2", version="2"))
    await release(unit_of_work, approved)
    await within(unit_of_work, lambda tx: tx.releases.add_revocation(recorded_revocation(other)))
    await _taken(unit_of_work)


async def test_a_trade_names_a_stored_policy(unit_of_work: UnitOfWork, approved: Artifact) -> None:
    await release(unit_of_work, approved)
    decided = await within(unit_of_work, lambda tx: tx.signals.get("sg1"))
    new = order(decided, created_at=SIGNED_AT)
    recorded = trade(new, decided)
    assert recorded.policy_sha256 == DESK_POLICY.sha256
    unknown = replace(recorded, policy_sha256="sha256:" + "9" * 64)
    with pytest.raises(Conflict, match="policy that is not stored"):
        await within(unit_of_work, lambda tx: tx.orders.add(new, unknown))
    await within(unit_of_work, lambda tx: tx.orders.add(new, recorded))
    assert await within(unit_of_work, lambda tx: tx.orders.trade_of_signal("sg1")) == (recorded, new)


async def test_a_trade_that_names_no_policy_is_under_the_released_one(
    unit_of_work: UnitOfWork, approved: Artifact
) -> None:
    newer = replace(DESK_POLICY, version=2)
    await release(unit_of_work, approved)
    await publish(unit_of_work, policy=newer)
    await release(unit_of_work, approved, policy=newer)
    decided = await within(unit_of_work, lambda tx: tx.signals.get("sg1"))
    new = order(decided, created_at=SIGNED_AT)
    unnamed = replace(trade(new, decided), policy_sha256=None)
    await within(unit_of_work, lambda tx: tx.orders.add(new, unnamed))
    found = await within(unit_of_work, lambda tx: tx.orders.trade_of_signal("sg1"))
    assert found == (replace(unnamed, policy_sha256=newer.sha256), new)
