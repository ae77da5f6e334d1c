"""Whose signatures counted when, and what was asked of an artifact at the time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jax.domain.artifact import ApprovalKind
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.evidence import RERUN_PREDICATE
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from jax.domain.gate_root import GateRoot, with_key
from jax.domain.record_row import RecordRow, plain
from jax.domain.session import ExchangeSession
from jax.modules.artifacts.release_artifact import newest_snapshot
from tests.desk import Desk
from tests.gate_history import record_rows, recorded_history, trade
from tests.gate_people import SIGNED_AT, Hand, gate_key, snapshot_envelope
from tests.recorded import Recorded, checkpoint_of
from tests.tampering import (
    Rows,
    changed,
    planted,
    rechained,
    row_of,
    with_values,
    without,
)

_LATER = SIGNED_AT + timedelta(days=1)


def _with_key(recorded: Recorded, person: str, **changed_key: Any) -> Recorded:
    """The same rows, held against a root file in which the person's key is another."""
    keys = tuple(replace(key, **changed_key) if key.person == person else key for key in recorded.root.keys)
    return replace(recorded, root=GateRoot(9, solo=False, keys=keys))


def _about(findings: list[str], beginning: str) -> str:
    """The one finding that begins so."""
    (found,) = {line for line in findings if line.startswith(beginning)}
    return found


def test_a_key_that_was_ended_later_counted_when_it_signed(recorded: Recorded) -> None:
    ended = [key.person for key in recorded.root.keys if key.ended is not None]
    assert ended == ["tessa"]
    assert recorded.findings(recorded.rows) == []


@pytest.mark.parametrize(
    ("person", "things"),
    [
        (
            "tessa",
            ["approval of ma_crossover_v1 1.0.0 by tessa", "approval of ma_crossover_v1 1.0.1 by tessa"],
        ),
        ("victor", ["evidence of ma_crossover_v1 1.0.0 by victor"]),
        ("rene", [f"snapshot {n}" for n in range(1, 5)]),
        ("rolf", ["revocation rv-1 of ma_crossover_v1 1.0.1"]),
    ],
)
def test_what_a_key_signed_after_its_end_is_named(recorded: Recorded, person: str, things: list[str]) -> None:
    ended = _with_key(recorded, person, ended=SIGNED_AT - timedelta(days=1))
    named = {str(finding.thing) for finding in ended.verdict().findings}
    assert named >= set(things)
    assert any("was ended" in line or "used then" in line for line in ended.findings(recorded.rows))


def test_what_a_key_signed_before_it_was_added_is_named(recorded: Recorded) -> None:
    findings = _with_key(recorded, "rosa", added=_LATER).findings(recorded.rows)
    assert "the key of rosa was added" in _about(findings, "approval of ma_crossover_v1 1.0.0 by rosa: ")
    assert "needs 1 RISK approval" in _about(findings, "step 4 of ma_crossover_v1 1.0.0 to APPROVED: ")


def test_clocks_of_two_machines_may_differ_a_little(recorded: Recorded) -> None:
    nearly = _with_key(recorded, "rosa", added=SIGNED_AT + timedelta(minutes=4))
    assert not any("was added" in line for line in nearly.findings(recorded.rows))


def test_a_key_that_the_root_file_lacks_signs_nothing(recorded: Recorded) -> None:
    keys = tuple(key for key in recorded.root.keys if key.person != "rosa")
    findings = replace(recorded, root=GateRoot(9, solo=False, keys=keys)).findings(recorded.rows)
    assert "which the root file lacks" in _about(findings, "approval of ma_crossover_v1 1.0.0 by rosa: it ")


def test_a_signature_of_another_role_does_not_count(recorded: Recorded) -> None:
    other = _with_key(recorded, "rosa", roles=frozenset({GateRole.COMPLIANCE}))
    findings = other.findings(recorded.rows)
    assert "has no RISK role" in _about(findings, "approval of ma_crossover_v1 1.0.0 by rosa: ")


