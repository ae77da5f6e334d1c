"""Commit 1 of the execution protocol: everything is decided and recorded before anything is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.domain.derived_id import client_order_id, trade_id
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.quote import Quote
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.account_rules import daily_loss
from jax.domain.risk.decide import decide
from jax.domain.risk.decision_document import decision_document
from jax.domain.risk.inputs import Market, RiskInputs, Route, WantedEntry
from jax.domain.risk.inputs_document import inputs_text
from jax.domain.risk_decision import Approved, Denied
from jax.domain.risk_limits import RiskLimits
from jax.domain.signal import Signal, SignalStatus
from jax.domain.trade import Trade
from jax.modules.execution.broker_means import MeansSaid
from jax.modules.execution.risk_state import account_state, pace_of
from jax.ports.entry_grounds import EntryGround
from jax.ports.unit_of_work import Transaction

_SEND_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class TradingAccount:
    """Who sends: the account, the epoch that this trader holds, and the limits it trades under.

    `kills` says which kill switches are engaged besides the account's own, such as a file.
    """

    account: str
    epoch: int
    limits: RiskLimits
    order_type: OrderType
    kills: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """Which signal, who approved its execution, what the broker said of the account, and when.

    `venue` is the name of the broker that said it and that would get the order, `is_live` whether with real
    money, `has_brackets` whether it takes stop and target along. `quote` is the broker's newest of the
    signal's symbol, None when it has none.
    """

    signal_id: str
    approved_by: str
    venue: str
    is_live: bool
    means: MeansSaid
    quote: Quote | None
    at: datetime
    has_brackets: bool = False


async def record_order(
    transaction: Transaction,
    trading: TradingAccount,
    request: ExecutionRequest,
    ground: EntryGround,
    loaded: Mapping[str, EntryRight],
) -> tuple[Trade, Order] | Denied:
    """Records the order of a signal as PENDING_NEW with its trade, or why there is none.

    `ground` was read in this transaction, with the account's row locked, so that decisions about one account
    are made one after the other; `loaded` holds what this trader may enter for, by the hashes of its
    artifacts.
    """
    row = await transaction.orders.lock_account(trading.account)
    if row.epoch != trading.epoch:
        return Denied(
            ReasonCode.FENCED,
            f"another trader has taken over {trading.account} (epoch {row.epoch}); stop this one",
        )
    decided = await _decide(transaction, trading, request, ground, loaded)
    if isinstance(decided, _Refused):
        await _audit_denial(transaction, request, decided)
        return decided.denied
    approved, instrument, right = decided
    order = _order(trading, request, ground.signal, approved, instrument)
    trade = _trade(request, ground.signal, approved, order, right)
    await transaction.orders.add(order, trade)
    return trade, order


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why there is no order; without inputs when it did not come to a decision by the rules of risk."""

    denied: Denied
    inputs: RiskInputs | None = None


async def _decide(
    transaction: Transaction,
    trading: TradingAccount,
    request: ExecutionRequest,
    ground: EntryGround,
    loaded: Mapping[str, EntryRight],
) -> tuple[Approved, Instrument, EntryRight] | _Refused:
    signal, instrument, session = ground.signal, ground.instrument, ground.session
    right = _refusal_of_approval(signal, request) or await _right_to_enter(transaction, ground, loaded)
    if isinstance(right, Denied):
        return _Refused(right)
    if instrument is None:
        detail = f"no instrument {signal.symbol} in the reference data"
        return _Refused(Denied(ReasonCode.INSTRUMENT_UNKNOWN, detail))
    if session is None:
        detail = f"no session of {instrument.mic} is known for {request.at:%Y-%m-%d}"
        return _Refused(Denied(ReasonCode.SESSION_UNKNOWN, detail))
    limits, controls = trading.limits, ground.standing.controls
    inputs = RiskInputs(
        wanted=WantedEntry(signal, trading.order_type, right.risk),
        instrument=instrument,
        account=await account_state(
            transaction,
            request.means,
            session=session,
            opening=controls.opening,
        ),
        market=Market(request.quote, session),
        limits=limits,
        controls=controls.concerning(strategy=signal.strategy, artifact_hash=signal.artifact_hash),
        # Whoever calls has asked whether it may execute.
        route=Route(request.venue, request.is_live, execution_enabled=True, kills=trading.kills()),
        pace=pace_of(request.means.book, ground, limits=limits, at=request.at),
        now=request.at,
    )
    if daily_loss(inputs.account, limits.max_daily_loss) is not None:
        # For the rest of the session, whatever the account gains back and whoever restarts.
        await transaction.controls.latch_loss(trading.account, session.session_date)
    decision = decide(inputs)
    if isinstance(decision, Denied):
        return _Refused(decision, inputs)
    await _audit_decision(transaction, request, inputs, decision)
    return decision, instrument, right


