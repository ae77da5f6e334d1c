"""Whose account it is from now on: the epoch that no trader before this one has had."""

from dataclasses import dataclass

from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.controls import Said
from jax.ports.clock import Clock
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TakeOverWord:
    """A person's word that nobody trades the account any more under `epoch`, which this database lacks."""

    epoch: int
    actor: str
    reason: str


async def raised_epoch(
    unit_of_work: UnitOfWork, clock: Clock, account: str, *, floor: int, word: TakeOverWord | None
) -> int:
    """The account's next epoch, which is above `floor`: what the broker was told of.

    Conflict, and nothing is raised, when the database does not know the floor: a trader of another database
    may have it, this one may be a standby that has lost commits, or a copy. A person's `word` about that
    very floor lets it be passed, and is audited.
    """
    async with unit_of_work.begin() as transaction:
        row = await transaction.orders.lock_account(account)
        if not (row.epoch >= floor):
            if word is None or word.epoch != floor:
                raise Conflict(
                    f"epoch {row.epoch} of account {account} is below epoch {floor}, which the broker was "
                    "told of: this database has lost commits, or another one's trader has the account. When "
                    f"nobody trades it any more, start once with TAKE_OVER_FROM_EPOCH={floor}, "
                    "TAKE_OVER_BY and TAKE_OVER_REASON"
                )
            said = Said(word.reason, word.actor, clock.now())
            facts: Json = {"from": row.epoch, "to": floor + 1, "reason": said.reason}
            await transaction.audit.append(
                AuditEvent("account.taken_over", account, said.actor, said.at, facts)
            )
        return await transaction.orders.raise_epoch(account, above=floor)
