"""Runs worlds and says which one broke what."""

import logging
import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import structlog

from tests.simulation.invariants import Violation
from tests.simulation.mutants import Mutant
from tests.simulation.world import World


def first_violation(seed: int) -> Violation | None:
    """Lives through the world of `seed`."""
    return World(seed).run()


def first_catch(mutant: Mutant, *, seeds: Iterable[int]) -> tuple[int, Violation] | None:
    """The first of those worlds that notices the mutant, and what it saw."""
    with mutant.planted():
        for seed in seeds:
            violation = first_violation(seed)
            if violation is not None and violation.invariant in mutant.breaks:
                return seed, violation
    return None


def violations(seeds: Iterable[int], *, processes: int) -> Iterator[tuple[int, Violation | None]]:
    """Each seed with its first violation, as they come."""
    if processes == 1:
        yield from ((seed, first_violation(seed)) for seed in seeds)
        return
    with multiprocessing.get_context("spawn").Pool(processes, initializer=_silence) as pool:
        yield from pool.imap_unordered(_with_its_seed, seeds, chunksize=20)


def _with_its_seed(seed: int) -> tuple[int, Violation | None]:
    return seed, first_violation(seed)


def _silence() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


@contextmanager
def quiet_logs() -> Iterator[None]:
    """The traders of the worlds log nothing within the block."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
