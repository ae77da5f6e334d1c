"""How many units an entry may have before the whole account would break one of its limits.

Each cap is the largest quantity with which its limit still holds when every working order and this one are
filled, in whatever order. A unit costs the dearest of the entry's price, that price as an order carries it,
and the ask: an order may fill at any of them.
"""

from dataclasses import dataclass
from decimal import Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.exposure import NO_EXPOSURE, SymbolExposure, exposures_of, reserved_by
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk.rule import Cap
from jax.domain.side import Side

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class EntryRoom:
    """What an entry meets: the exposure in its own symbol, those of the others, and what is reserved.

    `others_net` is towards the side of the entry.
    """

    case: EntryCase
    unit_cost: Decimal
    own: SymbolExposure
    others_gross: Decimal
    others_net: Decimal
    reserved: Decimal

    @property
    def side(self) -> Side:
        """The entry's."""
        return self.case.signal.side

    def of_equity(self, fraction: Decimal) -> Decimal:
        """`fraction` of net liquidation."""
        return fraction * self.case.inputs.account.snapshot.net_liquidation

    def beside_own(self, units: Decimal) -> Decimal:
        """What may be added to the entry's side of at most `units`; nothing once the other side is over."""
        if self.own.side(self.side.opposite) > units:
            return _NOTHING
        return units - self.own.side(self.side)


def room_for(case: EntryCase) -> EntryRoom:
    """Everything the caps share, computed once."""
    account, symbol, side = case.inputs.account, case.signal.symbol, case.signal.side
    cost = _unit_cost(case)
    exposures = exposures_of(account)
    others = [exposure for of, exposure in exposures.items() if of != symbol]
    return EntryRoom(
        case=case,
        unit_cost=cost,
        own=exposures.get(symbol, NO_EXPOSURE).priced(cost),
        others_gross=sum((other.gross for other in others), _NOTHING),
        others_net=sum((other.net(side) for other in others), _NOTHING),
        reserved=reserved_by(account),
    )


def _unit_cost(case: EntryCase) -> Decimal:
    instrument, entry, quote = case.inputs.instrument, case.signal.entry_price, case.inputs.market.quote
    prices = [entry, instrument.round_price(entry)]
    if quote is not None:
        prices.append(quote.ask)
    return max(prices) * instrument.multiplier


def by_order_notional(room: EntryRoom) -> Cap | None:
    """What one order may cost."""
    most = room.case.limits.sizing.max_order_notional
    if most is None:
        return None
    numbers = {"max_order_notional": most, "unit_cost": room.unit_cost}
    return Cap(ReasonCode.ORDER_NOTIONAL_TOO_SMALL, most / room.unit_cost, numbers)


def by_position_size(room: EntryRoom) -> Cap | None:
    """The units of the whole position, on the side of the order."""
    most = room.case.limits.sizing.max_position_size
    if most == 0:
        return None
    return Cap(
        ReasonCode.POSITION_SIZE_REACHED,
        room.beside_own(most),
        {"position_size": room.own.side(room.side), "max_position_size": most},
    )


def by_position_value(room: EntryRoom) -> Cap:
    """The value of the whole position, on the side of the order."""
    fraction = room.case.limits.sizing.max_position_value_fraction
    most = room.of_equity(fraction)
    return Cap(
        ReasonCode.POSITION_VALUE_TOO_SMALL,
        room.beside_own(most / room.own.dearest),
        {
            "position_value": room.own.gross,
            "max_position_value": most,
            "max_position_value_fraction": fraction,
        },
    )


def by_gross_exposure(room: EntryRoom) -> Cap:
    """The values of all positions, long or short, added."""
    fraction = room.case.limits.max_gross_exposure_fraction
    most = room.of_equity(fraction)
    return Cap(
        ReasonCode.GROSS_EXPOSURE_REACHED,
        room.beside_own((most - room.others_gross) / room.own.dearest),
        {
            "gross_exposure": room.others_gross + room.own.gross,
            "max_gross_exposure": most,
            "max_gross_exposure_fraction": fraction,
        },
    )


def by_net_exposure(room: EntryRoom) -> Cap:
    """Long less short, towards the side of the order: as if nothing on the other side were filled."""
    fraction = room.case.limits.max_net_exposure_fraction
    most = room.of_equity(fraction)
    left = most - room.others_net
    # On the side of the order a unit adds the dearest price, on what is left of the other the cheapest.
    units = left / (room.own.dearest if left > 0 else room.own.cheapest)
    return Cap(
        ReasonCode.NET_EXPOSURE_REACHED,
        units - room.own.side(room.side),
        {
            "net_exposure": room.others_net + room.own.net(room.side),
            "max_net_exposure": most,
            "max_net_exposure_fraction": fraction,
        },
    )


def by_daily_risk(room: EntryRoom) -> Cap:
    """The sum of what the session's entries risk."""
    case = room.case
    taken, most = case.inputs.account.risk_taken_today, case.limits.daily_risk
    distance = abs(case.signal.entry_price - case.signal.stop_loss) * case.inputs.instrument.multiplier
    return Cap(
        ReasonCode.DAILY_RISK_REACHED,
        (most - taken) / distance,
        {"risk_taken_today": taken, "max_daily_risk": most, "risk_of_a_unit": distance},
    )


def by_cycle_notional(room: EntryRoom) -> Cap | None:
    """What one cycle orders altogether."""
    fraction = room.case.limits.max_cycle_notional_fraction
    ordered = room.case.inputs.pace.cycle_notional
    if fraction is None:
        return None
    most = room.of_equity(fraction)
    return Cap(
        ReasonCode.CYCLE_NOTIONAL_REACHED,
        (most - ordered) / room.unit_cost,
        {"cycle_notional": ordered, "max_cycle_notional": most, "max_cycle_notional_fraction": fraction},
    )


def by_cash_reserve(room: EntryRoom) -> Cap | None:
    """Cash that open orders do not reserve, above the reserve and the profit that was set aside."""
    limits, account = room.case.limits, room.case.inputs.account
    if limits.cash_reserve_fraction is None:
        return None
    kept = room.of_equity(limits.cash_reserve_fraction)
    aside = profit_set_aside(account.session_profits, fraction=limits.set_aside_profit_fraction)
    cash = account.snapshot.cash
    return Cap(
        ReasonCode.CASH_RESERVE_REACHED,
        (cash - room.reserved - kept - aside) / room.unit_cost,
        {"cash": cash, "reserved": room.reserved, "cash_reserve": kept, "profit_set_aside": aside},
    )


def profit_set_aside(profits: tuple[Decimal, ...], *, fraction: Decimal) -> Decimal:
    """`fraction` of each session's profit; a session with a loss adds nothing, and takes nothing back."""
    return fraction * sum((profit for profit in profits if profit > 0), _NOTHING)


def by_buying_power(room: EntryRoom) -> Cap:
    """Buying power that open orders do not reserve."""
    power = room.case.inputs.account.snapshot.buying_power
    return Cap(
        ReasonCode.BUYING_POWER_TOO_SMALL,
        (power - room.reserved) / room.unit_cost,
        {"buying_power": power, "reserved": room.reserved},
    )
