"""BtcTurk's REST, as far as its orders need it; numbers are numbers here, as they are there."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.exchange_server.book import OPEN, ExchangeOrder, ExchangeRefuses, Pair
from tests.exchange_server.server import API_KEY, SECRET, Answered, Exchange

_REASONS = {
    "BALANCE": "BALANCE_NOT_ENOUGH",
    "LOT": "PARAMETERS_ERROR",
    "TICK": "PARAMETERS_ERROR",
    "NO_MARKET": "PARAMETERS_ERROR",
    "UNKNOWN_PAIR": "PARAMETERS_ERROR",
    "NOT_OPEN": "ORDER_NOT_FOUND",
}
_STATUSES = {
    "NEW": "Untouched",
    "PARTIALLY_FILLED": "Partial",
    "FILLED": "Closed",
    "CANCELED": "Canceled",
}
_LONGEST_PAGE = 1000
_USUAL_PAGE = 100


def _says(message: str, status: int = 400, code: int = 1000) -> Answered:
    return Answered(status, {"success": False, "message": message, "code": code, "data": None})


def _data(data: Any) -> dict[str, Any]:
    return {"success": True, "message": None, "code": 0, "data": data}


class BtcTurkWords:
    """An order's name comes as newOrderClientId; one without gets the exchange's own."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._book = exchange.book

    def routes(self) -> dict[tuple[str, str], Callable[[dict[str, str]], Any]]:
        return {
            ("GET", "/api/v2/server/exchangeinfo"): lambda _: _data(
                {"symbols": [self._symbol(pair) for pair in self._book.pairs.values()]}
            ),
            ("GET", "/api/v2/ticker"): lambda _: _data(
                [self._ticker(name) for name in self._book.pairs if name in self._book.prices]
            ),
            ("GET", "/api/v1/users/balances"): lambda _: _data(self._balances()),
            ("POST", "/api/v1/order"): self._place,
            ("DELETE", "/api/v1/order"): self._cancel,
            ("GET", "/api/v1/openOrders"): self._open,
            ("GET", "/api/v1/allOrders"): self._all,
            ("GET", "/api/v1/users/transactions/trade"): lambda _: _data(self._trades()),
        }

    def rate_limited(self) -> str:
        return json.dumps({"success": False, "message": "TOO_MANY_REQUESTS", "code": 429, "data": None})

    def check_signature(self, request: web.Request, body: str) -> None:
        if not request.path.startswith("/api/v1/"):
            return
        key, stamp = request.headers.get("X-PCK", ""), request.headers.get("X-Stamp", "")
        right = hmac.new(base64.b64decode(SECRET), (key + stamp).encode(), hashlib.sha256).digest()
        if key != API_KEY or request.headers.get("X-Signature") != base64.b64encode(right).decode():
            self._exchange.requests_with_bad_signature += 1
            raise _says("Unauthorized - Invalid Signature", 401)

    def _symbol(self, pair: Pair) -> dict[str, Any]:
        return {
            "id": 1,
            "name": pair.name,
            "nameNormalized": f"{pair.base}_{pair.quote}",
            "status": "TRADING",
            "numerator": pair.base,
            "denominator": pair.quote,
            "numeratorScale": -pair.lot.normalize().as_tuple().exponent,  # type: ignore[operator]
            "denominatorScale": -pair.tick.normalize().as_tuple().exponent,  # type: ignore[operator]
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": "0.0000000000001",
                    "maxPrice": "10000000",
                    "tickSize": str(pair.tick),
                    "minExchangeValue": "1",
                    "minAmount": None,
                    "maxAmount": None,
                }
            ],
            "orderMethods": ["MARKET", "LIMIT", "STOP_MARKET", "STOP_LIMIT"],
        }

    def _ticker(self, name: str) -> dict[str, Any]:
        pair, price = self._book.pairs[name], self._book.prices[name]
        written = float(price.price)
        return {
            "pair": name,
            "timestamp": price.at,
            "last": written,
            "high": written,
            "low": written,
            "bid": written,
            "ask": written,
            "open": written,
            "volume": 1.5,
            "numeratorSymbol": pair.base,
            "denominatorSymbol": pair.quote,
        }

    def _balances(self) -> list[dict[str, Any]]:
        return [
            {
                "asset": currency,
                "balance": str(self._book.total(currency)),
                "locked": str(self._book.locked(currency)),
                "free": str(self._book.free(currency)),
            }
            for currency in self._book.balances
        ]

    def _place(self, asked: dict[str, str]) -> dict[str, Any]:
        kind = asked["orderMethod"].lower()
        is_priced = kind in {"limit", "stoplimit"}
        try:
            order = ExchangeOrder(
                number=0,
                name=asked.get("newOrderClientId") or f"guid-{len(self._book.orders)}",
                pair=self._book.pair(asked["pairSymbol"]),
                side=asked["orderType"].upper(),
                kind=kind,
                quantity=Decimal(asked["quantity"]),
                price=Decimal(asked["price"]) if is_priced else None,
                stop=Decimal(asked["stopPrice"]) if kind.startswith("stop") else None,
                at=self._book.now_ms(),
            )
            self._book.place(order)
        except ExchangeRefuses as refused:
            if refused.reason == "STOP_REACHED":
                is_buy = asked["orderType"] == "buy"
                raise _says(
                    "STOP_PRICE_GREATER_THAN_MARKET" if is_buy else "STOP_PRICE_LESS_THAN_MARKET"
                ) from None
            raise _says(_REASONS[refused.reason]) from None
        return _data(
            {
                "id": order.number,
                "datetime": order.at,
                "type": asked["orderType"],
                "method": asked["orderMethod"],
                "price": asked.get("price"),
                "stopPrice": asked.get("stopPrice"),
                "quantity": asked["quantity"],
                "pairSymbol": order.pair.name,
                "newOrderClientId": order.name,
            }
        )

    def _cancel(self, asked: dict[str, str]) -> dict[str, Any]:
        for order in self._book.orders:
            if str(order.number) == asked["id"] and order.status in OPEN:
                self._book.cancel(order)
                return {"success": True, "message": "SUCCESS", "code": 0}
        raise _says(_REASONS["NOT_OPEN"])

    def _shown(self, asked: dict[str, str]) -> list[ExchangeOrder]:
        return [
            order
            for order in reversed(self._book.orders)
            if asked.get("pairSymbol") in {None, order.pair.name} and self._exchange.visible(order)
        ]

    def _open(self, asked: dict[str, str]) -> dict[str, Any]:
        working = [order for order in self._shown(asked) if order.status in OPEN]
        return _data(
            {
                "bids": [self._order(order) for order in working if order.side == "BUY"],
                "asks": [self._order(order) for order in working if order.side == "SELL"],
            }
        )

    def _all(self, asked: dict[str, str]) -> dict[str, Any]:
        page = min(int(asked.get("limit", _USUAL_PAGE)), _LONGEST_PAGE)
        return _data([self._order(order) for order in self._shown(asked)[:page]])

    def _trades(self) -> list[dict[str, Any]]:
        return [
            {
                "price": str(trade.price),
                "numeratorSymbol": order.pair.base,
                "denominatorSymbol": order.pair.quote,
                "orderType": order.side.lower(),
                "orderId": order.number,
                "id": trade.number,
                "timestamp": trade.at,
                "amount": float(order.sign * trade.quantity),
                "fee": float(-trade.fee),
                "tax": float(-trade.fee * Decimal("0.18")),
            }
            for order in self._book.orders
            for trade in order.trades
        ]

    def _order(self, order: ExchangeOrder) -> dict[str, Any]:
        return {
            "id": order.number,
            "price": f"{order.price or 0:f}",
            "amount": f"{order.quantity:f}",
            "quantity": f"{order.quantity:f}",
            "stopPrice": f"{order.stop or 0:f}",
            "pairSymbol": order.pair.name,
            "type": order.side.lower(),
            "method": order.kind,
            "orderClientId": order.name,
            "time": order.at,
            "updateTime": order.at,
            "status": _STATUSES[order.status],
            "leftAmount": f"{order.leaves:f}",
        }
