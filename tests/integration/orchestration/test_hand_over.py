"""A signal and its request for advice are one transaction of the trader's, on Postgres and as its role."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.adapters.postgres.advice_store import PostgresAdviceStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.event_bus import PostgresEventBus
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.advice_request import SignalFacts
from jax.domain.signal import Signal
from jax.modules.signals.hand_over import hand_over
from tests.advice import NOW
from tests.contract.stored_values import artifact, signal, store_artifact


@pytest.fixture
async def chief(emptied_database_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(emptied_database_url)
    yield database
    await database.close()


@pytest.fixture
async def trader(emptied_database_url: str) -> AsyncIterator[PostgresUnitOfWork]:
    """What may write signals, and read no advice."""
    database = PostgresDatabase(emptied_database_url, role="jax_trader")
    yield PostgresUnitOfWork(database)
    await database.close()


@pytest.fixture
async def made(chief: PostgresDatabase) -> Signal:
    """A signal that is confident enough by a hair."""
    return signal(await store_artifact(PostgresUnitOfWork(chief), artifact()))


async def _add(trader: PostgresUnitOfWork, *signals: Signal) -> None:
    async with trader.begin() as transaction:
        for one in signals:
            assert await transaction.signals.add(one)
            await hand_over(transaction, [one], now=NOW)


async def test_research_hears_of_a_signal_once_it_is_stored(
    chief: PostgresDatabase, trader: PostgresUnitOfWork, made: Signal
) -> None:
    async with PostgresEventBus(chief).subscribe("advice") as hints:
        await _add(trader, made)
        run_id = await anext(hints)
    asked = await PostgresAdviceStore(chief).get(run_id)
    assert asked.request.signal == SignalFacts.of(made)
    assert (asked.request.trigger_type, asked.run) == ("signal", None)


async def test_a_signal_that_is_not_stored_is_not_handed_over(
    chief: PostgresDatabase, trader: PostgresUnitOfWork, made: Signal
) -> None:
    async def fail() -> None:
        async with trader.begin() as transaction:
            await transaction.signals.add(made)
            await hand_over(transaction, [made], now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await PostgresAdviceStore(chief).page() == []


async def test_handing_over_twice_is_handing_over_once(
    chief: PostgresDatabase, trader: PostgresUnitOfWork, made: Signal
) -> None:
    await _add(trader, made)
    async with trader.begin() as transaction:
        await hand_over(transaction, [made], now=NOW)
    assert len(await PostgresAdviceStore(chief).page()) == 1


async def test_only_confident_signals_are_handed_over(
    chief: PostgresDatabase, trader: PostgresUnitOfWork, made: Signal
) -> None:
    unsure = replace(made, signal_id="sg2", confidence=Decimal("0.7499"))
    await _add(trader, made, unsure)
    asked = await PostgresAdviceStore(chief).page()
    assert [one.request.signal_id for one in asked] == [made.signal_id]