def _refusal_of_approval(signal: Signal, request: ExecutionRequest) -> Denied | None:
    if signal.status is not SignalStatus.APPROVED:
        return Denied(
            ReasonCode.SIGNAL_NOT_APPROVED, f"signal {signal.signal_id} is {signal.status}, not APPROVED"
        )
    if request.approved_by != signal.decided_by:
        return Denied(
            ReasonCode.APPROVER_MISMATCH,
            f"signal {signal.signal_id} was approved by {signal.decided_by}, not by {request.approved_by}",
        )
    return None


async def _right_to_enter(
    transaction: Transaction, ground: EntryGround, loaded: Mapping[str, EntryRight]
) -> EntryRight | Denied:
    """What this trader may do for the signal's artifact, if it runs it and it may still trade."""
    signal = ground.signal
    right = loaded.get(signal.artifact_hash)
    if right is None or right.artifact_id != signal.artifact_id:
        return Denied(
            ReasonCode.ARTIFACT_NOT_LOADED,
            f"this trader does not run {signal.strategy} {signal.artifact_hash}",
        )
    if ground.standing.is_loadable:
        return right
    artifact = await transaction.artifacts.get(signal.artifact_id)
    return Denied(ReasonCode.ARTIFACT_NOT_LOADABLE, f"{artifact.name} {artifact.version} is {artifact.state}")


def _order(
    trading: TradingAccount,
    request: ExecutionRequest,
    signal: Signal,
    approved: Approved,
    instrument: Instrument,
) -> Order:
    limit_price = instrument.round_price(signal.entry_price)
    stop, target = signal.stop_loss, signal.take_profit
    return Order(
        client_order_id=client_order_id(
            account=trading.account, strategy=signal.strategy, signal_id=signal.signal_id
        ),
        account=trading.account,
        signal_id=signal.signal_id,
        artifact_id=signal.artifact_id,
        artifact_hash=signal.artifact_hash,
        strategy=signal.strategy,
        symbol=signal.symbol,
        side=signal.side,
        order_type=trading.order_type,
        quantity=approved.quantity,
        limit_price=limit_price if trading.order_type is OrderType.LIMIT else None,
        time_in_force=TimeInForce.DAY,
        epoch=trading.epoch,
        created_at=request.at,
        deadline_at=request.at + _SEND_WITHIN,
        updated_at=request.at,
        bracket_stop_price=instrument.round_price(stop) if request.has_brackets else None,
        bracket_target_price=(
            instrument.round_price(target) if request.has_brackets and target is not None else None
        ),
    )


def _trade(
    request: ExecutionRequest, signal: Signal, approved: Approved, order: Order, right: EntryRight
) -> Trade:
    return Trade(
        trade_id=trade_id(client_order_id=order.client_order_id),
        signal_id=signal.signal_id,
        client_order_id=order.client_order_id,
        artifact_id=signal.artifact_id,
        artifact_hash=signal.artifact_hash,
        strategy=signal.strategy,
        symbol=signal.symbol,
        side=signal.side,
        quantity=approved.quantity,
        entry_price=signal.entry_price,
        stop_loss=signal.stop_loss,
        take_profit=signal.take_profit,
        risk_amount=approved.risk_amount,
        risk_fraction=approved.risk_fraction,
        position_value=approved.position_value,
        approved_by=request.approved_by,
        submitted_at=request.at,
        policy_sha256=right.policy_sha256,
    )


async def _audit_decision(
    transaction: Transaction, request: ExecutionRequest, inputs: RiskInputs, decision: Approved
) -> None:
    account, quote, wanted = inputs.account, inputs.market.quote, inputs.wanted
    limits = wanted.profile.tightened(inputs.limits)
    data: Json = {
        "account": request.means.book.account,
        "inputs": inputs_text(inputs),
        **decision_document(decision),
        "artifact_id": wanted.signal.artifact_id,
        "artifact_hash": wanted.signal.artifact_hash,
        "net_liquidation": plain(account.snapshot.net_liquidation),
        "buying_power": plain(account.snapshot.buying_power),
        "reserved": plain(account.reserved),
        "open_symbols": sorted({*account.holdings, *account.open_orders}),
        "realized_today": plain(account.realized_today),
        "max_open_positions": limits.max_open_positions,
        "max_daily_loss": plain(limits.max_daily_loss),
        "max_order_notional": str(limits.sizing.max_order_notional),
        "market_price": str(None if quote is None else quote.price_for(wanted.signal.side)),
        "venue": inputs.route.venue,
        "order_type": wanted.order_type,
        "orders_last_minute": inputs.pace.of_artifact,
    }
    event = AuditEvent("order.decided", request.signal_id, request.approved_by, request.at, data)
    await transaction.audit.append(event)


async def _audit_denial(transaction: Transaction, request: ExecutionRequest, refused: _Refused) -> None:
    data: Json = {
        "account": request.means.book.account,
        "inputs": None if refused.inputs is None else inputs_text(refused.inputs),
        **decision_document(refused.denied),
    }
    event = AuditEvent("order.denied", request.signal_id, request.approved_by, request.at, data)
    await transaction.audit.append(event)
