"""Every field of every value is checked by the rule of its kind, and the error names it."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from jax.domain.errors import InvalidValue
from tests.unit.domain import examples
from tests.unit.domain.field_rules import (
    ANYTHING,
    CURRENCY,
    ELSEWHERE,
    FINITE,
    FRACTION,
    FRACTION_OR_NONE,
    MIC,
    NAME,
    NOT_NEGATIVE,
    PERSON,
    POSITIVE,
    POSITIVE_OR_NONE,
    SHA256,
    SHA256_OR_NONE,
    SYMBOL,
    UTC,
    Rule,
    Rules,
    text,
)
from tests.unit.domain.refusals import refusal_of


def _fields(*groups: tuple[Rule, str]) -> dict[str, Rule]:
    return {field: rule for rule, names in groups for field in names.split()}


_CAUSE = ((text(64), "artifact_id"), (SHA256, "artifact_hash"), (NAME, "strategy"), (SYMBOL, "symbol"))

RULES: Rules = {
    examples.an_account: _fields(
        (text(64), "account"),
        (CURRENCY, "currency"),
        (FINITE, "cash net_liquidation"),
        (NOT_NEGATIVE, "buying_power"),
    ),
    examples.an_instrument: _fields(
        (SYMBOL, "symbol"),
        (MIC, "mic"),
        (CURRENCY, "currency"),
        (POSITIVE, "price_increment lot_size multiplier"),
    ),
    examples.a_bar: _fields(
        (SYMBOL, "symbol"),
        (UTC, "start end"),
        (POSITIVE, "open high low close"),
        (NOT_NEGATIVE, "volume"),
        (ANYTHING, "timeframe"),
    ),
    examples.a_quote: _fields((SYMBOL, "symbol"), (POSITIVE, "bid ask"), (UTC, "ts_event")),
    examples.a_signal: _fields(
        *_CAUSE,
        (text(64), "signal_id"),
        (POSITIVE, "entry_price stop_loss"),
        (POSITIVE_OR_NONE, "take_profit"),
        (FRACTION, "confidence"),
        (text(), "reason decided_by"),
        (UTC, "ts_event created_at decided_at"),
        (ELSEWHERE, "side status"),
    ),
    examples.an_order: _fields(
        *_CAUSE,
        (text(64), "client_order_id account signal_id"),
        (POSITIVE, "quantity limit_price"),
        (NOT_NEGATIVE, "filled_quantity"),
        (UTC, "created_at deadline_at updated_at"),
        (ELSEWHERE, "side order_type status average_price leg revision stop_price cancel_requested_at"),
        (ELSEWHERE, "bracket_stop_price bracket_target_price"),
        (ANYTHING, "time_in_force epoch venue_order_id reason_code not_found_count"),
    ),
    examples.a_fill: _fields(
        (text(), "execution_id"),
        (text(64), "client_order_id"),
        (SYMBOL, "symbol"),
        (POSITIVE, "quantity price"),
        (NOT_NEGATIVE, "commission"),
        (UTC, "ts_event"),
        (ELSEWHERE, "side revision"),
    ),
    examples.a_trade: _fields(
        *_CAUSE,
        (text(64), "trade_id signal_id client_order_id"),
        (POSITIVE, "quantity entry_price stop_loss risk_amount position_value"),
        (POSITIVE_OR_NONE, "take_profit"),
        (NOT_NEGATIVE, "risk_fraction"),
        (text(), "approved_by"),
        (UTC, "submitted_at"),
        (SHA256_OR_NONE, "policy_sha256"),
        (ANYTHING, "side"),
    ),
    examples.an_artifact: _fields(
        (text(64), "artifact_id"),
        (NAME, "name"),
        (text(32), "version"),
        (PERSON, "author"),
        (SHA256, "payload_sha256"),
        (UTC, "created_at"),
        # The bytes are whatever the store holds: that they have this hash is for the verifier to find out.
        (ANYTHING, "payload state"),
    ),
    examples.an_approval: _fields(
        (text(), "subject"),
        (SHA256, "payload_sha256 policy_sha256 displayed_sha256"),
        (PERSON, "approver"),
        (text(2000), "reason"),
        (ANYTHING, "kind decision"),
        (ELSEWHERE, "issued_at expires_at"),
    ),
    examples.a_snapshot: _fields(
        (PERSON, "signer"),
        (SHA256, "policy_sha256"),
        (ELSEWHERE, "seq log_head active revoked issued_at expires_at"),
    ),
    examples.a_revocation: _fields(
        (text(), "subject"),
        (SHA256, "payload_sha256"),
        (PERSON, "revoker"),
        (text(2000), "reason"),
        (ELSEWHERE, "issued_at"),
    ),
    examples.a_checkpoint: _fields(
        (PERSON, "auditor"),
        (ELSEWHERE, "log_head snapshot_seq revoked issued_at"),
    ),
    examples.an_artifact_event: _fields(
        (text(64), "artifact_id"),
        (SHA256, "payload_sha256"),
        (text(), "actor"),
        (text(2000), "reason"),
        (UTC, "at"),
        (ELSEWHERE, "n from_state to_state"),
    ),
    examples.an_audit_event: _fields(
        (text(64), "kind"), (text(), "subject actor"), (UTC, "at"), (ELSEWHERE, "data")
    ),
    examples.some_evidence: _fields(
        (text(64), "run_id"),
        (text(32), "engine_version"),
        (SHA256, "orders_sha256"),
        (ELSEWHERE, "trials metrics"),
        (ANYTHING, "seed"),
    ),
    examples.a_session: _fields(
        (MIC, "mic"), (UTC, "opens_at closes_at"), (ANYTHING, "session_date is_half_day")
    ),
    examples.a_holiday: _fields((MIC, "mic"), (ANYTHING, "holiday_date")),
    examples.a_lot: _fields((FINITE, "signed_quantity"), (POSITIVE, "price")),
    # The profit is computed: it may have more places than a stored number.
    examples.a_position: _fields((SYMBOL, "symbol"), (ELSEWHERE, "lots realized_pnl")),
    examples.some_limits: _fields(
        (FRACTION, "max_risk_per_trade_fraction max_position_value_fraction"),
        (POSITIVE, "min_position_size"),
        (NOT_NEGATIVE, "max_position_size"),
        (POSITIVE_OR_NONE, "max_order_notional"),
    ),
    examples.a_profile: _fields(
        (POSITIVE, "max_position_fraction max_daily_loss max_order_notional price_collar_fraction"),
        (ELSEWHERE, "max_orders_per_minute"),
        (FRACTION_OR_NONE, "auto_approve_confidence"),
        (ANYTHING, "allowed_order_types venues"),
    ),
}

_FIELDS = [
    pytest.param(build, field, rule, id=f"{build.__name__}-{field}")
    for build, rules in RULES.items()
    for field, rule in rules.items()
]


def _refusal(build: Callable[..., Any], field: str, value: Any) -> InvalidValue | None:
    return refusal_of(lambda: build(**{field: value}))


@pytest.mark.parametrize(("build", "field", "rule"), _FIELDS)
def test_refuses_a_bad_field_and_names_it(build: Callable[..., Any], field: str, rule: Rule) -> None:
    refusals = {repr(value): _refusal(build, field, value) for value in rule.refused}
    assert {value: error.field for value, error in refusals.items() if error} == dict.fromkeys(
        refusals, field
    )


@pytest.mark.parametrize(("build", "field", "rule"), _FIELDS)
def test_takes_a_good_field_as_it_is(build: Callable[..., Any], field: str, rule: Rule) -> None:
    assert [getattr(build(**{field: value}), field) for value in rule.accepted] == list(rule.accepted)


@pytest.mark.parametrize("build", RULES, ids=lambda build: build.__name__)
def test_every_field_has_a_rule(build: Callable[..., Any]) -> None:
    assert set(RULES[build]) == {field.name for field in fields(build())}


def test_an_error_says_the_field_and_the_problem() -> None:
    error = _refusal(examples.an_account, "currency", "usd")
    assert str(error) == "currency: 'usd' is not a currency code of three letters (ISO 4217)"
