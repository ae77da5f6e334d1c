"""What the tables of the signed gate take: columns that cannot disagree with what was signed."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
import pytest

from jax.domain.canonical_json import Json, sha256_of
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from jax.domain.payload_fields import timestamp
from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_rows import (
    add_approval,
    add_artifact,
    add_evidence,
    add_policy,
    open_gate,
)
from tests.integration.postgres.refusals import refused_by, refused_with
from tests.integration.postgres.signed_rows import (
    ONES,
    RITA,
    RITA_VALIDATING,
    ROSA,
    TESSA,
    TODAY,
    VICTOR,
    ZEROS,
    Person,
    signed_approval,
    signed_golden,
    signed_rerun,
)

DRAFT = artifact()


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """The gate with a policy, everybody's keys, and the draft art-1 by rita."""
    await open_gate(sql)
    await add_artifact(sql, DRAFT)
    return sql


def _cut(envelope: bytes, change: Callable[[dict[str, Json]], object]) -> bytes:
    """The envelope with a change that no encoder of ours would make."""
    document = json.loads(envelope)
    change(document)
    return json.dumps(document).encode()


def _payload(said: bytes | str) -> Callable[[dict[str, Json]], object]:
    content = said.encode() if isinstance(said, str) else said
    return lambda document: document.update(payload=base64.b64encode(content).decode())


def _statement(**changed: Json) -> Callable[[dict[str, Json]], object]:
    def change(document: dict[str, Json]) -> None:
        statement = json.loads(base64.b64decode(str(document["payload"]))) | changed
        _payload(json.dumps(statement))(document)

    return change


def _nothing(document: dict[str, Json]) -> None:
    """Leaves it as it is."""


_ENVELOPE_BREAKS: dict[str, Callable[[dict[str, Json]], object]] = {
    "another payload type": lambda document: document.update(payloadType="text/plain"),
    "no payload": lambda document: document.pop("payload"),
    "a payload that is no base64": lambda document: document.update(payload="!"),
    "a payload that is no JSON": _payload("no json"),
    "a payload that is no UTF-8": _payload(b"\xff"),
    "a payload with a NUL": _payload('{"_type": "\\u0000"}'),
    "a payload that is a number": _payload("5"),
    "no signature": lambda document: document.update(signatures=[]),
    "signatures that are no list": lambda document: document.update(signatures={}),
    "two signatures": lambda document: document.update(
        signatures=[{"keyid": TESSA.key_id, "sig": ""}, {"keyid": ROSA.key_id, "sig": ""}]
    ),
    "a signature without its key id": lambda document: document.update(signatures=[{"sig": "AA=="}]),
    "a key id that is none": lambda document: document.update(signatures=[{"keyid": "tessa", "sig": "AA=="}]),
    "a signature without signature": lambda document: document.update(signatures=[{"keyid": TESSA.key_id}]),
    "another type of statement": _statement(_type="https://in-toto.io/Statement/v0.1"),
    "no subject": _statement(subject=[]),
    "two subjects": _statement(
        subject=[{"name": "ma_crossover_v1 1.0.0", "digest": {"sha256": "0" * 64}}] * 2
    ),
    "a subject without name": _statement(subject=[{"digest": {"sha256": "0" * 64}}]),
    "a digest that is none": _statement(subject=[{"name": "a", "digest": {"sha256": "0" * 63}}]),
    "a predicate that is no object": _statement(predicate=["kind"]),
}


@pytest.mark.parametrize("change", _ENVELOPE_BREAKS.values(), ids=_ENVELOPE_BREAKS.keys())
async def test_refuses_an_envelope_that_is_malformed(
    gate: asyncpg.Connection, change: Callable[[dict[str, Json]], object]
) -> None:
    broken = _cut(signed_approval(DRAFT, TESSA), change)
    async with refused_with("JX007", "^(this is no signed envelope|the envelope holds no in-toto statement)"):
        await add_approval(gate, DRAFT, broken)


@pytest.mark.parametrize("envelope", [b"", b"no json", b"\xff\xfe", b"[]", b"5", b"null"])
async def test_refuses_bytes_that_are_no_envelope(gate: asyncpg.Connection, envelope: bytes) -> None:
    async with refused_with("JX007", "^this is no signed envelope"):
        await add_approval(gate, DRAFT, envelope)


