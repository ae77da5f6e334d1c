"""Strategies by name: near names for wrong ones, parameters of their defaults' kinds, one sentence each."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from jax.app.research.named_strategy import chosen_params, default_params, named_strategy
from jax.app.research.strategy_facts import StrategyFacts, strategy_facts
from jax.domain.bundle import SourceFile, bundle_of
from jax.domain.errors import InvalidValue
from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.ports.errors import NotFound
from jax.ports.strategy_catalog import StrategySource
from tests.unit.artifacts.small_bundles import contract_file

_SOURCE = '''"""{docstring}"""

from typing import NamedTuple

from jax.domain.strategy import NO_DECISION, Strategy


class Params(NamedTuple):
    length: int = 20
    threshold: float = 0.5


class Inputs(NamedTuple):
    pass


def indicators(params):
    return ()


def decide(state, bar, inputs, params):
    return state, NO_DECISION


STRATEGY = Strategy("{name}", Params(), Inputs, indicators, 0, decide, ("none",), lambda params: "")
'''


class Catalog:
    """Strategies that are written here."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def names(self) -> Sequence[str]:
        return sorted(self._sources)

    def source(self, name: str) -> StrategySource:
        file = SourceFile(f"acme/{name}.py", self._sources[name])
        return StrategySource(name, f"acme.{name}:STRATEGY", bundle_of([file, contract_file()]))


def catalog(*names: str) -> Catalog:
    return Catalog({name: _SOURCE.format(docstring="Waits. Then buys.", name=name) for name in names})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("waiter_v2", "No strategy 'waiter_v2' is installed; did you mean waiter_v1?"),
        ("waitr_v1", "No strategy 'waitr_v1' is installed; did you mean waiter_v1?"),
        ("rsi", "No strategy 'rsi' is installed; did you mean rsi_bands_v1 or rsi_momentum_v1?"),
        ("zzz", "No strategy 'zzz' is installed; there are: rsi_bands_v1, rsi_momentum_v1, waiter_v1"),
        ("", "No strategy '' is installed; there are: rsi_bands_v1, rsi_momentum_v1, waiter_v1"),
    ],
)
def test_an_unknown_name_is_answered_with_those_that_are_near(asked: str, said: str) -> None:
    with pytest.raises(NotFound) as error:
        named_strategy(asked, catalog("rsi_bands_v1", "rsi_momentum_v1", "waiter_v1"))
    assert str(error.value) == said


def test_where_nothing_is_installed_it_says_so() -> None:
    with pytest.raises(NotFound, match="No strategy 'a' is installed; there are: none"):
        named_strategy("a", Catalog({}))


def test_a_strategy_comes_with_its_sources() -> None:
    found = named_strategy("waiter_v1", catalog("waiter_v1"))
    assert (found.strategy.name, found.source.entry) == ("waiter_v1", "acme.waiter_v1:STRATEGY")


def test_a_strategy_that_calls_itself_otherwise_is_refused() -> None:
    odd = Catalog({"waiter_v1": _SOURCE.format(docstring="Waits.", name="sleeper_v1")})
    with pytest.raises(InvalidValue, match="strategy waiter_v1: calls itself sleeper_v1: register it under"):
        named_strategy("waiter_v1", odd)


def test_what_may_not_run_is_refused() -> None:
    with pytest.raises(InvalidValue, match="strategy waiter_v1: "):
        named_strategy("waiter_v1", Catalog({"waiter_v1": "import os\n"}))


def test_parameters_keep_the_kinds_of_their_defaults() -> None:
    defaults = default_params(STRATEGY)
    assert (defaults["fast"], defaults["pullback_below"]) == (20, Decimal("0.02"))
    given: dict[str, int | Decimal] = {"fast": Decimal("10.0"), "first_target": 4}
    chosen = chosen_params(STRATEGY, given)
    assert chosen == {**defaults, "fast": 10, "first_target": Decimal(4)}
    assert (type(chosen["fast"]), type(chosen["first_target"])) == (int, Decimal)
    assert list(chosen) == list(defaults)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"quick": 5}, "ma_crossover_v1 takes no 'quick', only fast, middle, slow"),
        ({"fast": Decimal("10.5")}, "fast must be a whole number below 9007199254740991, not 10.5"),
        ({"fast": 2**53}, "fast must be a whole number below"),
        ({"fast": -(2**53)}, "fast must be a whole number below"),
        ({"fast": Decimal("NaN")}, "fast must be a finite number, not NaN"),
        ({"first_target": Decimal("Infinity")}, "first_target must be a finite number, not Infinity"),
        ({"first_target": Decimal("1E+400")}, "first_target must be a finite number"),
        ({"first_target": Decimal("sNaN")}, "first_target must be a finite number"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(given: dict[str, int | Decimal], said: str) -> None:
    with pytest.raises(InvalidValue) as error:
        chosen_params(STRATEGY, given)
    assert error.value.field == "params"
    assert error.value.problem.startswith(said)


def test_the_largest_whole_number_is_taken() -> None:
    assert chosen_params(STRATEGY, {"fast": 2**53 - 1})["fast"] == 2**53 - 1


@pytest.mark.parametrize(
    ("docstring", "summary"),
    [
        ("Waits. Then buys.", "Waits."),
        ("Buys at 2.5 ranges\nbelow, e.g. never! And more.", "Buys at 2.5 ranges below, e.g."),
        ("No full stop\n\nand another paragraph", "No full stop"),
        ("Really? Yes.", "Really?"),
        ("", ""),
    ],
)
def test_its_facts_are_defaults_and_the_first_sentence(docstring: str, summary: str) -> None:
    found = strategy_facts(
        "waiter_v1", Catalog({"waiter_v1": _SOURCE.format(docstring=docstring, name="waiter_v1")})
    )
    params: dict[str, int | Decimal] = {"length": 20, "threshold": Decimal("0.5")}
    assert found == StrategyFacts("waiter_v1", params, summary)


def test_a_strategy_that_may_not_run_is_told_with_its_problem() -> None:
    found = strategy_facts("waiter_v1", Catalog({"waiter_v1": "import os\n"}))
    assert (found.name, found.params, found.summary) == ("waiter_v1", {}, "")
    assert found.problem is not None
    assert "import" in found.problem
