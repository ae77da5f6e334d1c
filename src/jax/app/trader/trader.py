"""The running trader: what its interfaces may ask of it."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from jax.app.trader.account_desk import AccountDesk
from jax.app.trader.executions import Executions
from jax.app.trader.health import Dependency, Health, LastExecution
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.app.trader.sending_gate import SendingGate
from jax.domain.bar import Bar, Timeframe
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import parse_policy
from jax.domain.order import Order
from jax.domain.risk_decision import Denied
from jax.domain.signal import Signal, SignalStatus
from jax.domain.signal_filter import SignalFilter
from jax.domain.trade import Trade
from jax.modules.execution.execute_signal import Executed
from jax.modules.signals.decide_signal import DecideSignal
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.list_signals import ListedSignals, ListSignals
from jax.modules.signals.receive_bars import Asked, BarsReceived, ReceiveBars
from jax.ports.account_view import AccountView
from jax.ports.clock import Clock
from jax.ports.errors import PortError
from jax.ports.unit_of_work import UnitOfWork

T = TypeVar("T")
_ANSWER_WITHIN_SECONDS = 2.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TraderFacts:
    """What does not change while the trader runs."""

    version: str
    boot_id: str
    account: str
    mode: str
    execution_enabled: bool
    takes_bars_of_any_age: bool = False


@dataclass(frozen=True, slots=True)
class TraderParts:
    """What the trader is made of, put together by the wiring; a shadow has no account to speak for."""

    unit_of_work: UnitOfWork
    clock: Clock
    broker: AccountView
    gate: SendingGate
    artifacts: RunningArtifacts
    report: RunningReport
    receive_bars: ReceiveBars
    decide_signal: DecideSignal
    list_signals: ListSignals
    executions: Executions
    account: AccountDesk | None
    market: FollowMarket | None = None


class Trader:
    """Every call raises the errors of the ports, of its use case, and nothing else."""

    def __init__(self, parts: TraderParts, facts: TraderFacts) -> None:
        self.facts = facts
        self._parts = parts
        self.account = parts.account
        self._executions = parts.executions
        self._started_ns = parts.clock.monotonic_ns()
        self._marks: dict[str, str] = {}

    async def receive_bars(self, bars: Sequence[Bar]) -> BarsReceived:
        """Stores bars and returns the signals that came of the new ones."""
        received = await self._parts.receive_bars.receive(bars)
        for signal in received.signals:
            _log.info("signal.generated", **_traced(signal), symbol=signal.symbol, side=signal.side)
        return received

    async def last_bar_ends(self, timeframe: Timeframe) -> Mapping[str, datetime]:
        """The end of the newest bar of each symbol that has one."""
        async with self._parts.unit_of_work.begin() as transaction:
            return await transaction.bars.last_ends(timeframe)

    async def signals(self, wanted: SignalFilter, *, limit: int, cursor: str | None = None) -> ListedSignals:
        """At most `limit` (1 to 1000) signals behind `cursor`, newest first."""
        return await self._parts.list_signals.page(wanted, limit=limit, cursor=cursor)

    async def generate(self, symbols: frozenset[str], strategies: frozenset[str]) -> Sequence[Signal]:
        """The signals of the newest stored bars that were not made yet; no names stand for all."""
        asked = Asked(symbols, strategies, any_age=self.facts.takes_bars_of_any_age)
        signals = await self._parts.receive_bars.generate(asked)
        for signal in signals:
            _log.info("signal.generated", **_traced(signal), symbol=signal.symbol, side=signal.side)
        return signals

    async def decide(self, signal_id: str, status: SignalStatus, *, by: str) -> Signal:
        """A person's APPROVED or REJECTED."""
        signal = await self._parts.decide_signal.decide(signal_id, status, by=by)
        _log.info("signal.decided", **_traced(signal), status=status, by=by)
        return signal

    async def execute(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Executed | Denied:
        """The trade of an approved signal, or why there is none; goes on when the caller gives up."""
        refusal = self._parts.gate.refusal()
        outcome = refusal or await self._executions.run(signal_id, approved_by=approved_by, key=key)
        if isinstance(outcome, Denied):
            _log.warning("execution.denied", signal_id=signal_id, reason_code=outcome.reason_code)
        elif not outcome.repeated:
            trade, order = outcome.trade, outcome.order
            _log.info("execution.done", **_traced(trade), trade_id=trade.trade_id, status=order.status)
        return outcome

    async def trades(self, limit: int) -> Sequence[tuple[Trade, Order]]:
        """At most `limit` (1 to 1000) trades with their orders, newest first."""
        async with self._parts.unit_of_work.begin() as transaction:
            return await transaction.orders.trades(self.facts.account, limit=limit)

    @property
    def broker_name(self) -> str:
        """Where orders go, such as `paper`."""
        return self._parts.broker.name

    @property
    def policy(self) -> str | None:
        """The mark of the policy in force: its name, or `solo`; None while there is none."""
        return self._parts.artifacts.now.policy

    async def policy_marks(self, trades: Sequence[Trade]) -> Mapping[str, str]:
        """The mark of each policy that these trades were made under, by its hash; without those unknown."""
        self._marks.update({a.policy_sha256: a.policy for a in self._parts.artifacts.now.loaded})
        wanted = {trade.policy_sha256 for trade in trades} - {None, *self._marks}
        # An order that was executed is answered as such, also when the database has gone meanwhile.
        with suppress(PortError, InvalidValue):
            async with self._parts.unit_of_work.begin() as transaction:
                for sha256 in sorted(filter(None, wanted)):
                    document = await transaction.releases.policy(sha256)
                    if sha256_of(document) == sha256:
                        self._marks[sha256] = parse_policy(document).mark
        return self._marks

    async def health(self) -> Health:
        """Asks the database and the broker, waiting at most two seconds for each."""
        parts = self._parts
        newest, database_problem = await _answer(self.trades(1))
        _, broker_problem = await _answer(parts.broker.account(self.facts.account))
        return Health(
            artifacts=parts.artifacts.now,
            database=Dependency("database", database_problem),
            broker=Dependency(parts.broker.name, broker_problem),
            alarms=(
                *parts.gate.alarms(),
                *parts.artifacts.alarms(),
                *parts.report.alarms(),
                *(() if parts.account is None else parts.account.alarms()),
                *(() if parts.market is None else parts.market.alarms()),
            ),
            last_execution=_last_execution(*newest[0]) if newest else None,
            execution_enabled=self.facts.execution_enabled,
            mode=self.facts.mode,
            version=self.facts.version,
            uptime_seconds=(parts.clock.monotonic_ns() - self._started_ns) / 1e9,
        )

    async def finish_executions(self) -> None:
        """Waits until no execution is running."""
        await self._executions.finish()


async def _answer(asked: Awaitable[T]) -> tuple[T | None, str | None]:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
            return await asked, None
    except TimeoutError:
        return None, f"no answer within {_ANSWER_WITHIN_SECONDS:.0f} seconds"
    except PortError as error:
        return None, str(error)


def _last_execution(trade: Trade, order: Order) -> LastExecution:
    return LastExecution(trade.trade_id, trade.signal_id, trade.symbol, order.status, trade.submitted_at)


def _traced(subject: Signal | Trade) -> dict[str, str]:
    return {"signal_id": subject.signal_id, "artifact_hash": subject.artifact_hash}
