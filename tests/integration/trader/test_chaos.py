"""A trader and its bridge are killed, stopped and started at random: nothing is lost or doubled."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.integration.trader.bridged_trader import ACCOUNT, until
from tests.integration.trader.chaos_books import disagreements, ours_of, theirs_of
from tests.integration.trader.chaos_house import House, Service
from tests.integration.trader.chaos_load import Load
from tests.integration.trader.trading_home import prepare

SETTLES_WITHIN_SECONDS = 60.0
# An order may be sent within 5 seconds: whoever stands still for longer finds its deadline passed.
_SHORT, _PAST_THE_DEADLINE = (0.05, 1.5), (5.5, 7.5)
# An execution takes some 50 ms: most of what happens is to happen during one.
_WITHIN_AN_EXECUTION_SECONDS = 0.08

Blow = Callable[[House, float], None]


def _killed(*services: Service) -> Blow:
    def strike(house: House, seconds: float) -> None:
        for service in services:
            house.kill(service)
        time.sleep(seconds)

    return strike


def _told_to_stop(service: Service) -> Blow:
    def strike(house: House, seconds: float) -> None:
        house.ask_to_stop(service)
        time.sleep(seconds)

    return strike


def _stopped(*services: Service, killed: Service | None = None) -> Blow:
    """Stands still for a while; with `killed`, that one dies meanwhile."""

    def strike(house: House, seconds: float) -> None:
        for service in services:
            house.stand_still(service)
        time.sleep(seconds)
        if killed is not None:
            house.kill(killed)
        for service in services:
            if service is not killed:
                house.go_on(service)

    return strike


_TRADER, _BRIDGE = Service.TRADER, Service.BRIDGE
BLOWS: dict[str, tuple[Blow, tuple[float, float], int]] = {
    "trader killed": (_killed(_TRADER), _SHORT, 4),
    "bridge killed": (_killed(_BRIDGE), _SHORT, 4),
    "both killed": (_killed(_TRADER, _BRIDGE), _SHORT, 2),
    "trader stopped": (_stopped(_TRADER), _SHORT, 2),
    "bridge stopped": (_stopped(_BRIDGE), _SHORT, 2),
    "trader stopped for long": (_stopped(_TRADER), _PAST_THE_DEADLINE, 1),
    "bridge stopped for long": (_stopped(_BRIDGE), _PAST_THE_DEADLINE, 1),
    "bridge stopped, trader killed": (_stopped(_BRIDGE, killed=_TRADER), _SHORT, 2),
    "trader stopped, bridge killed": (_stopped(_TRADER, killed=_BRIDGE), _SHORT, 2),
    "trader told to stop": (_told_to_stop(_TRADER), _SHORT, 1),
    "bridge told to stop": (_told_to_stop(_BRIDGE), _SHORT, 1),
}
# Each of those that may leave something open, once; the rest is for the long form.
_SHORT_FORM = (
    *("trader killed", "bridge killed", "trader stopped", "bridge stopped", "both killed"),
    *("bridge stopped, trader killed", "trader stopped, bridge killed", "bridge told to stop"),
)


@dataclass(frozen=True)
class Cycle:
    """One blow: which, how long after an execution began (None: at any time), for how long, and the answers
    that came to requests to execute from the blow before on.
    """

    number: int
    blow: str
    after_seconds: float | None
    seconds: float
    answers: Counter[str]

    def __str__(self) -> str:
        moment = "any" if self.after_seconds is None else f"{1000 * self.after_seconds:.0f} ms"
        answers = ", ".join(f"{times} x {word}" for word, times in sorted(self.answers.items()))
        return f"{self.number:>5}  {self.blow:<29} {moment:>6} {self.seconds:>6.2f} s  {answers}"


def _strike(house: House, load: Load, chance: Random, *, number: int, blow: str) -> Cycle:
    strike, span, _ = BLOWS[blow]
    seconds, after = chance.uniform(*span), chance.uniform(0, _WITHIN_AN_EXECUTION_SECONDS)
    if chance.random() < 0.25 or not load.wait_for_an_execution(5.0):
        # Whatever the trader does between executions: hearing bars, protecting, reconciling, starting.
        after_execution, after = None, chance.uniform(0, 1.0)
    else:
        after_execution = after
    time.sleep(after)
    strike(house, seconds)
    house.bring_back()
    return Cycle(number, blow, after_execution, seconds, load.answers())


def _settle(house: House, database_url: str) -> list[str]:
    """What the books do not agree on when it should long be over; empty when they agree."""
    left: list[str] = []

    def is_quiet() -> bool:
        left[:] = disagreements(ours_of(database_url), theirs_of(house.home)) + _unprotected(house)
        return not left

    try:
        until(is_quiet, seconds=SETTLES_WITHIN_SECONDS, otherwise=lambda: left)
    except AssertionError:
        return left
    return []


def _unprotected(house: House) -> list[str]:
    answer = _asked(house.trader_url, "/api/v1/positions")
    return [
        f"{trade} is not protected, or not left alone"
        for trade in answer["trades"]
        if trade["held_qty"] != trade["protected_qty"] or trade["held_qty"] == "0"
    ]


def _asked(url: str, path: str, **params: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(url + path, params=params, trust_env=False, timeout=10).json()
    return answer


def _survive(home: Path, database_url: str, blows: list[str], seed: int) -> list[Cycle]:
    chance, cycles = Random(seed), list[Cycle]()
    prepare(home, database_url)
    with House(home, database_url).open() as house:
        with Load(house.trader_url, seed).running() as load:
            for number, blow in enumerate(blows, start=1):
                cycles.append(_strike(house, load, chance, number=number, blow=blow))
                print(cycles[-1], flush=True)  # noqa: T201 - the table, also of a run that does not end
            time.sleep(2.0)
        left = _settle(house, database_url)
        health = _asked(house.trader_url, "/health")
        account = _asked(house.trader_url, "/api/v1/account")
        held_here = _asked(house.trader_url, "/api/v1/positions")["positions"]
        held_there = _asked(house.bridge_url, "/api/v1/positions", **ACCOUNT)["positions"]
        print(_summary(cycles, ours_of(database_url)))  # noqa: T201
        assert left == [], house.said
        assert load.problems == [], house.said
        assert (health["status"], health["reasons"]) == ("ok", []), house.said
        assert (account["differences"], account["controls"]["mode"]) == ([], None)
        assert {held["symbol"]: held["quantity"] for held in held_here} == held_there
        assert [house.ask_to_stop(service) for service in (_TRADER, _BRIDGE)] == [0, 0]
    ours, theirs = ours_of(database_url), theirs_of(home)
    assert disagreements(ours, theirs) == []
    assert len(theirs.entries) >= len(cycles) / 4, "a quiet house proves nothing"
    return cycles


def _summary(cycles: list[Cycle], ours: Any) -> str:
    answers: Counter[str] = sum((cycle.answers for cycle in cycles), Counter())
    legs = Counter(f"{order.leg} {order.status}" for order in ours.orders)
    return "\n".join(
        (
            f"{len(cycles)} cycles; answers: {dict(sorted(answers.items()))}",
            f"orders: {dict(sorted(legs.items()))}; fills: {len(ours.fills)}; audit: {len(ours.audit)}",
        )
    )


def test_nothing_is_lost_or_doubled_when_trader_and_bridge_go_away_at_random_moments(
    tmp_path: Path, database_url: str
) -> None:
    blows = Random(1).sample(_SHORT_FORM, len(_SHORT_FORM))
    _survive(tmp_path / "home", database_url, blows, seed=1)


@pytest.mark.soak
def test_nothing_is_lost_or_doubled_in_200_cycles(tmp_path: Path, database_url: str) -> None:
    weights = [weight for _, _, weight in BLOWS.values()]
    blows = Random(20261121).choices(list(BLOWS), weights, k=200)
    _survive(tmp_path / "home", database_url, blows, seed=20261121)