async def test_an_envelope_that_is_only_spelled_in_another_way_is_taken(gate: asyncpg.Connection) -> None:
    await add_approval(gate, DRAFT, _cut(signed_approval(DRAFT, TESSA), _nothing))


async def test_the_columns_of_an_approval_are_what_was_signed(gate: asyncpg.Connection) -> None:
    envelope = signed_approval(DRAFT, TESSA)
    await add_approval(gate, DRAFT, envelope)
    assert dict(await gate.fetchrow("SELECT * FROM gate.approval")) == {
        "artifact_id": "art-1",
        "author": "rita",
        "solo": False,
        "renewal": 0,
        "envelope": envelope,
        "approval_sha256": sha256_of(envelope),
        "payload_sha256": DRAFT.payload_sha256,
        "kind": "TECHNICAL",
        "decision": "APPROVE",
        "approver": "tessa",
        "policy_sha256": DESK_POLICY.sha256,
        "displayed_sha256": ONES,
        "reason": "read it twice",
        "key_id": TESSA.key_id,
        "issued_at": TODAY,
        "expires_at": TODAY + timedelta(days=180),
    }


async def test_the_columns_of_evidence_are_what_was_signed(gate: asyncpg.Connection) -> None:
    envelopes = [signed_rerun(DRAFT), signed_golden(DRAFT)]
    await add_evidence(gate, DRAFT, *envelopes)
    rows = await gate.fetch(
        "SELECT evidence_sha256, payload_sha256, signer, key_id, issued_at, orders_sha256, "
        "golden_suite_sha256, result FROM gate.evidence ORDER BY orders_sha256"
    )
    said = [DRAFT.payload_sha256, "victor", VICTOR.key_id, TODAY]
    assert [list(row.values()) for row in rows] == [
        [sha256_of(envelopes[0]), *said, ZEROS, None, None],
        [sha256_of(envelopes[1]), *said, None, ZEROS, "PASSED"],
    ]


async def test_the_hashes_of_an_artifact_are_read_from_its_payload(gate: asyncpg.Connection) -> None:
    row = await gate.fetchrow("SELECT bundle_sha256, golden_suite_sha256, orders_sha256 FROM gate.artifact")
    assert list(row) == [ZEROS, ZEROS, ZEROS]


async def test_what_is_generated_cannot_be_written(gate: asyncpg.Connection) -> None:
    rows = await gate.fetch(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'gate' AND is_generated = 'ALWAYS'"
    )
    assert len(rows) >= 45
    for table, column in rows:
        with pytest.raises(asyncpg.GeneratedAlwaysError):
            await gate.execute(f"INSERT INTO gate.{table} ({column}) VALUES (NULL)")


_FORGED_APPROVALS: dict[str, tuple[Person, dict[str, Json], str]] = {
    "of a kind that the key lacks": (TESSA, {"kind": "RISK"}, "approval_by_role"),
    "of a kind there is not": (TESSA, {"kind": "FRIENDLY"}, "approval_kind_known"),
    "of neither decision": (TESSA, {"decision": "MAYBE"}, "approval_decision_known"),
    "with another's key": (TESSA, {"approver": "rosa"}, "approval_by_person"),
    "with a key nobody has": (Person("tessa", "RISK"), {"kind": "TECHNICAL"}, "approval_by_person"),
    "by the author": (RITA, {}, "approval_not_by_author"),
    "of a policy there is not": (TESSA, {"policy_sha256": ONES}, "approval_of_policy"),
    "that ends before it begins": (
        TESSA,
        {"expires": timestamp(TODAY - timedelta(seconds=1))},
        "approval_interval",
    ),
    "that ends as it begins": (TESSA, {"expires": timestamp(TODAY)}, "approval_interval"),
    "that saw no hash": (TESSA, {"displayed_sha256": "all of it"}, "approval_displayed_sha256_form"),
    "without reason": (TESSA, {"reason": ""}, "approval_reason_length"),
    "with a novel": (TESSA, {"reason": "r" * 2001}, "approval_reason_length"),
    "of more than a mebibyte": (TESSA, {"extra": "r" * 1024 * 1024}, "approval_envelope_size"),
}


