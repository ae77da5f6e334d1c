"""All symbols, one account: what the decisions, once they are made, do to cash and positions.

The bars of one moment are gone through twice: first everything trades between its open and its close, by
symbol; then, with the equity at their common end, the decisions count. A decision was made from its bar and
those before it alone (strategy_loops), so no order can know of a later one.
"""

from typing import NamedTuple

from jax.domain.strategy import Decision
from jax.modules.backtest.kernel.arrays import Decided, Floats, Ints, Ledger, Panel
from jax.modules.backtest.kernel.booking import (
    ENTRY_ORDER,
    NO_ROW,
    Place,
    book_close,
    book_entry_fill,
    book_entry_order,
    book_exit_fill,
    book_exit_order,
)
from jax.modules.backtest.kernel.prices import NO_EXIT, Quotes
from jax.modules.backtest.kernel.rules import Contract, Rules
from jax.modules.backtest.kernel.sizing import SIZED
from jax.modules.backtest.kernel.slot import (
    ENTRY_CANCELED,
    ENTRY_MADE,
    EXIT_MADE,
    Scene,
    Slot,
    Standing,
    Step,
    decided,
    empty_slot,
    scene_of,
    traded,
)
from jax.modules.backtest.kernel.statistics import (
    new_curve,
    new_outcomes,
    observed,
    statistics_of,
    with_step,
)


class Books(NamedTuple):
    """Room for what the loop keeps by symbol: its open rows of the ledger, and its latest close."""

    open_rows: Ints
    last: Floats


def account_loop(panel: Panel, decisions: Decided, rules: Rules, ledger: Ledger, books: Books) -> None:
    """Fills `ledger` and its one row of statistics."""
    last = books.last
    slots = [empty_slot() for _ in range(panel.contracts.shape[0])]
    cash = rules.initial_cash
    curve = new_curve(cash)
    outcomes = new_outcomes()
    exposed = 0
    day_start = cash
    for moment in range(panel.day.shape[0]):
        if moment > 0 and panel.day[moment] != panel.day[moment - 1]:
            day_start = curve.equity
        first, after = panel.moment_first[moment], panel.moment_first[moment + 1]
        for visit in range(first, after):
            symbol, row = panel.symbol[visit], panel.row[visit]
            slot = slots[symbol]
            if slot.quantity != 0.0 or slot.order_side != 0:
                scene = _scene(panel, symbol, row, rules)
                fee = _borrow_fee(slot, last[symbol], panel.gap_years[row], scene)
                slot = _charged(slot, fee)
                free = cash - fee
                if rules.all_in:
                    free -= _lent(slots, last, panel.contracts)
                step = traded(slot, cash - fee, free, scene)
                cash = step.cash
                _book_fills(ledger, books.open_rows[symbol], Place(symbol, row), slot, step)
                outcomes = with_step(outcomes, step, scene.contract, curve.equity)
                idle = step.slot.quantity == 0.0 and step.slot.order_side == 0
                slots[symbol] = empty_slot() if idle else step.slot
            last[symbol] = panel.columns.close[row]
        value, held = _valued(slots, last, panel.contracts)
        curve = observed(curve, cash + value, moment)
        if held > 0:
            exposed += 1
        ledger.cash[moment], ledger.value[moment], ledger.held[moment] = cash, value, held
        for visit in range(first, after):
            row = panel.row[visit]
            number = decisions.at[row]
            if number >= 0:
                symbol = panel.symbol[visit]
                scene = _scene(panel, symbol, row, rules)
                power, busy = _means(slots, symbol, last, panel.contracts)
                standing = Standing(
                    curve.equity, max(curve.equity - power, 0.0), busy, day_start - curve.equity
                )
                place = Place(symbol, row)
                slots[symbol] = _take(
                    ledger,
                    books.open_rows[symbol],
                    place,
                    decisions.values[number],
                    (slots[symbol], standing, scene),
                )
    found = statistics_of(curve, outcomes, panel.day.shape[0], exposed)
    for field in range(len(found)):
        ledger.statistics[field] = found[field]


