"""Nothing in the record can be changed, taken out or moved without being found."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.audit import GENESIS, AuditEntry, AuditEvent, first_broken_entry, next_entry
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, sha256_of
from tests.unit.domain.examples import NOON, OTHER_HASH, an_audit_event
from tests.unit.domain.json_values import scalars

_events = st.builds(
    an_audit_event,
    kind=st.sampled_from(["order.sent", "order.changed", "artifact.step"]),
    subject=st.sampled_from(["jx1", "jx2"]),
    at=st.integers(min_value=0, max_value=10).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    data=scalars | st.fixed_dictionaries({"quantity": scalars}),
)
_event_lists = st.lists(_events, min_size=1, max_size=6)


def _chain(events: list[AuditEvent]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for event in events:
        entries.append(next_entry(event, last=entries[-1] if entries else None))
    return entries


@given(_event_lists)
def test_a_whole_chain_has_no_broken_entry(events: list[AuditEvent]) -> None:
    entries = _chain(events)
    assert first_broken_entry(entries) is None
    assert [entry.n for entry in entries] == list(range(1, len(events) + 1))


def test_an_empty_record_is_whole() -> None:
    assert first_broken_entry([]) is None


def test_an_entrys_hash_covers_everything_that_it_says() -> None:
    entry = next_entry(an_audit_event(), last=None)
    document: Json = {
        "n": 1,
        "kind": "order.sent",
        "subject": "jx1",
        "actor": "jax-trader",
        "at": "2024-03-01T12:00:00+00:00",
        "data": {"quantity": "133"},
        "previous_sha256": "sha256:" + "0" * 64,
    }
    assert entry.previous_sha256 == GENESIS == "sha256:" + "0" * 64
    assert entry.entry_sha256 == sha256_of(canonical_bytes(document))
    following = next_entry(an_audit_event(), last=entry)
    assert (following.n, following.previous_sha256) == (2, entry.entry_sha256)


_OTHER: dict[str, Any] = {
    "kind": "order.gone",
    "subject": "jx9",
    "actor": "somebody",
    "at": NOON + timedelta(days=1),
    "data": {"quantity": "134"},
}


@pytest.mark.parametrize("field", _OTHER)
@given(events=_event_lists, pick=st.data())
def test_an_edited_event_is_found_where_it_is(
    field: str, events: list[AuditEvent], pick: st.DataObject
) -> None:
    entries = _chain(events)
    at = pick.draw(st.integers(min_value=0, max_value=len(entries) - 1))
    edited = replace(entries[at].event, **{field: _OTHER[field]})
    entries[at] = replace(entries[at], event=edited)
    assert first_broken_entry(entries) == at + 1


@pytest.mark.parametrize(
    "change", [{"n": 99}, {"previous_sha256": OTHER_HASH}, {"entry_sha256": OTHER_HASH}], ids=str
)
@given(events=_event_lists, pick=st.data())
def test_an_edited_entry_is_found_where_it_is(
    change: dict[str, Any], events: list[AuditEvent], pick: st.DataObject
) -> None:
    entries = _chain(events)
    at = pick.draw(st.integers(min_value=0, max_value=len(entries) - 1))
    entries[at] = replace(entries[at], **change)
    assert first_broken_entry(entries) == at + 1


@given(events=_event_lists, pick=st.data())
def test_an_entry_hashed_again_after_an_edit_breaks_the_next_one(
    events: list[AuditEvent], pick: st.DataObject
) -> None:
    entries = _chain([*events, an_audit_event()])
    at = pick.draw(st.integers(min_value=0, max_value=len(entries) - 2))
    edited = replace(entries[at].event, actor="somebody")
    entries[at] = next_entry(edited, last=entries[at - 1] if at else None)
    assert first_broken_entry(entries) == at + 2


@given(events=_event_lists, pick=st.data())
def test_a_missing_entry_is_found_unless_it_was_the_last(
    events: list[AuditEvent], pick: st.DataObject
) -> None:
    entries = _chain(events)
    at = pick.draw(st.integers(min_value=0, max_value=len(entries) - 1))
    del entries[at]
    # Of a record that merely ends earlier, only a checkpoint kept elsewhere can tell.
    assert first_broken_entry(entries) == (at + 1 if at < len(entries) else None)


@given(events=st.lists(_events, min_size=2, max_size=6), pick=st.data())
def test_two_entries_in_the_others_place_are_found(events: list[AuditEvent], pick: st.DataObject) -> None:
    entries = _chain(events)
    first = pick.draw(st.integers(min_value=0, max_value=len(entries) - 2))
    second = pick.draw(st.integers(min_value=first + 1, max_value=len(entries) - 1))
    entries[first], entries[second] = entries[second], entries[first]
    assert first_broken_entry(entries) == first + 1


@given(events=_event_lists, pick=st.data())
def test_an_entry_put_in_between_is_found(events: list[AuditEvent], pick: st.DataObject) -> None:
    entries = _chain(events)
    at = pick.draw(st.integers(min_value=0, max_value=len(entries) - 1))
    entries.insert(at, next_entry(an_audit_event(actor="somebody"), last=entries[at - 1] if at else None))
    assert first_broken_entry(entries) == at + 2


@pytest.mark.parametrize("data", [1.5, {"price": 0.1}, {"a": float("nan")}, "\ud800"], ids=ascii)
def test_data_without_one_spelling_cannot_be_recorded(data: Any) -> None:
    with pytest.raises(NotCanonical):
        next_entry(an_audit_event(data=data), last=None)
