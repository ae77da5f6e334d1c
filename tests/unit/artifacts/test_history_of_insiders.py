"""What a holder of a key signs, writes straight into the database, and hashes in: the gate never took it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jax.domain.artifact import ApprovalKind
from jax.domain.canonical_json import Json, canonical_bytes, sha256_of, strict_parse
from jax.domain.dsse import decode_envelope
from jax.domain.evidence import RERUN_PREDICATE
from jax.domain.gate_key import GateRole
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.gate_root import with_key
from jax.domain.record_row import Plain, RecordRow, plain
from jax.domain.statement import parse_statement
from jax.modules.artifacts.history.timeline import Timeline
from tests.gate_history import record_rows, recorded_history, trade
from tests.gate_people import (
    SIGNED_AT,
    Hand,
    approval_envelope,
    gate_key,
    rerun_envelope,
    revocation_envelope,
    sign,
)
from tests.recorded import Recorded
from tests.tampering import Rows, changed, planted, rechained, row_of, with_values, without

_DAY = timedelta(days=1)
_OTHER_HASH = "sha256:" + "7" * 64


def _starting(findings: list[str], beginning: str) -> str:
    """All findings that begin so."""
    return "\n".join(line for line in findings if line.startswith(beginning))


@pytest.mark.parametrize(
    ("lies", "problem"),
    [
        ({"issued": "2099-01-01T00:00:00Z", "expires": "2099-01-02T00:00:00Z"}, "which is in the future"),
        (
            {"issued": "2020-01-01T00:00:00Z", "expires": "2020-01-02T00:00:00Z"},
            "snapshot 4 expired 2020-01-02",
        ),
        ({"expires": "2099-01-01T00:00:00Z"}, "it lives longer than the 30 days of the policy"),
        ({"policy_sha256": _OTHER_HASH}, "it names another policy than desk 1, then in force"),
        ({"revoked": []}, "it does not name {second} as revoked, which had been revoked before"),
        ({"active": {"ma_crossover_v1": "{second}"}}, "it names {second} as active and as revoked"),
        ({"active": {"other_v1": "{first}"}}, "it names {first} for other_v1, and no such version is stored"),
        ({"active": {"ma_crossover_v1": _OTHER_HASH}}, "and no such version is stored"),
        (
            {"log_head": {"n": 31, "entry_sha256": _OTHER_HASH}},
            "it names entry 31 of the audit log, written after it",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_snapshot_that_the_gate_would_not_have_taken_is_named(
    recorded: Recorded, lies: dict[str, Any], problem: str
) -> None:
    hashes = {name: recorded.artifact(f"id-{n}").payload_sha256 for n, name in ((1, "first"), (2, "second"))}
    told = json.loads(
        json.dumps(lies).replace("{first}", hashes["first"]).replace("{second}", hashes["second"])
    )
    rows = _with_snapshot(recorded, 4, told)
    assert problem.format_map(hashes) in _starting(recorded.findings(rows), "snapshot 4: ")


def test_a_revocation_that_one_snapshot_names_is_named_by_all_later_ones(recorded: Recorded) -> None:
    # No entry tells of it, and yet the third snapshot knew of it.
    revocation = row_of(recorded.rows, "gate.revocation")
    rows = planted(recorded.rows, revocation, revocation_id="sql", payload_sha256=_OTHER_HASH, envelope=None)
    second = recorded.artifact("id-2").payload_sha256
    named: Json = sorted([second, _OTHER_HASH])
    rows = _with_snapshot(replace(recorded, rows=rows), 3, {"revoked": named})
    problem = f"it does not name {_OTHER_HASH} as revoked, which had been revoked before"
    assert problem in _starting(recorded.findings(rows), "snapshot 4: ")


def test_a_step_from_where_the_artifact_never_was_is_named(recorded: Recorded) -> None:
    step = row_of(recorded.rows, "gate.artifact_event", artifact_id="id-1", n=7)
    rows = _told_otherwise(changed(recorded.rows, step, from_state="APPROVED"), 32, {"from": "APPROVED"})
    assert recorded.findings(rows) == [
        "step 7 of ma_crossover_v1 1.0.0 to ACTIVE: it does not follow step 6, which led to DEPRECATED"
    ]


@pytest.mark.parametrize(
    ("entry", "before", "step", "problem"),
    [
        (32, 31, "step 7 of ma_crossover_v1 1.0.0 to ACTIVE", "the snapshot then in force did not name it"),
        (24, 23, "step 6 of ma_crossover_v1 1.0.0 to DEPRECATED", "the snapshot then in force named it"),
        (29, 28, "step 6 of ma_crossover_v1 1.0.1 to REVOKED", "no revocation was told of before it"),
    ],
)
def test_a_step_ahead_of_what_allowed_it_is_named(
    recorded: Recorded, entry: int, before: int, step: str, problem: str
) -> None:
    rows = rechained(_moved_ahead(recorded.rows, entry, before))
    assert problem in _starting(recorded.findings(rows), step)


def test_a_trade_while_its_artifact_was_not_active_is_named(recorded: Recorded) -> None:
    # The snapshot names it already, and the step to ACTIVE was not taken yet.
    rows = rechained(_moved_ahead(recorded.rows, 33, 32))
    thing = f"trade {row_of(rows, 'trading.trade', signal_id='sg3').row['trade_id']}"
    assert recorded.findings(rows) == [f"{thing}: ma_crossover_v1 1.0.0 was DEPRECATED then"]


def test_a_step_that_leans_on_the_entry_of_another_is_named(recorded: Recorded) -> None:
    step = row_of(recorded.rows, "gate.artifact_event", artifact_id="id-1", n=3)
    findings = recorded.findings(planted(recorded.rows, step))
    problem = "entry_n: names audit entry 8, which tells of another step"
    assert f"step 3 of ma_crossover_v1 1.0.0 to REVIEWED: {problem}" in findings


async def test_a_trade_after_an_approvers_key_was_ended_is_named() -> None:
    async with recorded_history() as history:
        history.desk.clock.advance(timedelta(minutes=10))
        late = await trade(history.desk, history.first, "sg4", "MSFT")
        recorded = Recorded(await record_rows(history.desk.unit_of_work), history.desk.gate.root)
    (finding,) = recorded.findings(recorded.rows)
    assert finding.startswith(
        f"trade {late}: ma_crossover_v1 1.0.0 needs 1 TECHNICAL approval; the key of tessa"
    )


def test_columns_of_an_artifact_that_its_payload_does_not_say_are_named(recorded: Recorded) -> None:
    artifact = row_of(recorded.rows, "gate.artifact", artifact_id="id-2")
    for column, other in (("name", "other_v1"), ("version", "9"), ("author", "mallory")):
        findings = recorded.findings(changed(recorded.rows, artifact, **{column: other}))
        assert f"its {column} is {other}, and its payload says {artifact.row[column]}" in "\n".join(findings)


def test_evidence_about_another_artifact_is_named(recorded: Recorded) -> None:
    envelope = rerun_envelope(recorded.artifact("id-2"), issued=SIGNED_AT)
    rows = _with_evidence(recorded, envelope, payload_sha256=recorded.artifact("id-2").payload_sha256)
    findings = recorded.findings(rows)
    assert "it is about ma_crossover_v1 1.0.1" in _starting(
        findings, "evidence of ma_crossover_v1 1.0.1 by victor: "
    )
    assert "needs a re-run" in _starting(findings, "step 2 of ma_crossover_v1 1.0.0 to VALIDATED: ")


@pytest.mark.parametrize(
    ("lies", "problem"),
    [
        ({"issued": SIGNED_AT + _DAY}, "which is in the future"),
        ({"validator": "rosa"}, "the key of rosa has no VALIDATOR role"),
        ({"validator": "victor", "signed_by": "rosa"}, "it says that victor signed, the key is rosa's"),
        ({"validator": "victor", "signed_by": "mallory"}, "which the root file lacks"),
    ],
)
def test_evidence_that_the_gate_would_not_have_taken_is_named(
    recorded: Recorded, lies: dict[str, Any], problem: str
) -> None:
    envelope = rerun_envelope(recorded.artifact("id-1"), **{"issued": SIGNED_AT, **lies})
    rows = _with_evidence(recorded, envelope, signer=lies.get("validator", "victor"))
    assert problem in _starting(recorded.findings(rows), "evidence of ma_crossover_v1 1.0.0 by ")


def test_evidence_and_approvals_that_nobody_told_of_are_looked_at_all_the_same(recorded: Recorded) -> None:
    evidence = row_of(recorded.rows, "gate.evidence", artifact_id="id-1", predicate_type=RERUN_PREDICATE)
    approval = row_of(recorded.rows, "gate.approval", artifact_id="id-1", approver="rosa")
    artifact = recorded.artifact("id-1")
    forged = rerun_envelope(artifact, issued=SIGNED_AT, signed_by="mallory")
    also_forged = approval_envelope(artifact, ApprovalKind.RISK, issued=SIGNED_AT, signed_by="mallory")
    rows = planted(
        planted(recorded.rows, evidence, envelope=plain(forged)), approval, envelope=plain(also_forged)
    )
    findings = recorded.findings(rows)
    for thing in ("evidence of ma_crossover_v1 1.0.0 by victor", "approval of ma_crossover_v1 1.0.0 by rosa"):
        assert f"{thing}: no entry of the audit log tells of it" in findings
        assert "which the root file lacks" in _starting(findings, thing)


def test_a_revocation_in_the_name_of_somebody_else_is_named(recorded: Recorded) -> None:
    envelope = revocation_envelope(recorded.artifact("id-2"), issued=SIGNED_AT, signed_by="rosa")
    revocation = row_of(recorded.rows, "gate.revocation")
    rows = _told_otherwise(
        changed(recorded.rows, revocation, envelope=plain(envelope)),
        28,
        {"envelope_sha256": sha256_of(envelope)},
    )
    thing = "revocation rv-1 of ma_crossover_v1 1.0.1"
    assert _starting(recorded.findings(rows), thing) == f"{thing}: the key is not one that rolf used then"


def test_a_policy_that_comes_back_under_the_same_number_is_named(recorded: Recorded) -> None:
    other = replace(DESK_POLICY, approval_days=90)
    entry, first = row_of(recorded.rows, "audit.entry", n=2), row_of(recorded.rows, "gate.policy")
    rows = planted(recorded.rows, first, document=plain(other.encoded()), sha256=other.sha256)
    told = canonical_bytes({"policy_sha256": other.sha256}).decode()
    rows = rechained(planted(rows, entry, subject=other.sha256, data=told))
    assert "policy desk 1: audit entry 3 published it after version 1" in recorded.findings(rows)


def test_an_end_that_the_root_file_does_not_know_is_named(recorded: Recorded) -> None:
    # Also while the database has not been told of the newest root file.
    newer = replace(recorded, root=with_key(recorded.root, gate_key("nora", GateRole.RISK)))
    end = row_of(recorded.rows, "gate.key_end")
    rows = planted(recorded.rows, end, key_id=Hand("rosa").key_id)
    assert "stored as ended" in _starting(newer.findings(rows), f"key {Hand('rosa').key_id} of rosa: ")


def test_a_timeline_knows_what_was_told_before_an_entry_and_not_with_it() -> None:
    told = Timeline([(5, "b"), (3, "a")])
    assert [told.at(n) for n in (1, 3, 4, 5, 6)] == [None, None, "a", "a", "b"]
    assert [list(told.before(n)) for n in (3, 4, 6)] == [[], ["a"], ["a", "b"]]
    assert told.told == [(3, "a"), (5, "b")]


def _with_snapshot(recorded: Recorded, seq: int, lies: Mapping[str, Any]) -> Rows:
    """The rows as if rene had signed another snapshot, and the later ones after it."""
    rows = recorded.rows
    for number in range(seq, 5):
        rows = _signed_again(rows, number, lies if number == seq else {})
    return rows


def _signed_again(rows: Rows, seq: int, lies: Mapping[str, Any]) -> Rows:
    row = row_of(rows, "gate.snapshot", seq=seq)
    head = row_of(rows, "audit.entry", n=row.row["log_n"])
    statement = parse_statement(decode_envelope(row.content("envelope")).payload)
    log_head = {"n": head.whole("n"), "entry_sha256": head.text("entry_sha256")}
    said: dict[str, Any] = {**statement.predicate, "log_head": log_head, **lies}
    log_head = said["log_head"]
    pinned = replace(statement, predicate=said, subject_sha256=str(log_head["entry_sha256"]))
    envelope = sign(pinned, "rene")
    told = _of_kind(rows, "gate.snapshot", f'"seq":{seq}')
    rows = changed(
        rows,
        row,
        envelope=plain(envelope),
        log_n=log_head["n"],
        log_sha256=log_head["entry_sha256"],
        active=json.dumps(said["active"]),
        revoked=json.dumps(said["revoked"]),
        policy_sha256=said["policy_sha256"],
        issued_at=_moment(said["issued"]),
        expires_at=_moment(said["expires"]),
    )
    return _told_otherwise(rows, told.whole("n"), {"envelope_sha256": sha256_of(envelope)})


def _of_kind(rows: Rows, kind: str, words: str) -> RecordRow:
    """The one entry of a kind whose data has these words."""
    of_kind = (row for row in rows if row.row.get("kind") == kind)
    (found,) = (row for row in of_kind if words in row.text("data"))
    return found


def _with_evidence(recorded: Recorded, envelope: bytes, **columns: Plain) -> Rows:
    """The rows as if this had been recorded in the place of the first re-run."""
    row = row_of(recorded.rows, "gate.evidence", artifact_id="id-1", predicate_type=RERUN_PREDICATE)
    told = _of_kind(recorded.rows, "artifact.evidence", sha256_of(row.content("envelope")))
    said = parse_statement(decode_envelope(envelope).payload).predicate
    stored: dict[str, Plain] = {
        "envelope": plain(envelope),
        "key_id": decode_envelope(envelope).key_id,
        "issued_at": _moment(said["issued"]),
        **columns,
    }
    data: dict[str, Json] = {"envelope_sha256": sha256_of(envelope)}
    if "payload_sha256" in columns:
        data["payload_sha256"] = columns["payload_sha256"]
    actor = {"actor": columns["signer"]} if "signer" in columns else {}
    rows = changed(recorded.rows, row, **stored)
    return _told_otherwise(rows, told.whole("n"), data, **actor)


def _told_otherwise(rows: Rows, n: int, data: Mapping[str, Json], **columns: Plain) -> Rows:
    """The rows with other data in entry `n`, and everything after it hashed anew."""

    def edit(entry: RecordRow) -> RecordRow:
        if entry.row["n"] != n:
            return entry
        before = strict_parse(entry.text("data").encode())
        assert isinstance(before, Mapping)
        return with_values(entry, data=canonical_bytes({**before, **data}).decode(), **columns)

    return rechained(rows, edit)


def _moved_ahead(rows: Rows, n: int, before: int) -> Rows:
    """The rows with entry `n` ahead of entry `before`; the chain is then to be hashed anew."""
    entry = row_of(rows, "audit.entry", n=n)
    others = without(rows, entry)
    place = others.index(row_of(others, "audit.entry", n=before))
    return [*others[:place], entry, *others[place:]]


def _moment(written: Json) -> str:
    return datetime.fromisoformat(str(written)).isoformat()
