"""Strategies by name: found in the catalogue, loaded from their bytes, given their parameters."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from jax.domain.errors import InvalidValue
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import BundleRefused, load_strategy
from jax.modules.artifacts.verify_artifact import strategy_params
from jax.ports.errors import NotFound
from jax.ports.strategy_catalog import StrategyCatalog, StrategySource

# Parameters reach compiled loops as floats, which hold no larger whole number exactly.
_LARGEST_WHOLE = 2**53 - 1


@dataclass(frozen=True, slots=True, eq=False)
class NamedStrategy:
    """A strategy and the sources that it was loaded from."""

    source: StrategySource
    strategy: Strategy


def named_strategy(name: str, catalog: StrategyCatalog) -> NamedStrategy:
    """The strategy of that name, as it would trade.

    NotFound when there is none, naming those that are spelled much like it, or all; InvalidValue when it may
    not run.
    """
    check_known(name, catalog)
    source = catalog.source(name)
    return NamedStrategy(source, loaded(source))


def check_known(name: str, catalog: StrategyCatalog) -> None:
    """NotFound when there is no strategy of that name; it says which ones are much like it, or all."""
    known = catalog.names()
    if name in known:
        return
    near = get_close_matches(name, known) or [other for other in known if name and name in other]
    remedy = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known) or 'none'}"
    raise NotFound(f"No strategy {name!r} is installed; {remedy}")


def loaded(source: StrategySource) -> Strategy:
    """The strategy in `source`; InvalidValue when it may not run, or calls itself otherwise."""
    try:
        strategy = load_strategy(source.bundle, source.entry)
    except BundleRefused as error:
        raise InvalidValue(f"strategy {source.name}", str(error)) from error
    if strategy.name != source.name:
        raise InvalidValue(
            f"strategy {source.name}", f"calls itself {strategy.name}: register it under that name"
        )
    return strategy


def default_params(strategy: Strategy) -> dict[str, int | Decimal]:
    """The parameters by name, floats as the shortest Decimals that give them back."""
    return {
        name: value if isinstance(value, int) else Decimal(repr(value))
        for name, value in strategy.params._asdict().items()
    }


def chosen_params(strategy: Strategy, given: Mapping[str, int | Decimal]) -> dict[str, int | Decimal]:
    """All parameters: those `given`, and the defaults of the others, each of its default's kind.

    InvalidValue for a name that the strategy does not know, a fraction where it counts, what is not finite.
    """
    defaults = default_params(strategy)
    for name in given:
        if name not in defaults:
            raise InvalidValue("params", f"{strategy.name} takes no {name!r}, only {', '.join(defaults)}")
    return {name: _of_kind(name, given.get(name, default), default) for name, default in defaults.items()}


def params_tuple(strategy: Strategy, params: Mapping[str, int | Decimal]) -> Any:
    """The strategy's own tuple of them; InvalidValue when it does not take a value."""
    return strategy_params(strategy, params)


def _of_kind(name: str, value: int | Decimal, default: int | Decimal) -> int | Decimal:
    number = Decimal(value)
    if not (number.is_finite() and math.isfinite(float(number))):
        raise InvalidValue("params", f"{name} must be a finite number, not {value}")
    if not isinstance(default, int):
        return number
    if not (number == number.to_integral_value() and abs(number) <= _LARGEST_WHOLE):
        raise InvalidValue("params", f"{name} must be a whole number below {_LARGEST_WHOLE}, not {value}")
    return int(number)
