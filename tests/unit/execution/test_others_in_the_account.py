"""Another process trades in the account while this one asks for its means."""

import pytest

from jax.domain.account import AccountSnapshot
from jax.modules.execution.execute_signal import Executed
from jax.ports.errors import Unavailable
from tests.desk import approved_signal
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor


class _OthersTrade(PassingBroker):
    """While this trader asks for its means, another one executes a signal in the same account."""

    def __init__(self, floor: Floor, *, times: int) -> None:
        super().__init__(floor.desk.broker)
        self._floor = floor
        self._left = times
        self.asked = 0

    async def account(self, account: str) -> AccountSnapshot:
        self.asked += 1
        if self._left:
            self._left -= 1
            name = f"other{self._left}"
            await approved_signal(self._floor.desk, self._floor.artifact, signal_id=name)
            assert isinstance(await self._floor.engine().execute(name, approved_by="olivia"), Executed)
        return await super().account(account)


async def test_means_that_others_have_used_meanwhile_are_asked_for_again() -> None:
    async with open_floor() as floor:
        broker = _OthersTrade(floor, times=1)
        outcome = await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        assert broker.asked == 2


async def test_who_never_finds_the_record_at_rest_sends_nothing_and_may_try_again() -> None:
    async with open_floor() as floor:
        broker = _OthersTrade(floor, times=3)
        with pytest.raises(Unavailable, match="try again"):
            await floor.engine(broker=broker).execute("sg1", approved_by="olivia")
        assert await floor.order() is None
        assert isinstance(await floor.engine(broker=broker).execute("sg1", approved_by="olivia"), Executed)
