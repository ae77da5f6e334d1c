"""What the account has lost, holds and waits for."""

from collections.abc import Iterator
from decimal import Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import AccountState, EntryCase
from jax.domain.risk_decision import Denied

# Sums of checked numbers stay far below; what is larger comes from a fault.
_LARGEST_SUM = Decimal(10) ** 18


def numbers_are_possible(case: EntryCase) -> Denied | None:
    """Everything that is compared below is a finite number of the right sign."""
    named = (*_signed(case.inputs.account), *_unsigned(case.inputs.account))
    for name, value in (*named, ("cycle_notional", case.inputs.pace.cycle_notional)):
        if not (value.is_finite() and abs(value) < _LARGEST_SUM):
            detail = f"{name} must be finite and below {_LARGEST_SUM:.0e}, not {value}"
            return Denied(ReasonCode.ACCOUNT_NUMBER_INVALID, detail, {name: value})
    never_negative = (*_unsigned(case.inputs.account), ("cycle_notional", case.inputs.pace.cycle_notional))
    for name, value in never_negative:
        if not (value >= 0):
            detail = f"{name} must not be negative, not {value}"
            return Denied(ReasonCode.ACCOUNT_NUMBER_INVALID, detail, {name: value})
    return None


def _signed(account: AccountState) -> Iterator[tuple[str, Decimal]]:
    snapshot = account.snapshot
    yield "cash", snapshot.cash
    yield "net_liquidation", snapshot.net_liquidation
    yield "realized_today", account.realized_today
    for profit in account.session_profits:
        yield "session_profit", profit
    for symbol, holding in account.holdings.items():
        yield f"signed_quantity of {symbol}", holding.signed_quantity


def _unsigned(account: AccountState) -> Iterator[tuple[str, Decimal]]:
    yield "buying_power", account.snapshot.buying_power
    yield "opening_equity", account.opening_equity
    yield "reserved", account.reserved
    yield "risk_taken_today", account.risk_taken_today
    for symbol, holding in account.holdings.items():
        if holding.unit_value is not None:
            yield f"unit_value of {symbol}", holding.unit_value
    for order in account.open_orders:
        yield f"leaves_quantity of {order.symbol}", order.leaves_quantity
        yield f"unit_value of {order.symbol}", order.unit_value


def loss_is_not_latched(case: EntryCase) -> Denied | None:
    """Once the daily loss was reached, nothing is entered before a later session opens."""
    latched, session = case.inputs.controls.loss_latched_on, case.inputs.market.session
    if latched is None or (session is not None and session.session_date > latched):
        return None
    return Denied(
        ReasonCode.DAILY_LOSS_LATCHED, f"the daily loss was reached in the session of {latched.isoformat()}"
    )


def daily_loss_is_not_reached(case: EntryCase) -> Denied | None:
    """Neither realised profit nor equity since the session opened is down by the limit.

    The equity counts what is not realised too; a gain that is not realised makes no room for a loss that is.
    """
    account, most = case.inputs.account, case.limits.max_daily_loss
    realized = account.realized_today
    change = account.snapshot.net_liquidation - account.opening_equity
    numbers = {"realized_today": realized, "equity_change": change, "max_daily_loss": most}
    if not (realized > -most):
        detail = f"realised {realized} today, the limit is a loss of {most}"
        return Denied(ReasonCode.DAILY_LOSS_REACHED, detail, numbers)
    if not (change > -most):
        detail = f"equity changed by {change} since the session opened, the limit is a loss of {most}"
        return Denied(ReasonCode.DAILY_LOSS_REACHED, detail, numbers)
    return None


def positions_are_below_the_limit(case: EntryCase) -> Denied | None:
    """A symbol is open when it is held or may come to be held, also by an order without an answer."""
    account, most = case.inputs.account, case.limits.max_open_positions
    symbols = {symbol for symbol, holding in account.holdings.items() if holding.signed_quantity != 0}
    symbols |= {order.symbol for order in account.open_orders}
    if case.signal.symbol in symbols or len(symbols) < most:
        return None
    return Denied(
        ReasonCode.TOO_MANY_POSITIONS,
        f"{len(symbols)} positions are open or pending, the limit is {most}",
        {"open_positions": Decimal(len(symbols)), "max_open_positions": Decimal(most)},
    )
