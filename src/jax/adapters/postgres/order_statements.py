"""The statements of orders, fills and trades."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from jax.adapters.postgres.schema import trading_tables as trading
from jax.adapters.postgres.statement import Statement
from jax.domain.fill import Fill
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN
from jax.domain.side import Side
from jax.domain.trade import Trade

TOLD_BY_BROKER: Final = (
    "status",
    "filled_quantity",
    "average_price",
    "venue_order_id",
    "reason_code",
    "not_found_count",
    "updated_at",
    "cancel_requested_at",
)
_ORDERS, _TRADE, _FILL, _ACCOUNT = trading.orders, trading.trade, trading.fill, trading.account
_OF_ACCOUNT: Final = _ORDERS.c.account == bindparam("of_account")
_MOST: Final = bindparam("most", type_=trading.orders.c.revision.type)


_NAMES_OF_TRADE: Final = [c.name for c in _TRADE.columns]
_NAMES_OF_ORDER: Final = [c.name for c in _ORDERS.columns]


def _is_any(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return column == func.any(bindparam(name, type_=ARRAY(Text)))


def _labeled(table: Table) -> list[Any]:
    return [c.label(f"{table.name}.{c.name}") for c in table.columns]


def _oldest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(_ORDERS.c.created_at, _ORDERS.c.client_order_id.collate("C"))


TRADES_WITH_ORDERS: Final = select(*_labeled(_TRADE), *_labeled(_ORDERS)).join(
    _ORDERS, _TRADE.c.client_order_id == _ORDERS.c.client_order_id
)
_STATUSES: Final = _is_any(_ORDERS.c.status, "statuses")


def trade_with_order(row: Mapping[str, Any]) -> tuple[Trade, Order]:
    """What a row of trades with their orders holds."""
    trade = {name: row[f"trade.{name}"] for name in _NAMES_OF_TRADE}
    order = {name: row[f"orders.{name}"] for name in _NAMES_OF_ORDER}
    return Trade(**trade), Order(**order)


_PLACES_OF_FILL: Final = [(field.name, getattr(Fill, field.name).__set__) for field in fields(Fill)]


def stored_fill(row: Mapping[str, Any]) -> Fill:
    """The fill of a row, which was checked when it was stored, here and by the table.

    A trader reads a hundred thousand of them while it starts; checking them again takes longest of all.
    """
    fill = object.__new__(Fill)
    for name, place in _PLACES_OF_FILL:
        place(fill, row[name])
    return fill


# Not FOR UPDATE: that would also stop the rows that merely name the account in a foreign key.
LOCKED_COLUMNS: Final = (
    _ACCOUNT.c.account,
    _ACCOUNT.c.epoch,
    _ACCOUNT.c.changed_in,
    cast(func.pg_current_xact_id(), Text).label("this_transaction"),
    func.pg_postmaster_start_time().label("server_started"),
)
LOCK_ACCOUNT: Final = Statement(
    select(*LOCKED_COLUMNS)
    .where(_ACCOUNT.c.account == bindparam("of_account"))
    .with_for_update(key_share=True)
)
MAKE_ACCOUNT: Final = Statement(
    insert_or(_ACCOUNT).values(account=bindparam("of_account"), epoch=0).on_conflict_do_nothing()
)
_ABOVE: Final = bindparam("above", type_=_ACCOUNT.c.epoch.type)
RAISE_EPOCH: Final = Statement(
    insert_or(_ACCOUNT)
    .values(account=bindparam("of_account"), epoch=_ABOVE + 1)
    .on_conflict_do_update(
        index_elements=["account"], set_={"epoch": func.greatest(_ACCOUNT.c.epoch, _ABOVE) + 1}
    )
    .returning(_ACCOUNT.c.epoch)
)
ADD_ORDER: Final = Statement(insert(_ORDERS))
ADD_TRADE: Final = Statement(insert(_TRADE))
ORDER: Final = Statement(
    select(_ORDERS).where(_ORDERS.c.client_order_id == bindparam("with_id")).with_for_update(key_share=True)
)
WRITE_ORDER: Final = Statement(
    update(_ORDERS)
    .where(_ORDERS.c.client_order_id == bindparam("with_id"))
    .values({name: bindparam(f"new_{name}") for name in TOLD_BY_BROKER})
)
ADOPT_ORDER: Final = Statement(
    update(_ORDERS).where(_ORDERS.c.client_order_id == bindparam("with_id")).values(status="ADOPTED")
)
# A later telling of the same execution is there already, or this one.
_LATER: Final = (
    select(_FILL.c.revision)
    .where(
        _FILL.c.account == bindparam("account"),
        _FILL.c.execution_id == bindparam("execution_id"),
        _FILL.c.revision >= bindparam("revision"),
    )
    .exists()
)
_FILL_COLUMNS: Final = [c for c in _FILL.columns if c.name != "seq"]
ADD_FILL: Final = Statement(
    insert_or(_FILL)
    .from_select(
        [c.name for c in _FILL_COLUMNS],
        select(*(bindparam(c.name, type_=c.type) for c in _FILL_COLUMNS)).where(~_LATER),
    )
    .on_conflict_do_nothing(index_elements=["account", "execution_id", "revision"])
)
_COUNTING: Final = select(*(c for c in _FILL_COLUMNS if c.name != "account")).order_by(_FILL.c.seq)
FILLS: Final = Statement(_COUNTING.where(_FILL.c.account == bindparam("of_account")))
FILLS_OF_ORDER: Final = Statement(_COUNTING.where(_FILL.c.client_order_id == bindparam("with_id")))
_CORRECTION: Final = _FILL.alias("correction")
_IS_CORRECTED: Final = (
    select(_CORRECTION.c.revision)
    .where(
        _CORRECTION.c.account == _FILL.c.account,
        _CORRECTION.c.execution_id == _FILL.c.execution_id,
        _CORRECTION.c.revision > _FILL.c.revision,
    )
    .exists()
)
SIGNED_QUANTITIES: Final = Statement(
    select(
        _FILL.c.symbol,
        func.sum(
            case((_FILL.c.side == Side.BUY, _FILL.c.quantity), else_=-_FILL.c.quantity),
            type_=_FILL.c.quantity.type,
        ).label("signed_quantity"),
    )
    .where(_FILL.c.account == bindparam("of_account"), ~_IS_CORRECTED)
    .group_by(_FILL.c.symbol),
    only_looks=True,
)
KNOWN: Final = Statement(
    select(_ORDERS.c.client_order_id).where(_OF_ACCOUNT, _is_any(_ORDERS.c.client_order_id, "names")),
    only_looks=True,
)
OF_SIGNAL: Final = Statement(
    _oldest_first(select(_ORDERS).where(_OF_ACCOUNT, _ORDERS.c.signal_id == bindparam("of_signal")))
)
IN_STATUS: Final = Statement(_oldest_first(select(_ORDERS).where(_OF_ACCOUNT, _STATUSES)))
NEWEST: Final = Statement(
    select(_ORDERS)
    .where(_OF_ACCOUNT, _STATUSES)
    .order_by(_ORDERS.c.created_at.desc(), _ORDERS.c.client_order_id.collate("C"))
    .limit(_MOST)
)
RECORDED_SINCE: Final = Statement(
    _oldest_first(select(_ORDERS).where(_OF_ACCOUNT, _ORDERS.c.created_at > bindparam("after")))
)
TRADE_OF_SIGNAL: Final = Statement(
    TRADES_WITH_ORDERS.where(_TRADE.c.signal_id == bindparam("of_signal")), only_looks=True
)
TRADES_OF_SIGNALS: Final = Statement(select(_TRADE).where(_is_any(_TRADE.c.signal_id, "of_signals")))
TRADES: Final = Statement(
    TRADES_WITH_ORDERS.where(_OF_ACCOUNT)
    .order_by(_TRADE.c.submitted_at.desc(), _TRADE.c.trade_id.collate("C"))
    .limit(_MOST)
)
TRADES_SINCE: Final = Statement(
    TRADES_WITH_ORDERS.where(_OF_ACCOUNT, _TRADE.c.submitted_at >= bindparam("moment")).order_by(
        _TRADE.c.submitted_at, _TRADE.c.trade_id.collate("C")
    )
)
_HELD: Final = (
    select(_ORDERS.c.signal_id)
    .where(_OF_ACCOUNT)
    .group_by(_ORDERS.c.signal_id)
    .having(
        or_(
            func.sum(
                case(
                    (_ORDERS.c.leg == OrderLeg.ENTRY, _ORDERS.c.filled_quantity),
                    else_=-_ORDERS.c.filled_quantity,
                )
            )
            > Decimal(0),
            func.bool_or(
                and_(
                    _ORDERS.c.leg != OrderLeg.ENTRY,
                    _ORDERS.c.status == func.any(literal(sorted(OPEN), ARRAY(Text))),
                )
            ),
        )
    )
)
EXITS_OF_HELD: Final = Statement(
    _oldest_first(
        select(_ORDERS).where(_OF_ACCOUNT, _ORDERS.c.signal_id.in_(_HELD), _ORDERS.c.leg != OrderLeg.ENTRY)
    )
)
ENTRIES_OF_HELD: Final = Statement(
    TRADES_WITH_ORDERS.where(_OF_ACCOUNT, _TRADE.c.signal_id.in_(_HELD)).order_by(
        _TRADE.c.submitted_at, _TRADE.c.trade_id.collate("C")
    )
)
