"""What was said of an account, in memory."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

from jax.adapters.memory.session import Session
from jax.domain.controls import AccountControls, Arming, ModeChange, Said, SessionOpening

V = TypeVar("V")


class MemoryAccountControls:
    """Within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, account: str) -> AccountControls:
        return self._session.read().controls.get(account, AccountControls())

    async def set_mode(self, account: str, change: ModeChange, *, strategy: str | None = None) -> None:
        before = await self.get(account)
        if strategy is None:
            await self._put(account, replace(before, mode=change))
        else:
            modes = {**before.strategy_modes, strategy: change}
            await self._put(account, replace(before, strategy_modes=modes))

    async def engage_kill(self, account: str, said: Said) -> None:
        before = await self.get(account)
        await self._put(account, replace(before, kill=before.kill or said))

    async def release_kill(self, account: str, *, at: datetime) -> None:
        await self._put(account, replace(await self.get(account), kill=None))

    async def arm(self, account: str, arming: Arming) -> None:
        before = await self.get(account)
        armings = {**before.armings, arming.artifact_hash: arming}
        await self._put(account, replace(before, armings=armings))

    async def disarm(self, account: str, *, artifact_hash: str, at: datetime) -> None:
        before = await self.get(account)
        await self._put(account, replace(before, armings=_without(before.armings, artifact_hash)))

    async def open_session(self, account: str, opening: SessionOpening) -> None:
        before = await self.get(account)
        if before.opening is None or before.opening.session_date < opening.session_date:
            await self._put(account, replace(before, opening=opening))

    async def latch_loss(self, account: str, session_date: date) -> None:
        before = await self.get(account)
        if before.loss_latched_on is None or before.loss_latched_on < session_date:
            await self._put(account, replace(before, loss_latched_on=session_date))

    async def _put(self, account: str, controls: AccountControls) -> None:
        state = await self._session.write()
        if account not in state.epochs:
            raise self._session.conflict(f"Account {account} is not stored.")
        state.controls[account] = controls


def _without(entries: Mapping[str, V], key: str) -> dict[str, V]:
    return {name: value for name, value in entries.items() if name != key}
