"""What every trader stands on and begins with, whether or not it places what it decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax.app.trader.account_desk import AccountDesk
from jax.app.trader.engine import EngineJob, LivenessLock
from jax.app.trader.executions import Executions
from jax.app.trader.market_following import LoggedBars
from jax.app.trader.raising_epoch import raised_epoch
from jax.app.trader.run_loop import RunLoop
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.app.trader.sending_gate import SendingGate
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import TraderFacts, TraderParts
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.load_artifacts import LoadArtifacts, LoaderParts
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.record_order import TradingAccount
from jax.modules.signals.decide_signal import DecideSignal
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.list_signals import ListSignals
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.account_view import AccountView
from jax.ports.bar_listener import BarListener
from jax.ports.clock import Clock
from jax.ports.event_bus import EventBus
from jax.ports.kill_switch import KillSwitch
from jax.ports.market_feed import MarketFeed
from jax.ports.object_store import ObjectStore
from jax.ports.snapshot_memory import SnapshotMemory
from jax.ports.unit_of_work import UnitOfWork

# Whoever leaves a transaction open must not keep a trader from looking at the gate and at its orders.
LONGEST_WAIT_FOR_A_LOCK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a trader stands on."""

    unit_of_work: UnitOfWork
    event_bus: EventBus
    object_store: ObjectStore
    clock: Clock
    lock: LivenessLock
    trust: TrustSource
    memory: SnapshotMemory
    kill_switch: KillSwitch
    feed: MarketFeed | None = None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """An account whose only trader this is from now on, and what it does with it before any order."""

    around: Ground
    settings: TraderSettings
    trading: TradingAccount
    books: BookedUnitOfWork
    receive_bars: ReceiveBars
    artifacts: RunningArtifacts
    report: RunningReport
    gate: SendingGate
    market: FollowMarket | None

    def parts(self, broker: AccountView, executions: Executions, account: AccountDesk | None) -> TraderParts:
        """What the trader is made of, with whom it asks, how it executes and what people may tell it."""
        unit_of_work, clock = self.around.unit_of_work, self.around.clock
        return TraderParts(
            unit_of_work=unit_of_work,
            clock=clock,
            broker=broker,
            gate=self.gate,
            artifacts=self.artifacts,
            report=self.report,
            receive_bars=self.receive_bars,
            decide_signal=DecideSignal(unit_of_work=unit_of_work, clock=clock),
            list_signals=ListSignals(unit_of_work=unit_of_work),
            executions=executions,
            account=account,
            market=self.market,
        )

    def run_job(self, executions: Executions) -> tuple[EngineJob, ...]:
        """What executes approved signals by itself; nothing when that is left to requests."""
        every = float(self.settings.RUN_EVERY_SECONDS)
        if not every:
            return ()
        run_loop = RunLoop(
            unit_of_work=self.around.unit_of_work,
            clock=self.around.clock,
            gate=self.gate,
            executions=executions,
            loaded=self.artifacts.ids_by_hash,
        )
        return (EngineJob("running approved signals", run_loop.run_once, every, "signal"),)


async def take_over(
    around: Ground,
    settings: TraderSettings,
    facts: TraderFacts,
    *,
    listeners: Sequence[BarListener] = (),
    floor: int = 0,
) -> TakenOver:
    """Raises the epoch: whoever traded the account before is fenced; PortError when that cannot be.

    `listeners` are told of the bars that are heard; the broker was told of epoch `floor`.
    """
    unit_of_work, clock, account = around.unit_of_work, around.clock, facts.account
    epoch = await raised_epoch(unit_of_work, clock, account, floor=floor, word=settings.take_over)
    receive_bars = ReceiveBars(unit_of_work=unit_of_work, clock=clock, listeners=listeners)
    load = LoadArtifacts(
        LoaderParts(unit_of_work, around.object_store, clock, trust=around.trust, memory=around.memory)
    )
    artifacts = RunningArtifacts(load_artifacts=load, receive_bars=receive_bars, clock=clock)
    limits = settings.risk_limits()
    return TakenOver(
        around=around,
        settings=settings,
        trading=TradingAccount(account, epoch, limits, settings.order_type, around.kill_switch.reasons),
        books=BookedUnitOfWork(unit_of_work, account, clock=clock, orders_kept_for=limits.orders_looked_back),
        receive_bars=receive_bars,
        artifacts=artifacts,
        report=RunningReport(
            unit_of_work=unit_of_work,
            clock=clock,
            boot_id=facts.boot_id,
            account=account,
            artifacts=artifacts,
        ),
        # Deciding is all that the gate of a shadow lets through.
        gate=SendingGate(execution_enabled=settings.EXECUTION_ENABLED or settings.is_shadow),
        market=_market(around, receive_bars, artifacts, settings),
    )


def _market(
    around: Ground, receive_bars: ReceiveBars, artifacts: RunningArtifacts, settings: TraderSettings
) -> FollowMarket | None:
    """What follows the feed, if there is one."""
    if around.feed is None:
        return None
    return FollowMarket(
        feed=around.feed,
        unit_of_work=around.unit_of_work,
        receive=LoggedBars(receive_bars),
        artifacts=lambda: artifacts.now.loaded,
        limits=settings.tick_limits,
    )
