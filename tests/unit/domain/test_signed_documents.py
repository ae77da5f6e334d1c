"""Envelopes and statements have one spelling, and mean only what they say."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.approval import approval_of
from jax.domain.canonical_json import canonical_bytes
from jax.domain.checkpoint import open_checkpoint
from jax.domain.dsse import PAYLOAD_TYPE, Envelope, decode_envelope, signed_bytes
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateRole
from jax.domain.revocation import revocation_of
from jax.domain.signed import SignatureRefused
from jax.domain.snapshot import LogHead, check_in_force, open_snapshot, snapshot_of
from jax.domain.statement import Statement, parse_statement
from tests.unit.domain.examples import (
    HASH,
    NOON,
    OTHER_HASH,
    a_checkpoint,
    a_revocation,
    a_snapshot,
    an_approval,
)
from tests.unit.domain.toy_keys import key, sign, trust

ENVELOPE = Envelope(b"{}", HASH, b"s" * 64)
STATEMENT = an_approval().statement()


def test_what_is_signed_is_the_published_pre_authentication_encoding() -> None:
    # DSSE protocol, "Signature Definition": lengths in decimal, one space between the parts.
    assert signed_bytes(b"hello world") == b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"
    assert signed_bytes(b"") == b"DSSEv1 28 application/vnd.in-toto+json 0 "


@given(st.binary(max_size=200), st.binary(min_size=64, max_size=64))
def test_an_envelope_is_read_back(payload: bytes, signature: bytes) -> None:
    envelope = Envelope(payload, HASH, signature)
    assert decode_envelope(envelope.encoded()) == envelope


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_two_payloads_are_never_signed_as_the_same_bytes(one: bytes, other: bytes) -> None:
    assert (signed_bytes(one) == signed_bytes(other)) == (one == other)


def _envelope(**changes: Any) -> bytes:
    document: dict[str, Any] = {
        "payload": base64.b64encode(b"{}").decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": HASH, "sig": base64.b64encode(b"s" * 64).decode()}],
    }
    return canonical_bytes({**document, **changes})


_SIGNATURE = {"keyid": HASH, "sig": base64.b64encode(b"s" * 64).decode()}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (_envelope(payloadType="text/plain"), "payloadType"),
        (_envelope(signatures=[]), "signatures"),
        (_envelope(signatures=[_SIGNATURE, _SIGNATURE]), "signatures"),
        (_envelope(signatures=_SIGNATURE), "signatures"),
        (_envelope(signatures=[{**_SIGNATURE, "more": 1}]), "signatures"),
        (_envelope(signatures=[{**_SIGNATURE, "keyid": "tessa"}]), "keyid"),
        (_envelope(signatures=[{**_SIGNATURE, "sig": "c2hvcnQ="}]), "sig"),
        (_envelope(signatures=[{**_SIGNATURE, "sig": 1}]), "sig"),
        (_envelope(payload="e30"), "payload"),
        (_envelope(payload="e31="), "payload"),
        (_envelope(payload="e30=\n"), "payload"),
        (_envelope(payload="\u00e9"), "payload"),
        (_envelope(payload=None), "payload"),
        (_envelope(more=1), "envelope"),
        (_envelope() + b"\n", "envelope"),
        (b"[]", "envelope"),
        (b"\xff", "envelope"),
    ],
)
def test_any_other_envelope_is_refused_by_its_field(document: bytes, field: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        decode_envelope(document)
    assert refusal.value.field == field


def test_a_statement_is_read_back() -> None:
    assert parse_statement(STATEMENT.encoded()) == STATEMENT


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda d: d.update(_type="https://in-toto.io/Statement/v0.1"), "_type"),
        (lambda d: d.update(subject=[]), "subject"),
        (lambda d: d.update(subject=d["subject"] * 2), "subject"),
        (lambda d: d["subject"][0].update(digest={"sha1": "0"}), "subject.digest"),
        (lambda d: d["subject"][0].update(digest={"sha256": HASH}), "subject.digest.sha256"),
        (lambda d: d["subject"][0].update(name=""), "subject.name"),
        (lambda d: d.update(predicate=[]), "predicate"),
        (lambda d: d.update(predicateType=1), "predicateType"),
        (lambda d: d.update(more=1), "statement"),
        (lambda d: d.pop("predicate"), "statement"),
    ],
)
def test_any_other_statement_is_refused_by_its_field(change: Callable[[Any], Any], field: str) -> None:
    document = json.loads(STATEMENT.encoded())
    change(document)
    with pytest.raises(InvalidValue) as refusal:
        parse_statement(canonical_bytes(document))
    assert refusal.value.field == field


_READ: tuple[tuple[Any, Callable[[Statement], Any]], ...] = (
    (an_approval(), approval_of),
    (a_snapshot(), snapshot_of),
    (a_revocation(), revocation_of),
)


@pytest.mark.parametrize(("value", "read"), _READ)
def test_what_is_said_is_read_back(value: Any, read: Callable[[Statement], Any]) -> None:
    assert read(parse_statement(value.statement().encoded())) == value


@pytest.mark.parametrize(("value", "read"), _READ)
def test_a_predicate_lacks_nothing_and_adds_nothing(value: Any, read: Callable[[Statement], Any]) -> None:
    statement = value.statement()
    for name in statement.predicate:
        rest = {key: item for key, item in statement.predicate.items() if key != name}
        with pytest.raises(InvalidValue):
            read(replace(statement, predicate=rest))
    with pytest.raises(InvalidValue):
        read(replace(statement, predicate={**statement.predicate, "more": 1}))
    with pytest.raises(InvalidValue):
        read(replace(statement, predicate_type="urn:jax:other:v1"))


@pytest.mark.parametrize(
    "changes",
    [
        {"seq": 0},
        {"seq": -1},
        {"active": {"Not a name": HASH}},
        {"active": {"ma_crossover_v1": "md5:1"}},
        {"revoked": (OTHER_HASH, OTHER_HASH)},
        {"revoked": tuple(sorted((HASH, OTHER_HASH), reverse=True))},
        {"revoked": ("x",)},
        {"expires_at": NOON},
        {"issued_at": NOON.replace(tzinfo=None)},
        {"expires_at": NOON.replace(tzinfo=None)},
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        a_snapshot(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"snapshot_seq": -1},
        {"revoked": (HASH, HASH)},
        {"revoked": tuple(sorted((HASH, OTHER_HASH), reverse=True))},
        {"revoked": ("x",)},
        {"issued_at": NOON.replace(tzinfo=None)},
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        a_checkpoint(**changes)


def test_a_log_head_is_an_entry() -> None:
    for n, entry_sha256 in ((0, HASH), (-1, HASH), (1, "x")):
        with pytest.raises(InvalidValue):
            LogHead(n, entry_sha256)


def test_an_approval_ends_after_it_began() -> None:
    for changes in (
        {"expires_at": NOON},
        {"issued_at": NOON.replace(tzinfo=None)},
        {"expires_at": (NOON + timedelta(days=1)).replace(tzinfo=None)},
    ):
        with pytest.raises(InvalidValue):
            an_approval(**changes)


_TRUST = trust(
    key("rene", GateRole.RELEASE),
    key("audrey", GateRole.AUDITOR),
    key("tessa", GateRole.TECHNICAL),
    key("olga", GateRole.RELEASE, ended=NOON),
)


def test_a_snapshot_is_opened_when_somebody_signed_it_who_releases() -> None:
    assert open_snapshot(sign(a_snapshot().statement(), "rene"), _TRUST) == a_snapshot()


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (sign(a_snapshot().statement(), "tessa"), "it says that rene signed, the key is tessa's"),
        (sign(a_snapshot(signer="tessa").statement(), "tessa"), "the key of tessa has no RELEASE role"),
        (sign(a_snapshot(signer="olga").statement(), "olga"), "the key of olga was ended"),
        (sign(a_snapshot().statement(), "mallory"), "which the root file lacks"),
        (sign(a_revocation(revoker="rene").statement(), "rene"), "it is no snapshot"),
        (
            sign(replace(a_snapshot().statement(), subject_sha256=HASH), "rene"),
            "is not the head of the log that the predicate names",
        ),
        (sign(replace(a_snapshot().statement(), subject_name="desk"), "rene"), "is not the head of the log"),
    ],
)
def test_any_other_snapshot_is_refused_with_its_reason(envelope: bytes, reason: str) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        open_snapshot(envelope, _TRUST)


def test_a_snapshot_is_in_force_from_its_issue_until_before_its_end() -> None:
    snapshot = a_snapshot()
    for at in (NOON - timedelta(minutes=5), NOON, NOON + timedelta(days=30, seconds=-1)):
        check_in_force(snapshot, at)
    with pytest.raises(SignatureRefused, match="in the future"):
        check_in_force(snapshot, NOON - timedelta(minutes=5, seconds=1))
    with pytest.raises(SignatureRefused, match="snapshot 1 expired 2024-03-31 12:00 UTC"):
        check_in_force(snapshot, NOON + timedelta(days=30))


def test_a_checkpoint_is_an_auditors() -> None:
    assert open_checkpoint(sign(a_checkpoint().statement(), "audrey"), _TRUST) == a_checkpoint()
    for checkpoint, name in ((a_checkpoint(), "rene"), (a_checkpoint(auditor="rene"), "rene")):
        with pytest.raises(SignatureRefused):
            open_checkpoint(sign(checkpoint.statement(), name), _TRUST)
    moved = replace(a_checkpoint().statement(), subject_sha256=HASH)
    with pytest.raises(SignatureRefused, match="is not the head of the log"):
        open_checkpoint(sign(moved, "audrey"), _TRUST)
