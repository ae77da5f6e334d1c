"""The trader itself makes an account stricter: a person has to look before it trades on."""

from datetime import datetime

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.controls import ModeChange, Said, TradingMode, strictest
from jax.ports.unit_of_work import Transaction


async def restrict_account(
    transaction: Transaction, account: str, mode: TradingMode, *, reason: str, at: datetime
) -> None:
    """Sets the account's own mode to `mode`, on record, unless it is as strict already.

    An engaged kill switch does not count as a mode: the restriction has to hold after its release too.
    """
    stands = (await transaction.controls.get(account)).account_mode
    if strictest(stands, mode) is stands:
        return
    change = ModeChange(mode, Said(reason, TRADER, at))
    await transaction.controls.set_mode(account, change)
    data = {"mode": mode.value, "strategy": None, "reason": reason}
    await transaction.audit.append(AuditEvent("account.mode", account, TRADER, at, data))
    await transaction.events.publish("account", subject=account)
