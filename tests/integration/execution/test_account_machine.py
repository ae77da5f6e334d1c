"""Anything may happen to an account on a real Postgres, in any order, and both sides agree in the end.

The same examples in every run; `pytest --hypothesis-profile explore -m soak` looks for new ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jax.adapters.postgres.database import PostgresDatabase
from jax.domain.controls import ModeChange, Said, TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OPEN
from jax.ports.errors import PortError
from tests.failing_ports import Crash
from tests.failpoints import Failure
from tests.integration.execution.settled_account import check_now, check_settled, settle
from tests.integration.execution.worked_account import (
    SYMBOLS,
    Boot,
    Market,
    WorkedAccount,
    open_account,
    open_market,
)

_FAILURES = st.one_of(st.none(), st.sampled_from(Failure))
# An execution waits for about forty answers, other work for fewer; what leaves the process matters most.
_LEAVING = ("broker.place", "broker.place", "broker.cancel", "broker.query", "commit")
_AT = st.one_of(st.integers(1, 42), st.sampled_from(_LEAVING))
_EARLY = st.one_of(st.integers(1, 20), st.sampled_from(_LEAVING))
# What is drawn must not depend on what the database answers, or an example could not be repeated.
_WHICH = st.integers(0, 11)
_HAPPENED = (PortError, Crash, asyncio.CancelledError)
_JOBS = ("events", "reconcile", "cancel_entries", "protect", "compare")
# Most words let the account trade again, or nothing would happen any more in most examples.
_WORDS = ("kill", "REDUCE", "OBSERVE", *["release"] * 3, *["NORMAL"] * 3)
Work = Callable[[], Awaitable[object]]


class AccountMachine(RuleBasedStateMachine):
    """Traders of one account come, fail and go; people say things; the market moves."""

    def __init__(self, runner: asyncio.Runner, market: Market) -> None:
        super().__init__()
        self._runner = runner
        self._market = market
        self._stack = AsyncExitStack()
        self.account: WorkedAccount
        self.boot: Boot
        self.former: Boot | None = None

    @initialize(fraction=st.sampled_from([None, Decimal("0.1"), Decimal("0.05")]))
    def begin(self, fraction: Decimal | None) -> None:
        async def opened() -> None:
            account = open_account(self._market, volume_fraction=fraction)
            self.account = await self._stack.enter_async_context(account)
            self.boot = await self.account.start_trader()
            for symbol in SYMBOLS * 2:
                await self.account.propose(symbol)

        self._runner.run(opened())

    def teardown(self) -> None:
        try:
            if hasattr(self, "boot"):
                self.come_to_rest()
        finally:
            self._runner.run(self._stack.aclose())

    @precondition(lambda self: len(self.account.signals) < 8)
    @rule(symbol=st.sampled_from(SYMBOLS), price=st.sampled_from(["149", "150", "152"]), keyed=st.booleans())
    def propose(self, symbol: str, price: str, keyed: bool) -> None:
        signal_id = self._runner.run(self.account.propose(symbol, price))
        if keyed:
            self.account.keys[signal_id] = f"key of {signal_id}"

    @rule(which=_WHICH, times=st.integers(1, 3), at=_AT, failure=_FAILURES)
    def execute(self, which: int, times: int, at: int | str, failure: Failure | None) -> None:
        """Also at the same time, so that whichever of them waits number `at` fails."""
        signal_id = self._signal(which)
        works = [lambda: self.boot.execute(signal_id) for _ in range(times)]
        self._do(self.boot, works, at, failure)

    @rule(which=_WHICH, at=_AT, failure=_FAILURES)
    def execute_everything(self, which: int, at: int | str, failure: Failure | None) -> None:
        for signal_id in self.account.signals:
            fails = failure if signal_id == self._signal(which) else None
            self._do(self.boot, [partial(self.boot.execute, signal_id)], at, fails)

    @rule(
        which=_WHICH,
        at=_AT,
        what=st.sampled_from(["another trader", "kill", "revoke", "observe", "market", "pause", "again"]),
    )
    def execute_while_something_happens(self, which: int, at: int | str, what: str) -> None:
        signal_id = self._signal(which)
        happening: list[asyncio.Task[None]] = []

        async def begins() -> None:
            # What needs a lock that the execution holds waits for it, and is waited for in the end.
            happening.append(asyncio.ensure_future(self._happens(what, signal_id)))
            await asyncio.wait(happening, timeout=0.01)

        executing = self.boot
        executing.points.arm(at)
        executing.points.meanwhile = begins

        async def both() -> None:
            await asyncio.gather(executing.execute(signal_id), return_exceptions=True)
            for task in happening:
                await task

        self._runner.run(both())
        executing.points.arm(0)

    @rule(job=st.sampled_from(_JOBS), at=_EARLY, failure=_FAILURES)
    def work(self, job: str, at: int | str, failure: Failure | None) -> None:
        self._do(self.boot, [getattr(self.boot, job).run_once], at, failure)

    @rule(which=_WHICH, at=_EARLY, failure=_FAILURES)
    def cancel_an_order(self, which: int, at: int | str, failure: Failure | None) -> None:
        orders = [order.client_order_id for order in self._runner.run(self._open_orders())]
        if orders:
            chosen = orders[which % len(orders)]
            self._do(self.boot, [lambda: self.boot.cancel.cancel(chosen, self._said())], at, failure)

    @rule(symbol=st.sampled_from([None, *SYMBOLS]), at=_AT, failure=_FAILURES)
    def close(self, symbol: str | None, at: int | str, failure: Failure | None) -> None:
        self._do(self.boot, [lambda: self.boot.positions.close(symbol, self._said())], at, failure)

    @rule(word=st.sampled_from(_WORDS), at=st.integers(1, 9), failure=_FAILURES)
    def somebody_says(self, word: str, at: int | str, failure: Failure | None) -> None:
        boot, venue = self.boot, self.account.venue

        async def said() -> None:
            if word == "kill":
                await boot.control.kill(self._said())
                venue.is_killed = True
            elif word == "release":
                venue.is_killed = False
                await boot.control.release_kill(self._said())
            else:
                await boot.control.set_mode(ModeChange(TradingMode(word), self._said()))

        self._do(boot, [said], at, failure)

    @precondition(lambda self: len(self.account.signals) > 5)
    @rule()
    def revoke(self) -> None:
        if not self.account.is_revoked:
            self._runner.run(self.account.revoke())

    @rule(symbol=st.sampled_from(SYMBOLS), price=st.sampled_from(["144", "149", "150", "151", "153", "166"]))
    def the_market_moves(self, symbol: str, price: str) -> None:
        self._runner.run(self.account.quote(symbol, price))

    @rule(seconds=st.sampled_from([0.2, 3, 8, 61]))
    def time_passes(self, seconds: float) -> None:
        self._market.clock.advance(timedelta(seconds=seconds))

    @rule()
    def another_trader_takes_over(self) -> None:
        self.former = self.boot
        self.boot = self._runner.run(self.account.start_trader())

    @rule(which=_WHICH, job=st.sampled_from(["execute", *_JOBS]))
    def the_former_trader_goes_on(self, which: int, job: str) -> None:
        former, signal_id = self.former, self._signal(which)
        if former is None:
            return
        doing = (lambda: former.execute(signal_id)) if job == "execute" else getattr(former, job).run_once
        self._do(former, [doing], 0, None)

    @rule()
    def come_to_rest(self) -> None:
        self._runner.run(self._rest())

    @invariant()
    def nothing_has_happened_that_must_not(self) -> None:
        if hasattr(self, "boot"):
            self._runner.run(check_now(self.account))

    async def _rest(self) -> None:
        await settle(self.account, self.boot)
        await check_settled(self.account, self.boot)

    def _do(self, boot: Boot, works: Sequence[Work], at: int | str, failure: Failure | None) -> None:
        """A trader that has crashed is started again; others hear of errors and go on."""
        boot.points.arm(at if failure else 0, failure)

        async def done() -> list[object]:
            return await asyncio.gather(*(_as_task(work) for work in works), return_exceptions=True)

        for outcome in self._runner.run(done()):
            if isinstance(outcome, InvalidValue):
                assert self.account.venue.is_killed or self.account.switch.reasons(), outcome
            elif isinstance(outcome, BaseException):
                assert isinstance(outcome, _HAPPENED), repr(outcome)
                if failure is None and boot is self.boot:
                    raise outcome
        if boot.points.is_dead and boot is self.boot:
            self.another_trader_takes_over()
            self.former = None

    async def _happens(self, what: str, signal_id: str) -> None:
        account = self.account
        if what == "another trader":
            self.former = self.boot
            self.boot = await account.start_trader()
        elif what == "again":
            await asyncio.gather(self.boot.execute(signal_id), return_exceptions=True)
        elif what == "kill":
            await account.venue.paper.kill(account.name, reason="by hand")
            account.venue.is_killed = True
        elif what == "revoke":
            if not account.is_revoked:
                await account.revoke()
        elif what == "observe":
            change = ModeChange(TradingMode.OBSERVE, self._said())
            async with self._market.stores.begin() as transaction:
                await transaction.controls.set_mode(account.name, change)
        elif what == "market":
            await account.quote(SYMBOLS[0], "153")
        else:
            self._market.clock.advance(timedelta(seconds=6))

    def _signal(self, which: int) -> str:
        return self.account.signals[which % len(self.account.signals)]

    async def _open_orders(self) -> list[Order]:
        return [order for order in await self.account.orders() if order.status in OPEN]

    def _said(self) -> Said:
        return Said("test", "olivia", self._market.clock.now())


async def _as_task(work: Work) -> object:
    """Cancellation ends it and not whoever waits for it."""
    return await asyncio.ensure_future(_called(work))


async def _called(work: Work) -> object:
    return await work()


@pytest.fixture
def floor(database_url: str) -> Iterator[tuple[asyncio.Runner, Market]]:
    with asyncio.Runner() as runner:
        database = PostgresDatabase(database_url)
        opening = open_market(database)
        try:
            yield runner, runner.run(opening.__aenter__())
        finally:
            runner.run(opening.__aexit__(None, None, None))
            runner.run(database.close())


@pytest.mark.parametrize("examples", [25, pytest.param(1500, marks=pytest.mark.soak)])
def test_both_sides_agree_whatever_happens(floor: tuple[asyncio.Runner, Market], examples: int) -> None:
    run_state_machine_as_test(
        lambda: AccountMachine(*floor),  # type: ignore[arg-type]  # whatever makes one
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
