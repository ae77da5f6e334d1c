"""What there is to know of an installed strategy before it is tried."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jax.app.research.named_strategy import default_params, loaded
from jax.domain.errors import InvalidValue
from jax.ports.strategy_catalog import StrategyCatalog, StrategySource

_FIRST_SENTENCE = re.compile(r".+?[.!?](?=\s|$)|.+")


@dataclass(frozen=True, slots=True)
class StrategyFacts:
    """Its parameters with their defaults, and what it does in one sentence.

    One that may not run has none of them; `problem` says why. It is None for all others.
    """

    name: str
    params: Mapping[str, int | Decimal]
    summary: str
    problem: str | None = None


def strategy_facts(name: str, catalog: StrategyCatalog) -> StrategyFacts:
    """The facts of the installed strategy of that name."""
    try:
        source = catalog.source(name)
        return StrategyFacts(name, default_params(loaded(source)), _summary(source))
    except InvalidValue as error:
        return StrategyFacts(name, {}, "", str(error))


def _summary(source: StrategySource) -> str:
    """The first sentence of what its module says of itself."""
    module, _, _ = source.entry.partition(":")
    path = module.replace(".", "/") + ".py"
    (text,) = (file.source for file in source.bundle.files if file.path == path)
    paragraph, *_ = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")
    said = " ".join(paragraph.split())
    first = _FIRST_SENTENCE.match(said)
    return "" if first is None else first.group()
