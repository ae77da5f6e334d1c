"""Every shipped strategy can become an artifact, and decides from its bundle as it does here."""

import pytest

from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import load_strategy
from tests.replay.decision_history import SHIPPED, read_bars, read_decisions, replay


@pytest.mark.parametrize("strategy", SHIPPED, ids=lambda strategy: strategy.name)
def test_the_bundle_of_a_shipped_strategy_decides_as_recorded(strategy: Strategy) -> None:
    source = InstalledStrategies().source(strategy.name)
    loaded = load_strategy(source.bundle, source.entry)
    assert loaded.name == strategy.name
    assert tuple(loaded.params) == tuple(strategy.params)
    assert replay(loaded, read_bars("walk_1")) == read_decisions(strategy.name)["walk_1"]
