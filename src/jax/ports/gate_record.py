"""Everything that the gate has recorded, row by row."""

from collections.abc import AsyncIterator
from typing import Protocol

from jax.domain.record_row import RecordRow


class GateRecord(Protocol):
    """Reads what is stored as it is stored, also what somebody has made of it: nothing is checked."""

    def rows(self) -> AsyncIterator[RecordRow]:
        """Every row as of one moment, with the columns of `record_row.COLUMNS`: table by table in that order,
        each in the order of its key.

        It is the only thing that its transaction does: called after anything else, it may fail.

        - `audit.entry`: `data` is the text that is stored.
        - `gate.artifact_event`: `from_state` of the first step is null.
        - `gate.snapshot`: `active` and `revoked` are JSON as text.
        - `trading.trade`: what begins with `order_` is of its order, and null when there is none.

        Unavailable when the other side goes away in between.
        """
        ...
