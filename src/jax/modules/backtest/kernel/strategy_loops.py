"""What a strategy says on each bar of one symbol: its indicators' columns, and its decisions."""

from collections.abc import Callable
from typing import Any

from jax.domain.strategy import BarValues, Decision
from jax.modules.backtest.kernel.arrays import Columns, Floats, Ints

# Bound to an indicator or a strategy by strategy_kernels.
step: Callable[[Any, BarValues, BarValues, Any], tuple[Any, float]]
initial: Any
make_arguments: Callable[[Floats], Any]
decide: Callable[[Any, BarValues, Any, Any], tuple[Any, Decision]]
initial_state: Any
make_inputs: Callable[..., Any]
make_params: Callable[[Floats], Any]

SIDE_BY_SIDE = 4


def indicator_column(columns: Columns, row: Floats, lag: int, out: Floats) -> None:
    """Fills `out` with the value of the indicator on every bar; `row` holds its arguments."""
    opens, highs, lows, closes = columns.open, columns.high, columns.low, columns.close
    volumes, market, sector = columns.volume, columns.market_trend, columns.sector_trend
    arguments = make_arguments(row)
    state = initial
    for i in range(closes.shape[0]):
        j = max(i - lag, 0)
        bar = BarValues(opens[i], highs[i], lows[i], closes[i], volumes[i], market[i], sector[i])
        lagged = BarValues(opens[j], highs[j], lows[j], closes[j], volumes[j], market[j], sector[j])
        state, value = step(state, bar, lagged, arguments)
        out[i] = value


def indicator_columns(columns: Columns, rows: Floats, lags: Ints, table: Floats, places: Ints) -> None:
    """`indicator_column` for each of `rows`, [columns, arguments], and its lag, into its place in `table`."""
    count = places.shape[0]
    fours = count - count % SIDE_BY_SIDE
    for number in range(0, fours, SIDE_BY_SIDE):
        after = number + SIDE_BY_SIDE
        _four_columns(columns, rows[number:after], lags[number:after], table, places[number:after])
    for number in range(fours, count):
        indicator_column(columns, rows[number], lags[number], table[places[number]])


def _four_columns(columns: Columns, rows: Floats, lags: Ints, table: Floats, places: Ints) -> None:
    """Side by side: a recurrence waits for its own last bar most of the time, and four wait at once."""
    opens, highs, lows, closes = columns.open, columns.high, columns.low, columns.close
    volumes, market, sector = columns.volume, columns.market_trend, columns.sector_trend
    arguments0, arguments1 = make_arguments(rows[0]), make_arguments(rows[1])
    arguments2, arguments3 = make_arguments(rows[2]), make_arguments(rows[3])
    out0, out1, out2, out3 = table[places[0]], table[places[1]], table[places[2]], table[places[3]]
    lag0, lag1, lag2, lag3 = lags[0], lags[1], lags[2], lags[3]
    state0, state1, state2, state3 = initial, initial, initial, initial
    for i in range(closes.shape[0]):
        bar = BarValues(opens[i], highs[i], lows[i], closes[i], volumes[i], market[i], sector[i])
        j = max(i - lag0, 0)
        lagged = BarValues(opens[j], highs[j], lows[j], closes[j], volumes[j], market[j], sector[j])
        state0, out0[i] = step(state0, bar, lagged, arguments0)
        j = max(i - lag1, 0)
        lagged = BarValues(opens[j], highs[j], lows[j], closes[j], volumes[j], market[j], sector[j])
        state1, out1[i] = step(state1, bar, lagged, arguments1)
        j = max(i - lag2, 0)
        lagged = BarValues(opens[j], highs[j], lows[j], closes[j], volumes[j], market[j], sector[j])
        state2, out2[i] = step(state2, bar, lagged, arguments2)
        j = max(i - lag3, 0)
        lagged = BarValues(opens[j], highs[j], lows[j], closes[j], volumes[j], market[j], sector[j])
        state3, out3[i] = step(state3, bar, lagged, arguments3)


def decision_pass(columns: Columns, table: Floats, plan: tuple[Ints, Floats], out: Floats) -> int:
    """How many decisions other than NOTHING there are; as many as `out` has rows for are written to it.

    `plan` is which rows of `table` (indicator columns) the strategy reads, [8], and its parameters. A row of
    `out` is the bar's number and then the fields of Decision.
    """
    opens, highs, lows, closes = columns.open, columns.high, columns.low, columns.close
    volumes, market, sector = columns.volume, columns.market_trend, columns.sector_trend
    rows, row_params = plan
    r0, r1, r2, r3, r4, r5, r6, r7 = rows[0], rows[1], rows[2], rows[3], rows[4], rows[5], rows[6], rows[7]
    params = make_params(row_params)
    state = initial_state
    found = 0
    for i in range(closes.shape[0]):
        bar = BarValues(opens[i], highs[i], lows[i], closes[i], volumes[i], market[i], sector[i])
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
        state, decision = decide(state, bar, inputs, params)
        if decision.action != 0:
            if found < out.shape[0]:
                out[found, 0] = float(i)
                out[found, 1] = float(decision.action)
                out[found, 2] = decision.confidence
                out[found, 3] = decision.entry
                out[found, 4] = decision.stop
                out[found, 5] = decision.first_target
                out[found, 6] = decision.second_target
                out[found, 7] = float(decision.reason)
            found += 1
    return found
