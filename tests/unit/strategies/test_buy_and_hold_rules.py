from jax.domain.strategies.buy_and_hold import REASONS, STRATEGY, Params
from jax.domain.strategy import BUY, NO_DECISION, BarValues, Decision
from jax.domain.strategy_runner import StrategyRunner


def test_it_buys_on_the_first_bar_and_never_decides_again() -> None:
    bars = [BarValues(9.0, 11.0, 8.0, 10.0 + number, 5.0) for number in range(5)]
    runner = StrategyRunner(STRATEGY, Params())
    bought = Decision(BUY, 1.0, 10.0, 0.0, 0.0, 0.0, 1)
    assert [runner.on_bar(bar) for bar in bars] == [bought, *[NO_DECISION] * 4]
    assert REASONS[bought.reason] == "the first bar"


def test_there_is_nothing_to_choose_and_nothing_to_compute() -> None:
    assert Params._fields == ()
    assert STRATEGY.indicators(STRATEGY.params) == ()
    assert STRATEGY.check_params(STRATEGY.params) == ""
