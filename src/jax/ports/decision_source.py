"""What an executor has decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from jax.domain.executor_decision import ExecutorDecision


class DecisionSource(Protocol):
    """Read only."""

    async def decided_since(self, since: datetime) -> Sequence[ExecutorDecision]:
        """The newest decision on each signal that was decided on at `since` or later, oldest first.

        A trade is the last word on its signal. Unavailable when it cannot be read; InvalidValue for a row
        that says what no decision can, which names the row.
        """
        ...
