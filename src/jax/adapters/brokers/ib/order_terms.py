"""An order as it goes over the wire: everything that a preset of the gateway could fill in is said."""

from decimal import Decimal
from typing import Any

from ib_async import Order as WireOrder

from jax.domain.decimal_text import plain
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce

_ORDER_TYPES = {OrderType.MARKET: "MKT", OrderType.LIMIT: "LMT", OrderType.STOP: "STP"}
_TIMES_IN_FORCE = {TimeInForce.DAY: "DAY", TimeInForce.GTC: "GTC"}
# What one of the group fills, the others are reduced by, and only one of them is at an exchange at a time.
_REDUCE_WITH_BLOCK = 2
# A way out at the market is not in the group: it must not be refused because the group has traded.
_OF_A_GROUP = frozenset({OrderLeg.STOP, OrderLeg.TARGET})


def wire_order(order: Order, quantity: Decimal) -> WireOrder:
    """`order` for `quantity`, which is what of it may be sent. Numbers travel as text: no float is made."""
    numbers: Any = {
        "totalQuantity": plain(quantity),
        "lmtPrice": _price(order.limit_price),
        "auxPrice": _price(order.stop_price),
    }
    return WireOrder(
        action=str(order.side),
        orderType=_ORDER_TYPES[order.order_type],
        tif=_TIMES_IN_FORCE[order.time_in_force],
        outsideRth=False,
        account=order.account,
        orderRef=order.client_order_id,
        ocaGroup=order.signal_id if order.leg in _OF_A_GROUP else "",
        ocaType=_REDUCE_WITH_BLOCK if order.leg in _OF_A_GROUP else 0,
        transmit=True,
        **numbers,
    )


def _price(price: Decimal | None) -> str:
    return "" if price is None else plain(price)