def _scene(panel: Panel, symbol: int, row: int, rules: Rules) -> Scene:
    columns = panel.columns
    bar = Quotes(
        columns.open[row], columns.high[row], columns.low[row], columns.close[row], columns.volume[row]
    )
    return scene_of(bar, rules, Contract(panel.contracts[symbol, 0], panel.contracts[symbol, 1]))


def _borrow_fee(slot: Slot, last: float, gap_years: float, scene: Scene) -> float:
    """What a short position pays for the time since the bar before, of its value at that bar's close."""
    if slot.quantity < 0.0:
        return -slot.quantity * last * scene.contract.unit * scene.rules.borrow_rate * gap_years
    return 0.0


def _charged(slot: Slot, fee: float) -> Slot:
    return Slot(
        slot.quantity,
        slot.stop,
        slot.target,
        slot.flow - fee,
        slot.order_side,
        slot.order_type,
        slot.order_price,
        slot.order_left,
        slot.order_stop,
        slot.order_target,
        slot.leaving,
    )


def _lent(slots: list[Slot], last: Floats, contracts: Floats) -> float:
    """The part of the cash that is spoken for by short positions: what they brought in, and as much again."""
    total = 0.0
    for symbol in range(len(slots)):
        if slots[symbol].quantity < 0.0:
            total -= 2.0 * slots[symbol].quantity * last[symbol] * contracts[symbol, 0]
    return total


def _valued(slots: list[Slot], last: Floats, contracts: Floats) -> tuple[float, int]:
    value = 0.0
    held = 0
    for symbol in range(len(slots)):
        if slots[symbol].quantity != 0.0:
            value += slots[symbol].quantity * last[symbol] * contracts[symbol, 0]
            held += 1
    return value, held


def _means(slots: list[Slot], own: int, last: Floats, contracts: Floats) -> tuple[float, int]:
    """What is held and spoken for by waiting entries other than `own`, and how many symbols that is."""
    taken = 0.0
    busy = 0
    for symbol in range(len(slots)):
        slot = slots[symbol]
        if slot.quantity != 0.0 or (slot.order_side != 0 and symbol != own):
            busy += 1
            taken += abs(slot.quantity) * last[symbol] * contracts[symbol, 0]
            if slot.order_side != 0 and slot.order_left < 1e300:
                taken += slot.order_left * slot.order_price * contracts[symbol, 0]
    return taken, busy


def _book_fills(ledger: Ledger, open_rows: Ints, place: Place, before: Slot, step: Step) -> None:
    held = before.quantity
    if step.ordered.quantity > 0.0:
        if step.ordered.reason == NO_EXIT:
            book_entry_fill(ledger, open_rows, place, step.ordered)
            held = held + step.ordered.quantity * before.order_side
        else:
            book_exit_fill(ledger, open_rows, place, step.ordered, held)
    if step.protective.quantity > 0.0:
        book_exit_fill(ledger, open_rows, place, step.protective, held)
    traded_now = step.ordered.quantity > 0.0 or step.protective.quantity > 0.0
    if traded_now and step.slot.quantity == 0.0:
        book_close(ledger, open_rows, step.slot.flow)


def _take(
    ledger: Ledger, open_rows: Ints, place: Place, row: Floats, at: tuple[Slot, Standing, Scene]
) -> Slot:
    """The slot after the decision of `row` (as decision_pass writes it)."""
    slot, standing, scene = at
    decision = Decision(int(row[1]), row[2], row[3], row[4], row[5], row[6], int(row[7]))
    after, made, verdict = decided(slot, decision, scene.bar.close, standing, scene)
    if verdict != SIZED:
        ledger.refused[verdict] += 1
    if made == ENTRY_CANCELED:
        open_rows[ENTRY_ORDER] = NO_ROW
    if made == ENTRY_MADE:
        book_entry_order(ledger, open_rows, place, after, row[7])
    if made == EXIT_MADE:
        book_exit_order(ledger, open_rows, place, after, row[7])
    return after
