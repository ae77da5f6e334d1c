"""What people tell an account: modes, the kill switch, arming; each with its reason, on record for good."""

import asyncio

from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.controls import AccountControls, Arming, ModeChange, Said
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fence
from jax.ports.kill_switch import KillSwitch
from jax.ports.unit_of_work import Transaction

# What every broker keeps of it.
_LONGEST_REASON = 500
_KILLED_THERE = "the broker's kill switch is engaged ({}), and none of ours: release the kill to trade on"


class ControlAccount:
    """Everything is one transaction with its audit entry; Conflict when another trader has taken over."""

    def __init__(self, at: BrokerAccount, switch: KillSwitch) -> None:
        """`switch` is engaged and released together with the account's own."""
        self._switch = switch
        self.alarms: tuple[str, ...] = ()
        # Or a kill that is kept could overtake its release.
        self._one_at_a_time = asyncio.Lock()
        self._unit_of_work = at.unit_of_work
        self._broker = at.broker
        self._clock = at.clock
        self._account = at.account
        self._epoch = at.epoch

    async def controls(self) -> AccountControls:
        """What holds now."""
        async with self._unit_of_work.begin() as transaction:
            return await transaction.controls.get(self._account)

    async def set_mode(self, change: ModeChange, *, strategy: str | None = None) -> AccountControls:
        """The mode of the account, or of one strategy in it."""
        data: dict[str, Json] = {"mode": change.mode, "strategy": strategy}
        async with self._unit_of_work.begin() as transaction:
            await fence(transaction, self._account, epoch=self._epoch)
            await transaction.controls.set_mode(self._account, change, strategy=strategy)
            return await self._told(transaction, "account.mode", change.said, data)

    async def kill(self, said: Said) -> AccountControls:
        """Engages the switch: in the file, then on record, so that nothing new is sent, then at the broker.

        Each of them is engaged even when another cannot be: its error is raised at the end.
        """
        async with self._one_at_a_time:
            try:
                self._switch.engage(f"{said.actor}: {said.reason}")
            finally:
                controls = await self._kill(said)
            return controls

    async def _kill(self, said: Said) -> AccountControls:
        try:
            async with self._unit_of_work.begin() as transaction:
                await transaction.orders.lock_account(self._account)
                await transaction.controls.engage_kill(self._account, said)
                controls = await self._told(transaction, "account.killed", said, {})
        finally:
            reason = f"{said.actor}: {said.reason}"[:_LONGEST_REASON]
            await broker_answer(self._broker.kill(self._account, reason=reason))
        return controls

    async def keep_killed(self) -> bool:
        """Engages the switch at the broker when it is engaged here and not there; whether it had to.

        A broker that was away when it was said, or a file that somebody made, must not leave orders working.
        One that is engaged there alone stays so, and is an alarm.
        """
        async with self._one_at_a_time:
            kill = (await self.controls()).kill
            said = () if kill is None else (f"{kill.actor}: {kill.reason}",)
            reasons = (*said, *self._switch.reasons())
            killed = (await broker_answer(self._broker.status(self._account))).killed
            self.alarms = () if killed is None or reasons else (_KILLED_THERE.format(killed),)
            if not reasons or killed is not None:
                return False
            await broker_answer(self._broker.kill(self._account, reason=reasons[0][:_LONGEST_REASON]))
            return True

    async def release_kill(self, said: Said) -> AccountControls:
        """Takes orders again: at the broker first, so that what is on record is never looser than it is."""
        async with self._one_at_a_time:
            await broker_answer(self._broker.release_kill(self._account))
            async with self._unit_of_work.begin() as transaction:
                await fence(transaction, self._account, epoch=self._epoch)
                await transaction.controls.release_kill(self._account, at=said.at)
                controls = await self._told(transaction, "account.kill_released", said, {})
            self._switch.release()
            return controls

    async def arm(self, arming: Arming) -> AccountControls:
        """Live orders of one artifact, until it expires."""
        data: dict[str, Json] = {
            "artifact_hash": arming.artifact_hash,
            "expires_at": arming.expires_at.isoformat(),
        }
        async with self._unit_of_work.begin() as transaction:
            await fence(transaction, self._account, epoch=self._epoch)
            await transaction.controls.arm(self._account, arming)
            return await self._told(transaction, "account.armed", arming.said, data)

    async def disarm(self, artifact_hash: str, said: Said) -> AccountControls:
        """No live order of it from now on."""
        async with self._unit_of_work.begin() as transaction:
            await fence(transaction, self._account, epoch=self._epoch)
            await transaction.controls.disarm(self._account, artifact_hash=artifact_hash, at=said.at)
            return await self._told(transaction, "account.disarmed", said, {"artifact_hash": artifact_hash})

    def said(self, *, reason: str, actor: str) -> Said:
        """Now."""
        return Said(reason, actor, self._clock.now())

    async def _told(
        self, transaction: Transaction, kind: str, said: Said, data: dict[str, Json]
    ) -> AccountControls:
        event = AuditEvent(kind, self._account, said.actor, said.at, {**data, "reason": said.reason})
        await transaction.audit.append(event)
        await transaction.events.publish("account", subject=self._account)
        return await transaction.controls.get(self._account)
