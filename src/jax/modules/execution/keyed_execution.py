"""The same key and the same request have the same answer, whether it was a trade or a denial."""

from dataclasses import dataclass
from datetime import datetime

from jax.domain.keyed_request import KeyedRequest
from jax.domain.order import Order
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.trade import Trade
from jax.ports.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """To execute a signal in `account`, on the approval of `approved_by`; without a key the signal is it.

    A key is looked for and kept under the account's lock, in the transaction that decides.
    """

    account: str
    signal_id: str
    approved_by: str
    key: str | None = None

    async def answer(self, transaction: Transaction) -> tuple[Trade, Order] | Denied | None:
        """What the key's request was answered, None when nothing was; without a key nothing is read."""
        if self.key is None:
            return None
        kept = await transaction.requests.find(self.account, key=self.key)
        if kept is None:
            return None
        if not kept.asks_the_same(signal_id=self.signal_id, approved_by=self.approved_by):
            return Denied(
                ReasonCode.IDEMPOTENCY_KEY_REUSED,
                f"Idempotency-Key {self.key} stands for signal {kept.signal_id} on the approval of "
                f"{kept.approved_by} since {kept.asked_at.isoformat()}: give another request another key",
            )
        return kept.denied or await transaction.orders.trade_of_signal(kept.signal_id)

    async def keep(
        self, transaction: Transaction, answer: tuple[Trade, Order] | Denied, *, at: datetime
    ) -> None:
        """Keeps what was decided for good; a trader that is fenced has decided nothing."""
        denied = answer if isinstance(answer, Denied) else None
        if self.key is None or (denied is not None and denied.reason_code is ReasonCode.FENCED):
            return
        request = KeyedRequest(self.account, self.key, self.signal_id, self.approved_by, at, denied)
        await transaction.requests.keep(request)
