"""One symbol's place in the account: what is held, what waits, and what a bar does to both.

Both loops call these functions, so that what they have in common has the same bits.
"""

import math
from typing import NamedTuple

from jax.domain.strategy import Decision
from jax.modules.backtest.kernel.prices import (
    AT_TARGET,
    LIMIT,
    MARKET,
    NO_EXIT,
    OPPOSITE,
    Quotes,
    commission,
    entry_touch,
    order_type_of,
    protective_exit,
    slipped,
)
from jax.modules.backtest.kernel.rules import Contract, Rules
from jax.modules.backtest.kernel.sizing import (
    DAILY_LOSS_REACHED,
    SIZED,
    TOO_MANY_POSITIONS,
    entry_verdict,
    sized_all_in,
    sized_by_risk,
    whole_lots,
)

NOTHING_MADE, ENTRY_MADE, EXIT_MADE, ENTRY_CANCELED = 0, 1, 2, 3


class Slot(NamedTuple):
    """`quantity` is signed; `flow` is the position's cash flow so far, which is its net gain once it is flat.

    An entry waits while `order_side` is not 0: `order_left` is what is still to be bought or sold (infinite
    for all the cash). `leaving` says why the rest of the position goes at the next market price (NO_EXIT: it
    stays).
    """

    quantity: float
    stop: float
    target: float
    flow: float
    order_side: int
    order_type: int
    order_price: float
    order_left: float
    order_stop: float
    order_target: float
    leaving: int


class Fill(NamedTuple):
    """`quantity` 0.0: nothing was filled. `reason` is NO_EXIT for an entry; `value` is price x quantity."""

    reason: int
    quantity: float
    price: float
    value: float
    commission: float
    at_open: bool


class Step(NamedTuple):
    """What a bar left: up to one entry or ordered exit, and up to one exit at the stop or target."""

    slot: Slot
    cash: float
    ordered: Fill
    protective: Fill


class Scene(NamedTuple):
    """Where a fill happens: the bar, the rules, the instrument, and what the bar's volume has room for."""

    bar: Quotes
    rules: Rules
    contract: Contract
    room: float


class Standing(NamedTuple):
    """The whole account at a decision; `day_loss` is since the day before ended, below zero a gain."""

    equity: float
    buying_power: float
    open_positions: int
    day_loss: float


class Calm(NamedTuple):
    """What the prices of a bar must stay above and below for nothing to be filled in it."""

    below: float
    above: float


def empty_slot() -> Slot:
    """Flat, nothing waiting."""
    return Slot(0.0, 0.0, 0.0, 0.0, 0, MARKET, 0.0, 0.0, 0.0, 0.0, NO_EXIT)


def no_fill() -> Fill:
    """Nothing happened."""
    return Fill(NO_EXIT, 0.0, 0.0, 0.0, 0.0, False)


def scene_of(bar: Quotes, rules: Rules, contract: Contract) -> Scene:
    """The scene before anything was filled in `bar`."""
    room = math.inf
    if rules.participation < math.inf:
        room = whole_lots(rules.participation * bar.volume, contract.lot)
    return Scene(bar, rules, contract, room)


def traded(slot: Slot, cash: float, free: float, scene: Scene) -> Step:
    """What happens between the open and the close of the bar; `free` is the cash that no short sale lent."""
    ordered = no_fill()
    protective = no_fill()
    if scene.rules.fill_at_close and slot.order_type == MARKET:
        if slot.quantity != 0.0:
            slot, cash, protective = _protected(slot, cash, True, scene)
            scene = _narrowed(scene, protective)
        slot, cash, ordered = _at_the_market(slot, cash, free, scene)
        return Step(slot, cash, ordered, protective)
    held = slot.quantity != 0.0
    slot, cash, ordered = _at_the_market(slot, cash, free, scene)
    if slot.quantity != 0.0:
        whole = held or ordered.at_open
        slot, cash, protective = _protected(slot, cash, whole, _narrowed(scene, ordered))
    return Step(slot, cash, ordered, protective)


