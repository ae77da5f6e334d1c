"""How many units an entry is worth: the rule of domain/position_sizing.py in floats, or all the cash."""

import math

from jax.modules.backtest.kernel.rules import Contract, Rules

SIZED = 0
PRICE_INVALID = 1
STOP_DISTANCE_ZERO = 2
STOP_WRONG_SIDE = 3
NET_LIQUIDATION_INVALID = 4
POSITION_VALUE_TOO_SMALL = 5
ORDER_NOTIONAL_TOO_SMALL = 6
BUYING_POWER_TOO_SMALL = 7
TOO_MANY_POSITIONS = 8
DAILY_LOSS_REACHED = 9
VERDICTS = 10

# Beyond this a float has no whole lots any more.
_LARGEST_LOTS = 4503599627370496.0
_LARGEST_PRICE = 1e12
# Rounding leaves less than this share of the account behind when all of it was spent.
_DUST = 1e-9


def whole_lots(quantity: float, lot: float) -> float:
    """The largest multiple of `lot` that is at most `quantity` (>= 0)."""
    lots = quantity / lot
    if not (lots < _LARGEST_LOTS):
        return quantity
    return math.floor(lots) * lot


def entry_verdict(rules: Rules, side: int, entry: float, stop: float, target: float) -> int:
    """SIZED, or what is wrong with the prices of an entry; a stop or target of 0.0 is none."""
    if not (0.0 < entry < _LARGEST_PRICE and 0.0 <= stop < _LARGEST_PRICE):
        return PRICE_INVALID
    if target != 0.0 and not (0.0 < target < _LARGEST_PRICE and (target - entry) * side > 0.0):
        return PRICE_INVALID
    if stop == 0.0:
        return SIZED if rules.all_in else PRICE_INVALID
    if stop == entry:
        return STOP_DISTANCE_ZERO
    if not ((entry - stop) * side > 0.0):
        return STOP_WRONG_SIDE
    return SIZED


def sized_by_risk(
    rules: Rules, contract: Contract, distance: float, entry: float, means: tuple[float, float]
) -> tuple[int, float]:
    """The verdict and the quantity of an entry whose stop is `distance` (> 0) away.

    `means` are net liquidation and buying power. Steps and their order as in
    domain.position_sizing.size_position; the same quantity but for quotients within rounding of a whole lot.
    """
    equity, power = means
    if not (0.0 <= equity < _LARGEST_PRICE and 0.0 <= power < _LARGEST_PRICE):
        return NET_LIQUIDATION_INVALID, 0.0
    unit = entry * contract.unit
    wanted = whole_lots(equity * rules.risk_fraction / (distance * contract.unit), contract.lot)
    wanted = min(max(wanted, rules.min_size), rules.max_size)
    wanted = whole_lots(min(wanted, equity * rules.value_fraction / unit), contract.lot)
    if not (wanted >= rules.min_size):
        return POSITION_VALUE_TOO_SMALL, 0.0
    wanted = min(wanted, whole_lots(rules.max_notional / unit, contract.lot))
    if not (wanted >= rules.min_size):
        return ORDER_NOTIONAL_TOO_SMALL, 0.0
    wanted = min(wanted, whole_lots(power / unit, contract.lot))
    if not (wanted >= rules.min_size and wanted > 0.0):
        return BUYING_POWER_TOO_SMALL, 0.0
    return SIZED, wanted


def sized_all_in(rules: Rules, contract: Contract, price: float, cash: float) -> float:
    """What `cash` buys at `price` with the commission paid out of it; 0.0 when what is left is no money."""
    if not (cash > rules.initial_cash * _DUST):
        return 0.0
    unit = price * contract.unit
    quantity = cash / (unit * (1.0 + rules.commission_rate) + rules.commission_per_unit)
    if quantity * unit * rules.commission_rate < rules.commission_minimum:
        quantity = (cash - rules.commission_minimum) / (unit + rules.commission_per_unit)
    return quantity if quantity > 0.0 else 0.0
