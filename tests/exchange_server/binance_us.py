"""Binance.US's REST, as far as its orders need it."""

import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.exchange_server.book import ExchangeOrder, ExchangeRefuses, Pair
from tests.exchange_server.server import API_KEY, SECRET, Answered, Exchange

_RECV_WINDOW_MS = 5000
_PRIVATE = frozenset({"/api/v3/account", "/api/v3/order", "/api/v3/openOrders", "/api/v3/myTrades"})
_REASONS = {
    "BALANCE": (-2010, "Account has insufficient balance for requested action."),
    "DUPLICATE": (-2010, "Duplicate order sent."),
    "STOP_REACHED": (-2010, "Stop price would trigger immediately."),
    "NO_MARKET": (-2010, "Market is closed."),
    "LOT": (-1013, "Filter failure: LOT_SIZE"),
    "TICK": (-1013, "Filter failure: PRICE_FILTER"),
    "UNKNOWN_PAIR": (-1121, "Invalid symbol."),
    "NOT_OPEN": (-2011, "Unknown order sent."),
}
_KINDS = ("LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT")


def _says(code: int, message: str, status: int = 400) -> Answered:
    return Answered(status, {"code": code, "msg": message})


class BinanceUsWords:
    """`kinds` are the order types of every pair."""

    def __init__(self, exchange: Exchange, kinds: tuple[str, ...] = _KINDS) -> None:
        self._exchange = exchange
        self._book = exchange.book
        self._kinds = kinds

    def routes(self) -> dict[tuple[str, str], Callable[[dict[str, str]], Any]]:
        return {
            ("GET", "/api/v3/time"): lambda _: {"serverTime": self._book.now_ms()},
            ("GET", "/api/v3/exchangeInfo"): lambda _: {"symbols": list(map(self._symbol, self._pairs()))},
            ("GET", "/api/v3/ticker/24hr"): self._ticker,
            ("GET", "/api/v3/account"): lambda _: {"balances": self._balances()},
            ("POST", "/api/v3/order"): self._place,
            ("GET", "/api/v3/order"): lambda asked: self._order(self._find(asked)),
            ("DELETE", "/api/v3/order"): self._cancel,
            ("GET", "/api/v3/openOrders"): self._open,
            ("GET", "/api/v3/myTrades"): self._trades,
        }

    def rate_limited(self) -> str:
        return json.dumps({"code": -1003, "msg": "Too many requests; current limit is 1200 per minute."})

    def check_signature(self, request: web.Request, body: str) -> None:
        if request.path not in _PRIVATE:
            return
        query = body if request.method == "POST" else request.query_string
        signed, _, signature = query.rpartition("&signature=")
        right = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if request.headers.get("X-MBX-APIKEY") != API_KEY:
            raise _says(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        if not hmac.compare_digest(right, signature):
            self._exchange.requests_with_bad_signature += 1
            raise _says(-1022, "Signature for this request is not valid.")
        parameters = dict(pair.split("=", 1) for pair in signed.split("&"))
        late = self._book.now_ms() - int(parameters["timestamp"])
        if late > min(int(parameters.get("recvWindow", _RECV_WINDOW_MS)), 60_000):
            raise _says(-1021, "Timestamp for this request is outside of the recvWindow.")

    def _pairs(self) -> list[Pair]:
        return list(self._book.pairs.values())

    def _pair(self, name: str) -> Pair:
        try:
            return self._book.pair(name)
        except ExchangeRefuses as refused:
            raise _says(*_REASONS[refused.reason]) from None

    def _symbol(self, pair: Pair) -> dict[str, Any]:
        return {
            "symbol": pair.name,
            "status": "TRADING",
            "baseAsset": pair.base,
            "baseAssetPrecision": 8,
            "quoteAsset": pair.quote,
            "quotePrecision": 8,
            "orderTypes": list(self._kinds),
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "permissions": ["SPOT"],
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": f"{pair.tick:.8f}",
                    "maxPrice": "1000000.00000000",
                    "tickSize": f"{pair.tick:.8f}",
                },
                {
                    "filterType": "LOT_SIZE",
                    "minQty": f"{pair.lot:.8f}",
                    "maxQty": "9000000.00000000",
                    "stepSize": f"{pair.lot:.8f}",
                },
                {"filterType": "MIN_NOTIONAL", "minNotional": "1.00000000"},
            ],
        }

    def _ticker(self, asked: dict[str, str]) -> dict[str, Any]:
        pair = self._pair(asked["symbol"])
        price = self._book.prices.get(pair.name)
        written = "0.00000000" if price is None else f"{price.price:.8f}"
        return {
            "symbol": pair.name,
            "lastPrice": written,
            "bidPrice": written,
            "bidQty": "1.00000000",
            "askPrice": written,
            "askQty": "1.00000000",
            "closeTime": self._book.now_ms() if price is None else price.at,
        }

    def _balances(self) -> list[dict[str, str]]:
        return [
            {
                "asset": currency,
                "free": f"{self._book.free(currency):.8f}",
                "locked": f"{self._book.locked(currency):.8f}",
            }
            for currency in self._book.balances
        ]

    def _place(self, asked: dict[str, str]) -> dict[str, Any]:
        order = ExchangeOrder(
            number=0,
            name=asked["newClientOrderId"],
            pair=self._pair(asked["symbol"]),
            side=asked["side"],
            kind=asked["type"],
            quantity=Decimal(asked["quantity"]),
            price=Decimal(asked["price"]) if "price" in asked else None,
            stop=Decimal(asked["stopPrice"]) if "stopPrice" in asked else None,
            at=self._book.now_ms(),
        )
        if order.kind not in self._kinds:
            raise _says(-1116, "Invalid orderType.")
        try:
            self._book.place(order)
        except ExchangeRefuses as refused:
            raise _says(*_REASONS[refused.reason]) from None
        return self._order(order)

    def _find(self, asked: dict[str, str]) -> ExchangeOrder:
        for order in reversed(self._book.orders):
            named = asked.get("origClientOrderId") == order.name or asked.get("orderId") == str(order.number)
            if named and order.pair.name == asked["symbol"] and self._exchange.visible(order):
                return order
        raise _says(-2013, "Order does not exist.")

    def _cancel(self, asked: dict[str, str]) -> dict[str, Any]:
        try:
            order = self._find(asked)
            self._book.cancel(order)
        except (ExchangeRefuses, Answered):
            raise _says(*_REASONS["NOT_OPEN"]) from None
        return self._order(order)

    def _open(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        return [
            self._order(order)
            for order in self._book.orders
            if order.status in {"NEW", "PARTIALLY_FILLED"}
            and asked.get("symbol") in {None, order.pair.name}
            and self._exchange.visible(order)
        ]

    def _trades(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        return [
            {
                "symbol": order.pair.name,
                "id": trade.number,
                "orderId": order.number,
                "price": f"{trade.price:.8f}",
                "qty": f"{trade.quantity:.8f}",
                "quoteQty": f"{trade.price * trade.quantity:.8f}",
                "commission": f"{trade.fee:.8f}",
                "commissionAsset": trade.fee_currency,
                "time": trade.at,
                "isBuyer": order.side == "BUY",
                "isMaker": False,
            }
            for order in self._book.orders
            if order.pair.name == asked["symbol"] and asked.get("orderId") in {None, str(order.number)}
            for trade in order.trades
        ]

    def _order(self, order: ExchangeOrder) -> dict[str, Any]:
        return {
            "symbol": order.pair.name,
            "orderId": order.number,
            "clientOrderId": order.name,
            "transactTime": order.at,
            "time": order.at,
            "updateTime": order.at,
            "price": f"{order.price or 0:.8f}",
            "stopPrice": f"{order.stop or 0:.8f}",
            "origQty": f"{order.quantity:.8f}",
            "executedQty": f"{order.filled:.8f}",
            "cummulativeQuoteQty": f"{order.paid:.8f}",
            "status": order.status,
            "timeInForce": "GTC",
            "type": order.kind,
            "side": order.side,
        }
