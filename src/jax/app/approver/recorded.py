"""What `log` prints of the record."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jax.app.approver.documents import entry_document, provenance_document
from jax.app.approver.find_artifact import find_artifact
from jax.app.approver.gate import Gate
from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import Json
from jax.domain.visible_text import visible
from jax.ports.trade_provenance import TradeProvenance

_ALL = 1_000_000
_HASH = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


@dataclass(frozen=True, slots=True)
class Page:
    """One object for --json, and lines for a person."""

    document: Mapping[str, Any]
    lines: tuple[str, ...]


async def newest_entries(gate: Gate, *, limit: int) -> Page:
    """The newest entries of the chain, oldest of them first."""
    async with gate.unit_of_work.begin() as transaction:
        entries = await transaction.audit.entries(limit=limit)
    return await _page(gate, entries)


async def entries_of(gate: Gate, wanted: str, *, limit: int) -> Page:
    """The newest entries about one artifact, its revocations included."""
    artifact = await find_artifact(gate.unit_of_work, wanted)
    async with gate.unit_of_work.begin() as transaction:
        own = await transaction.audit.entries(subject=artifact.artifact_id, limit=limit)
        stops = await transaction.audit.entries(kind="gate.revocation", limit=_ALL)
    of_it = [entry for entry in stops if _names(entry.event.data, artifact.payload_sha256)]
    return await _page(gate, sorted([*own, *of_it], key=lambda entry: entry.n)[-limit:])


async def provenance_of(gate: Gate, trade_id: str) -> Page:
    """From a trade back to what allowed it, as the database tells it."""
    found = await gate.provenance.of_trade(trade_id)
    mark = "solo" if found.is_solo else (found.policy or "none")
    lines = (f"{label:<9} {visible(value)}  policy={mark}" for label, value in _told(found))
    return Page(provenance_document(found), tuple(lines))


async def _page(gate: Gate, entries: Sequence[AuditEntry]) -> Page:
    mark = await gate.mark()
    lines = tuple(f"{_line(entry)}  policy={mark}" for entry in entries)
    return Page({"entries": [entry_document(entry) for entry in entries], "policy": mark}, lines)


def _line(entry: AuditEntry) -> str:
    event = entry.event
    told = f"{entry.n:>6}  {event.at:%Y-%m-%d %H:%M:%S}  {event.kind}  {event.actor}  {event.subject}"
    # Hashes are shortened here and whole with --json.
    return _HASH.sub(r"\1", visible(f"{told}  {_data(event.data)}".rstrip()))


def _data(data: Json) -> str:
    if not isinstance(data, Mapping):
        return "" if data is None else str(data)
    return " ".join(f"{key}={value}" for key, value in sorted(data.items()))


def _names(data: Json, payload_sha256: str) -> bool:
    return isinstance(data, Mapping) and data.get("payload_sha256") == payload_sha256


def _told(found: TradeProvenance) -> list[tuple[str, str]]:
    told = [
        (
            "trade",
            f"{found.trade_id}, {found.side} {found.quantity.normalize():f} {found.symbol}, "
            f"{found.submitted_at:%Y-%m-%d %H:%M:%S} UTC, order {found.client_order_id} of {found.account}",
        ),
        ("signal", f"{found.signal_id}, approved by {found.signal_approved_by}"),
        ("artifact", f"{found.strategy} {found.version} by {found.author}, {found.artifact_id}"),
        ("hash", found.payload_sha256),
        ("bundle", found.bundle_sha256 or "not known"),
    ]
    told.extend(
        (
            "approval",
            f"{approval.kind} by {approval.approver}, {approval.issued_at:%Y-%m-%d} until "
            f"{approval.expires_at:%Y-%m-%d}: {approval.reason}",
        )
        for approval in found.approvals
    )
    if found.policy_sha256 is None:
        told.append(("policy", "none: the trade is from before the signed gate"))
    else:
        told.append(("policy", f"{found.policy} {found.policy_version}, {found.policy_sha256}"))
    if found.snapshot_seq is None:
        return [*told, ("snapshot", "none")]
    names = "names the artifact" if found.is_named else "DOES NOT NAME the artifact"
    return [
        *told,
        ("snapshot", f"{found.snapshot_seq} by {found.snapshot_signer}, {names}, {found.snapshot_sha256}"),
    ]
