"""Identifiers in a row."""

import itertools


class SequentialIdSource:
    """An IdSource that gives `prefix-1`, `prefix-2` and so on; `prefix` is a-z, 0-9, at most 20 long."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"
