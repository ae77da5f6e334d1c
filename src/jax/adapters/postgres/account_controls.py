"""What was said of an account, in schema `trading`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.schema import trading_tables as trading
from jax.adapters.postgres.session import Session
from jax.domain.controls import AccountControls, Arming, ModeChange, Said, SessionOpening

_WHOLE_ACCOUNT = ""


class PostgresAccountControls:
    """One row a mode, a kill switch and an arming."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, account: str) -> AccountControls:
        modes = {row.strategy: row for row in await self._rows(trading.mode, account)}
        rows = list(await self._session.execute(_account_with_kill(account)))
        kills = [row for row in rows if row.engaged_at is not None and row.released_at is None]
        whole = modes.pop(_WHOLE_ACCOUNT, None)
        return AccountControls(
            mode=None if whole is None else _mode(whole),
            strategy_modes={strategy: _mode(row) for strategy, row in modes.items()},
            kill=None if not kills else Said(kills[0].reason, kills[0].actor, kills[0].engaged_at),
            armings={
                row.artifact_hash: _arming(row)
                for row in await self._rows(trading.arming, account)
                if row.disarmed_at is None
            },
            loss_latched_on=rows[0].loss_latched_on if rows else None,
            opening=_opening(rows[0]) if rows else None,
        )

    async def set_mode(self, account: str, change: ModeChange, *, strategy: str | None = None) -> None:
        said = change.said
        values = {"mode": change.mode, "reason": said.reason, "actor": said.actor, "changed_at": said.at}
        key = {"account": account, "strategy": strategy or _WHOLE_ACCOUNT}
        adding = insert(trading.mode).values(**key, **values)
        await self._session.execute(adding.on_conflict_do_update(index_elements=list(key), set_=values))

    async def engage_kill(self, account: str, said: Said) -> None:
        table = trading.kill
        values = {"reason": said.reason, "actor": said.actor, "engaged_at": said.at, "released_at": None}
        adding = insert(table).values(account=account, **values)
        again = adding.on_conflict_do_update(
            index_elements=["account"], set_=values, where=table.c.released_at.is_not(None)
        )
        await self._session.execute(again)

    async def release_kill(self, account: str, *, at: datetime) -> None:
        table = trading.kill
        still = (table.c.account == account, table.c.released_at.is_(None))
        await self._session.execute(update(table).where(*still).values(released_at=at))

    async def arm(self, account: str, arming: Arming) -> None:
        said = arming.said
        values = {
            "reason": said.reason,
            "actor": said.actor,
            "armed_at": said.at,
            "expires_at": arming.expires_at,
            "disarmed_at": None,
        }
        key = {"account": account, "artifact_hash": arming.artifact_hash}
        adding = insert(trading.arming).values(**key, **values)
        await self._session.execute(adding.on_conflict_do_update(index_elements=list(key), set_=values))

    async def disarm(self, account: str, *, artifact_hash: str, at: datetime) -> None:
        table = trading.arming
        which = (table.c.account == account, table.c.artifact_hash == artifact_hash)
        await self._session.execute(update(table).where(*which).values(disarmed_at=at))

    async def open_session(self, account: str, opening: SessionOpening) -> None:
        table = trading.account
        earlier = or_(table.c.opened_on.is_(None), table.c.opened_on < opening.session_date)
        values = {"opened_on": opening.session_date, "opening_equity": opening.equity}
        await self._session.execute(update(table).where(table.c.account == account, earlier).values(**values))

    async def latch_loss(self, account: str, session_date: date) -> None:
        table = trading.account
        earlier = or_(table.c.loss_latched_on.is_(None), table.c.loss_latched_on < session_date)
        await self._session.execute(
            update(table).where(table.c.account == account, earlier).values(loss_latched_on=session_date)
        )

    async def _rows(self, table: Any, account: str) -> list[Row[Any]]:
        result = await self._session.execute(select(table).where(table.c.account == account))
        return list(result)


def _account_with_kill(account: str) -> Select[Any]:
    row, kill = trading.account, trading.kill
    columns = (row.c.loss_latched_on, row.c.opened_on, row.c.opening_equity)
    told = (kill.c.reason, kill.c.actor, kill.c.engaged_at, kill.c.released_at)
    joined = row.outerjoin(kill, kill.c.account == row.c.account)
    return select(*columns, *told).select_from(joined).where(row.c.account == account)


def _opening(row: Row[Any]) -> SessionOpening | None:
    return None if row.opened_on is None else SessionOpening(row.opened_on, row.opening_equity)


def _mode(row: Row[Any]) -> ModeChange:
    return ModeChange(row.mode, Said(row.reason, row.actor, row.changed_at))


def _arming(row: Row[Any]) -> Arming:
    return Arming(row.artifact_hash, row.expires_at, Said(row.reason, row.actor, row.armed_at))
