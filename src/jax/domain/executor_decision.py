"""What an executor made of one signal, in words that two of them share."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain.side import Side


@dataclass(frozen=True, slots=True)
class ExecutorDecision:
    """At `at` (UTC) it was entered as `terms` say, or denied with `denial_code`; one of them is None."""

    signal_id: str
    symbol: str
    at: datetime
    terms: "EntryTerms | None"
    denial_code: str | None = None


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """Units, and prices in the instrument's currency; as they are stored, however odd: they are compared."""

    side: Side
    quantity: Decimal
    entry_price: Decimal
    stop_loss: Decimal