@pytest.mark.parametrize(
    ("by", "changed", "constraint"), _FORGED_APPROVALS.values(), ids=_FORGED_APPROVALS.keys()
)
async def test_refuses_an_approval(
    gate: asyncpg.Connection, by: Person, changed: dict[str, Json], constraint: str
) -> None:
    async with refused_by(constraint):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, by, but=changed))


@pytest.mark.parametrize("member", ["kind", "decision", "policy_sha256", "reason", "displayed_sha256"])
async def test_refuses_an_approval_that_leaves_something_out(gate: asyncpg.Connection, member: str) -> None:
    with pytest.raises(asyncpg.NotNullViolationError, match=f'"{member}"'):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA, but={member: None}))


async def test_an_approval_is_of_the_bytes_and_the_author_that_are_stored(gate: asyncpg.Connection) -> None:
    other = artifact("art-2", version="2")
    await add_artifact(gate, other)
    async with refused_with("JX007", "ma_crossover_v1 2, which is not what artifact art-1 is called"):
        await add_approval(gate, DRAFT, signed_approval(other, TESSA))
    renamed = replace(other, version=DRAFT.version)
    async with refused_by("approval_of_payload"):
        await add_approval(gate, DRAFT, signed_approval(renamed, TESSA))
    async with refused_by("approval_of_payload"):
        await add_approval(gate, replace(DRAFT, author="mona"), signed_approval(DRAFT, RITA))


async def test_an_approval_does_not_call_itself_solo_under_a_policy_that_is_not(
    gate: asyncpg.Connection,
) -> None:
    async with refused_by("approval_of_policy"):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, RITA), solo=True)
    solo = replace(SOLO_POLICY, version=2)
    await add_policy(gate, solo)
    async with refused_by("approval_of_policy"):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA, policy=solo))
    await add_approval(gate, DRAFT, signed_approval(DRAFT, RITA, policy=solo), solo=True)


@pytest.mark.parametrize(
    ("issued", "days", "refusal"),
    [
        (TODAY, 181, "the policy lets it live 180 days"),
        (TODAY + timedelta(days=1), 180, "which is not before now"),
    ],
)
async def test_no_approval_lives_longer_than_the_policy_lets_it(
    gate: asyncpg.Connection, issued: datetime, days: int, refusal: str
) -> None:
    async with refused_with("JX007", refusal):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA, issued=issued, days=days))


async def test_refuses_another_statement_in_the_place_of_an_approval(gate: asyncpg.Connection) -> None:
    async with refused_with("JX007", "of type urn:jax:rerun:v1, and urn:jax:approval:v1 is asked for"):
        await add_approval(gate, DRAFT, signed_rerun(DRAFT))
    async with refused_with("JX007", "of type urn:jax:approval:v1, and urn:jax:rerun:v1 or https://in-toto"):
        await add_evidence(gate, DRAFT, signed_approval(DRAFT, TESSA))


_FORGED_EVIDENCE: dict[str, tuple[bytes, str]] = {
    "by somebody who does not validate": (signed_rerun(DRAFT, TESSA), "evidence_by_validator"),
    "with another's key": (signed_rerun(DRAFT, but={"validator": "rosa"}), "evidence_by_person"),
    "without the orders": (signed_rerun(DRAFT, but={"orders_sha256": None}), "evidence_of_rerun"),
    "with orders that are no hash": (
        signed_rerun(DRAFT, but={"orders_sha256": "many"}),
        "evidence_orders_sha256_form",
    ),
    "of golden tests with orders": (signed_golden(DRAFT, but={"orders_sha256": ZEROS}), "evidence_of_rerun"),
    "without a result": (signed_golden(DRAFT, but={"result": None}), "evidence_of_golden_suite"),
    "with a result of its own": (signed_golden(DRAFT, but={"result": "WARNED"}), "evidence_result_known"),
    "of no suite": (signed_golden(DRAFT, but={"configuration": []}), "evidence_of_golden_suite"),
    "of another thing than a suite": (
        signed_golden(DRAFT, but={"configuration": [{"name": "compiler", "digest": {"sha256": "0" * 64}}]}),
        "evidence_of_golden_suite",
    ),
    "of two suites": (
        signed_golden(
            DRAFT, but={"configuration": [{"name": "golden-suite", "digest": {"sha256": "0" * 64}}] * 2}
        ),
        "evidence_of_golden_suite",
    ),
    "of a suite that is no hash": (
        signed_golden(DRAFT, but={"configuration": [{"name": "golden-suite", "digest": {"sha256": "0"}}]}),
        "evidence_golden_suite_sha256_form",
    ),
    "of more than a mebibyte": (
        signed_rerun(DRAFT, but={"extra": "r" * 1024 * 1024}),
        "evidence_envelope_size",
    ),
    "of other bytes": (
        signed_rerun(replace(DRAFT, payload_sha256=ONES)),
        "evidence_of_payload",
    ),
}


