"""The chain from the trade back to the bytes that caused it, as the database tells it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jax.app import console
from jax.app.demo.wiring import DemoParts
from jax.domain.approval import Approval
from jax.domain.approval_count import check_quorum
from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import ArtifactPayload, parse_payload
from jax.domain.audit import first_broken_entry
from jax.modules.artifacts.gate_authority import authority_now


@dataclass(frozen=True, slots=True)
class Chain:
    """What stands behind one trade; `trade` is the trader's own answer."""

    trade: dict[str, Any]
    artifact: Artifact
    payload: ArtifactPayload
    approvals: tuple[Approval, ...]
    policy: str
    report_path: Path
    audit_entries: int
    audit_whole: bool


async def read_chain(parts: DemoParts, trade: dict[str, Any]) -> Chain:
    """Follows the trade to its artifact, the approvals, the report and the audit log."""
    artifact_id = trade["artifact_id"]
    async with parts.unit_of_work.begin() as transaction:
        artifact = await transaction.artifacts.get(artifact_id)
        envelopes = await transaction.artifacts.approvals(artifact_id)
        authority = await authority_now(transaction, parts.trust(), parts.clock.now())
        submitted = await transaction.audit.entries(kind="artifact.submitted", subject=artifact_id)
        entries = list(await transaction.audit.entries(limit=100_000))
    data = submitted[-1].event.data
    report_key = str(data["report_key"]) if isinstance(data, dict) else ""
    return Chain(
        trade=trade,
        artifact=artifact,
        payload=parse_payload(artifact.payload),
        approvals=check_quorum(artifact, envelopes, authority),
        policy=authority.policy.mark,
        report_path=Path(parts.objects.location(report_key)),
        audit_entries=len(entries),
        audit_whole=first_broken_entry(entries) is None,
    )


def summary_document(chain: Chain, *, bars: int, seconds: dict[str, float]) -> dict[str, Any]:
    """The summary as one object."""
    trade = chain.trade
    return {
        "artifact_id": chain.artifact.artifact_id,
        "payload_sha256": chain.artifact.payload_sha256,
        "state": chain.artifact.state,
        "trade_id": trade["trade_id"],
        "order_id": trade["order_id"],
        "symbol": trade["symbol"],
        "quantity": trade["quantity"],
        "avg_fill_price": trade["avg_fill_price"],
        "report_path": str(chain.report_path),
        "bars": bars,
        "seconds": seconds,
    }


def print_chain(chain: Chain, *, trader_url: str) -> None:
    """The summary for a person, on standard output; lines are not wrapped, so that they can be copied."""
    trade, artifact = chain.trade, chain.artifact
    whole = "chain whole" if chain.audit_whole else "CHAIN BROKEN"
    rows = {
        "trade": f"{trade['trade_id']}  {trade['direction']} {trade['filled_qty']} {trade['symbol']} "
        f"at {trade['avg_fill_price']}, {trade['status']}",
        "order": str(trade["order_id"]),
        "signal": f"{trade['signal_id']}  stop {trade['stop_loss']}, target {trade['take_profit']}",
        "artifact": f"{artifact.name} {artifact.version}  {artifact.artifact_id}  {artifact.state}",
        "payload": artifact.payload_sha256,
        "source bundle": chain.payload.bundle_sha256,
        "signed by": ", ".join(f"{a.approver} ({a.kind})" for a in chain.approvals),
        "policy": chain.policy,
        "author": artifact.author,
        "audit": f"{chain.audit_entries} entries, {whole}",
        "report": str(chain.report_path),
        "trader": f"{trader_url}/health  {trader_url}/openapi.json",
    }
    for label, value in rows.items():
        console.say(f"{label:<14} {value}")