@pytest.mark.parametrize(
    ("table", "who", "step", "lacks"),
    [
        ("gate.approval", "rosa", 4, "needs 1 RISK approval"),
        ("gate.approval", "tessa", 3, "needs 1 TECHNICAL approval"),
        ("gate.evidence", RERUN_PREDICATE, 2, "needs a re-run of its backtest"),
        (
            "gate.evidence",
            "https://in-toto.io/attestation/test-result/v0.1",
            2,
            "needs its golden suite to pass",
        ),
    ],
)
def test_a_step_without_what_it_needed_is_named_however_well_the_chain_was_hashed_anew(
    recorded: Recorded, table: str, who: str, step: int, lacks: str
) -> None:
    column = "approver" if table == "gate.approval" else "predicate_type"
    signature = row_of(recorded.rows, table, artifact_id="id-1", **{column: who})
    entries = [row for row in recorded.rows if _tells_of(row, signature)]
    rows = rechained(without(recorded.rows, signature, *entries))
    assert lacks in _about(recorded.findings(rows), f"step {step} of ma_crossover_v1 1.0.0 to ")


def test_an_approval_counts_from_its_entry_on(recorded: Recorded) -> None:
    # Rosa's approval of the first version is told of after the step that it was needed for.
    rows = _moved(recorded.rows, 9, behind=12)
    assert "needs 1 RISK approval" in _about(
        recorded.findings(rechained(rows)), "step 4 of ma_crossover_v1 1.0.0 to APPROVED: "
    )


def test_a_trade_after_the_revocation_was_told_of_is_named(recorded: Recorded) -> None:
    rows = rechained(_moved(recorded.rows, 26, behind=29))
    trade = row_of(rows, "trading.trade", signal_id="sg2").row["trade_id"]
    assert "ma_crossover_v1 1.0.1 had been revoked" in _about(recorded.findings(rows), f"trade {trade}: ")


def test_a_trade_long_after_a_stop_that_nobody_has_told_of_yet_is_named(recorded: Recorded) -> None:
    revocation = row_of(recorded.rows, "gate.revocation")
    early = plain(SIGNED_AT - timedelta(minutes=10))
    first = row_of(recorded.rows, "gate.artifact", artifact_id="id-1").row["payload_sha256"]
    rows = planted(
        recorded.rows, revocation, revocation_id="sql", payload_sha256=first, revoked_at=early, envelope=None
    )
    findings = recorded.findings(rows)
    thing = "revocation sql of ma_crossover_v1 1.0.0"
    assert f"{thing}: no entry of the audit log tells of it yet: the next " in "\n".join(findings)
    assert sum("1.0.0 had been revoked" in line for line in findings) == 2


def test_a_trade_before_anything_was_released_is_named(recorded: Recorded) -> None:
    rows = rechained(_moved(recorded.rows, 13, behind=9))
    trade = row_of(rows, "trading.trade", signal_id="sg1").row["trade_id"]
    assert f"trade {trade}: nothing was released when it was decided" in recorded.findings(rows)


@pytest.mark.parametrize(
    ("days", "problem"),
    [(31, "snapshot 4 had expired"), (200, "snapshot 4 had expired")],
)
def test_a_trade_after_its_snapshot_has_expired_is_named(recorded: Recorded, days: int, problem: str) -> None:
    rows, thing = _traded_after(recorded, timedelta(days=days))
    assert problem in _about(recorded.findings(rows), f"{thing}: ")


def test_a_trade_at_the_end_of_its_snapshot_has_the_difference_of_two_clocks(recorded: Recorded) -> None:
    snapshot = row_of(recorded.rows, "gate.snapshot", seq=4)
    decided = row_of(recorded.rows, "trading.trade", signal_id="sg3")
    left = snapshot.moment("expires_at") - decided.moment("submitted_at")
    in_use = _with_key(recorded, "tessa", ended=None)
    rows, thing = _traded_after(recorded, left + timedelta(minutes=4))
    assert not [line for line in in_use.findings(rows) if line.startswith(thing)]
    rows, thing = _traded_after(recorded, left + timedelta(minutes=5))
    assert "had expired" in _about(in_use.findings(rows), f"{thing}: ")


async def test_a_trade_after_the_approvals_have_expired_is_named() -> None:
    async with recorded_history() as history:
        desk = history.desk
        for _ in range(7):
            desk.clock.advance(timedelta(days=29))
            await _renewed_past_the_gate(desk)
        now = desk.clock.now()
        session = ExchangeSession("XNAS", now.date(), now, now + timedelta(hours=6), False)
        async with desk.unit_of_work.begin() as transaction:
            await transaction.reference.put_sessions([session], [])
        late = await trade(desk, history.first, "sg4", "MSFT")
        recorded = Recorded(await record_rows(desk.unit_of_work), desk.gate.root)
    findings = recorded.findings(recorded.rows)
    assert "rosa's expired" in _about(findings, f"trade {late}: ma_crossover_v1 1.0.0 needs ")
    assert len(findings) == 1