def calm_of(slot: Slot) -> Calm:
    """A position rests between its stop and its target; where something waits, no bar is calm."""
    if slot.quantity == 0.0 or slot.order_side != 0 or slot.leaving != NO_EXIT:
        return Calm(math.inf, -math.inf)
    stop, target = slot.stop, slot.target
    if slot.quantity > 0.0:
        return Calm(stop if stop > 0.0 else -math.inf, target if target > 0.0 else math.inf)
    return Calm(target if target > 0.0 else -math.inf, stop if stop > 0.0 else math.inf)


def rests(calm: Calm, bar: Quotes) -> bool:
    """Whether the bar stays within, so that `traded` would change nothing."""
    return min(bar.low, bar.open) > calm.below and max(bar.high, bar.open) < calm.above


def decided(
    slot: Slot, decision: Decision, close: float, standing: Standing, scene: Scene
) -> tuple[Slot, int, int]:
    """The slot after a decision at the close, what was made of it, and the verdict on an entry (or SIZED).

    A decision takes the place of an entry that still waits. Held, only the opposite one counts.
    """
    side = decision.action
    if slot.quantity != 0.0:
        if side * slot.quantity > 0.0 or slot.leaving != NO_EXIT:
            return slot, NOTHING_MADE, SIZED
        return _leaving(slot, OPPOSITE), EXIT_MADE, SIZED
    made = ENTRY_CANCELED if slot.order_side != 0 else NOTHING_MADE
    if side < 0 and not scene.rules.short_selling:
        return empty_slot(), made, SIZED
    verdict, quantity = _sized(decision, standing, scene)
    if verdict != SIZED:
        return empty_slot(), made, verdict
    order_type = order_type_of(side, decision.entry, close)
    waiting = Slot(
        0.0,
        0.0,
        0.0,
        0.0,
        side,
        order_type,
        decision.entry,
        quantity,
        decision.stop,
        decision.first_target,
        NO_EXIT,
    )
    return waiting, ENTRY_MADE, SIZED


def _sized(decision: Decision, standing: Standing, scene: Scene) -> tuple[int, float]:
    rules = scene.rules
    verdict = entry_verdict(rules, decision.action, decision.entry, decision.stop, decision.first_target)
    if verdict != SIZED:
        return verdict, 0.0
    if standing.open_positions >= rules.max_open_positions:
        return TOO_MANY_POSITIONS, 0.0
    if not (standing.day_loss < rules.max_daily_loss):
        return DAILY_LOSS_REACHED, 0.0
    if rules.all_in:
        return SIZED, math.inf
    distance = abs(decision.entry - decision.stop)
    means = (standing.equity, standing.buying_power)
    return sized_by_risk(rules, scene.contract, distance, decision.entry, means)


def _at_the_market(slot: Slot, cash: float, free: float, scene: Scene) -> tuple[Slot, float, Fill]:
    """The entry that waits, or the rest of a position that is leaving."""
    if slot.order_side != 0:
        touch = entry_touch(
            slot.order_type, slot.order_side, slot.order_price, scene.bar, scene.rules.fill_at_close
        )
        if touch.price > 0.0:
            return _entered(slot, cash, free, Fill(NO_EXIT, 0.0, touch.price, 0.0, 0.0, touch.at_open), scene)
    elif slot.leaving != NO_EXIT and slot.quantity != 0.0:
        if scene.rules.fill_at_close:
            return _left(slot, cash, Fill(slot.leaving, 0.0, scene.bar.close, 0.0, 0.0, False), scene)
        return _left(slot, cash, Fill(slot.leaving, 0.0, scene.bar.open, 0.0, 0.0, True), scene)
    return slot, cash, no_fill()


