"""Identifiers in a row."""


class SequentialIdSource:
    """An IdSource that gives `prefix-1`, `prefix-2` and so on; `prefix` is a-z, 0-9, at most 20 long."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._given = 0

    def new_id(self) -> str:
        self._given += 1
        return f"{self._prefix}-{self._given}"
