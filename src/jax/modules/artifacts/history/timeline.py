"""What was so when, counted in entries of the audit log: clocks differ, the chain has one order."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Timeline(Generic[T]):
    """Values, each true from the entry with its number on."""

    def __init__(self, told: Iterable[tuple[int, T]]) -> None:
        in_order = sorted(told, key=lambda one: one[0])
        self._numbers = [n for n, _ in in_order]
        self._values = [value for _, value in in_order]

    def before(self, n: int) -> Sequence[T]:
        """Everything that was told before entry `n`, oldest first."""
        return self._values[: bisect_left(self._numbers, n)]

    def at(self, n: int) -> T | None:
        """The newest before entry `n`; None when there was none."""
        position = bisect_left(self._numbers, n)
        return self._values[position - 1] if position else None

    @property
    def told(self) -> Sequence[tuple[int, T]]:
        """All of it with its numbers, oldest first."""
        return list(zip(self._numbers, self._values, strict=True))
