"""How every SignalStore is looked through, a page at a time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from jax.domain.artifact import Artifact
from jax.domain.errors import InvalidValue
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.signal_filter import SignalFilter, SignalPage, SignalPlace, place_of
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import NOW, minutes, signal

_INSTANT = timedelta(microseconds=1)
_P, _A, _E = SignalStatus.PENDING, SignalStatus.APPROVED, SignalStatus.EXPIRED


def _stored(active: Artifact) -> list[Signal]:
    """Every mix of two symbols, three strategies, two sides and three statuses, three at each moment."""
    mixes = product(("AAPL", "MSFT"), ("one", "two", "three"), Side, (_P, _A, _E))
    return [
        replace(
            signal(active, f"sg{number * 7 % 36:02}", ts_event=NOW + minutes(number // 3)),
            symbol=symbol,
            strategy=strategy,
            side=side,
            stop_loss=signal(active).stop_loss if side is Side.BUY else signal(active).entry_price * 2,
            take_profit=None,
            status=status,
        )
        for number, (symbol, strategy, side, status) in enumerate(mixes)
    ]


async def _add(unit_of_work: UnitOfWork, signals: Sequence[Signal]) -> None:
    async with unit_of_work.begin() as tx:
        for one in signals:
            await tx.signals.add(one)


async def _page(
    unit_of_work: UnitOfWork, wanted: SignalFilter, behind: SignalPlace | None = None, limit: int = 1000
) -> SignalPage:
    async with unit_of_work.begin() as tx:
        return await tx.signals.page(wanted, behind=behind, limit=limit)


def _in_order(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    by_id = sorted(signals, key=lambda one: one.signal_id)
    return tuple(sorted(by_id, key=lambda one: one.ts_event, reverse=True))


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (SignalFilter(), 36),
        (SignalFilter(status=_A), 12),
        (SignalFilter(strategy="two"), 12),
        (SignalFilter(symbol="MSFT"), 18),
        (SignalFilter(side=Side.SELL), 18),
        (SignalFilter(since=NOW + minutes(5)), 21),
        (SignalFilter(since=NOW + minutes(5) + _INSTANT), 18),
        (SignalFilter(until=NOW + minutes(5)), 18),
        (SignalFilter(until=NOW + minutes(5) - _INSTANT), 15),
        (SignalFilter(since=NOW + minutes(2), until=NOW + minutes(2)), 3),
        (SignalFilter(_E, "three", "AAPL", Side.BUY, NOW, NOW + minutes(11)), 1),
        (SignalFilter(_E, "three", "AAPL", Side.BUY, NOW + minutes(7), None), 0),
        (SignalFilter(strategy="four"), 0),
        (SignalFilter(symbol="' OR 1=1"), 0),
    ],
)
async def test_a_page_holds_what_the_filter_takes_in_the_order_of_all(
    unit_of_work: UnitOfWork, active: Artifact, wanted: SignalFilter, count: int
) -> None:
    stored = _stored(active)
    await _add(unit_of_work, stored)
    page = await _page(unit_of_work, wanted)
    assert page == SignalPage(_in_order([one for one in stored if wanted.takes(one)]), has_more=False)
    assert len(page.signals) == count


@pytest.mark.parametrize("wanted", [SignalFilter(), SignalFilter(side=Side.SELL, until=NOW + minutes(9))])
@pytest.mark.parametrize("size", [1, 5, 35, 36, 1000])
async def test_pages_behind_one_another_hold_each_signal_once(
    unit_of_work: UnitOfWork, active: Artifact, wanted: SignalFilter, size: int
) -> None:
    stored = _stored(active)
    await _add(unit_of_work, stored)
    found: list[Signal] = []
    page = await _page(unit_of_work, wanted, limit=size)
    found.extend(page.signals)
    while page.has_more:
        assert len(page.signals) == size
        page = await _page(unit_of_work, wanted, place_of(page.signals[-1]), size)
        found.extend(page.signals)
    assert found == list(_in_order([one for one in stored if wanted.takes(one)]))


async def test_a_place_where_no_signal_stands_leads_on_from_there(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    await _add(unit_of_work, [signal(active, f"sg{n}", ts_event=NOW + minutes(n // 2)) for n in range(4)])

    async def behind(place: SignalPlace) -> list[str]:
        return [one.signal_id for one in (await _page(unit_of_work, SignalFilter(), place)).signals]

    assert await behind(SignalPlace(NOW + minutes(1), "")) == ["sg2", "sg3", "sg0", "sg1"]
    assert await behind(SignalPlace(NOW + minutes(1), "sg2a")) == ["sg3", "sg0", "sg1"]
    assert await behind(SignalPlace(NOW + minutes(0.5), "sg9")) == ["sg0", "sg1"]
    assert await behind(SignalPlace(NOW, "sg1")) == []


async def test_more_than_a_thousand_signals_that_others_stand_before_are_all_found(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    many = [signal(active, f"sg{n:04}", ts_event=NOW + minutes(n)) for n in range(1500)]
    await _add(unit_of_work, [replace(one, symbol="MSFT" if n < 3 else "AAPL") for n, one in enumerate(many)])
    oldest = await _page(unit_of_work, SignalFilter(symbol="MSFT"), limit=2)
    assert ([one.signal_id for one in oldest.signals], oldest.has_more) == (["sg0002", "sg0001"], True)
    newest = await _page(unit_of_work, SignalFilter())
    assert (len(newest.signals), newest.has_more) == (1000, True)
    others = await _page(unit_of_work, SignalFilter(), place_of(newest.signals[-1]))
    assert (len(others.signals), others.has_more) == (500, False)


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_refuses_a_page_outside_1_to_1000(unit_of_work: UnitOfWork, limit: int) -> None:
    with pytest.raises(InvalidValue, match="limit"):
        await _page(unit_of_work, SignalFilter(), limit=limit)
