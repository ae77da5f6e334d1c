"""Nothing of what was recorded can be changed, taken away or put in without being named."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jax.adapters.ed25519.verification import verify_ed25519
from jax.domain.audit import AuditEntry
from jax.domain.record_row import COLUMNS, Plain, RecordRow, plain
from jax.domain.snapshot import LogHead
from jax.domain.stored_entry import stored_entry
from jax.modules.artifacts.verify_history import verify_history
from tests.gate_people import ROOT, snapshot_envelope
from tests.recorded import Recorded, checkpoint_of
from tests.tampering import (
    changed,
    dropped_after,
    planted,
    rechained,
    row_of,
    with_values,
    without,
)
from tests.unit.domain.examples import an_audit_event


def test_a_sound_history_has_no_finding(recorded: Recorded) -> None:
    verdict = recorded.verdict(checkpoint=checkpoint_of(recorded.verdict()))
    assert verdict.findings == ()
    assert (verdict.entries, verdict.artifacts, verdict.trades, verdict.snapshot_seq) == (35, 2, 3, 4)
    newest = row_of(recorded.rows, "audit.entry", n=35)
    second = row_of(recorded.rows, "gate.artifact", version="1.0.1")
    assert verdict.head == LogHead(35, newest.text("entry_sha256"))
    assert verdict.revoked == (second.text("payload_sha256"),)


def test_an_empty_record_has_no_finding() -> None:
    verdict = verify_history([], ROOT, verify_ed25519, None)
    assert (verdict.findings, verdict.head, verdict.entries) == ((), None, 0)


# Of a trade's decision the audit log tells the artifact, the quantity and the risk, but not these.
UNSEEN = {
    ("trading.trade", column)
    for column in (
        "symbol",
        "side",
        "entry_price",
        "stop_loss",
        "take_profit",
        "risk_fraction",
        "position_value",
    )
}


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table, columns in COLUMNS.items() for column in columns],
    ids=lambda value: value,
)
def test_no_column_of_a_row_can_be_changed_unseen(recorded: Recorded, table: str, column: str) -> None:
    of_table = [row for row in recorded.rows if row.table == table]
    for target in of_table[:: max(1, len(of_table) // 2)]:
        rows = changed(recorded.rows, target, **{column: _another(target.row[column], column)})
        assert bool(recorded.findings(rows)) == ((table, column) not in UNSEEN), target


@pytest.mark.parametrize("nothing_sensible", [None, True, -1, 2**53 - 1, "", "\x00[", "eA=="], ids=ascii)
@pytest.mark.parametrize("table", COLUMNS)
def test_whatever_a_row_says_is_a_finding_and_not_an_error(
    recorded: Recorded, table: str, nothing_sensible: Plain
) -> None:
    target = next(row for row in recorded.rows if row.table == table)
    for column in COLUMNS[table]:
        if target.row[column] != nothing_sensible and (table, column) not in UNSEEN:
            rows = changed(recorded.rows, target, **{column: nothing_sensible})
            assert recorded.findings(rows), column
    assert recorded.findings(
        changed(recorded.rows, target, **dict.fromkeys(COLUMNS[table], nothing_sensible))
    )


@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_can_be_taken_away_unseen(recorded: Recorded, table: str) -> None:
    newest = row_of(recorded.rows, "audit.entry", n=35)
    for target in (row for row in recorded.rows if row.table == table and row is not newest):
        assert recorded.findings(without(recorded.rows, target)), target


@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_can_be_put_in_twice_unseen(recorded: Recorded, table: str) -> None:
    # The same key, role or end twice says nothing else.
    for target in (row for row in recorded.rows if row.table == table):
        is_seen = bool(recorded.findings(planted(recorded.rows, target)))
        assert is_seen == (table not in {"gate.member_key", "gate.key_role", "gate.key_end"}), target


def test_a_table_of_somebody_else_is_named(recorded: Recorded) -> None:
    rows = [*recorded.rows, RecordRow("gate.backdoor", {"n": 1})]
    assert recorded.findings(rows) == ["table gate.backdoor: is none that this version of Jax knows"]


def test_an_entry_of_the_gate_that_no_row_can_belong_to_is_named(recorded: Recorded) -> None:
    newest = row_of(recorded.rows, "audit.entry", n=35)
    rows = rechained(planted(recorded.rows, newest, kind="gate.opened", subject="door"))
    assert recorded.findings(rows) == [
        "audit entry 36: it tells of gate.opened of door by rene, which this version does not know"
    ]


def test_what_a_row_says_reaches_no_terminal_as_it_is(recorded: Recorded) -> None:
    step = row_of(recorded.rows, "gate.artifact_event", artifact_id="id-1", n=3)
    findings = recorded.findings(changed(recorded.rows, step, artifact_id="art\u202e-1"))
    assert all(finding.isprintable() for finding in findings)
    assert any("artifact art<U+202E>-1" in finding for finding in findings)


def test_an_edited_entry_is_named(recorded: Recorded) -> None:
    entry = row_of(recorded.rows, "audit.entry", n=14)
    assert recorded.findings(changed(recorded.rows, entry, actor="mallory")) == [
        "audit entry 14: it does not hash to the hash stored with it: it was changed"
    ]


def test_an_edited_entry_that_was_hashed_anew_no_longer_leads_to_the_next(recorded: Recorded) -> None:
    entry = row_of(recorded.rows, "audit.entry", n=14)
    rehashed = stored_entry(with_values(entry, actor="mallory")).sha256
    rows = changed(recorded.rows, entry, actor="mallory", entry_sha256=rehashed)
    assert recorded.findings(rows) == [
        "audit entry 15: it does not follow from entry 14: one of the two was replaced"
    ]


def test_a_missing_entry_is_named_by_the_one_after_it(recorded: Recorded) -> None:
    entry = row_of(recorded.rows, "audit.entry", n=14)
    assert recorded.findings(without(recorded.rows, entry)) == [
        "audit entry 15: it follows entry 13: what was between them is missing"
    ]


def test_an_edited_step_is_named(recorded: Recorded) -> None:
    step = row_of(recorded.rows, "gate.artifact_event", artifact_id="id-1", n=3)
    assert recorded.findings(changed(recorded.rows, step, reason="looks fine")) == [
        "step 3 of ma_crossover_v1 1.0.0 to REVIEWED: its reason is looks fine, "
        "and audit entry 8 says TECHNICAL approval: read it twice"
    ]


def test_an_approval_that_was_moved_to_another_artifact_is_named_by_what_it_was_given_for(
    recorded: Recorded,
) -> None:
    approval = row_of(recorded.rows, "gate.approval", artifact_id="id-1", approver="tessa")
    findings = recorded.findings(changed(recorded.rows, approval, artifact_id="id-2"))
    assert (
        "approval of ma_crossover_v1 1.0.0 by tessa: its artifact_id is id-2, and audit entry 7 says id-1"
        in findings
    )
    assert any(
        line.startswith(
            "step 4 of ma_crossover_v1 1.0.0 to APPROVED: ma_crossover_v1 1.0.0 needs 1 TECHNICAL"
        )
        for line in findings
    )


def test_a_trade_under_another_artifact_is_named(recorded: Recorded) -> None:
    trade = row_of(recorded.rows, "trading.trade", signal_id="sg3")
    other = row_of(recorded.rows, "gate.artifact", artifact_id="id-2").row["payload_sha256"]
    thing = f"trade {trade.row['trade_id']}"
    findings = recorded.findings(changed(recorded.rows, trade, artifact_id="id-2", artifact_hash=other))
    assert f"{thing}: its artifact_id is id-2, and its order says id-1" in findings
    assert f"{thing}: its artifact_id is id-2, and audit entry 33 says id-1" in findings
    assert f"{thing}: snapshot 4, then in force, did not name ma_crossover_v1 1.0.1" in findings


def test_a_revocation_that_is_gone_is_named_by_its_entry_and_by_the_snapshots_after_it(
    recorded: Recorded,
) -> None:
    findings = recorded.findings(without(recorded.rows, row_of(recorded.rows, "gate.revocation")))
    assert "audit entry 28: it tells of gate.revocation of rv-1 by rolf, and no row of it is left" in findings
    assert any(line.startswith("snapshot 3: it names sha256:") for line in findings)


def test_a_snapshot_replaced_by_another_that_was_signed_but_never_released_is_named(
    recorded: Recorded,
) -> None:
    snapshot = row_of(recorded.rows, "gate.snapshot", seq=4)
    entry = row_of(recorded.rows, "audit.entry", n=30)
    head = AuditEntry(30, an_audit_event(), "", entry.text("entry_sha256"))
    first = row_of(recorded.rows, "gate.artifact", artifact_id="id-1").text("payload_sha256")
    envelope = snapshot_envelope({"ma_crossover_v1": first}, head, seq=4)
    findings = recorded.findings(changed(recorded.rows, snapshot, envelope=plain(envelope)))
    assert any(line.startswith("snapshot 4: its envelope is sha256:") for line in findings)


def test_a_dropped_tail_is_seen_by_whoever_kept_a_checkpoint(recorded: Recorded) -> None:
    checkpoint = checkpoint_of(recorded.verdict())
    trade = row_of(recorded.rows, "trading.trade", signal_id="sg3")
    rows = dropped_after(without(recorded.rows, trade), 32)
    assert recorded.findings(rows) == []
    assert recorded.findings(rows, checkpoint=checkpoint) == [
        "audit entry 35: the checkpoint by audrey names it, and the record ends at entry 32: "
        "the newest were dropped"
    ]


def test_a_chain_that_was_hashed_anew_is_found_between_the_entries_that_people_signed(
    recorded: Recorded,
) -> None:
    rows = rechained(recorded.rows, _by_mallory(14))
    assert recorded.findings(rows)[0] == (
        "audit entry 22: snapshot 2 names it with another hash: "
        "something after entry 10 up to it was rewritten"
    )


def test_what_was_rewritten_after_the_newest_snapshot_is_seen_by_whoever_kept_a_checkpoint(
    recorded: Recorded,
) -> None:
    rows = rechained(recorded.rows, _by_mallory(34))
    assert recorded.findings(rows) == []
    assert recorded.findings(rows, checkpoint=checkpoint_of(recorded.verdict())) == [
        "audit entry 35: the checkpoint by audrey names it with another hash: "
        "something after entry 30 up to it was rewritten"
    ]


def test_a_checkpoint_keeps_what_was_signed_of_snapshots_and_revocations(recorded: Recorded) -> None:
    checkpoint = checkpoint_of(recorded.verdict())
    rows = [row for row in recorded.rows if row.table not in {"gate.snapshot", "gate.revocation"}]
    findings = recorded.findings(rows, checkpoint=checkpoint)
    revoked = row_of(recorded.rows, "gate.artifact", artifact_id="id-2").row["payload_sha256"]
    assert "checkpoint: it has seen snapshot 4, and the newest here is 0" in findings
    assert f"checkpoint: it has seen {revoked} revoked, and no revocation of it is stored" in findings


def _by_mallory(n: int) -> Callable[[RecordRow], RecordRow]:
    return lambda entry: with_values(entry, actor="mallory") if entry.row["n"] == n else entry


def _another(value: Plain, column: str) -> Plain:
    """A value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "DRAFT" if column == "from_state" else "x"
    try:
        return (datetime.fromisoformat(value) + timedelta(seconds=1)).isoformat()
    except ValueError:
        return f"{value[:-1]}{'0' if value[-1] != '0' else '1'}"
