"""How many units an entry may have before the whole account would break one of its limits.

Each cap is the largest quantity with which the limit still holds when every working order and this one are
filled, whatever the order of the fills. A unit costs the dearest of the entry's price, that price as an order
carries it, and the ask: an order may fill at any of them.
"""

from decimal import Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.exposure import NO_EXPOSURE, SymbolExposure, exposures_of, reserved_by
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk.rule import Cap


def unit_cost(case: EntryCase) -> Decimal:
    """What one unit of the entry may cost, in currency."""
    instrument, entry, quote = case.inputs.instrument, case.signal.entry_price, case.inputs.market.quote
    prices = [entry, instrument.round_price(entry)]
    if quote is not None:
        prices.append(quote.ask)
    return max(prices) * instrument.multiplier


def by_position_size(case: EntryCase) -> Cap | None:
    """The units of the whole position, on the side of the order."""
    most = case.limits.sizing.max_position_size
    if most == 0:
        return None
    exposure = _own_exposure(case)
    quantity = _room_on_side(exposure, most, case)
    return Cap(
        ReasonCode.POSITION_SIZE_REACHED,
        quantity,
        {"position_size": exposure.side(case.signal.side), "max_position_size": most},
    )


def by_position_value(case: EntryCase) -> Cap:
    """The value of the whole position, on the side of the order."""
    fraction = case.limits.sizing.max_position_value_fraction
    most = _share_of_equity(case, fraction)
    exposure = _own_exposure(case)
    return Cap(
        ReasonCode.POSITION_VALUE_TOO_SMALL,
        _room_on_side(exposure, most / exposure.dearest, case),
        {
            "position_value": exposure.gross,
            "max_position_value": most,
            "max_position_value_fraction": fraction,
        },
    )


def by_gross_exposure(case: EntryCase) -> Cap:
    """The values of all positions, long or short, added."""
    fraction = case.limits.max_gross_exposure_fraction
    most = _share_of_equity(case, fraction)
    exposure = _own_exposure(case)
    others = sum((other.gross for other in _others(case)), Decimal(0))
    return Cap(
        ReasonCode.GROSS_EXPOSURE_REACHED,
        _room_on_side(exposure, (most - others) / exposure.dearest, case),
        {
            "gross_exposure": others + exposure.gross,
            "max_gross_exposure": most,
            "max_gross_exposure_fraction": fraction,
        },
    )


def by_net_exposure(case: EntryCase) -> Cap:
    """Long less short, towards the side of the order: as if nothing on the other side were filled."""
    fraction, side = case.limits.max_net_exposure_fraction, case.signal.side
    most = _share_of_equity(case, fraction)
    exposure = _own_exposure(case)
    others = sum((_net(other, case) for other in _others(case)), Decimal(0))
    room = most - others
    # What turns a position around adds at the dearest price, what only closes it at the cheapest.
    units = room / (exposure.dearest if room > 0 else exposure.cheapest)
    return Cap(
        ReasonCode.NET_EXPOSURE_REACHED,
        units - exposure.side(side),
        {
            "net_exposure": others + _net(exposure, case),
            "max_net_exposure": most,
            "max_net_exposure_fraction": fraction,
        },
    )


def by_daily_risk(case: EntryCase) -> Cap:
    """The sum of what the session's entries risk."""
    taken, most = case.inputs.account.risk_taken_today, case.limits.daily_risk
    distance = abs(case.signal.entry_price - case.signal.stop_loss) * case.inputs.instrument.multiplier
    return Cap(
        ReasonCode.DAILY_RISK_REACHED,
        (most - taken) / distance,
        {"risk_taken_today": taken, "max_daily_risk": most, "risk_of_a_unit": distance},
    )


def by_cash_reserve(case: EntryCase) -> Cap | None:
    """Cash that open orders do not reserve, above the reserve and the profit that was set aside."""
    fraction, account = case.limits.cash_reserve_fraction, case.inputs.account
    if fraction is None:
        return None
    kept = _share_of_equity(case, fraction)
    aside = profit_set_aside(account.session_profits, fraction=case.limits.set_aside_profit_fraction)
    reserved = reserved_by(account)
    return Cap(
        ReasonCode.CASH_RESERVE_REACHED,
        (account.snapshot.cash - reserved - kept - aside) / unit_cost(case),
        {
            "cash": account.snapshot.cash,
            "reserved": reserved,
            "cash_reserve": kept,
            "profit_set_aside": aside,
        },
    )


def profit_set_aside(profits: tuple[Decimal, ...], *, fraction: Decimal) -> Decimal:
    """`fraction` of each session's profit; a session with a loss adds nothing, and takes nothing back."""
    return fraction * sum((profit for profit in profits if profit > 0), Decimal(0))


def by_cycle_notional(case: EntryCase) -> Cap | None:
    """What one cycle orders altogether."""
    fraction, ordered = case.limits.max_cycle_notional_fraction, case.inputs.pace.cycle_notional
    if fraction is None:
        return None
    most = _share_of_equity(case, fraction)
    return Cap(
        ReasonCode.CYCLE_NOTIONAL_REACHED,
        (most - ordered) / unit_cost(case),
        {
            "cycle_notional": ordered,
            "max_cycle_notional": most,
            "max_cycle_notional_fraction": fraction,
        },
    )


def by_buying_power(case: EntryCase) -> Cap:
    """Buying power that open orders do not reserve."""
    power, reserved = case.inputs.account.snapshot.buying_power, reserved_by(case.inputs.account)
    return Cap(
        ReasonCode.BUYING_POWER_TOO_SMALL,
        (power - reserved) / unit_cost(case),
        {"buying_power": power, "reserved": reserved},
    )


def _share_of_equity(case: EntryCase, fraction: Decimal) -> Decimal:
    return fraction * case.inputs.account.snapshot.net_liquidation


def _own_exposure(case: EntryCase) -> SymbolExposure:
    found = exposures_of(case.inputs.account).get(case.signal.symbol, NO_EXPOSURE)
    return found.priced(unit_cost(case))


def _others(case: EntryCase) -> list[SymbolExposure]:
    exposures = exposures_of(case.inputs.account)
    return [exposure for symbol, exposure in exposures.items() if symbol != case.signal.symbol]


def _net(exposure: SymbolExposure, case: EntryCase) -> Decimal:
    return exposure.net_long if case.signal.side.sign > 0 else exposure.net_short


def _room_on_side(exposure: SymbolExposure, units: Decimal, case: EntryCase) -> Decimal:
    """What may be added to the order's side of a position of at most `units`; nothing once either is over."""
    side = case.signal.side
    if exposure.side(side.opposite) > units:
        return Decimal(0)
    return units - exposure.side(side)
