"""One symbol, one account, many parameter sets: decision, fills, equity and statistics in one pass.

It reads every number from the arrays itself and hands scalars to the functions it calls: an array that is
passed on for each bar costs more than all of a bar's work. It gives what `account_loop` gives for one symbol,
to the last bit; what it leaves out (see `fusable`) needs the other.
"""

from collections.abc import Callable
from typing import Any

from jax.domain.backtest_settings import BacktestSettings, FillMoment
from jax.domain.strategy import BarValues, Decision
from jax.modules.backtest.kernel.arrays import Columns, Floats, Ints
from jax.modules.backtest.kernel.prices import Quotes
from jax.modules.backtest.kernel.rules import Contract, Rules
from jax.modules.backtest.kernel.slot import Standing, decided, empty_slot, scene_of, traded
from jax.modules.backtest.kernel.statistics import (
    new_curve,
    new_outcomes,
    observed,
    statistics_of,
    with_fill,
    with_trade,
)

MOST_INPUTS = 8

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

    The sums of a block are the count, the sum and the sum of squares of its returns.
    """
    opens, highs, lows, closes = columns.open, columns.high, columns.low, columns.close
    volumes, market, sector = columns.volume, columns.market_trend, columns.sector_trend
    rows, row_params = plan
    r0, r1, r2, r3, r4, r5, r6, r7 = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    params = make_params(row_params)
    rules, contract = account
    statistics, blocks, bounds = out
    state = initial_state
    slot = empty_slot()
    cash = rules.initial_cash
    curve = new_curve(cash)
    outcomes = new_outcomes()
    exposed = 0
    for block in range(bounds.shape[0] - 1):
        before = curve
        for i in range(bounds[block], bounds[block + 1]):
            close = closes[i]
            if slot.quantity != 0.0 or slot.order_side != 0:
                bar = Quotes(opens[i], highs[i], lows[i], close, volumes[i])
                step = traded(slot, cash, cash, scene_of(bar, rules, contract))
                slot, cash = step.slot, step.cash
                if step.ordered.quantity > 0.0:
                    outcomes = with_fill(outcomes, step.ordered.value * contract.unit, curve.equity)
                if step.protective.quantity > 0.0:
                    outcomes = with_fill(outcomes, step.protective.value * contract.unit, curve.equity)
                if slot.quantity == 0.0 and (step.ordered.quantity > 0.0 or step.protective.quantity > 0.0):
                    outcomes = with_trade(outcomes, slot.flow)
                    slot = empty_slot()
                if slot.quantity != 0.0:
                    exposed += 1
                curve = observed(curve, cash + slot.quantity * close * contract.unit, i)
            values = BarValues(opens[i], highs[i], lows[i], close, volumes[i], market[i], sector[i])
            inputs = make_inputs(
                table[r0, i],
                table[r1, i],
                table[r2, i],
                table[r3, i],
                table[r4, i],
                table[r5, i],
                table[r6, i],
                table[r7, i],
            )
            state, decision = decide(state, values, inputs, params)
            if decision.action != 0:
                equity = curve.equity
                standing = Standing(equity, equity, 0, 0.0)
                scene = scene_of(Quotes(opens[i], highs[i], lows[i], close, volumes[i]), rules, contract)
                slot = decided(slot, decision, close, standing, scene)[0]
        blocks[block, 0] = float(bounds[block + 1] - bounds[block])
        blocks[block, 1] = curve.return_sum - before.return_sum
        blocks[block, 2] = curve.square_sum - before.square_sum
    found = statistics_of(curve, outcomes, bounds[-1] - bounds[0], exposed)
    for field in range(len(found)):
        statistics[field] = found[field]
