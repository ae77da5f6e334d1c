"""How many rows an answer may have."""

from jax.domain.errors import InvalidValue


def at_most(limit: int, *, most: int = 1000) -> int:
    """The number of rows to answer with, 1 to `most`; InvalidValue otherwise."""
    if not (1 <= limit <= most):
        raise InvalidValue("limit", f"must be from 1 to {most}, not {limit}")
    return limit
