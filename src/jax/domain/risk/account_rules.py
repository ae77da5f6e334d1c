"""What the account has lost, holds and waits for."""

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum, auto

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import AccountState, EntryCase
from jax.domain.risk_decision import Denied
from jax.domain.side import Side

# Sums of checked numbers stay far below; what is larger comes from a fault.
_LARGEST_SUM = Decimal(10) ** 18


def net_liquidation_is_possible(case: EntryCase) -> Denied | None:
    """All shares are shares of it."""
    equity = case.inputs.account.snapshot.net_liquidation
    if equity >= 0:
        return None
    detail = f"net_liquidation must not be negative, not {equity}"
    return Denied(ReasonCode.NET_LIQUIDATION_INVALID, detail, {"net_liquidation": equity})


def numbers_are_possible(case: EntryCase) -> Denied | None:
    """Everything that is compared below is a finite number of the right sign."""
    account, cycle = case.inputs.account, case.inputs.pace.cycle_notional
    for name, value, sign in (*_numbers(account), ("cycle_notional", cycle, _Sign.NOT_NEGATIVE)):
        if not (value.is_finite() and abs(value) < _LARGEST_SUM):
            problem = f"must be finite and below {_LARGEST_SUM:.0e}"
        elif sign is _Sign.POSITIVE and not (value > 0):
            problem = "must be above zero"
        elif sign is _Sign.NOT_NEGATIVE and not (value >= 0):
            problem = "must not be negative"
        else:
            continue
        detail = f"{name} {problem}, not {value}"
        return Denied(ReasonCode.ACCOUNT_NUMBER_INVALID, detail, {name: value})
    return None


class _Sign(Enum):
    ANY = auto()
    NOT_NEGATIVE = auto()
    POSITIVE = auto()


def _numbers(account: AccountState) -> Iterator[tuple[str, Decimal, _Sign]]:
    yield "opening_equity", account.opening_equity, _Sign.POSITIVE
    yield "reserved", account.reserved, _Sign.NOT_NEGATIVE
    yield "realized_today", account.realized_today, _Sign.ANY
    yield "risk_taken_today", account.risk_taken_today, _Sign.NOT_NEGATIVE
    for profit in account.session_profits:
        yield "session_profit", profit, _Sign.ANY
    for holding in account.holdings.values():
        yield "signed_quantity", holding.signed_quantity, _Sign.ANY
        if holding.unit_value is not None:
            yield "unit_value", holding.unit_value, _Sign.POSITIVE
    for sums in account.open_orders.values():
        for side in Side:
            yield "leaves_quantity", sums.entries(side), _Sign.NOT_NEGATIVE
            yield "leaves_quantity", sums.exits(side), _Sign.NOT_NEGATIVE
        yield "cost", sums.cost, _Sign.NOT_NEGATIVE
        yield "unit_value", sums.cheapest, _Sign.POSITIVE
        yield "unit_value", sums.dearest, _Sign.POSITIVE


def loss_is_not_latched(case: EntryCase) -> Denied | None:
    """Once the daily loss was reached, nothing is entered before a later session opens."""
    latched, session = case.inputs.controls.loss_latched_on, case.inputs.market.session
    if latched is None or (session is not None and session.session_date > latched):
        return None
    return Denied(
        ReasonCode.DAILY_LOSS_LATCHED, f"the daily loss was reached in the session of {latched.isoformat()}"
    )


def daily_loss_is_not_reached(case: EntryCase) -> Denied | None:
    """As `daily_loss` says, by the tighter of both limits."""
    return daily_loss(case.inputs.account, case.limits.max_daily_loss)


def daily_loss(account: AccountState, max_daily_loss: Decimal) -> Denied | None:
    """Whether realised profit, or equity since the session opened, is down by the limit.

    Equity counts what is not realised too; a gain that is not realised makes no room for a loss that is.
    Whoever finds the account's own limit reached latches it for the session.
    """
    realized, opening = account.realized_today, account.opening_equity
    change = account.snapshot.net_liquidation - opening if opening.is_finite() else Decimal("NaN")
    numbers = {"realized_today": realized, "equity_change": change, "max_daily_loss": max_daily_loss}
    if not (realized.is_finite() and realized > -max_daily_loss):
        detail = f"realised {realized} today, the limit is a loss of {max_daily_loss}"
        return Denied(ReasonCode.DAILY_LOSS_REACHED, detail, numbers)
    if not (change.is_finite() and change > -max_daily_loss):
        detail = f"equity changed by {change} since the session opened, the limit is {max_daily_loss}"
        return Denied(ReasonCode.DAILY_LOSS_REACHED, detail, numbers)
    return None


def position_is_not_opposed(case: EntryCase) -> Denied | None:
    """Every trade of a symbol goes the same way: one that nets another out leaves it nothing to leave.

    Its stop would still be working, and would open what it was to close.
    """
    if not case.limits.one_direction_per_symbol:
        return None
    symbol, side, account = case.signal.symbol, case.signal.side, case.inputs.account
    holding = account.holdings.get(symbol)
    held = Decimal(0) if holding is None else holding.signed_quantity
    working = account.open_orders.get(symbol)
    against = Decimal(0) if working is None else working.entries(side.opposite)
    if held * side.sign >= 0 and against == 0:
        return None
    return Denied(
        ReasonCode.POSITION_OPPOSED,
        f"the account holds {held} {symbol} and has open orders of {against} to {side.opposite}; "
        f"leave them before an order to {side}",
        {"signed_quantity": held, "opposed_quantity": against},
    )


def positions_are_below_the_limit(case: EntryCase) -> Denied | None:
    """A symbol is open when it is held or may come to be held, also by an order without an answer."""
    account, most = case.inputs.account, case.limits.max_open_positions
    symbols = {symbol for symbol, holding in account.holdings.items() if holding.signed_quantity != 0}
    symbols |= account.open_orders.keys()
    if case.signal.symbol in symbols or len(symbols) < most:
        return None
    return Denied(
        ReasonCode.TOO_MANY_POSITIONS,
        f"{len(symbols)} positions are open or pending, the limit is {most}",
        {"open_positions": Decimal(len(symbols)), "max_open_positions": Decimal(most)},
    )