def _protected(slot: Slot, cash: float, whole: bool, scene: Scene) -> tuple[Slot, float, Fill]:
    side = 1 if slot.quantity > 0.0 else -1
    found = protective_exit(side, slot.stop, slot.target, scene.bar, whole)
    if found.reason == NO_EXIT:
        return slot, cash, no_fill()
    return _left(slot, cash, Fill(found.reason, 0.0, found.price, 0.0, 0.0, found.at_open), scene)


def _entered(slot: Slot, cash: float, free: float, wanted: Fill, scene: Scene) -> tuple[Slot, float, Fill]:
    """An entry at `wanted.price`, as much of it as there is cash (all in) and room for."""
    rules, contract, side = scene.rules, scene.contract, slot.order_side
    quantity = slot.order_left
    if rules.all_in:
        quantity = sized_all_in(rules, contract, wanted.price, free)
    quantity = min(quantity, scene.room)
    price = wanted.price
    if slot.order_type != LIMIT and quantity > 0.0:
        price = slipped(rules, side, price, quantity, scene.bar)
        if rules.all_in:
            quantity = min(quantity, sized_all_in(rules, contract, price, free))
    if not (quantity > 0.0):
        if rules.all_in and scene.room > 0.0:
            return _without_order(slot), cash, no_fill()
        return slot, cash, no_fill()
    cost = commission(rules, contract, quantity, price)
    flow = -(quantity * price * contract.unit) * side - cost
    left = 0.0 if rules.all_in and quantity < scene.room else slot.order_left - quantity
    waits = left > 0.0
    after = Slot(
        slot.quantity + side * quantity,
        slot.order_stop,
        slot.order_target,
        slot.flow + flow,
        side if waits else 0,
        slot.order_type,
        slot.order_price,
        left,
        slot.order_stop,
        slot.order_target,
        NO_EXIT,
    )
    return after, cash + flow, Fill(NO_EXIT, quantity, price, quantity * price, cost, wanted.at_open)


def _left(slot: Slot, cash: float, wanted: Fill, scene: Scene) -> tuple[Slot, float, Fill]:
    """An exit at `wanted.price`, as much of it as there is room for; what of an entry still waits, goes."""
    rules, contract = scene.rules, scene.contract
    side = 1 if slot.quantity > 0.0 else -1
    held = abs(slot.quantity)
    quantity = min(held, scene.room)
    if not (quantity > 0.0):
        return _leaving(slot, _pending(wanted.reason, slot.leaving)), cash, no_fill()
    price = wanted.price
    if wanted.reason != AT_TARGET:
        price = slipped(rules, -side, price, quantity, scene.bar)
    cost = commission(rules, contract, quantity, price)
    flow = quantity * price * contract.unit * side - cost
    gone = quantity == held
    after = Slot(
        0.0 if gone else slot.quantity - side * quantity,
        slot.stop,
        slot.target,
        slot.flow + flow,
        0,
        MARKET,
        0.0,
        0.0,
        0.0,
        0.0,
        NO_EXIT if gone else _pending(wanted.reason, slot.leaving),
    )
    return after, cash + flow, Fill(wanted.reason, quantity, price, quantity * price, cost, wanted.at_open)


def _pending(reason: int, leaving: int) -> int:
    """Why the rest goes at the next market price: a limit order at the target goes on waiting there."""
    return leaving if reason == AT_TARGET else reason


def _leaving(slot: Slot, reason: int) -> Slot:
    return Slot(slot.quantity, slot.stop, slot.target, slot.flow, 0, MARKET, 0.0, 0.0, 0.0, 0.0, reason)


def _without_order(slot: Slot) -> Slot:
    return Slot(slot.quantity, slot.stop, slot.target, slot.flow, 0, MARKET, 0.0, 0.0, 0.0, 0.0, slot.leaving)


def _narrowed(scene: Scene, fill: Fill) -> Scene:
    return Scene(scene.bar, scene.rules, scene.contract, scene.room - fill.quantity)
