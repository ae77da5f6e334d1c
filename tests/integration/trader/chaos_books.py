"""Two sets of books that must say the same: ours in Postgres, and those of the venue behind the bridge."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.domain.audit import AuditEntry, first_broken_entry
from jax.domain.derived_id import client_order_id
from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import OPEN, UNRESOLVED, OrderStatus
from jax.domain.position import positions_of
from jax.ports.broker import NEVER_PLACED
from jax.ports.unit_of_work import Transaction
from tests.integration.trader.bridged_trader import ACCOUNT, venue_rows
from tests.integration.trader.trading_home import stores

_ACCOUNT = ACCOUNT["account"]
_AT_ONCE = 1000
# What the venue may say of an order that is over for us as well.
_OVER = ("FILLED", "CANCELED", "EXPIRED", "REJECTED")


@dataclass(frozen=True)
class Ours:
    """Everything that Postgres holds of the account."""

    orders: Sequence[Order]
    fills: Sequence[Fill]
    audit: list[AuditEntry]

    @property
    def positions(self) -> dict[str, Decimal]:
        held = positions_of(self.fills)
        return {symbol: held[symbol].signed_quantity for symbol in held if held[symbol].signed_quantity != 0}

    @property
    def unresolved(self) -> list[str]:
        return [order.client_order_id for order in self.orders if order.status in UNRESOLVED]


@dataclass(frozen=True)
class Theirs:
    """Everything that the venue holds: statuses and entries by client order id, fills by execution id."""

    statuses: dict[str, str]
    entries: frozenset[str]
    fills: dict[str, tuple[str, str, Decimal, Decimal, Decimal]]

    @property
    def positions(self) -> dict[str, Decimal]:
        held: Counter[str] = Counter()
        for cid, side, quantity, _, _ in self.fills.values():
            assert cid in self.statuses
            held["AAPL"] += int(quantity) if side == "BUY" else -int(quantity)
        return {symbol: Decimal(quantity) for symbol, quantity in held.items() if quantity != 0}


def ours_of(database_url: str) -> Ours:
    """As it is committed now."""

    async def run() -> Ours:
        async with stores(database_url) as unit_of_work, unit_of_work.begin() as transaction:
            return Ours(
                await transaction.orders.in_status(_ACCOUNT, frozenset(OrderStatus)),
                await transaction.orders.fills(_ACCOUNT),
                await _whole_audit(transaction),
            )

    return asyncio.run(run())


async def _whole_audit(transaction: Transaction) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    while more := await transaction.audit.entries_after(len(entries), limit=_AT_ONCE):
        entries += more
    return entries


def theirs_of(home: Path) -> Theirs:
    """As it stands in the venue's file now."""
    # An exit that waits for its entry is in the venue's file and no order yet.
    orders = venue_rows(
        home, "SELECT client_order_id, status, reduce_only FROM orders WHERE status <> 'INTENT'"
    )
    fills = venue_rows(
        home, "SELECT execution_id, client_order_id, side, quantity, price, commission FROM fills"
    )
    return Theirs(
        statuses={cid: status for cid, status, _ in orders},
        entries=frozenset(cid for cid, _, reduce_only in orders if not reduce_only),
        fills={row[0]: (row[1], row[2], *map(Decimal, row[3:])) for row in fills},
    )


def disagreements(ours: Ours, theirs: Theirs) -> list[str]:
    """Sentences, none when both say the same and every invariant holds that shows in them."""
    return [
        *_of_orders(ours, theirs),
        *_of_fills(ours, theirs),
        *(f"{cid} is still not resolved" for cid in ours.unresolved),
        *_of_positions(ours, theirs),
        *_of_the_audit(ours),
    ]


def _of_orders(ours: Ours, theirs: Theirs) -> list[str]:
    rows = {order.client_order_id: order for order in ours.orders}
    found = [f"the venue has {cid}, and we have no row of it" for cid in theirs.statuses.keys() - rows.keys()]
    # The venue's books take an id once: a second order for a signal would have another one.
    at_venue = Counter(rows[cid].signal_id for cid in theirs.entries if cid in rows)
    recorded = Counter(order.signal_id for order in ours.orders if not order.reduces_only)
    for counted, where in ((at_venue, "at the venue"), (recorded, "in our tables")):
        found += [
            f"signal {name} has {times} entries {where}" for name, times in counted.items() if times > 1
        ]
    for cid, order in rows.items():
        if cid != _derived(order):
            found.append(f"{cid} is not the id of its signal, leg and revision")
        found += _of_one_order(order, theirs.statuses.get(cid))
    return found


def _of_one_order(order: Order, told: str | None) -> list[str]:
    cid, status = order.client_order_id, order.status
    if told is None:
        # A refusal that was asked for, since its answer was lost, comes as a rejection.
        refused = status is OrderStatus.REJECTED and order.reason_code in NEVER_PLACED
        is_right = refused or status in {OrderStatus.ABSENT, OrderStatus.DENIED}
        return [] if is_right else [f"{cid} is {status} ({order.reason_code}) and not there"]
    if (status in OPEN) != (told not in _OVER) or (told in _OVER and status != told):
        return [f"{cid} is {status} here and {told} there"]
    return []


def _of_fills(ours: Ours, theirs: Theirs) -> list[str]:
    here = {
        fill.execution_id: (fill.client_order_id, fill.side.value, fill.quantity, fill.price, fill.commission)
        for fill in ours.fills
    }
    found = [f"fill {name} is missing here" for name in theirs.fills.keys() - here.keys()]
    found += [f"fill {name} is not the venue's" for name in here.keys() - theirs.fills.keys()]
    shared = here.keys() & theirs.fills.keys()
    found += [
        f"fill {name} is {here[name]} here and {theirs.fills[name]} there"
        for name in shared
        if here[name] != theirs.fills[name]
    ]
    if len(ours.fills) != len(here):
        found.append(f"{len(ours.fills)} fills are booked, of {len(here)} executions")
    booked: Counter[str] = Counter()
    for fill in ours.fills:
        booked[fill.client_order_id] += int(fill.quantity)
    found += [
        f"{order.client_order_id}: {order.filled_quantity} filled, its fills {booked[order.client_order_id]}"
        for order in ours.orders
        if order.filled_quantity != booked[order.client_order_id]
    ]
    return found


def _of_positions(ours: Ours, theirs: Theirs) -> list[str]:
    if ours.positions == theirs.positions:
        return []
    return [f"we hold {ours.positions}, and the venue says {theirs.positions}"]


def _of_the_audit(ours: Ours) -> list[str]:
    broken = first_broken_entry(ours.audit)
    return [] if broken is None else [f"the audit chain is broken at entry {broken}"]


def _derived(order: Order) -> str:
    parts: dict[str, Any] = {"leg": order.leg.number, "revision": order.revision}
    return client_order_id(account=order.account, strategy=order.strategy, signal_id=order.signal_id, **parts)
