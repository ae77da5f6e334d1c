"""How many workers there may be."""

from jax.domain.errors import InvalidValue

MOST_WORKERS = 1_000


def checked_count(kind: str, count: int) -> int:
    """`count` of `kind`; InvalidValue when it is not from 1 to 1,000."""
    if not (1 <= count <= MOST_WORKERS):
        raise InvalidValue(kind, f"must be from 1 to {MOST_WORKERS:,}, not {count}")
    return count
