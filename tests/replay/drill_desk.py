"""A desk on which failures are rehearsed: real use cases, a venue that can be slow to show what it has."""

import hashlib
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.adapters.memory.kill_switch import MemoryKillSwitch
from jax.app.trader.assembly import compared
from jax.domain.controls import ModeChange, TradingMode
from jax.domain.order import Order
from jax.domain.position import positions_of
from jax.domain.risk_decision import Denied
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.control_account import ControlAccount
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.ports.broker import Broker, OrderReport, WorkingOrder
from jax.ports.errors import NotFound, OutcomeUnknown, Unavailable
from tests.desk import ACCOUNT, LIMITS, Desk, active_artifact, open_desk, quote
from tests.failing_ports import PassingBroker
from tests.floor import Floor, booked
from tests.replay.scenario import Scenario

_LIMITS = replace(LIMITS, max_quote_age_seconds=Decimal(90))
_STEP = timedelta(seconds=5)
_TOLD = frozenset({"account.mode", "order.changed", "order.denied"})
_FACTS = ("mode", "reason", "from", "to", "filled_quantity", "average_price", "reason_code")


class SlowVenue(PassingBroker):
    """Does what it is told at once; what it says of it can be lost, late, or not to be had at all."""

    def __init__(self, behind: Broker) -> None:
        super().__init__(behind)
        self.placed: list[str] = []
        self.loses_answers = False
        self.answers_no_questions = False
        self.hidden: set[str] = set()

    async def place(self, order: Order) -> OrderReport:
        self.placed.append(order.client_order_id)
        report = await super().place(order)
        if not self.loses_answers:
            return report
        self.hidden.add(order.client_order_id)
        raise OutcomeUnknown("no answer came in time")

    async def query(self, client_order_id: str) -> OrderReport:
        if self.answers_no_questions:
            raise Unavailable("the venue is busy")
        if client_order_id in self.hidden:
            raise NotFound(f"there is no order {client_order_id}")
        return await super().query(client_order_id)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        working = await super().working_orders(account)
        return [order for order in working if order.client_order_id not in self.hidden]


@dataclass
class DrillDesk:
    """The parts of a trader that a drill moves by hand; `modes` is every mode the account was in."""

    desk: Desk
    venue: SlowVenue
    engine: ExecuteSignal
    reconcile: ReconcileOrders
    books: CompareBooks
    control: ControlAccount
    artifact: tuple[str, str]
    closes: Sequence[Decimal]
    chance: random.Random
    opened_at: datetime
    modes: list[TradingMode] = field(default_factory=lambda: [TradingMode.NORMAL])
    _signals: int = 0

    async def approved_signal(self) -> str:
        """A signal to buy at a price of the window that the seed draws, just quoted there."""
        close = self.chance.choice(self.closes)
        await quote(self.desk, str(close))
        self._signals += 1
        stop = (close * (1 - Decimal(self.chance.randint(10, 30)) / 1000)).quantize(Decimal("0.01"))
        now, (artifact_id, artifact_hash) = self.desk.clock.now(), self.artifact
        signal = Signal(
            signal_id=f"sg{self._signals}",
            artifact_id=artifact_id,
            artifact_hash=artifact_hash,
            strategy="ma_crossover_v1",
            symbol="AAPL",
            side=Side.BUY,
            entry_price=close,
            stop_loss=stop,
            take_profit=None,
            confidence=Decimal("0.75"),
            reason="a drill",
            ts_event=now,
            created_at=now,
        )
        async with self.desk.unit_of_work.begin() as transaction:
            await transaction.signals.add(signal)
            await transaction.signals.save(signal.moved_to(SignalStatus.APPROVED, by="olivia", at=now))
        return signal.signal_id

    async def execute(self, signal_id: str) -> str:
        """The status of the order, or the code of the denial."""
        outcome = await self.engine.execute(signal_id, approved_by="olivia")
        await self._look()
        return str(outcome.reason_code if isinstance(outcome, Denied) else outcome.order.status)

    async def settle(self) -> None:
        """Longer than an order may be on its way, with reconciliation at work."""
        for _ in range(4):
            self.desk.clock.advance(_STEP)
            await self.reconcile.run_once()
        await self._look()

    async def compare_books(self) -> None:
        """What the trader does every half minute."""
        self.desk.clock.advance(timedelta(seconds=30))
        await compared(self.books, self.reconcile)
        await self._look()

    async def say(self, mode: TradingMode, reason: str) -> None:
        """A person sets the mode."""
        await self.control.set_mode(ModeChange(mode, self.control.said(reason=reason, actor="olivia")))
        await self._look()

    async def booked_positions(self) -> Mapping[str, Decimal]:
        """What is held by our own fills."""
        async with self.desk.unit_of_work.begin() as transaction:
            fills = await transaction.orders.fills(ACCOUNT)
        return {symbol: held.signed_quantity for symbol, held in positions_of(fills).items()}

    async def told(self) -> list[Mapping[str, Any]]:
        """Every change of mode and order, and every denial, as the audit log has it."""
        async with self.desk.unit_of_work.begin() as transaction:
            events = [entry.event for entry in await transaction.audit.entries()]
        return [
            {"seconds": (event.at - self.opened_at).total_seconds(), "kind": event.kind}
            | {name: event.data.get(name) for name in _FACTS if isinstance(event.data, dict)}
            for event in events
            if event.kind in _TOLD
        ]

    async def fingerprint(self) -> str:
        """A hash of everything told."""
        return hashlib.sha256(json.dumps(await self.told(), sort_keys=True).encode()).hexdigest()

    async def _look(self) -> None:
        mode = (await self.control.controls()).account_mode
        if mode is not self.modes[-1]:
            self.modes.append(mode)


@asynccontextmanager
async def open_drill(window: Scenario, seed: int) -> AsyncIterator[DrillDesk]:
    """A desk with an approved artifact; prices are those of `window`, drawn by `seed`."""
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        async with desk.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        venue = SlowVenue(desk.broker)
        floor = Floor(desk, artifact, epoch)
        at = BrokerAccount(booked(desk, None, _LIMITS), venue, desk.clock, ACCOUNT, epoch)
        yield DrillDesk(
            desk=desk,
            venue=venue,
            engine=floor.engine(broker=venue, limits=_LIMITS),
            reconcile=floor.reconciler(venue),
            books=CompareBooks(at),
            control=ControlAccount(at, MemoryKillSwitch()),
            artifact=(artifact.artifact_id, artifact.payload_sha256),
            closes=[bar.close for bar in window.bars if bar.end > window.decides_after],
            chance=random.Random(seed),
            opened_at=desk.clock.now(),
        )
