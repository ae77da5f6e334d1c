"""Execution, kill switches, modes, arming, dry runs, and what the artifact was approved for."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.controls import AccountControls, ModeChange, Said, TradingMode
from jax.domain.order import OrderLeg, OrderType
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk.inputs import ExitInputs, RiskInputs
from jax.domain.risk_decision import Approved, Denied
from tests.unit.domain.examples import NOON, OTHER_HASH
from tests.unit.domain.risk.cases import (
    SAID,
    account,
    approved,
    armed,
    denied,
    entry,
    held,
    in_mode,
    inputs,
    leaving,
    limits,
    route,
    short,
    way_out,
)

_HELD = account(holdings={"AAPL": held(10)})
_BOTH: list[RiskInputs | ExitInputs] = [inputs(), leaving(way_out(), account=_HELD)]


@pytest.mark.parametrize("wanted", _BOTH, ids=["entry", "exit"])
def test_nothing_is_sent_while_execution_is_off(wanted: RiskInputs | ExitInputs) -> None:
    off = replace(wanted, route=route(execution_enabled=False))
    assert denied(off, ReasonCode.EXECUTION_DISABLED).numbers == {}


@pytest.mark.parametrize("wanted", _BOTH, ids=["entry", "exit"])
def test_nothing_is_sent_while_any_kill_switch_is_engaged(wanted: RiskInputs | ExitInputs) -> None:
    by_word = replace(wanted, controls=AccountControls(kill=SAID))
    assert denied(by_word, ReasonCode.KILL_SWITCH).detail == "olivia engaged it: why not"
    by_file = replace(wanted, route=route(kills=("the file KILL is there", "bridge: tests")))
    assert denied(by_file, ReasonCode.KILL_SWITCH).detail == "the file KILL is there; bridge: tests"
    by_all = replace(by_file, controls=AccountControls(kill=SAID))
    assert denied(by_all, ReasonCode.KILL_SWITCH).detail.count(";") == 2


@pytest.mark.parametrize("strategy", [None, "ma_crossover_v1"])
@pytest.mark.parametrize("wanted", _BOTH, ids=["entry", "exit"])
def test_who_is_observed_sends_nothing(wanted: RiskInputs | ExitInputs, strategy: str | None) -> None:
    observed = replace(wanted, controls=in_mode(TradingMode.OBSERVE, strategy=strategy))
    detail = denied(observed, ReasonCode.MODE_OBSERVE).detail
    assert detail == "ma_crossover_v1 is in OBSERVE: why not (olivia)"


@pytest.mark.parametrize("strategy", [None, "ma_crossover_v1"])
def test_who_may_only_reduce_enters_nothing_and_leaves(strategy: str | None) -> None:
    controls = in_mode(TradingMode.REDUCE, strategy=strategy)
    for wanted in (entry(), short()):
        case = inputs(wanted, controls=controls, account=_HELD)
        detail = denied(case, ReasonCode.MODE_REDUCE).detail
        assert detail == "ma_crossover_v1 is in REDUCE: why not (olivia)"
    assert approved(leaving(way_out(), controls=controls, account=_HELD)).quantity == 10


def test_the_mode_of_another_strategy_holds_nobody_back() -> None:
    controls = in_mode(TradingMode.OBSERVE, strategy="rsi_momentum_v1")
    assert isinstance(decide(inputs(controls=controls)), Approved)


def test_the_stricter_of_two_modes_holds_and_says_why() -> None:
    because = Said("drawdown", "trader", NOON)
    controls = AccountControls(
        mode=ModeChange(TradingMode.REDUCE, SAID),
        strategy_modes={"ma_crossover_v1": ModeChange(TradingMode.OBSERVE, because)},
    )
    assert denied(inputs(controls=controls), ReasonCode.MODE_OBSERVE).detail.endswith("drawdown (trader)")


def test_a_live_order_needs_an_arming_of_its_artifact_that_has_not_expired() -> None:
    live = route(is_live=True)
    detail = denied(inputs(route=live), ReasonCode.NOT_ARMED).detail
    assert detail.startswith("ma_crossover_v1 sha256:")
    assert detail.endswith("is not armed")
    assert isinstance(decide(inputs(route=live, controls=armed())), Approved)
    other = armed(artifact_hash=OTHER_HASH)
    denied(inputs(route=live, controls=other), ReasonCode.NOT_ARMED)
    expired = armed(expires_in=timedelta(0))
    detail = denied(inputs(route=live, controls=expired), ReasonCode.NOT_ARMED).detail
    assert detail == "the arming of ma_crossover_v1 expired at 2024-03-01T15:00:00+00:00"
    assert isinstance(decide(inputs(controls=expired)), Approved), "paper needs none"


def test_an_exit_of_a_live_position_needs_no_arming() -> None:
    assert isinstance(decide(leaving(way_out(), route=route(is_live=True), account=_HELD)), Approved)


def test_a_dry_run_judges_everything_and_sends_nothing() -> None:
    dry = route(dry_run=True)
    would = denied(inputs(route=dry), ReasonCode.DRY_RUN)
    assert would.numbers == {"quantity": Decimal(133), "risk_amount": Decimal(665)}
    broken = inputs(route=dry, account=account(realized_today=Decimal(-1000)))
    denied(broken, ReasonCode.DAILY_LOSS_REACHED)
    out = denied(leaving(way_out(), route=dry), ReasonCode.DRY_RUN)
    assert out.numbers == {"quantity": Decimal(10), "risk_amount": Decimal(0)}


def test_another_venue_than_the_approved_ones_is_denied() -> None:
    wanted = entry(profile={"venues": ("ib", "paper")})
    assert denied(inputs(wanted, route=route(venue="ccxt")), ReasonCode.VENUE_NOT_ALLOWED) == Denied(
        ReasonCode.VENUE_NOT_ALLOWED,
        "ma_crossover_v1 was approved for ib, paper, this trader sends to ccxt",
    )
    assert isinstance(decide(inputs(wanted, route=route(venue="ib"))), Approved)


@pytest.mark.parametrize(
    ("approved_for", "allowed", "detail"),
    [
        (("LIMIT", "STOP"), ("MARKET",), "approved for LIMIT, STOP orders, this trader sends MARKET"),
        (("MARKET",), ("LIMIT", "STOP"), "this account allows LIMIT, STOP orders, not MARKET"),
        (("MARKET",), (), "this account allows none orders, not MARKET"),
        (("LIMIT", "MARKET"), ("MARKET",), None),
    ],
)
def test_an_order_type_is_allowed_by_the_approval_and_by_the_account(
    approved_for: tuple[str, ...], allowed: tuple[str, ...], detail: str | None
) -> None:
    wanted = entry(order_type=OrderType.MARKET, profile={"allowed_order_types": approved_for})
    case = inputs(wanted, limits=limits(allowed_order_types=allowed))
    if detail is None:
        assert isinstance(decide(case), Approved)
    else:
        assert denied(case, ReasonCode.ORDER_TYPE_NOT_ALLOWED).detail.endswith(detail)


def test_the_restricted_list_holds_entries_back() -> None:
    restricted = limits(restricted_symbols=frozenset({"AAPL", "IBM"}))
    case = inputs(limits=restricted)
    assert denied(case, ReasonCode.SYMBOL_RESTRICTED).detail == "AAPL is on the restricted list"
    assert isinstance(decide(inputs(limits=limits(restricted_symbols=frozenset({"IBM"})))), Approved)


@pytest.mark.parametrize("leg", [OrderLeg.STOP, OrderLeg.TARGET, OrderLeg.CLOSE])
def test_what_holds_entries_back_lets_exits_go(leg: OrderLeg) -> None:
    """The venue was not approved, nothing is armed, the loss is latched, and what is held has no price."""
    controls = AccountControls(loss_latched_on=NOON.date())
    elsewhere = route(venue="ib", is_live=True)
    unpriced = account(holdings={"AAPL": held(10, None)})
    assert isinstance(decide(inputs(controls=controls, route=elsewhere, account=unpriced)), Denied)
    out = leaving(way_out(leg=leg), controls=controls, route=elsewhere, account=unpriced)
    assert approved(out) == Approved(Decimal(10), Decimal(0), Decimal(0), Decimal(0))
