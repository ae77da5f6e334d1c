"""At what price an order fills within a bar, and what the fill costs. Sides are 1 (buy) and -1 (sell)."""

import math
from typing import NamedTuple

from jax.modules.backtest.kernel.rules import Contract, Rules

MARKET, LIMIT, STOP_ENTRY = 0, 1, 2
NO_EXIT, STOPPED, AT_TARGET, OPPOSITE = 0, 1, 2, 3


class Quotes(NamedTuple):
    """What a fill may see of the bar it happens in."""

    open: float
    high: float
    low: float
    close: float
    volume: float


class Touch(NamedTuple):
    """A price that a bar reached, 0.0 for none; `at_open` when it was the first price of the bar."""

    price: float
    at_open: bool


class Exit(NamedTuple):
    """A protective exit: why (NO_EXIT, STOPPED or AT_TARGET), at what price, and whether at the open."""

    reason: int
    price: float
    at_open: bool


def order_type_of(side: int, entry: float, close: float) -> int:
    """An entry away from the close: at a better price a limit order, at a worse one a stop order."""
    if entry == close:
        return MARKET
    if (entry - close) * side < 0.0:
        return LIMIT
    return STOP_ENTRY


def entry_touch(order_type: int, side: int, order_price: float, bar: Quotes, at_close: bool) -> Touch:
    """Where an entry of `order_type` fills in `bar`; an open beyond the order's price fills at the open."""
    if order_type == MARKET:
        if at_close:
            return Touch(bar.close, False)
        return Touch(bar.open, True)
    beyond = (bar.open - order_price) * side
    if order_type == LIMIT:
        if beyond <= 0.0:
            return Touch(bar.open, True)
        reached = bar.low <= order_price if side > 0 else bar.high >= order_price
    else:
        if beyond >= 0.0:
            return Touch(bar.open, True)
        reached = bar.high >= order_price if side > 0 else bar.low <= order_price
    if reached:
        return Touch(order_price, False)
    return Touch(0.0, False)


def protective_exit(side: int, stop: float, target: float, bar: Quotes, whole: bool) -> Exit:
    """Where a position of `side` ends at its stop or target (0.0 for none) within `bar`.

    `whole`: it was held from the bar's open on. Of stop and target in one bar the stop comes first; a
    position that was entered within the bar can only be stopped in it, since its best price may have come
    before.
    """
    if whole:
        if stop > 0.0 and (bar.open - stop) * side <= 0.0:
            return Exit(STOPPED, bar.open, True)
        if target > 0.0 and (bar.open - target) * side >= 0.0:
            return Exit(AT_TARGET, bar.open, True)
    worst = bar.low if side > 0 else bar.high
    if stop > 0.0 and (worst - stop) * side <= 0.0:
        return Exit(STOPPED, stop, False)
    if whole and target > 0.0:
        best = bar.high if side > 0 else bar.low
        if (best - target) * side >= 0.0:
            return Exit(AT_TARGET, target, False)
    return Exit(NO_EXIT, 0.0, False)


def slipped(rules: Rules, side: int, price: float, quantity: float, bar: Quotes) -> float:
    """`price` moved against a fill of `quantity` (> 0) at the market, never beyond the bar's range.

    The square root of the share of volume after B. Toth et al., Anomalous Price Impact and the Critical
    Nature of Liquidity in Financial Markets, Physical Review X 1 (2011). A bar without volume counts as one
    whose whole volume was taken.
    """
    if rules.slippage_model == 0:
        return price
    share = 1.0
    if rules.slippage_model > 1 and bar.volume > 0.0:
        share = quantity / bar.volume
        if rules.slippage_model == 3:
            share = math.sqrt(share)
    moved = price + side * price * rules.slippage_rate * share
    return min(max(moved, bar.low), bar.high)


def commission(rules: Rules, contract: Contract, quantity: float, price: float) -> float:
    """What a fill of `quantity` (> 0) at `price` costs."""
    by_value = quantity * price * contract.unit * rules.commission_rate
    return max(by_value, rules.commission_minimum) + quantity * rules.commission_per_unit
