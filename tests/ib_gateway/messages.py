"""The gateway's messages, as fields, in the layout of server version 178 (TWS API, EDecoder)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

SERVER_VERSION = 178
# An empty field, as often as a message has it at that place.
Fields = list[object]


def framed(fields: Sequence[object]) -> bytes:
    """One message: its length and its fields, each with a zero byte behind it."""
    body = "".join(f"{_text(field)}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


def _text(field: object) -> str:
    if isinstance(field, bool):
        return "1" if field else "0"
    return format(field, "f") if isinstance(field, Decimal) else str(field)


@dataclass(frozen=True)
class WireContract:
    """A share, as the gateway shows it."""

    con_id: int
    symbol: str
    currency: str = "USD"

    @property
    def fields(self) -> Fields:
        """conId to tradingClass, without the primary exchange."""
        return [self.con_id, self.symbol, "STK", "", 0, "", "", "SMART", self.currency, self.symbol, "NMS"]


@dataclass
class WireOrder:
    """An order in the gateway's book; `status` is the gateway's word, `remark` why it has ended."""

    order_id: int
    client_id: int
    perm_id: int
    order_ref: str
    account: str
    contract: WireContract
    action: str
    quantity: Decimal
    order_type: str
    limit_price: str
    stop_price: str
    time_in_force: str
    outside_rth: str
    oca_group: str
    oca_type: str
    status: str = "PreSubmitted"
    filled: Decimal = Decimal(0)
    remark: str = ""

    @property
    def is_closed(self) -> bool:
        return self.status in {"Filled", "Cancelled", "Inactive"}

    @property
    def terms(self) -> Fields:
        prices = [self.limit_price or "0.0", self.stop_price or "0.0"]
        terms = [*self.contract.fields, self.action, self.quantity, self.order_type, *prices]
        return [*terms, self.time_in_force, self.oca_group, self.account, "", 0, self.order_ref]


@dataclass(frozen=True)
class WireExecution:
    """One revision of an execution."""

    exec_id: str
    order: WireOrder
    shares: Decimal
    price: Decimal
    cumulative: Decimal
    commission: Decimal
    at: datetime


def open_order(order: WireOrder) -> Fields:
    return [
        *(5, order.order_id, *order.terms, order.client_id, order.perm_id, order.outside_rth, 0, 0, "", ""),
        *("", "", ""),  # advisors' groups
        *(
            "",
            "",
            "",
            "",
            "",
            0,
            "",
            -1,
            0,
            "",
            "",
            "",
            "",
            "",
            "",
            0,
            0,
            0,
            "",
        ),
        *(order.oca_type, 0, 0, "", 0, 0, "", 0, "", ""),  # to the delta-neutral order type
        *(0, 0, "", "", "", "", "", 0, 0, 0, "", "", ""),  # to the scale
        *("", 0, "", "IB", 0, 0, "", 0, 0),  # hedge to what-if
        *(order.status, *[""] * 14, 0, 0, 0),  # margins, commission, conditions
        *("None", "", "", "", "", "", "", 0, "", "", "", 0, 0, 0, "", 0),  # adjusted orders
        *("", "", 0, "", "", "", "", ""),  # what came after version 158
    ]


def order_status(order: WireOrder) -> Fields:
    remaining = order.quantity - order.filled
    told: Fields = [3, order.order_id, order.status, order.filled, remaining, 0.0, order.perm_id]
    return [*told, 0, 0.0, order.client_id, "", 0.0]


def completed_order(order: WireOrder) -> Fields:
    return [
        *(101, *order.terms, order.perm_id, order.outside_rth, 0, 0, ""),
        *("", "", ""),  # advisors' groups
        *("", "", "", "", "", 0, "", -1, "", "", "", "", "", "", 0, 0, ""),
        *(order.oca_type, 0, "", 0, "", ""),  # to the delta-neutral order type
        *(0, 0, "", "", "", 0, 0, 0, "", "", ""),  # to the scale
        *("", "", "IB", 0, 0, ""),  # hedge to algorithm
        *(0, order.status, 0, 0, 0),  # to the conditions
        *("", "", 0, 0, 0, "", order.filled, 0, 0, "", 0, 0, 0, "20240304 16:00:00", order.remark),
        *("", "", "", "", ""),  # what came with version 170
    ]


def execution(told: WireExecution, request_id: int) -> Fields:
    order = told.order
    side = "BOT" if order.action == "BUY" else "SLD"
    # Whole seconds, and the zone by its name.
    at = f"{told.at:%Y%m%d %H:%M:%S} UTC"
    return [
        *(11, request_id, order.order_id, *order.contract.fields, told.exec_id, at, order.account, "ISLAND"),
        *(side, told.shares, told.price, order.perm_id, order.client_id, 0, told.cumulative, told.price),
        *(order.order_ref, "", "", "", 1, 0),
    ]


def commission(told: WireExecution) -> Fields:
    return [59, 1, told.exec_id, told.commission, "USD", "", "", ""]


def position(account: str, contract: WireContract, quantity: Decimal) -> Fields:
    return [61, 3, account, *contract.fields, quantity, 0.0]


def error(request_id: int, code: int, text: str) -> Fields:
    return [4, 2, request_id, code, text, ""]
