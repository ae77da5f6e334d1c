"""What is said of the policy that a trade was made under."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from jax.app.research.http.provenance import ProvenanceAnswer
from jax.domain.side import Side
from jax.ports.trade_provenance import StandingApproval, TradeProvenance

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HASH = "sha256:" + "5" * 64


def provenance(**changed: Any) -> TradeProvenance:
    approval = StandingApproval("rosa", "RISK", NOW, NOW, "limits fit", HASH)
    told: dict[str, Any] = {
        **dict.fromkeys(("trade_id", "client_order_id", "signal_id", "artifact_id"), "id1"),
        **dict.fromkeys(("payload_sha256", "bundle_sha256", "policy_sha256", "snapshot_sha256"), HASH),
        "submitted_at": NOW,
        "symbol": "AAPL",
        "side": Side.BUY,
        "quantity": Decimal("10.50"),
        "account": "paper",
        "signal_approved_by": "olivia",
        "strategy": "ma_crossover_v1",
        "version": "1.0.0",
        "author": "ada",
        "policy": "desk",
        "policy_version": 1,
        "is_solo": False,
        "approvals": (approval,),
        "snapshot_seq": 3,
        "snapshot_signer": "rene",
        "is_named": True,
    }
    return TradeProvenance(**{**told, **changed})


@pytest.mark.parametrize(
    ("changed", "policy"),
    [
        ({}, "desk"),
        ({"policy": "mine", "is_solo": True}, "solo"),
        ({"policy": None, "policy_version": None, "policy_sha256": None}, "none"),
    ],
)
def test_the_policy_is_named_and_a_solo_one_says_so(changed: dict[str, Any], policy: str) -> None:
    answer = ProvenanceAnswer.of(provenance(**changed))
    assert answer.policy == policy


def test_everything_else_is_told_as_it_is() -> None:
    told = ProvenanceAnswer.of(provenance()).model_dump(mode="json")
    assert (told["quantity"], told["submitted_at"], told["side"]) == ("10.5", "2026-03-02T09:30:00Z", "BUY")
    assert [(one["approver"], one["kind"]) for one in told["approvals"]] == [("rosa", "RISK")]
    assert (told["snapshot_seq"], told["snapshot_signer"], told["is_named"]) == (3, "rene", True)