@pytest.mark.parametrize(("envelope", "constraint"), _FORGED_EVIDENCE.values(), ids=_FORGED_EVIDENCE.keys())
async def test_refuses_evidence(gate: asyncpg.Connection, envelope: bytes, constraint: str) -> None:
    async with refused_by(constraint):
        await add_evidence(gate, DRAFT, envelope)


async def test_evidence_is_of_the_artifact_that_it_is_stored_with(gate: asyncpg.Connection) -> None:
    await add_artifact(gate, artifact("art-2", version="2"))
    async with refused_with("JX007", "which is not what artifact art-2 is called"):
        await add_evidence(gate, replace(DRAFT, artifact_id="art-2"), signed_rerun(DRAFT))


async def test_the_author_may_say_what_a_run_made_but_not_as_somebody_else(gate: asyncpg.Connection) -> None:
    await add_evidence(gate, DRAFT, signed_rerun(DRAFT, RITA_VALIDATING))
    async with refused_by("evidence_by_person"):
        await add_evidence(gate, DRAFT, signed_rerun(DRAFT, RITA_VALIDATING, but={"validator": "victor"}))


async def test_a_key_that_was_ended_signs_nothing_any_more(gate: asyncpg.Connection) -> None:
    for person in (TESSA, VICTOR):
        await gate.execute("INSERT INTO gate.key_end (key_id, ended_at) VALUES ($1, now())", person.key_id)
    async with refused_with("JX010", "the key of tessa was ended"):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA))
    async with refused_with("JX010", "the key of victor was ended"):
        await add_evidence(gate, DRAFT, signed_rerun(DRAFT))


async def test_one_person_counts_once_until_what_they_said_has_expired(gate: asyncpg.Connection) -> None:
    long_ago = TODAY - timedelta(days=181)
    expired = signed_approval(DRAFT, TESSA, issued=long_ago)
    await add_approval(gate, DRAFT, expired)
    async with refused_by("approval_pk"):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA))
    async with refused_with("JX011", "renewal 2 of tessa's approval has no approval before it"):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA), renewal=2)
    async with refused_by("approval_envelope_once"):
        await add_approval(gate, DRAFT, expired, renewal=1)
    await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA), renewal=1)
    rejection = signed_approval(DRAFT, TESSA, decision="REJECT")
    async with refused_with("JX011", "tessa has decided on artifact art-1 already, until"):
        await add_approval(gate, DRAFT, rejection, renewal=2)
    async with refused_by("approval_renewal_not_negative"):
        await add_approval(gate, DRAFT, rejection, renewal=-1)


async def test_whose_key_was_ended_may_say_it_again_with_another(gate: asyncpg.Connection) -> None:
    await add_approval(gate, DRAFT, signed_approval(DRAFT, TESSA))
    another = Person("tessa", "RISK")
    await gate.execute("INSERT INTO gate.member_key VALUES ($1, DEFAULT, 'tessa')", another.public_key)
    await gate.execute("INSERT INTO gate.key_role VALUES ($1, 'RISK')", another.key_id)
    async with refused_with("JX011", "tessa has decided on artifact art-1 already"):
        await add_approval(gate, DRAFT, signed_approval(DRAFT, another), renewal=1)
    await gate.execute("INSERT INTO gate.key_end VALUES ($1, now())", TESSA.key_id)
    await add_approval(gate, DRAFT, signed_approval(DRAFT, another), renewal=1)
