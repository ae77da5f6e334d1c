"""The loops of one symbol over many at once: to be called for each costs more than the work itself."""

from jax.modules.backtest.kernel.arrays import Columns, Floats, Ints
from jax.modules.backtest.kernel.fused_loop import fused_run
from jax.modules.backtest.kernel.rules import Contract, Rules
from jax.modules.backtest.kernel.strategy_loops import indicator_column


def symbol_columns(columns: Columns, first: Ints, row: Floats, lag: int, out: Floats) -> None:
    """`indicator_column` for each symbol, whose bars are those from `first[s]` to `first[s + 1]`."""
    for symbol in range(first.shape[0] - 1):
        start, after = first[symbol], first[symbol + 1]
        indicator_column(_part(columns, start, after), row, lag, out[start:after])


def symbol_accounts(
    columns: Columns,
    table: Floats,
    plan: tuple[Ints, Floats],
    account: tuple[Rules, Floats, Ints],
    out: tuple[Floats, Floats],
) -> None:
    """`fused_run` of one parameter set for each symbol, each with an account of its own.

    `account` are the rules, the contracts [symbols, 2] and the symbols' first rows as above; `out` has a row
    of statistics and one block of sums [1, 3] a symbol.
    """
    rules, contracts, first = account
    for symbol in range(first.shape[0] - 1):
        contract = Contract(contracts[symbol, 0], contracts[symbol, 1])
        bounds = first[symbol : symbol + 2]
        fused_run(columns, table, plan, (rules, contract), (out[0][symbol], out[1][symbol], bounds))


def _part(columns: Columns, start: int, after: int) -> Columns:
    return Columns(
        columns.open[start:after],
        columns.high[start:after],
        columns.low[start:after],
        columns.close[start:after],
        columns.volume[start:after],
        columns.market_trend[start:after],
        columns.sector_trend[start:after],
    )
