"""What was said of an account, in schema `trading`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from jax.adapters.postgres.schema import trading_tables as trading
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.controls import AccountControls, Arming, ModeChange, Said, SessionOpening

_WHOLE_ACCOUNT = ""


_MODE, _KILL, _ARMING = trading.mode, trading.kill, trading.arming
_OF_ACCOUNT = ("loss_latched_on", "opened_on", "opening_equity")
_OF_OTHERS = (
    (_MODE, ("strategy", "mode", "reason", "actor", "changed_at")),
    (_KILL, ("reason", "actor", "engaged_at")),
    (_ARMING, ("artifact_hash", "reason", "actor", "armed_at", "expires_at")),
)


def told_columns(account: FromClause) -> list[ColumnElement[Any]]:
    """What `controls_of` reads, of the rows of `beside_what_was_told`."""
    return [
        *(account.c[name].label(name) for name in _OF_ACCOUNT),
        *(table.c[name].label(f"{table.name}_{name}") for table, names in _OF_OTHERS for name in names),
    ]


def beside_what_was_told(account: FromClause, *, rows: FromClause | None = None) -> FromClause:
    """Every mode beside every arming, so that what was told at once is seen at once; `rows` has `account`."""
    of = account.c.account
    return (
        (account if rows is None else rows)
        .outerjoin(_MODE, _MODE.c.account == of)
        .outerjoin(_KILL, and_(_KILL.c.account == of, _KILL.c.released_at.is_(None)))
        .outerjoin(_ARMING, and_(_ARMING.c.account == of, _ARMING.c.disarmed_at.is_(None)))
    )


def controls_of(rows: Sequence[Mapping[str, Any]]) -> AccountControls:
    """What people and rules have said of the account; nothing in no rows."""
    if not rows:
        return AccountControls()
    first = rows[0]
    modes = {row["mode_strategy"]: _mode(row) for row in rows if row["mode_strategy"] is not None}
    return AccountControls(
        mode=modes.pop(_WHOLE_ACCOUNT, None),
        strategy_modes=modes,
        kill=_kill(first),
        armings={row["arming_artifact_hash"]: _arming(row) for row in rows if row["arming_artifact_hash"]},
        loss_latched_on=first["loss_latched_on"],
        opening=_opening(first),
    )


_TOLD = Statement(
    select(*told_columns(trading.account))
    .select_from(beside_what_was_told(trading.account))
    .where(trading.account.c.account == bindparam("of_account")),
    only_looks=True,
)


class PostgresAccountControls:
    """One row a mode, a kill switch and an arming."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def get(self, account: str) -> AccountControls:
        return controls_of(await self._session.rows(_TOLD, of_account=account))

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


def _opening(row: Mapping[str, Any]) -> SessionOpening | None:
    return None if row["opened_on"] is None else SessionOpening(row["opened_on"], row["opening_equity"])


def _kill(row: Mapping[str, Any]) -> Said | None:
    if row["kill_engaged_at"] is None:
        return None
    return Said(row["kill_reason"], row["kill_actor"], row["kill_engaged_at"])


def _mode(row: Mapping[str, Any]) -> ModeChange:
    return ModeChange(row["mode_mode"], Said(row["mode_reason"], row["mode_actor"], row["mode_changed_at"]))


def _arming(row: Mapping[str, Any]) -> Arming:
    said = Said(row["arming_reason"], row["arming_actor"], row["arming_armed_at"])
    return Arming(row["arming_artifact_hash"], row["arming_expires_at"], said)
