"""Bundles of a few lines, and the same lines as plain Python would run them."""

from pathlib import Path
from typing import Any

import jax.domain
from jax.domain.bundle import Bundle, SourceFile, bundle_of

ENTRY = "mine:STRATEGY"
SHIPPED_ENTRY = "jax.domain.strategies.ma_crossover_v1:STRATEGY"
_SHIPPED = (
    "jax/domain/strategies/ma_crossover_v1.py",
    "jax/domain/strategy.py",
    "jax/domain/indicators/simple_moving_average.py",
    "jax/domain/indicators/average_true_range.py",
    "jax/domain/indicators/wilder_average.py",
    "jax/domain/strategies/parameter_limits.py",
)
MINIMAL = """
from typing import NamedTuple
from jax.domain.strategy import NO_DECISION, Strategy

class Params(NamedTuple):
    length: int = 3

class Inputs(NamedTuple):
    pass

def indicators(params):
    return ()

def decide(state, bar, inputs, params):
    return state, NO_DECISION

STRATEGY = Strategy("mine", Params(), Inputs, indicators, 0, decide, ("none",), lambda params: "")
"""


def shipped_bundle() -> Bundle:
    root = Path(jax.domain.__path__[0]).parent.parent
    return bundle_of([SourceFile(path, (root / path).read_text()) for path in _SHIPPED])


def contract_file() -> SourceFile:
    return next(file for file in shipped_bundle().files if file.path == "jax/domain/strategy.py")


def bundle_with(source: str, *more: SourceFile) -> Bundle:
    """`source` as the file mine.py, beside the contract of strategies and `more`."""
    return bundle_of([SourceFile("mine.py", source), contract_file(), *more])


def run_plainly(source: str) -> dict[str, Any]:
    """What `source` defines when nothing holds it back."""
    namespace: dict[str, Any] = {"__name__": "plain"}
    exec(compile(source, "<plain>", "exec", dont_inherit=True), namespace)
    return namespace
