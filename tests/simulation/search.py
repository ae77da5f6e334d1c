"""Runs worlds and says which one broke what."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tests.simulation.invariants import Violation
from tests.simulation.mutants import Mutant
from tests.simulation.world import World


def first_violation(seed: int) -> Violation | None:
    """Lives through the world of `seed`."""
    return World(seed).run()


def smallest_catch(mutant: Mutant, *, seeds: int) -> tuple[int, Violation] | None:
    """The first of `seeds` worlds that notices the mutant, and what it saw."""
    with mutant.planted():
        for seed in range(seeds):
            violation = first_violation(seed)
            if violation is not None:
                return seed, violation
    return None


@contextmanager
def quiet_logs() -> Iterator[None]:
    """The traders of the worlds log nothing within the block."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
