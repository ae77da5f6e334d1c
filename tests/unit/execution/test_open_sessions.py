"""The opening equity is that of the session's opening, also when nobody trades before noon."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.account import AccountSnapshot
from jax.domain.controls import SessionOpening
from jax.domain.instrument import Instrument
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.session import ExchangeSession
from jax.modules.execution.open_sessions import OpenSessions
from jax.ports.errors import Conflict, Unavailable
from tests.desk import ACCOUNT, LIMITS, NOW, approved_signal, quote
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor
from tests.unit.execution.test_protect_positions import account_of

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
OPENS = NOW + timedelta(hours=23)


class Worth(PassingBroker):
    """Says that the account is worth `worth`; None: nothing."""

    def __init__(self, floor: Floor, worth: str | None) -> None:
        super().__init__(floor.desk.broker)
        self.worth = worth
        self.asked = 0

    async def account(self, account: str) -> AccountSnapshot:
        self.asked += 1
        if self.worth is None:
            raise Unavailable("away")
        snapshot = await super().account(account)
        object.__setattr__(snapshot, "net_liquidation", Decimal(self.worth))
        return snapshot


async def opening_of(floor: Floor) -> SessionOpening | None:
    async with floor.desk.unit_of_work.begin() as transaction:
        return (await transaction.controls.get(ACCOUNT)).opening


async def put_session(floor: Floor, mic: str = "XNAS", *, days: int = 1) -> None:
    opens_at = OPENS + timedelta(days=days - 1)
    session = ExchangeSession(
        mic, TODAY + timedelta(days=days), opens_at, opens_at + timedelta(hours=6), is_half_day=False
    )
    async with floor.desk.unit_of_work.begin() as transaction:
        await transaction.reference.put_sessions([session], [])


def opening(floor: Floor, broker: PassingBroker, symbols: Collection[str] = ("AAPL",)) -> OpenSessions:
    return OpenSessions(account_of(floor, broker), lambda: symbols)


async def test_the_first_look_after_the_opening_is_kept() -> None:
    async with open_floor() as floor:
        await put_session(floor)
        broker = Worth(floor, "90000")
        sessions = opening(floor, broker)
        await sessions.run_once()
        assert await opening_of(floor) == SessionOpening(TODAY, Decimal(90_000))
        floor.desk.clock.jump_to(OPENS - timedelta(microseconds=1))
        broker.worth = "80000"
        await sessions.run_once()
        assert await opening_of(floor) == SessionOpening(TODAY, Decimal(90_000))
        assert broker.asked == 1
        floor.desk.clock.jump_to(OPENS)
        await sessions.run_once()
        broker.worth = "70000"
        await sessions.run_once()
        await opening(floor, broker).run_once()
        assert await opening_of(floor) == SessionOpening(TOMORROW, Decimal(80_000))
        assert broker.asked == 2


async def test_a_loss_before_the_first_decision_counts() -> None:
    async with open_floor() as floor:
        limits = replace(LIMITS, max_daily_loss=Decimal(1000))
        await floor.engine().execute("sg1", approved_by="olivia")
        await put_session(floor)
        floor.desk.clock.jump_to(OPENS)
        await opening(floor, PassingBroker(floor.desk.broker)).run_once()
        # 133 shares that were bought at 150, and no decision until now.
        await quote(floor.desk, "142")
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2")
        denied = await floor.engine(limits=limits).execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.DAILY_LOSS_REACHED
        assert denied.numbers["equity_change"] == -1064


@pytest.mark.parametrize("worth", ["0", "-5", "NaN", "Infinity"])
async def test_an_account_that_is_worth_nothing_has_no_opening_yet(worth: str) -> None:
    async with open_floor() as floor:
        broker = Worth(floor, worth)
        sessions = opening(floor, broker)
        await sessions.run_once()
        assert await opening_of(floor) is None
        broker.worth = "5"
        await sessions.run_once()
        assert await opening_of(floor) == SessionOpening(TODAY, Decimal(5))


async def test_a_broker_that_is_away_at_the_opening_is_asked_again() -> None:
    async with open_floor() as floor:
        broker = Worth(floor, None)
        sessions = opening(floor, broker)
        with pytest.raises(Unavailable):
            await sessions.run_once()
        broker.worth = "5"
        await sessions.run_once()
        assert await opening_of(floor) == SessionOpening(TODAY, Decimal(5))


async def test_of_several_exchanges_the_newest_session_counts_and_unknown_ones_do_not() -> None:
    async with open_floor() as floor:
        abroad = Instrument("TYO", "XTKS", "JPY", Decimal(1), Decimal(100))
        nowhere = Instrument("GONE", "XXXX", "USD", Decimal(1), Decimal(1))
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.reference.put_instruments([abroad, nowhere])
        await put_session(floor, "XTKS")
        # The other one has tomorrow off.
        await put_session(floor, days=2)
        floor.desk.clock.jump_to(OPENS)
        broker = Worth(floor, "5")
        await opening(floor, broker, ["GONE", "NONE"]).run_once()
        assert await opening_of(floor) is None
        await opening(floor, broker, ["AAPL", "GONE", "TYO", "NONE"]).run_once()
        assert await opening_of(floor) == SessionOpening(TOMORROW, Decimal(5))


async def test_a_trader_that_was_replaced_opens_nothing() -> None:
    async with open_floor() as floor:
        sessions = opening(floor, Worth(floor, "5"))
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch(ACCOUNT)
        with pytest.raises(Conflict, match="taken over"):
            await sessions.run_once()
        assert await opening_of(floor) is None
