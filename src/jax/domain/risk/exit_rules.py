"""The few rules that a way out of a position keeps.

An exit is held back by people (execution, kill switch, OBSERVE) and by nothing that would keep a position
open: not by losses, rates, hours, prices, limits, the restricted list, an arming that expired, nor by what
its artifact was approved for. The stop order of an artifact that was approved for LIMIT orders is still sent.
"""

from collections import defaultdict
from decimal import Decimal

from jax.domain import checks
from jax.domain.controls import TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderLeg
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import ExitInputs
from jax.domain.risk_decision import Denied

_NOTHING = Decimal(0)


def exit_numbers_are_possible(inputs: ExitInputs) -> Denied | None:
    """A quantity that an order may have; odd lots may be left, since that is how they are got rid of."""
    wanted = inputs.wanted
    holding = inputs.holdings.get(wanted.symbol)
    held = _NOTHING if holding is None else holding.signed_quantity.copy_abs()
    leaves = [("leaves_quantity", order.leaves_quantity) for order in inputs.open_orders]
    for name, number in (("held", wanted.held), ("signed_quantity", held), *leaves):
        try:
            checks.not_negative(name, number)
        except InvalidValue as error:
            return Denied(ReasonCode.QUANTITY_INVALID, str(error), {name: number})
    try:
        checks.positive("quantity", wanted.quantity)
    except InvalidValue as error:
        return Denied(ReasonCode.QUANTITY_INVALID, str(error), {"quantity": wanted.quantity})
    return None


def exit_leaves_what_is_held(inputs: ExitInputs) -> Denied | None:
    """With the working exits of its leg it leaves at most what its trade holds."""
    wanted = inputs.wanted
    working = sum(
        (
            order.leaves_quantity
            for order in inputs.open_orders
            if (order.signal_id, order.leg) == (wanted.signal_id, wanted.leg)
        ),
        _NOTHING,
    )
    if wanted.quantity + working <= wanted.held:
        return None
    return Denied(
        ReasonCode.EXIT_RAISES_POSITION,
        f"the trade of {wanted.signal_id} holds {wanted.held}, {working} of it are leaving by {wanted.leg}",
        {"quantity": wanted.quantity, "leaving": working, "held": wanted.held},
    )


def exit_raises_nothing_in_reduce(inputs: ExitInputs) -> Denied | None:
    """In REDUCE the account's own position is what must not grow, whatever its trades say.

    Elsewhere it may: with one trade long and another short of a symbol the account is flat, and each of
    them must still find its way out.
    """
    wanted = inputs.wanted
    if inputs.controls.mode_of(wanted.strategy) is TradingMode.NORMAL:
        return None
    holding = inputs.holdings.get(wanted.symbol)
    held = _NOTHING if holding is None else -holding.signed_quantity * wanted.side.sign
    leaving, already = _leaving(inputs, wanted.quantity), _leaving(inputs, _NOTHING)
    # What leaves too much without it, too, is no reason to go without a stop.
    if leaving <= held or leaving == already:
        return None
    return Denied(
        ReasonCode.EXIT_RAISES_POSITION,
        f"the account holds {held} {wanted.symbol} to leave, with this order {leaving} would be leaving",
        {"quantity": wanted.quantity, "leaving": leaving, "held": held},
    )


def _leaving(inputs: ExitInputs, quantity: Decimal) -> Decimal:
    """What all exits of the side may leave with one of `quantity`; those of one trade cancel one another."""
    wanted = inputs.wanted
    legs: dict[str, dict[OrderLeg, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for order in inputs.open_orders:
        if (order.symbol, order.side) == (wanted.symbol, wanted.side) and order.leg is not OrderLeg.ENTRY:
            legs[order.signal_id][order.leg] += order.leaves_quantity
    legs[wanted.signal_id][wanted.leg] += quantity
    return sum((max(by_leg.values()) for by_leg in legs.values()), _NOTHING)
