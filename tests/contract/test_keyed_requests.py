"""What every store of keyed requests does."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.keyed_request import KeyedRequest
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.signal import Signal
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.stored_values import ACCOUNT, NOW
from tests.contract.within import within

DENIED = Denied(
    ReasonCode.TOO_MANY_POSITIONS,
    'full: "5" of 5, até logo',
    {"open_positions": Decimal(5), "share": Decimal("0.10"), "worst": Decimal("NaN")},
)


def request(key: str = "k1", *, denied: Denied | None = None, account: str = ACCOUNT) -> KeyedRequest:
    return KeyedRequest(account, key, "sg1", "olivia", NOW, denied)


async def _keep(unit_of_work: UnitOfWork, *requests: KeyedRequest) -> None:
    for one in requests:
        async with unit_of_work.begin() as tx:
            await tx.orders.lock_account(one.account)
            await tx.requests.keep(one)


async def _find(unit_of_work: UnitOfWork, key: str, account: str = ACCOUNT) -> KeyedRequest | None:
    return await within(unit_of_work, lambda tx: tx.requests.find(account, key=key))


async def test_a_key_that_nobody_has_used_stands_for_nothing(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    await _keep(unit_of_work, request("k1"))
    assert await _find(unit_of_work, "K1") is None
    assert await _find(unit_of_work, "k1", "other") is None


async def test_gives_back_the_request_of_a_key(unit_of_work: UnitOfWork, approved: Signal) -> None:
    other = request("k1", account="other")
    longest = request("~" * 64)
    await _keep(unit_of_work, request(), other, longest)
    assert await _find(unit_of_work, "k1") == request()
    assert await _find(unit_of_work, "k1", "other") == other
    assert await _find(unit_of_work, "~" * 64) == longest


async def test_gives_back_a_denial_with_its_numbers(unit_of_work: UnitOfWork, approved: Signal) -> None:
    await _keep(unit_of_work, request(denied=DENIED))
    found = await _find(unit_of_work, "k1")
    assert found is not None
    assert found.denied is not None
    assert (found.denied.reason_code, found.denied.detail) == (DENIED.reason_code, DENIED.detail)
    assert {name: str(value) for name, value in found.denied.numbers.items()} == {
        "open_positions": "5",
        "share": "0.10",
        "worst": "NaN",
    }


async def test_a_key_is_kept_once(unit_of_work: UnitOfWork, approved: Signal) -> None:
    await _keep(unit_of_work, request())
    with pytest.raises(Conflict):
        await _keep(unit_of_work, replace(request(), approved_by="mallory"))
    assert await _find(unit_of_work, "k1") == request()


async def test_refuses_a_request_for_a_signal_that_is_not_stored(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    with pytest.raises(Conflict):
        await _keep(unit_of_work, replace(request(), signal_id="sg9"))


async def test_refuses_a_request_of_an_account_that_is_not_stored(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    with pytest.raises(Conflict):
        await within(unit_of_work, lambda tx: tx.requests.keep(request(account="nobody")))


async def test_what_is_not_committed_was_never_asked(unit_of_work: UnitOfWork, approved: Signal) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.orders.lock_account(ACCOUNT)
        await tx.requests.keep(request())
        raise LookupError

    with pytest.raises(LookupError):
        await within(unit_of_work, fail)
    assert await _find(unit_of_work, "k1") is None
