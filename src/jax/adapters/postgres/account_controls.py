"""What was said of an account, in schema `trading`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.schema import trading_tables as trading
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.controls import AccountControls, Arming, ModeChange, Said, SessionOpening

_WHOLE_ACCOUNT = ""


_ITSELF, _MODE, _KILL, _ARMING = trading.account, trading.mode, trading.kill, trading.arming
# In one look, so that what was told at once is seen at once: every mode beside every arming.
_TOLD = Statement(
    select(
        *(_ITSELF.c[name] for name in ("loss_latched_on", "opened_on", "opening_equity")),
        *(
            table.c[name].label(f"{table.name}_{name}")
            for table, names in (
                (_MODE, ("strategy", "mode", "reason", "actor", "changed_at")),
                (_KILL, ("reason", "actor", "engaged_at")),
                (_ARMING, ("artifact_hash", "reason", "actor", "armed_at", "expires_at")),
            )
            for name in names
        ),
    )
    .select_from(_ITSELF)
    .outerjoin(_MODE, _MODE.c.account == _ITSELF.c.account)
    .outerjoin(_KILL, and_(_KILL.c.account == _ITSELF.c.account, _KILL.c.released_at.is_(None)))
    .outerjoin(_ARMING, and_(_ARMING.c.account == _ITSELF.c.account, _ARMING.c.disarmed_at.is_(None)))
    .where(_ITSELF.c.account == bindparam("of_account")),
    only_looks=True,
)


class PostgresAccountControls:
    """One row a mode, a kill switch and an arming."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, account: str) -> AccountControls:
        rows = (await self._session.execute(_TOLD, of_account=account)).all()
        if not rows:
            return AccountControls()
        modes = {row.mode_strategy: _mode(row) for row in rows if row.mode_strategy is not None}
        return AccountControls(
            mode=modes.pop(_WHOLE_ACCOUNT, None),
            strategy_modes=modes,
            kill=_kill(rows[0]),
            armings={row.arming_artifact_hash: _arming(row) for row in rows if row.arming_artifact_hash},
            loss_latched_on=rows[0].loss_latched_on,
            opening=_opening(rows[0]),
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


def _opening(row: Row[Any]) -> SessionOpening | None:
    return None if row.opened_on is None else SessionOpening(row.opened_on, row.opening_equity)


def _kill(row: Row[Any]) -> Said | None:
    if row.kill_engaged_at is None:
        return None
    return Said(row.kill_reason, row.kill_actor, row.kill_engaged_at)


def _mode(row: Row[Any]) -> ModeChange:
    return ModeChange(row.mode_mode, Said(row.mode_reason, row.mode_actor, row.mode_changed_at))


def _arming(row: Row[Any]) -> Arming:
    said = Said(row.arming_reason, row.arming_actor, row.arming_armed_at)
    return Arming(row.arming_artifact_hash, row.arming_expires_at, said)
