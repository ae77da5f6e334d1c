"""Where venues differ although ccxt speaks for all of them."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from jax.adapters.brokers.ccxt.error_tables import ERROR_TABLES, NO_TABLE, ErrorTable
from jax.adapters.brokers.ccxt.traded_markets import TradedMarket
from jax.domain.order import Order, OrderType
from jax.ports.errors import Refused, Unavailable

# How far beyond its stop a stop order may trade where the venue knows no stop at the market.
STOP_LIMIT_FRACTION = Decimal("0.03")
# For how long an order may be on its way, whatever its deadline.
LONGEST_WAY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class StopKind:
    """A way to place a stop, where the market lists `listed` among its order types.

    `order_type` and `parameter` (of the stop price) are ccxt's; `beyond_fraction` is how far the limit price
    lies beyond the stop, None when none is named.
    """

    listed: str
    order_type: str
    parameter: str
    beyond_fraction: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is particular to a venue.

    `name_parameters` carry our client_order_id when an order is placed. With `finds_by_name` one question by
    that id answers over open and closed orders; else both lists are read. `fee_extras` are keys of a trade
    that are charged on top of the fee. `stops` come in order of preference. With `lists_every_market` open
    orders can be asked for without naming a market. `stream_host` is where the venue's own updates of orders
    come from, None: they are polled. With `wrapped_in` what is asked for has that member; `ack_name` is the
    member of a placed order's answer that holds its name, where ccxt does not read it; `window` is the
    parameter that says for how many milliseconds an order may be on its way.
    """

    errors: ErrorTable = NO_TABLE
    name_parameters: tuple[str, ...] = ("clientOrderId",)
    finds_by_name: bool = False
    fee_extras: tuple[str, ...] = ()
    stops: tuple[StopKind, ...] = ()
    lists_every_market: bool = False
    stream_host: str | None = None
    wrapped_in: str | None = None
    ack_name: str | None = None
    window: str | None = None

    def arrival(self, left: timedelta) -> dict[str, str]:
        """The parameters that make the venue refuse an order which arrives when `left` (>= 0) has passed."""
        if self.window is None:
            return {}
        return {self.window: str(min(left, LONGEST_WAY) // timedelta(milliseconds=1) or 1)}


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """The arguments of ccxt's create_order; numbers are text."""

    unified: str
    order_type: str
    side: str
    quantity: str
    price: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)


_DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "binanceus": Dialect(
            errors=ERROR_TABLES["binanceus"],
            finds_by_name=True,
            window="recvWindow",
            lists_every_market=True,
            stops=(
                StopKind("STOP_LOSS", "market", "stopLossPrice"),
                StopKind("STOP_LOSS_LIMIT", "limit", "stopLossPrice", STOP_LIMIT_FRACTION),
            ),
            # ccxt 4.5 would take the keys to the stream of another company, binance.com.
            stream_host="ws-api.binance.us",
        ),
        "btcturk": Dialect(
            errors=ERROR_TABLES["btcturk"],
            # ccxt 4.5 says newClientOrderId, the venue's documentation newOrderClientId.
            name_parameters=("clientOrderId", "newOrderClientId"),
            ack_name="newOrderClientId",
            wrapped_in="data",
            fee_extras=("tax",),
            lists_every_market=True,
            # The price is ignored by the venue, and asked for by ccxt.
            stops=(StopKind("STOP_MARKET", "stopMarket", "stopPrice", Decimal(0)),),
        ),
    }
)
_NEEDED = ("createOrder", "cancelOrder", "fetchBalance", "fetchTicker", "fetchOpenOrders", "fetchMyTrades")


def dialect_of(exchange: Any) -> Dialect:
    """That of the ccxt exchange; Unavailable when it cannot do what is needed here."""
    dialect = _DIALECTS.get(exchange.id, Dialect())
    missing = [call for call in _NEEDED if not exchange.has.get(call)]
    if not (exchange.has.get("fetchOrders") or exchange.has.get("fetchClosedOrders")):
        missing.append("fetchOrders")
    if missing:
        raise Unavailable(f"{exchange.id} cannot be traded here: ccxt has no {', '.join(missing)} for it")
    if exchange.id not in _DIALECTS and not _carries_names(exchange):
        raise Unavailable(
            f"{exchange.id} cannot be traded here: ccxt carries no client order id to it and back, so "
            "an order whose answer was lost could not be found again"
        )
    return dialect


def stream_host_of(exchange_name: str) -> str | None:
    """Where its own updates of orders come from; None: they are polled."""
    return _DIALECTS.get(exchange_name, Dialect()).stream_host


def _carries_names(exchange: Any) -> bool:
    """ccxt says nowhere which venues carry a client order id: its code writes and reads it, or not."""
    written, read = _source_of(exchange, "create_"), _source_of(exchange, "parse_")
    return "lientOrderId" in written and re.search(r"'clientOrderId': (?!None)", read) is not None


def _source_of(exchange: Any, beginning: str) -> str:
    """The venue's own code about orders in methods with this beginning, and in what makes their requests."""
    methods = inspect.getmembers(type(exchange), inspect.isfunction)
    return "\n".join(
        inspect.getsource(method)
        for name, method in methods
        if "order" in name and name.startswith((beginning, "order_request"))
        if ".base." not in method.__module__
    )


def request_of(order: Order, market: TradedMarket, dialect: Dialect, *, quantity: Decimal) -> OrderRequest:
    """The order in the venue's words; Refused with ORDER_TYPE when it has none for it."""
    names = dict.fromkeys(dialect.name_parameters, order.client_order_id)
    kind, price, more = _kind_of(order, market, dialect)
    return OrderRequest(
        unified=market.unified,
        order_type=kind,
        side=order.side.lower(),
        quantity=f"{quantity:f}",
        price=None if price is None else f"{price:f}",
        parameters={**names, **more},
    )


def _kind_of(
    order: Order, market: TradedMarket, dialect: Dialect
) -> tuple[str, Decimal | None, dict[str, str]]:
    if order.order_type is OrderType.MARKET:
        return "market", None, {}
    if order.order_type is OrderType.LIMIT:
        return "limit", order.limit_price, {}
    stop = order.stop_price
    kinds = [kind for kind in dialect.stops if kind.listed in market.order_types]
    if stop is None or not kinds:
        raise Refused(
            f"order {order.client_order_id} is a STOP order, and {market.unified} knows none that can "
            "be used here",
            code="ORDER_TYPE",
        )
    kind, price = kinds[0], None
    if kind.beyond_fraction is not None:
        price = market.floored_price(stop * (1 + order.side.sign * kind.beyond_fraction))
    return kind.order_type, price, {kind.parameter: f"{stop:f}"}
