"""What is stored hashes to what was chained, and nothing else does."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.audit import AuditEntry, AuditEvent, next_entry
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue
from jax.domain.record_row import Plain, RecordRow, plain
from jax.domain.stored_entry import stored_entry
from tests.unit.domain.examples import NOON, an_audit_event
from tests.unit.domain.json_values import values

_FIELDS = ("n", "kind", "subject", "actor", "at", "data", "previous_sha256")


def _row(entry: AuditEntry, **changed: Plain) -> RecordRow:
    event = entry.event
    stored: dict[str, Plain] = {
        "n": entry.n,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "at": plain(event.at),
        "data": canonical_bytes(event.data).decode(),
        "previous_sha256": entry.previous_sha256,
        "entry_sha256": entry.entry_sha256,
    }
    return RecordRow("audit.entry", {**stored, **changed})


@given(
    data=values,
    subject=st.text(st.characters(categories=["L", "N", "S"]), min_size=1, max_size=9),
    micros=st.integers(0, 1),
)
def test_an_entry_hashes_to_the_hash_it_was_chained_with(data: Json, subject: str, micros: int) -> None:
    at: datetime = NOON + timedelta(microseconds=micros)
    first = next_entry(an_audit_event(), last=None)
    event = AuditEvent("order.sent", subject, 'o"l\\ivia', at, strict_parse(canonical_bytes(data)))
    entry = next_entry(event, last=first)
    assert stored_entry(_row(entry)).sha256 == entry.entry_sha256


@pytest.mark.parametrize("field", _FIELDS)
def test_the_hash_covers_every_field(field: str) -> None:
    entry = next_entry(an_audit_event(), last=None)
    row = _row(entry)
    value = row.row[field]
    other: Plain = value + 1 if isinstance(value, int) else {"data": "[]"}.get(field, f"{value}x")
    assert stored_entry(_row(entry, **{field: other})).sha256 != entry.entry_sha256


@pytest.mark.parametrize(
    "data",
    [
        '{"a": 1}',
        '{"b":1,"a":2}',
        '{"a":1,"a":1}',
        '{"a":1.5}',
        '{"a":1.0}',
        '{"a":1e2}',
        '{"a":-0}',
        '{"a":9007199254740993}',
        '"\\u0041"',
        '"\\/"',
        "NaN",
        "01",
        "",
        '{"a":1}}',
        '1,"kind":"order.gone"',
        '"é"x',
        "[" * 100_000,
        '{"\U0001f600":1,"\ufb33":1}'.replace("1,", "1, "),
        '{"\ufb33":1,"\U0001f600":1}',
    ],
    ids=lambda data: ascii(data)[:24],
)
def test_data_in_another_spelling_is_refused(data: str) -> None:
    with pytest.raises(NotCanonical):
        stored_entry(_row(next_entry(an_audit_event(), last=None), data=data))


def test_a_key_beyond_the_first_plane_sorts_as_rfc_8785_says() -> None:
    data = {"\U0001f600": 1, "\ufb33": 1}
    entry = next_entry(an_audit_event(data=data), last=None)
    assert stored_entry(_row(entry)).sha256 == entry.entry_sha256


@pytest.mark.parametrize(("field", "value"), [("n", "1"), ("n", True), ("kind", None), ("data", 1)])
def test_a_field_of_another_type_is_named(field: str, value: Plain) -> None:
    with pytest.raises(InvalidValue, match=f"^{field}:"):
        stored_entry(_row(next_entry(an_audit_event(), last=None), **{field: value}))
