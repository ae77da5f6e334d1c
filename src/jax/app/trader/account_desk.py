"""What people may ask of the account, and tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from jax.domain.account import AccountSnapshot
from jax.domain.controls import AccountControls, Arming, ModeChange, Said, TradingMode
from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.position import Position, positions_of
from jax.domain.risk_decision import Denied
from jax.domain.risk_limits import RiskLimits
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.close_positions import ClosePositions
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.control_account import ControlAccount
from jax.modules.execution.watch_account import WatchAccount

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AccountUseCases:
    """Put together by the wiring."""

    control: ControlAccount
    cancel: CancelOrder
    positions: ClosePositions
    books: CompareBooks
    watch: WatchAccount


@dataclass(frozen=True, slots=True)
class AccountStanding:
    """The account as the broker sees it, what was said of it, and where the books do not agree."""

    snapshot: AccountSnapshot
    controls: AccountControls
    differences: tuple[str, ...]
    oldest_unresolved_seconds: float


class AccountDesk:
    """Every word is logged with who said it and why."""

    def __init__(self, at: BrokerAccount, use_cases: AccountUseCases, limits: RiskLimits) -> None:
        self.account = at.account
        self.limits = limits
        self._at = at
        self._use_cases = use_cases

    async def standing(self) -> AccountStanding:
        """Asks the broker."""
        snapshot = await broker_answer(self._at.broker.account(self.account))
        controls = await self._use_cases.control.controls()
        use_cases = self._use_cases
        return AccountStanding(
            snapshot, controls, use_cases.books.differences, use_cases.watch.oldest_unresolved_seconds
        )

    def alarms(self) -> tuple[str, ...]:
        """What a person must look at: sentences."""
        return self._use_cases.watch.alarms + self._use_cases.control.alarms

    async def orders(self, statuses: frozenset[OrderStatus], limit: int) -> Sequence[Order]:
        """At most `limit` (1 to 1000) orders in one of `statuses`, newest first."""
        async with self._at.unit_of_work.begin() as transaction:
            return await transaction.orders.newest(self.account, statuses, limit=limit)

    async def fills(self, limit: int) -> Sequence[Fill]:
        """At most `limit` (1 to 1000) fills that count, newest first."""
        async with self._at.unit_of_work.begin() as transaction:
            return list(reversed(await transaction.orders.fills(self.account)))[:limit]

    async def positions(self) -> Sequence[Position]:
        """What is held, by symbol."""
        async with self._at.unit_of_work.begin() as transaction:
            fills = await transaction.orders.fills(self.account)
        held = positions_of(fills)
        return [held[symbol] for symbol in sorted(held) if held[symbol].signed_quantity != 0]

    async def held_trades(self) -> Sequence[HeldTrade]:
        """The trades that hold something or are on their way out."""
        async with self._at.unit_of_work.begin() as transaction:
            return await transaction.orders.held_trades(self.account)

    async def cancel(self, client_order_id: str, said: Said) -> Order:
        """The order as it stands after the broker was asked; NotFound."""
        _log.warning("order.cancel_requested", order_id=client_order_id, by=said.actor, reason=said.reason)
        return await self._use_cases.cancel.cancel(client_order_id, said)

    async def close(self, symbol: str | None, said: Said) -> Sequence[Order] | Denied:
        """The orders that close what is held of `symbol` (None: of everything), or what holds them back."""
        _log.warning("position.closing", symbol=symbol, by=said.actor, reason=said.reason)
        return await self._use_cases.positions.close(symbol, said)

    async def kill(self, said: Said) -> AccountControls:
        """Nothing is sent any more, and what works is canceled."""
        _log.warning("account.killed", by=said.actor, reason=said.reason)
        return await self._use_cases.control.kill(said)

    async def release_kill(self, said: Said) -> AccountControls:
        """Orders may be sent again."""
        _log.warning("account.kill_released", by=said.actor, reason=said.reason)
        return await self._use_cases.control.release_kill(said)

    async def set_mode(self, mode: TradingMode, said: Said, *, strategy: str | None) -> AccountControls:
        """The mode of the account, or of one strategy."""
        _log.warning("account.mode", mode=mode, strategy=strategy, by=said.actor, reason=said.reason)
        return await self._use_cases.control.set_mode(ModeChange(mode, said), strategy=strategy)

    async def arm(self, artifact_hash: str, expires_at: datetime, said: Said) -> AccountControls:
        """Live orders of the artifact until then."""
        _log.warning("account.armed", artifact_hash=artifact_hash, by=said.actor, reason=said.reason)
        return await self._use_cases.control.arm(Arming(artifact_hash, expires_at, said))

    async def disarm(self, artifact_hash: str, said: Said) -> AccountControls:
        """No live orders of the artifact."""
        _log.warning("account.disarmed", artifact_hash=artifact_hash, by=said.actor, reason=said.reason)
        return await self._use_cases.control.disarm(artifact_hash, said)

    def said(self, *, reason: str, actor: str) -> Said:
        """Now; InvalidValue for a reason or an actor that is none."""
        return self._use_cases.control.said(reason=reason, actor=actor)
