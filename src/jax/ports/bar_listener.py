"""Whoever wants to see bars as they arrive."""

from collections.abc import Sequence
from typing import Protocol

from jax.domain.bar import Bar


class BarListener(Protocol):
    """Hears of new bars after they are stored."""

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Takes bars in the order of their ends; a bar may come again after a restart."""
        ...
