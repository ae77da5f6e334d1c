"""The few rules that a way out of a position keeps.

An exit is held back by people (execution, kill switch, OBSERVE) and by nothing that would keep a position
open: not by losses, rates, hours, prices, limits, the restricted list, an arming that expired, nor by what
its artifact was approved for. The stop order of an artifact that was approved for LIMIT orders is still sent.
"""

from decimal import Decimal

from jax.domain import checks
from jax.domain.controls import TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import ExitInputs
from jax.domain.risk_decision import Denied

_NOTHING = Decimal(0)


def exit_numbers_are_possible(inputs: ExitInputs) -> Denied | None:
    """A quantity that an order may have; odd lots may be left, since that is how they are got rid of."""
    wanted, leaving = inputs.wanted, inputs.leaving
    open_exits = [("leaves_quantity", quantity) for quantity in (*leaving.by_leg.values(), leaving.of_others)]
    held = inputs.signed_quantity.copy_abs()
    for name, number in (("held", wanted.held), ("signed_quantity", held), *open_exits):
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
    working = inputs.leaving.by_leg.get(wanted.leg, _NOTHING)
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
    held = -inputs.signed_quantity * wanted.side.sign
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
    by_leg, leg = inputs.leaving.by_leg, inputs.wanted.leg
    of_trade = {**by_leg, leg: by_leg.get(leg, _NOTHING) + quantity}
    return inputs.leaving.of_others + max(of_trade.values())
