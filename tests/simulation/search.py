"""Runs worlds and says which one broke what."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tests.simulation.invariants import Violation
from tests.simulation.world import World


def first_violation(seed: int) -> Violation | None:
    """Lives through the world of `seed`."""
    return World(seed).run()


@contextmanager
def quiet_logs() -> Iterator[None]:
    """The traders of the worlds log nothing within the block."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
