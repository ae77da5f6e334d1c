"""The one decision about an order: every rule in its order, then the largest quantity within every limit."""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import TypeVar

from jax.domain.position_sizing import SizingRequest, approval_of, size_position
from jax.domain.reason_code import ReasonCode
from jax.domain.risk import (
    account_rules,
    caps,
    control_rules,
    exit_rules,
    market_rules,
    order_rules,
    pace_rules,
)
from jax.domain.risk.inputs import EntryCase, ExitInputs, RiskInputs, Route
from jax.domain.risk.rule import EXACT, Cap, shown
from jax.domain.risk_decision import Approved, Denied, RiskDecision

_Judged = TypeVar("_Judged")

RULES: tuple[Callable[[RiskInputs | ExitInputs], Denied | None], ...] = (
    control_rules.execution_is_on,
    control_rules.no_kill_switch_is_engaged,
    control_rules.not_only_observed,
)
ENTRY_RULES: tuple[Callable[[EntryCase], Denied | None], ...] = (
    control_rules.not_only_reduced,
    control_rules.armed_when_live,
    order_rules.venue_is_allowed,
    order_rules.order_type_is_allowed,
    control_rules.not_restricted,
    order_rules.instrument_is_the_signals,
    order_rules.currency_is_the_accounts,
    order_rules.prices_survive_rounding,
    market_rules.session_is_open,
    account_rules.net_liquidation_is_possible,
    account_rules.numbers_are_possible,
    account_rules.loss_is_not_latched,
    account_rules.daily_loss_is_not_reached,
    pace_rules.artifact_is_below_its_rate,
    pace_rules.account_is_below_its_rate,
    pace_rules.bucket_has_a_token,
    pace_rules.order_is_no_repeat,
    market_rules.quote_is_fresh,
    market_rules.price_is_in_the_collar,
    order_rules.stop_is_far_enough,
    order_rules.stop_is_close_enough,
    account_rules.position_is_not_opposed,
    account_rules.positions_are_below_the_limit,
    market_rules.holdings_have_prices,
)
CAPS: tuple[Callable[[caps.EntryRoom], Cap | None], ...] = (
    caps.by_order_notional,
    caps.by_buying_power,
    caps.by_position_size,
    caps.by_position_value,
    caps.by_gross_exposure,
    caps.by_net_exposure,
    caps.by_daily_risk,
    caps.by_cycle_notional,
    caps.by_cash_reserve,
)
EXIT_RULES: tuple[Callable[[ExitInputs], Denied | None], ...] = (
    exit_rules.exit_numbers_are_possible,
    exit_rules.exit_leaves_what_is_held,
    exit_rules.exit_raises_nothing_in_reduce,
)


def decide(inputs: RiskInputs | ExitInputs) -> RiskDecision:
    """The largest quantity that keeps every limit, or the first rule that forbids the order.

    The tighter of the account's limits and of those that the artifact was approved with holds, everywhere.
    An exit is approved with the quantity it wants or not at all, and adds neither risk nor value. On a dry
    run what would be approved is denied with DRY_RUN and its numbers.
    """
    with localcontext(EXACT):
        denied = _first_denial(RULES, inputs)
        if denied is not None:
            return denied
        decision = _decide_exit(inputs) if isinstance(inputs, ExitInputs) else _decide_entry(inputs)
    return _unless_dry(inputs.route, decision)


def _first_denial(rules: tuple[Callable[[_Judged], Denied | None], ...], judged: _Judged) -> Denied | None:
    for rule in rules:
        denied = rule(judged)
        if denied is not None:
            return denied
    return None


def _decide_exit(inputs: ExitInputs) -> RiskDecision:
    denied = _first_denial(EXIT_RULES, inputs)
    return denied or Approved(inputs.wanted.quantity, Decimal(0), Decimal(0), Decimal(0))


def _decide_entry(inputs: RiskInputs) -> RiskDecision:
    case = EntryCase(inputs, inputs.wanted.profile.tightened(inputs.limits))
    denied = _first_denial(ENTRY_RULES, case)
    if denied is not None:
        return denied
    room = caps.room_for(case)
    most = _room_within_caps(room)
    if isinstance(most, Denied):
        return most
    request = _sizing_request(room)
    sized = size_position(request, case.limits.sizing, inputs.instrument)
    if isinstance(sized, Denied):
        return sized
    return approval_of(request, inputs.instrument, min(sized.quantity, most))


def _sizing_request(room: caps.EntryRoom) -> SizingRequest:
    signal, market = room.case.signal, room.case.inputs.market
    snapshot = room.case.inputs.account.snapshot
    return SizingRequest(
        symbol=signal.symbol,
        side=signal.side,
        entry_price=signal.entry_price,
        stop_loss=signal.stop_loss,
        net_liquidation=snapshot.net_liquidation,
        buying_power=max(snapshot.buying_power - room.reserved, Decimal(0)),
        market_price=None if market.quote is None else market.quote.ask,
    )


def _room_within_caps(room: caps.EntryRoom) -> Decimal | Denied:
    instrument, smallest = room.case.inputs.instrument, room.case.limits.sizing.min_position_size
    fitting = []
    for cap_of in CAPS:
        cap = cap_of(room)
        if cap is None:
            continue
        quantity = instrument.floor_quantity(cap.quantity)
        if not (quantity >= smallest):
            return _too_small(cap, smallest, fits=min(quantity, cap.quantity))
        fitting.append(quantity)
    return min(fitting)


def _too_small(cap: Cap, smallest: Decimal, *, fits: Decimal) -> Denied:
    quantity = shown(fits, ROUND_FLOOR)
    named = ", ".join(f"{name} {value:f}" for name, value in cap.numbers.items())
    return Denied(
        cap.reason_code,
        f"{named}: room for {quantity:f} units, the minimum is {smallest}",
        {**cap.numbers, "quantity": quantity, "min_position_size": smallest},
    )


def _unless_dry(route: Route, decision: RiskDecision) -> RiskDecision:
    if isinstance(decision, Denied) or not route.dry_run:
        return decision
    return Denied(
        ReasonCode.DRY_RUN,
        "this trader runs dry: the order keeps every rule and is not sent",
        {"quantity": decision.quantity, "risk_amount": decision.risk_amount},
    )
