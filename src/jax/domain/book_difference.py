"""Where our books and the broker's do not agree."""

from collections.abc import Mapping
from decimal import Decimal

from jax.domain.decimal_text import plain

_FLAT = Decimal(0)


def position_differences(*, ours: Mapping[str, Decimal], theirs: Mapping[str, Decimal]) -> tuple[str, ...]:
    """One sentence a symbol whose signed quantities differ, by symbol; a symbol that is missing is flat."""
    found = []
    for symbol in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(symbol, _FLAT), theirs.get(symbol, _FLAT)
        if here != there:
            found.append(f"{symbol}: {plain(here)} by our fills, {plain(there)} at the broker")
    return tuple(found)
