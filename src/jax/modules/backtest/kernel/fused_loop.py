"""One symbol, one account, many parameter sets: decision, fills, equity and statistics in one pass.

It reads every number from the arrays itself and hands scalars to the functions it calls: an array that is
passed on for each bar costs more than all of a bar's work. Bars' numbers are unsigned: one that may be below
zero costs a test at every access. Bars on which nothing can be filled have loops of their own. It gives what
`account_loop` gives for one symbol, to the last bit; what it leaves out (see `fusable`) needs the other.
"""

from collections.abc import Callable
from typing import Any

from numpy import int64, uint64

from jax.domain.backtest_settings import BacktestSettings, FillMoment
from jax.domain.strategy import BarValues, Decision
from jax.modules.backtest.kernel.arrays import Columns, Floats, Ints
from jax.modules.backtest.kernel.prices import Quotes
from jax.modules.backtest.kernel.rules import Contract, Rules
from jax.modules.backtest.kernel.slot import (
    Slot,
    Standing,
    calm_of,
    decided,
    empty_slot,
    rests,
    scene_of,
    traded,
)
from jax.modules.backtest.kernel.statistics import (
    Outcomes,
    new_curve,
    new_outcomes,
    observed,
    statistics_of,
    with_step,
)

MOST_INPUTS = 8
_ONE = uint64(1)

# Bound to a strategy by strategy_kernels.
decide: Callable[[Any, BarValues, Any, Any], tuple[Any, Decision]]
initial_state: Any
make_inputs: Callable[..., Any]
make_params: Callable[[Floats], Any]


def fusable(settings: BacktestSettings, symbols: int) -> bool:
    """Whether the fused loop knows everything that these settings ask for."""
    return (
        symbols == 1
        and settings.fill_at is FillMoment.NEXT_OPEN
        and settings.participation_fraction is None
        and settings.costs.borrow_rate == 0
        and settings.max_daily_loss is None
    )


def fused_loop(
    columns: Columns,
    table: Floats,
    plan: tuple[Ints, Floats],
    account: tuple[Rules, Contract],
    out: tuple[Floats, Floats, Ints],
) -> None:
    """Fills one row of `out` a parameter set.

    `table` holds the indicator columns, [columns, bars]; `plan` which of them each set reads, [sets, 8], and
    its parameters, [sets, fields].
    """
    rows, params = plan
    for number in range(rows.shape[0]):
        fused_run(
            columns, table, (rows[number], params[number]), account, (out[0][number], out[1][number], out[2])
        )


def fused_run(
    columns: Columns,
    table: Floats,
    plan: tuple[Ints, Floats],
    account: tuple[Rules, Contract],
    out: tuple[Floats, Floats, Ints],
) -> None:
    """One parameter set; `out` is its row of statistics, its block sums [blocks, 3] and the blocks' bounds.

    The sums of a block are the count, the sum and the sum of squares of its returns. No bar before the first
    bound or from the last one on is read.
    """
    opens, highs, lows, closes = columns.open, columns.high, columns.low, columns.close
    volumes, market, sector = columns.volume, columns.market_trend, columns.sector_trend
    rows, row_params = plan
    c0, c1, c2, c3 = table[rows[0]], table[rows[1]], table[rows[2]], table[rows[3]]
    c4, c5, c6, c7 = table[rows[4]], table[rows[5]], table[rows[6]], table[rows[7]]
    params = make_params(row_params)
    rules, contract = account
    statistics, blocks, bounds = out
    state = initial_state
    slot = empty_slot()
    cash = rules.initial_cash
    curve = new_curve(cash)
    outcomes = new_outcomes()
    exposed = 0
    start = uint64(bounds[0])
    for block in range(bounds.shape[0] - 1):
        before = curve
        i, after = uint64(bounds[block]), uint64(bounds[block + 1])
        while i < after:
            while i < after and slot.quantity == 0.0 and slot.order_side == 0:
                bar = BarValues(opens[i], highs[i], lows[i], closes[i], volumes[i], market[i], sector[i])
                inputs = make_inputs(c0[i], c1[i], c2[i], c3[i], c4[i], c5[i], c6[i], c7[i])
                state, decision = decide(state, bar, inputs, params)
                i += _ONE
                if decision.action != 0:
                    slot = _after_decision(slot, decision, bar, curve.equity, account)
            if i == after:
                break
            quotes = Quotes(opens[i], highs[i], lows[i], closes[i], volumes[i])
            slot, cash, outcomes = _after_trading((slot, cash, outcomes), quotes, curve.equity, account)
            calm = calm_of(slot)
            resting = True
            while resting:
                exposed += int(slot.quantity != 0.0)
                curve = observed(
                    curve, cash + slot.quantity * closes[i] * contract.unit, int(int64(i - start))
                )
                bar = BarValues(opens[i], highs[i], lows[i], closes[i], volumes[i], market[i], sector[i])
                inputs = make_inputs(c0[i], c1[i], c2[i], c3[i], c4[i], c5[i], c6[i], c7[i])
                state, decision = decide(state, bar, inputs, params)
                i += _ONE
                if decision.action != 0:
                    slot = _after_decision(slot, decision, bar, curve.equity, account)
                    break
                if i == after:
                    break
                resting = rests(calm, Quotes(opens[i], highs[i], lows[i], closes[i], volumes[i]))
        blocks[block, 0] = float(bounds[block + 1] - bounds[block])
        blocks[block, 1] = curve.return_sum - before.return_sum
        blocks[block, 2] = curve.square_sum - before.square_sum
    found = statistics_of(curve, outcomes, bounds[-1] - bounds[0], exposed)
    for field in range(len(found)):
        statistics[field] = found[field]


def _after_trading(
    before: tuple[Slot, float, Outcomes], bar: Quotes, equity: float, account: tuple[Rules, Contract]
) -> tuple[Slot, float, Outcomes]:
    """Slot, cash and outcomes after what happens within the bar."""
    slot, cash, outcomes = before
    rules, contract = account
    if not rests(calm_of(slot), bar):
        step = traded(slot, cash, cash, scene_of(bar, rules, contract))
        return step.slot, step.cash, with_step(outcomes, step, contract, equity)
    return before


def _after_decision(
    slot: Slot, decision: Decision, bar: BarValues, equity: float, account: tuple[Rules, Contract]
) -> Slot:
    rules, contract = account
    scene = scene_of(Quotes(bar.open, bar.high, bar.low, bar.close, bar.volume), rules, contract)
    return decided(slot, decision, bar.close, Standing(equity, equity, 0, 0.0), scene)[0]