async def test_a_trade_by_the_policy_of_a_moment_ago_is_named_once_the_moment_is_over() -> None:
    second = replace(DESK_POLICY, version=2)
    async with recorded_history() as history:
        desk = history.desk
        desk.gate.root = with_key(desk.gate.root, gate_key("tim", GateRole.TECHNICAL))
        await desk.gate.publishing.keys(actor="rene")
        await desk.gate.publishing.policy(second, actor="rene")
        await desk.gate.decide(history.first, ApprovalKind.TECHNICAL, person="tim")
        await desk.gate.decide(history.first, ApprovalKind.RISK)
        await desk.gate.renew()
        at_once = await trade(desk, history.first, "sg4", "MSFT")
        desk.clock.advance(timedelta(minutes=5))
        late = await trade(desk, history.first, "sg5", "MSFT")
        recorded = Recorded(await record_rows(desk.unit_of_work), desk.gate.root)
    findings = recorded.findings(recorded.rows)
    assert not [line for line in findings if at_once in line]
    assert "its policy_sha256 is" in _about(findings, f"trade {late}: ")


def test_a_policy_put_in_by_somebody_else_voids_what_was_approved_under_the_other(recorded: Recorded) -> None:
    # Published before the first approval, it is the policy that everything is held against.
    weaker = replace(DESK_POLICY, version=2, quorum={**DESK_POLICY.quorum, ApprovalKind.RISK: 0})
    rows = _published(recorded.rows, weaker.encoded(), weaker.sha256, version=2, solo=False)
    findings = recorded.findings(rows)
    assert "the floor is 1" in _about(findings, "policy desk 2: ")
    assert "is for another policy than desk 2" in _about(
        findings, "approval of ma_crossover_v1 1.0.0 by rosa: "
    )


def test_a_solo_policy_counts_where_the_root_file_allows_one(recorded: Recorded) -> None:
    solo = replace(SOLO_POLICY, version=2)
    rows = _published(recorded.rows, solo.encoded(), solo.sha256, version=2, solo=True)
    beginning = "policy solo 2: policy solo is a solo policy"
    assert _about(recorded.findings(rows), beginning)
    allowed = replace(recorded, root=replace(recorded.root, solo=True))
    assert not [line for line in allowed.findings(rows) if line.startswith(beginning)]


def test_an_entry_that_is_dated_back_is_named(recorded: Recorded) -> None:
    entry = row_of(recorded.rows, "audit.entry", n=28)
    early = plain(entry.moment("at") - timedelta(days=2))
    rows = rechained(changed(recorded.rows, entry, at=early))
    assert "it is dated" in _about(recorded.findings(rows), "audit entry 28: ")


def test_a_root_file_that_is_not_the_newest_says_so(recorded: Recorded) -> None:
    older = replace(recorded, root=replace(recorded.root, number=1))
    assert _about(older.findings(recorded.rows), "audit entry 35: ") == (
        "audit entry 35: it tells of root file number 2, and 1 is used here: get the newest one"
    )


def test_another_root_file_of_the_same_number_says_so(recorded: Recorded) -> None:
    other = replace(recorded, root=replace(recorded.root, solo=True))
    assert "audit entry 35: it tells of another root file with number 2" in other.findings(recorded.rows)


def test_a_root_file_that_is_not_published_yet_is_ahead_of_the_database(recorded: Recorded) -> None:
    newer = with_key(recorded.root, gate_key("nora", GateRole.RISK))
    assert replace(recorded, root=newer).findings(recorded.rows) == []


def test_a_key_that_was_slipped_into_the_database_is_named(recorded: Recorded) -> None:
    mallory: GateKey = gate_key("mallory", GateRole.RELEASE)
    member = row_of(recorded.rows, "gate.member_key", person="rene")
    role = row_of(recorded.rows, "gate.key_role", role="RELEASE")
    rows = planted(
        planted(
            recorded.rows,
            member,
            public_key=plain(mallory.public_key),
            key_id=mallory.key_id,
            person="mallory",
        ),
        role,
        key_id=mallory.key_id,
    )
    assert recorded.findings(rows) == [f"key {mallory.key_id} of mallory: the root file does not hold it so"]


def test_a_role_that_was_slipped_to_a_known_key_is_named(recorded: Recorded) -> None:
    role = row_of(recorded.rows, "gate.key_role", role="RISK")
    rows = planted(recorded.rows, role, role="RELEASE")
    (finding,) = recorded.findings(rows)
    assert finding == (f"key {Hand('rosa').key_id} of rosa: stored with the roles RELEASE, RISK, not RISK")


