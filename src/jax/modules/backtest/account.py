"""The one account that all symbols of a backtest share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from jax.domain.backtest_result import BacktestOrder, BacktestTrade, EquityPoint, OpenPosition, OrderReason
from jax.domain.instrument import Instrument
from jax.domain.side import Side

_MONEY_PLACES = Decimal("0.00000001")
_BPS = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """A market order for the open of the symbol's next bar. An entry carries its stop and first target."""

    side: Side
    quantity: Decimal
    decided_at: datetime
    decided_price: Decimal
    reason: OrderReason
    detail: str
    stop: Decimal = Decimal(0)
    target: Decimal = Decimal(0)


@dataclass(slots=True)
class Holding:
    """A position: `unit` is the value of one unit at a price of 1, `last_price` the latest close."""

    entry: WaitingOrder
    entered_at: datetime
    entry_price: Decimal
    entry_commission: Decimal
    unit: Decimal
    last_price: Decimal

    @property
    def signed_quantity(self) -> Decimal:
        """Below zero when short."""
        return self.entry.quantity * self.entry.side.sign

    @property
    def value(self) -> Decimal:
        """Signed, at the latest close."""
        return self.signed_quantity * self.last_price * self.unit


@dataclass(slots=True)
class Account:
    """Cash, holdings and waiting orders; every fill is exact in Decimal."""

    cash: Decimal
    commission_bps: Decimal
    instruments: Callable[[str], Instrument]
    holdings: dict[str, Holding] = field(default_factory=dict)
    waiting: dict[str, WaitingOrder] = field(default_factory=dict)
    orders: list[BacktestOrder] = field(default_factory=list)
    trades: list[BacktestTrade] = field(default_factory=list)

    def enter(self, symbol: str, order: WaitingOrder, *, price: Decimal, at: datetime) -> None:
        """Fills the entry `order`: the symbol is held from now on."""
        unit = self.instruments(symbol).multiplier
        commission = self._fill(symbol, order, price=price, at=at)
        self.holdings[symbol] = Holding(order, at, price, commission, unit, price)

    def leave(self, symbol: str, order: WaitingOrder, *, price: Decimal, at: datetime) -> None:
        """Fills `order`, which closes the whole holding of `symbol`."""
        holding = self.holdings.pop(symbol)
        commission = self._fill(symbol, order, price=price, at=at)
        gain = (price - holding.entry_price) * holding.signed_quantity * holding.unit
        self.trades.append(
            BacktestTrade(
                symbol=symbol,
                side=holding.entry.side,
                quantity=order.quantity,
                entered_at=holding.entered_at,
                entry_price=holding.entry_price,
                exited_at=at,
                exit_price=price,
                exit_reason=order.reason,
                net_pnl=gain - holding.entry_commission - commission,
            )
        )

    def point(self, end: datetime) -> EquityPoint:
        """The account at `end`."""
        value = sum((holding.value for holding in self.holdings.values()), Decimal(0))
        return EquityPoint(end, self.cash, value, len(self.holdings))

    def buying_power(self, equity: Decimal) -> Decimal:
        """What may still be bought or sold short: held and waiting values together stay below the equity."""
        held = sum((abs(holding.value) for holding in self.holdings.values()), Decimal(0))
        entries = (item for item in self.waiting.items() if item[1].reason is OrderReason.ENTRY)
        reserved = sum(
            (
                order.quantity * order.decided_price * self.instruments(symbol).multiplier
                for symbol, order in entries
            ),
            Decimal(0),
        )
        return max(equity - held - reserved, Decimal(0))

    def keep_waiting_orders(self) -> None:
        """Lists the orders for which no further bar came."""
        for symbol, order in sorted(self.waiting.items()):
            self._list(symbol, order, price=None, at=None, commission=Decimal(0))

    def open_positions(self) -> tuple[OpenPosition, ...]:
        """What is held, by symbol."""
        return tuple(
            OpenPosition(symbol, held.signed_quantity, held.entered_at, held.entry_price, held.last_price)
            for symbol, held in sorted(self.holdings.items())
        )

    def _fill(self, symbol: str, order: WaitingOrder, *, price: Decimal, at: datetime) -> Decimal:
        value = order.quantity * price * self.instruments(symbol).multiplier
        commission = (value * self.commission_bps / _BPS).quantize(_MONEY_PLACES, ROUND_HALF_EVEN)
        self.cash -= value * order.side.sign + commission
        self._list(symbol, order, price=price, at=at, commission=commission)
        return commission

    def _list(
        self,
        symbol: str,
        order: WaitingOrder,
        *,
        price: Decimal | None,
        at: datetime | None,
        commission: Decimal,
    ) -> None:
        self.orders.append(
            BacktestOrder(
                symbol=symbol,
                side=order.side,
                quantity=order.quantity,
                decided_at=order.decided_at,
                filled_at=at,
                price=price,
                commission=commission,
                reason=order.reason,
                detail=order.detail,
            )
        )
