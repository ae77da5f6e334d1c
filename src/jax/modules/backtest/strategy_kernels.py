"""The kernels of a strategy, and which indicator columns its parameters ask for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jax.domain.errors import InvalidValue
from jax.domain.strategy import Indicator, Strategy
from jax.modules.backtest.kernel.account_loop import account_loop
from jax.modules.backtest.kernel.arrays import Columns, Floats, Ints
from jax.modules.backtest.kernel.fused_loop import MOST_INPUTS, fused_loop
from jax.modules.backtest.kernel.strategy_loops import decision_pass, indicator_column, indicator_columns
from jax.modules.backtest.kernel.symbol_loops import symbol_accounts, symbol_columns
from jax.modules.backtest.tuple_makers import inputs_maker, row_maker
from jax.ports.kernel_compiler import Kernel, KernelCompiler

ACCOUNT_KERNEL = Kernel(account_loop, {}, "account")

# What makes two indicator columns the same one.
_Column = tuple[Any, int, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class StrategyKernels:
    """A strategy's loops; `identity` stands for its source, such as its bundle's hash and its entry."""

    strategy: Strategy
    identity: str
    compiler: KernelCompiler

    def fused(self) -> Any:
        """`fused_loop` for this strategy."""
        return self.compiler.compiled(Kernel(fused_loop, self._bound(), self.identity))

    def decisions(self) -> Any:
        """`decision_pass` for this strategy."""
        return self.compiler.compiled(Kernel(decision_pass, self._bound(), self.identity))

    def accounts_by_symbol(self) -> Any:
        """`symbol_accounts` for this strategy."""
        return self.compiler.compiled(Kernel(symbol_accounts, self._bound(), self.identity))

    def column(self, indicator: Indicator) -> Any:
        """`indicator_column` for indicators of the same step and kinds of arguments."""
        return self._of_indicator(indicator_column, indicator)

    def columns(self, indicator: Indicator) -> Any:
        """`indicator_columns` for indicators of the same step and kinds of arguments."""
        return self._of_indicator(indicator_columns, indicator)

    def columns_by_symbol(self, indicator: Indicator) -> Any:
        """`symbol_columns` for indicators of the same step and kinds of arguments."""
        return self._of_indicator(symbol_columns, indicator)

    def _of_indicator(self, loop: Callable[..., None], indicator: Indicator) -> Any:
        names = {
            "step": indicator.step,
            "initial": indicator.initial,
            "make_arguments": row_maker(indicator.arguments),
        }
        which = " ".join(map(str, kind_of(indicator)[1:]))
        return self.compiler.compiled(Kernel(loop, names, f"{self.identity} {which}"))

    def _bound(self) -> Mapping[str, Any]:
        strategy = self.strategy
        count = len(strategy.indicators(strategy.params))
        if not (count <= MOST_INPUTS):
            raise InvalidValue(
                f"strategy {strategy.name}", f"declares {count} indicators; there may be {MOST_INPUTS}"
            )
        return {
            "decide": strategy.decide,
            "initial_state": strategy.initial_state,
            "make_inputs": inputs_maker(strategy.inputs, count),
            "make_params": row_maker(tuple(strategy.params), type(strategy.params)),
        }


@dataclass(frozen=True, slots=True, eq=False)
class ColumnPlan:
    """The different indicators of many parameter sets, and for each set which of them it reads."""

    indicators: tuple[Indicator, ...]
    rows: Ints
    params: Floats


def kind_of(indicator: Indicator) -> tuple[Any, ...]:
    """Equal for indicators that the same loop computes: they differ in lag and in their arguments' values."""
    kinds = "".join("i" if isinstance(value, int) else "f" for value in indicator.arguments)
    step = indicator.step
    return step, step.__qualname__, indicator.name, repr(indicator.initial), kinds


def column_plan(strategy: Strategy, sets: Sequence[Any]) -> ColumnPlan:
    """The plan of parameter tuples `sets`: rows [sets, 8] count into `indicators`, params [sets, fields]."""
    numbers: dict[_Column, int] = {}
    indicators: list[Indicator] = []
    rows = np.zeros((len(sets), MOST_INPUTS), dtype=np.int64)
    for position, params in enumerate(sets):
        for place, indicator in enumerate(strategy.indicators(params)):
            key = (indicator.step, indicator.lag, indicator.arguments)
            if key not in numbers:
                numbers[key] = len(indicators)
                indicators.append(indicator)
            rows[position, place] = numbers[key]
    return ColumnPlan(tuple(indicators), rows, np.array([list(map(float, params)) for params in sets]))


def indicator_table(kernels: StrategyKernels, indicators: Iterable[Indicator], columns: Columns) -> Floats:
    """One row a indicator, [indicators, bars]; one row of NaN when a strategy has none."""
    wanted = tuple(indicators)
    table: Floats = np.full((max(len(wanted), 1), len(columns.close)), np.nan)
    for number, indicator in enumerate(wanted):
        arguments = np.array([*map(float, indicator.arguments), 0.0])
        kernels.column(indicator)(columns, arguments, indicator.lag, table[number])
    return table
