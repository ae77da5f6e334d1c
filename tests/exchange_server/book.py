"""A spot exchange with books of its own: balances, orders, trades, and a market that tests move."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

OPEN = frozenset({"NEW", "PARTIALLY_FILLED"})


class ExchangeRefuses(Exception):
    """An order that the exchange does not take; `reason` is one of a few words of this module's own."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Pair:
    """`name` is the exchange's; prices move in `tick`, quantities in `lot`."""

    base: str
    quote: str = "USD"
    tick: Decimal = Decimal("0.01")
    lot: Decimal = Decimal(1)

    @property
    def name(self) -> str:
        return f"{self.base}{self.quote}"


@dataclass(frozen=True)
class Price:
    """The newest price, on both sides; `at` in milliseconds."""

    price: Decimal
    at: int


@dataclass
class Trade:
    number: int
    price: Decimal
    quantity: Decimal
    at: int
    fee: Decimal = Decimal(0)
    fee_currency: str = "USD"


@dataclass
class ExchangeOrder:
    number: int
    name: str
    pair: Pair
    side: str
    kind: str
    quantity: Decimal
    price: Decimal | None
    stop: Decimal | None
    at: int
    status: str = "NEW"
    is_triggered: bool = False
    trades: list[Trade] = field(default_factory=list)

    @property
    def sign(self) -> int:
        return 1 if self.side == "BUY" else -1

    @property
    def filled(self) -> Decimal:
        return sum((trade.quantity for trade in self.trades), Decimal(0))

    @property
    def leaves(self) -> Decimal:
        return self.quantity - self.filled

    @property
    def paid(self) -> Decimal:
        return sum((trade.quantity * trade.price for trade in self.trades), Decimal(0))


class ExchangeBook:
    """`arrived` holds the name of every order that was taken: what must not hold one twice."""

    def __init__(self, pairs: list[Pair], balances: dict[str, Decimal], now_ms: Callable[[], int]) -> None:
        self.pairs = {pair.name: pair for pair in pairs}
        self.balances = dict(balances)
        self.now_ms = now_ms
        self.prices: dict[str, Price] = {}
        self.orders: list[ExchangeOrder] = []
        self.arrived: list[str] = []
        self.fee_rate = Decimal(0)
        self.fee_in_base = False
        # How much of an order trades at once; None: all of it.
        self.most_at_once: Decimal | None = None
        self.refuses_a_name_that_works = True
        self.changed: Callable[[ExchangeOrder], None] = lambda order: None
        self._trades = 0

    def pair(self, name: str) -> Pair:
        if name not in self.pairs:
            raise ExchangeRefuses("UNKNOWN_PAIR")
        return self.pairs[name]

    def place(self, order: ExchangeOrder) -> ExchangeOrder:
        """Takes the order, or raises ExchangeRefuses; what can trade at once does."""
        self._check(order)
        order.number = 1000 + len(self.orders)
        self.orders.append(order)
        self.arrived.append(order.name)
        self.changed(order)
        price = self.prices[order.pair.name].price
        if self._trades_at(order, price):
            self.trade(order, price)
        return order

    def _check(self, order: ExchangeOrder) -> None:
        if order.quantity <= 0 or order.quantity % order.pair.lot != 0:
            raise ExchangeRefuses("LOT")
        for price in (order.price, order.stop):
            if price is not None and (price <= 0 or price % order.pair.tick != 0):
                raise ExchangeRefuses("TICK")
        if order.pair.name not in self.prices:
            raise ExchangeRefuses("NO_MARKET")
        if self.refuses_a_name_that_works and any(
            known.name == order.name and known.status in OPEN for known in self.orders
        ):
            raise ExchangeRefuses("DUPLICATE")
        now = self.prices[order.pair.name].price
        if order.stop is not None and (now - order.stop) * order.sign >= 0:
            raise ExchangeRefuses("STOP_REACHED")
        currency, needed = self._needs(order, order.quantity)
        if needed > self.free(currency):
            raise ExchangeRefuses("BALANCE")

    def _needs(self, order: ExchangeOrder, quantity: Decimal) -> tuple[str, Decimal]:
        if order.side == "SELL":
            return order.pair.base, quantity
        price = order.price or order.stop or self.prices[order.pair.name].price
        return order.pair.quote, quantity * price

    def locked(self, currency: str) -> Decimal:
        needs = [self._needs(order, order.leaves) for order in self.orders if order.status in OPEN]
        return sum((needed for of, needed in needs if of == currency), Decimal(0))

    def total(self, currency: str) -> Decimal:
        return self.balances.get(currency, Decimal(0))

    def free(self, currency: str) -> Decimal:
        return self.total(currency) - self.locked(currency)

    def _trades_at(self, order: ExchangeOrder, price: Decimal) -> bool:
        if order.stop is not None and not order.is_triggered:
            order.is_triggered = (price - order.stop) * order.sign >= 0
            if not order.is_triggered:
                return False
        return order.price is None or (order.price - price) * order.sign >= 0

    def trade(self, order: ExchangeOrder, price: Decimal, quantity: Decimal | None = None) -> None:
        """An execution: of what may trade at once, or of `quantity`."""
        quantity = min(order.leaves, quantity or self.most_at_once or order.leaves)
        self._trades += 1
        fee = self.fee_rate * quantity * (1 if self.fee_in_base else price)
        currency = order.pair.base if self.fee_in_base else order.pair.quote
        order.trades.append(Trade(self._trades, price, quantity, self.now_ms(), fee, currency))
        self._add(order.pair.base, order.sign * quantity)
        self._add(order.pair.quote, -order.sign * quantity * price)
        self._add(currency, -fee)
        order.status = "FILLED" if order.leaves == 0 else "PARTIALLY_FILLED"
        self.changed(order)

    def _add(self, currency: str, amount: Decimal) -> None:
        self.balances[currency] = self.total(currency) + amount

    def cancel(self, order: ExchangeOrder) -> None:
        if order.status not in OPEN:
            raise ExchangeRefuses("NOT_OPEN")
        order.status = "CANCELED"
        self.changed(order)

    def quote(self, name: str, price: str, at: int | None = None) -> None:
        """The market is at `price`; what works and is reached trades."""
        self.prices[name] = Price(Decimal(price), self.now_ms() if at is None else at)
        for order in [order for order in self.orders if order.pair.name == name and order.status in OPEN]:
            if self._trades_at(order, Decimal(price)):
                self.trade(order, Decimal(price))

    def move(self, name: str, way: list[Decimal], *, at: int) -> None:
        """From the first price of the way to the last: at the first orders trade at it, then at their own."""
        if name not in self.prices:
            self.prices[name] = Price(way[0], at)
        self.quote(name, str(way[0]), at)
        for price in way[1:]:
            for order in [order for order in self.orders if order.pair.name == name and order.status in OPEN]:
                own = order.price or order.stop
                if own is not None and self._trades_at(order, price):
                    self.trade(order, own)
            self.prices[name] = Price(price, at)

    def of_name(self, name: str) -> ExchangeOrder | None:
        """The newest order of the name."""
        return next((order for order in reversed(self.orders) if order.name == name), None)
