"""What the account holds, what works in it, and what is quoted."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.adapters.brokers.ccxt.sent_orders import SentOrders
from jax.adapters.brokers.ccxt.traded_markets import TradedMarket, TradedMarkets
from jax.adapters.brokers.ccxt.venue_calls import VenueCalls
from jax.domain import checks
from jax.domain.account import AccountSnapshot
from jax.domain.errors import InvalidValue
from jax.domain.quote import Quote
from jax.domain.side import Side
from jax.ports.broker import WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, Unavailable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OURS = "jx"


class AccountView:
    """The one account that the keys open; it is called as the venue is."""

    def __init__(self, name: str, calls: VenueCalls, markets: TradedMarkets, clock: Clock) -> None:
        self.name = name
        self._calls = calls
        self._markets = markets
        self._clock = clock

    def check_account(self, account: str) -> None:
        """NotFound for any other."""
        if account != self.name:
            raise NotFound(f"the keys of {self.name} open account {self.name}, not {account}")

    async def account(self, account: str) -> AccountSnapshot:
        """Positions are valued at the bid, what is not traded here not at all."""
        self.check_account(account)
        balances = await self._calls.balances()
        currency = self._markets.currency
        cash = balances["total"].get(currency, Decimal(0))
        worth = Decimal(0)
        for market in self._markets.all:
            held = balances["total"].get(market.base, Decimal(0))
            if held != 0:
                worth += held * (await self.quote(market.symbol)).bid
        return AccountSnapshot(
            account=account,
            currency=currency,
            cash=round(cash, checks.DECIMAL_PLACES),
            net_liquidation=round(cash + worth, checks.DECIMAL_PLACES),
            buying_power=round(balances["free"].get(currency, Decimal(0)), checks.DECIMAL_PLACES),
        )

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        """The balances of what is traded here."""
        self.check_account(account)
        total = (await self._calls.balances())["total"]
        held = {market.symbol: total.get(market.base, Decimal(0)) for market in self._markets.all}
        return {symbol: quantity for symbol, quantity in held.items() if quantity != 0}

    async def held(self, market: TradedMarket) -> Decimal:
        """What of the market's base currency the account holds, free or bound by orders."""
        return (await self._calls.balances())["total"].get(market.base, Decimal(0))

    async def quote(self, symbol: str) -> Quote:
        """NotFound without both sides; a ticker without a time is of now."""
        market = self._markets.of(symbol)
        ticker = await self._calls.ticker(market)
        if ticker is None:
            raise NotFound(f"{self.name} has no quote of {symbol}")
        try:
            bid, ask = Decimal(ticker["bid"] or 0), Decimal(ticker["ask"] or 0)
            if not (bid > 0 and ask > 0):
                raise NotFound(f"{self.name} has no quote of {symbol}")
            return Quote(symbol=symbol, bid=bid, ask=ask, ts_event=self._time_of(ticker))
        except (InvalidValue, ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise Unavailable(
                f"the quote of {symbol} from {self.name} cannot be read ({type(error).__name__})"
            ) from None

    def _time_of(self, ticker: Any) -> datetime:
        if ticker["timestamp"] is None:
            return self._clock.now()
        return _EPOCH + timedelta(milliseconds=int(ticker["timestamp"]))

    async def working_orders(self, account: str, sent: SentOrders) -> Sequence[WorkingOrder]:
        """Of every market of the account where the venue lists them so, else of those traded here."""
        self.check_account(account)
        everywhere = self._calls.dialect.lists_every_market
        working = []
        for document in [
            document
            for market in ([None] if everywhere else self._markets.all)
            for document in await self._calls.open_orders(market)
        ]:
            name = document["clientOrderId"]
            is_ours = name is not None and (name.startswith(_OURS) or await sent.order(name) is not None)
            working.append(self._working(document, name if is_ours else None))
        return working

    def _working(self, document: Any, client_order_id: str | None) -> WorkingOrder:
        try:
            return WorkingOrder(
                client_order_id=client_order_id,
                venue_order_id=str(document["id"]),
                symbol=self._markets.symbol_of(document["symbol"]),
                side=Side(document["side"].upper()),
                leaves_quantity=Decimal(document["remaining"] or document["amount"]),
            )
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise Unavailable(
                f"an open order of {self.name} cannot be read ({type(error).__name__})"
            ) from None
