"""What the hashes of a run see, and what they do not."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.modules.backtest.data_manifest import manifest_of
from jax.modules.backtest.evidence import evidence_of, order_document, orders_sha256
from tests.unit.backtest.scripted_backtests import bars, buy, run, settings

QUIET = "100 101 99 100"
DAYS = bars(QUIET, QUIET, "98 99 95 97", QUIET)
RESULT = run({0: buy(stop=95), 3: buy(stop=90)}, DAYS, under=settings(commission_bps=10))


def test_the_hash_is_over_the_canonical_json_of_every_order() -> None:
    written: list[dict[str, Any]] = [
        {
            "symbol": "AAPL",
            "side": "BUY",
            "order_type": "MARKET",
            "order_price": None,
            "quantity": "100",
            "filled_quantity": "100",
            "decided_at": "2024-01-01T21:00:00+00:00",
            "filled_at": "2024-01-02T14:30:00+00:00",
            "price": "100",
            "commission": "10",
            "reason": "entry",
            "detail": "the script says so",
        },
        {
            "symbol": "AAPL",
            "side": "SELL",
            "order_type": "MARKET",
            "order_price": None,
            "quantity": "100",
            "filled_quantity": "100",
            "decided_at": "2024-01-01T21:00:00+00:00",
            "filled_at": "2024-01-03T21:00:00+00:00",
            "price": "95",
            "commission": "9.5",
            "reason": "stop",
            "detail": "stop",
        },
        {
            "symbol": "AAPL",
            "side": "BUY",
            "order_type": "MARKET",
            "order_price": None,
            "quantity": "97",
            "filled_quantity": "0",
            "decided_at": "2024-01-04T21:00:00+00:00",
            "filled_at": None,
            "price": None,
            "commission": "0",
            "reason": "entry",
            "detail": "the script says so",
        },
    ]
    written[2]["quantity"] = order_document(RESULT.orders[2])["quantity"]  # test_shared_account.py sizes it
    assert orders_sha256(RESULT) == sha256_of(
        json.dumps(written, sort_keys=True, separators=(",", ":")).encode()
    )


@pytest.mark.parametrize(
    "change", [{"price": Decimal("95.01")}, {"quantity": Decimal(99)}, {"detail": "another"}]
)
def test_any_change_of_an_order_changes_the_hash(change: dict[str, Any]) -> None:
    first, *others = RESULT.orders
    changed = replace(RESULT, orders=(replace(first, **change), *others))
    assert orders_sha256(changed) != orders_sha256(RESULT)


def test_the_spelling_of_a_number_does_not_change_the_hash() -> None:
    first, *others = RESULT.orders
    respelled = replace(RESULT, orders=(replace(first, quantity=Decimal("1E+2")), *others))
    assert orders_sha256(respelled) == orders_sha256(RESULT)


def test_a_run_without_orders_has_evidence_too() -> None:
    evidence = evidence_of(run({}, DAYS), run_id="bt1")
    assert evidence.orders_sha256 == sha256_of(canonical_bytes([]))
    assert evidence.metrics["trades"] == 0
    assert "sharpe" not in evidence.metrics


def test_the_evidence_carries_the_metrics_that_are_defined() -> None:
    evidence = evidence_of(RESULT, run_id="bt1", trials=3)
    assert evidence.metrics == RESULT.metrics.defined()
    assert (evidence.run_id, evidence.trials, evidence.seed) == ("bt1", 3, 0)


def test_the_manifest_tells_each_series_and_sees_every_number() -> None:
    manifest = manifest_of("a vendor", {"AAPL": DAYS})
    (entry,) = manifest.series
    assert (entry.symbol, entry.bars, entry.first_end, entry.last_end) == (
        "AAPL",
        4,
        DAYS[0].end,
        DAYS[-1].end,
    )
    others = {"open": "100.5", "high": "102", "low": "98", "close": "100.5", "volume": "1"}
    for field, value in others.items():
        changed: dict[str, Any] = {field: Decimal(value)}
        spoiled = [replace(DAYS[0], **changed), *DAYS[1:]]
        assert manifest_of("a vendor", {"AAPL": spoiled}).sha256 != manifest.sha256
    assert manifest_of("another", {"AAPL": DAYS}).sha256 != manifest.sha256


def test_the_manifest_of_equal_bars_is_equal_however_they_were_written() -> None:
    padded = [replace(one, open=one.open.quantize(Decimal("0.00000001"))) for one in DAYS]
    assert manifest_of("v", {"AAPL": padded}).sha256 == manifest_of("v", {"AAPL": DAYS}).sha256