@pytest.mark.parametrize(("hand", "auditor"), [("rene", "rene"), ("rene", "audrey"), ("mallory", "audrey")])
def test_a_checkpoint_by_anybody_but_an_auditor_does_not_count(
    recorded: Recorded, hand: str, auditor: str
) -> None:
    kept = checkpoint_of(recorded.verdict(), hand=hand, auditor=auditor)
    verdict = recorded.verdict(checkpoint=kept)
    assert [finding.thing for finding in verdict.findings] == ["checkpoint"]
    assert verdict.checkpoint is None


@pytest.mark.parametrize("nothing", [b"", b"{}", b"\xff"])
def test_what_is_no_checkpoint_is_a_finding(recorded: Recorded, nothing: bytes) -> None:
    (finding,) = recorded.verdict(checkpoint=nothing).findings
    assert finding.thing == "checkpoint"


def test_a_checkpoint_outlives_the_key_that_signed_it(recorded: Recorded) -> None:
    kept = checkpoint_of(recorded.verdict())
    left = _with_key(recorded, "audrey", ended=SIGNED_AT + timedelta(seconds=1))
    verdict = left.verdict(checkpoint=kept)
    assert verdict.checkpoint is not None
    assert not verdict.findings
    gone = _with_key(recorded, "audrey", ended=SIGNED_AT)
    assert "was ended" in _about(gone.findings(recorded.rows, checkpoint=kept), "checkpoint: ")


async def test_a_second_reading_of_the_same_history_finds_nothing_either(recorded: Recorded) -> None:
    async with recorded_history() as history:
        rows = await record_rows(history.desk.unit_of_work)
        again = Recorded(rows, history.desk.gate.root)
    assert again.findings(rows) == []


def _tells_of(entry: RecordRow, signature: RecordRow) -> bool:
    from jax.domain.canonical_json import sha256_of

    return entry.table == "audit.entry" and sha256_of(signature.content("envelope")) in entry.text("data")


def _moved(rows: Rows, n: int, *, behind: int) -> Rows:
    """The rows with entry `n` in another place of the chain, which is then to be hashed anew."""
    entry = row_of(rows, "audit.entry", n=n)
    others = without(rows, entry)
    place = others.index(row_of(others, "audit.entry", n=behind)) + 1
    return [*others[:place], entry, *others[place:]]


def _traded_after(recorded: Recorded, later: timedelta) -> tuple[Rows, str]:
    """The last trade so much later, in the chain as well, and what findings call it."""
    trade = row_of(recorded.rows, "trading.trade", signal_id="sg3")
    at: datetime = trade.moment("submitted_at") + later
    rows = changed(recorded.rows, trade, submitted_at=plain(at))

    def edit(entry: RecordRow) -> RecordRow:
        return with_values(entry, at=plain(at)) if entry.row["subject"] == "sg3" else entry

    return rechained(rows, edit), f"trade {trade.row['trade_id']}"


def _published(rows: Rows, document: bytes, sha256: str, *, version: int, solo: bool) -> Rows:
    """The rows as if a second policy had been put in force right after the first."""
    first = row_of(rows, "gate.policy")
    entry = row_of(rows, "audit.entry", n=2)
    name = "solo" if solo else "desk"
    told = '{"policy_sha256":"' + sha256 + '"}'
    more = planted(
        planted(rows, first, document=plain(document), sha256=sha256, version=version, solo=solo, name=name),
        entry,
        subject=sha256,
        data=told,
    )
    return rechained(more)


async def _renewed_past_the_gate(desk: Desk) -> None:
    """As somebody who holds rene's key writes it, without asking whether the approvals still hold."""
    now = desk.clock.now()
    async with desk.unit_of_work.begin() as transaction:
        newest = await newest_snapshot(transaction, desk.gate.trust())
        assert newest is not None
        (head,) = await transaction.audit.entries(limit=1)
        envelope = snapshot_envelope(
            newest.active, head, seq=newest.seq + 1, issued=now, revoked=list(newest.revoked)
        )
        data: Json = {"seq": newest.seq + 1, "envelope_sha256": sha256_of(envelope), "reason": "renewal"}
        await transaction.audit.append(AuditEvent("gate.snapshot", "snapshot", "rene", now, data))
        await transaction.releases.add_snapshot(envelope)
