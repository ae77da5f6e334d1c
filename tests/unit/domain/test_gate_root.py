"""The root file says whose key may sign what, in one spelling, and changes only forwards."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateKey, GateRole, key_id_of
from jax.domain.gate_root import GateRoot, parse_root, with_key, with_key_ended
from tests.unit.domain.examples import NOON
from tests.unit.domain.field_rules import PERSON
from tests.unit.domain.field_rules import UTC as UTC_TIME
from tests.unit.domain.json_values import values
from tests.unit.domain.refusals import refusal_of

_LATER = NOON + timedelta(days=30)
_TESSA = GateKey(b"\1" * 32, "tessa", frozenset({GateRole.TECHNICAL}), NOON)
_RENE = GateKey(b"\2" * 32, "rene", frozenset({GateRole.RELEASE, GateRole.REVOKER}), NOON, _LATER)


def a_root(**changes: Any) -> GateRoot:
    return replace(GateRoot(number=3, solo=False, keys=(_TESSA, _RENE)), **changes)


def a_document() -> dict[str, Any]:
    keys = {
        key_id_of(_TESSA.public_key): {
            "public_key": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
            "person": "tessa",
            "roles": ["TECHNICAL"],
            "added": "2024-03-01T12:00:00Z",
            "ended": None,
        },
        key_id_of(_RENE.public_key): {
            "public_key": "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
            "person": "rene",
            "roles": ["RELEASE", "REVOKER"],
            "added": "2024-03-01T12:00:00Z",
            "ended": "2024-03-31T12:00:00Z",
        },
    }
    return {
        "schema": "jax/gate-root/v1",
        "number": 3,
        "solo": False,
        "keys": [keys[key_id] for key_id in sorted(keys)],
    }


def _with(path: tuple[str | int, ...], value: object) -> bytes:
    document: Any = a_document()
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return canonical_bytes(document)


def _without(path: tuple[str | int, ...]) -> bytes:
    document: Any = a_document()
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return canonical_bytes(document)


def _field(action: Callable[[], object]) -> str | None:
    error = refusal_of(action)
    return error.field if error else None


def _key_field(**changes: Any) -> str | None:
    return _field(lambda: replace(_TESSA, **changes))


def test_the_file_is_the_document_of_the_design() -> None:
    assert a_root().encoded() == canonical_bytes(a_document())
    assert a_root().sha256 == sha256_of(canonical_bytes(a_document()))


def test_the_order_in_which_keys_are_given_does_not_show() -> None:
    assert a_root(keys=(_RENE, _TESSA)).encoded() == a_root().encoded()


def test_reads_back_what_it_says() -> None:
    root = parse_root(canonical_bytes(a_document()))
    assert (root.number, root.solo, set(root.keys)) == (3, False, {_TESSA, _RENE})
    assert root.encoded() == canonical_bytes(a_document())
    assert parse_root(a_root(solo=True).encoded()).solo is True
    assert parse_root(GateRoot(1, False, ()).encoded()) == GateRoot(1, False, ())


_keys = st.builds(
    GateKey,
    public_key=st.binary(min_size=32, max_size=32),
    person=st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True),
    roles=st.frozensets(st.sampled_from(GateRole), min_size=1),
    added=st.just(NOON),
    ended=st.none() | st.datetimes(datetime(2025, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone
)


@given(st.lists(_keys, unique_by=lambda key: key.public_key, max_size=6), st.booleans())
def test_every_root_survives_its_file(keys: list[GateKey], solo: bool) -> None:
    root = GateRoot(7, solo, tuple(keys))
    read = parse_root(root.encoded())
    assert read.encoded() == root.encoded()
    assert [(key.public_key, key.person, key.roles) for key in read.keys] == [
        (key.public_key, key.person, key.roles) for key in sorted(keys, key=lambda key: key.key_id)
    ]


def test_times_are_written_to_the_second() -> None:
    precise = replace(_TESSA, added=NOON + timedelta(microseconds=999_999))
    assert parse_root(GateRoot(1, False, (precise,)).encoded()).keys == (_TESSA,)


def test_a_key_is_named_by_the_hash_of_its_raw_bytes() -> None:
    assert _TESSA.key_id == "sha256:" + hashlib.sha256(b"\1" * 32).hexdigest()
    assert key_id_of(b"\1" * 32) == _TESSA.key_id


def test_finds_a_key_by_its_id_ended_or_not() -> None:
    assert a_root().key(_TESSA.key_id) == _TESSA
    assert a_root().key(_RENE.key_id) == _RENE
    assert a_root().key(key_id_of(b"\3" * 32)) is None


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_public_key_has_32_bytes(size: int) -> None:
    assert _key_field(public_key=b"\1" * size) == "public_key"
    assert _field(lambda: key_id_of(b"\1" * size)) == "public_key"
    encoded = base64.b64encode(b"\1" * size).decode()
    assert _field(lambda: parse_root(_with(("keys", 0, "public_key"), encoded))) == "keys[0].public_key"


@pytest.mark.parametrize("value", ["A" * 32, bytearray(32), None])
def test_a_public_key_is_bytes_and_nothing_that_can_change(value: Any) -> None:
    assert _key_field(public_key=value) == "public_key"


def test_a_key_names_its_person_and_its_times_and_a_role() -> None:
    for person in PERSON.refused:
        assert _key_field(person=person) == "person"
    for person in PERSON.accepted:
        assert replace(_TESSA, person=person).person == person
    for moment in UTC_TIME.refused:
        assert _key_field(added=moment) == "added"
        assert _key_field(ended=moment) == "ended"
    assert _key_field(roles=frozenset()) == "roles"


def test_a_key_does_not_end_before_it_was_added() -> None:
    assert replace(_TESSA, ended=NOON).ended == NOON
    assert _key_field(ended=NOON - timedelta(seconds=1)) == "ended"


def test_a_root_holds_a_public_key_once_whoever_it_is_said_to_be() -> None:
    assert _field(lambda: a_root(keys=(_TESSA, replace(_TESSA, person="rene")))) == "keys"
    document = a_document()
    document["keys"] = [document["keys"][0]] * 2
    assert _field(lambda: parse_root(canonical_bytes(document))) == "keys"


@pytest.mark.parametrize("number", [0, -1, 2**53])
def test_a_number_that_is_none_is_refused(number: int) -> None:
    assert _field(lambda: a_root(number=number)) == "number"


_KEY_FIELDS = ("public_key", "person", "roles", "added", "ended")
_BAD: dict[tuple[str | int, ...], tuple[Any, ...]] = {
    ("schema",): ("jax/gate-root/v2", None, 1),
    ("number",): (0, "3", True, None),
    ("solo",): (0, "false", None),
    ("keys",): ({}, None, "x"),
    ("keys", 1): ([], None, "x"),
    ("keys", 1, "public_key"): (
        None,
        7,
        "AQEB",
        "A" * 43,
        "AQ==\n",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF=",
    ),
    ("keys", 1, "person"): ("Tessa", "", None, 7),
    ("keys", 1, "roles"): ([], "RISK", ["RISK", "RISK"], ["TECHNICAL", "RISK"], ["risk"], ["OWNER"], [None]),
    ("keys", 1, "added"): (None, "2024-03-01", "2024-03-01T12:00:00+00:00", "2024-03-01T12:00:00.5Z"),
    ("keys", 1, "ended"): ("", 0, "2024-03-01T12:00:00", "2024-02-29T12:00:00Z"),
}


def _named(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


@pytest.mark.parametrize(("path", "value"), [(path, bad) for path, bads in _BAD.items() for bad in bads])
def test_an_error_names_the_field_of_the_file(path: tuple[str | int, ...], value: object) -> None:
    assert _field(lambda: parse_root(_with(path, value))) == _named(path)


@pytest.mark.parametrize("field", ["schema", "number", "solo", "keys"])
def test_every_field_of_the_file_is_needed(field: str) -> None:
    error = refusal_of(lambda: parse_root(_without((field,))))
    assert error is not None
    assert field in error.problem


@pytest.mark.parametrize("field", _KEY_FIELDS)
def test_every_field_of_a_key_is_needed(field: str) -> None:
    error = refusal_of(lambda: parse_root(_without(("keys", 1, field))))
    assert error is not None
    assert (error.field, field in error.problem) == ("keys[1]", True)


def test_no_other_field_is_taken() -> None:
    assert _field(lambda: parse_root(_with(("comment",), "x"))) == "root"
    assert _field(lambda: parse_root(_with(("keys", 0, "comment"), "x"))) == "keys[0]"


def test_keys_of_the_file_are_sorted_by_their_ids() -> None:
    assert _field(lambda: parse_root(_with(("keys",), a_document()["keys"][::-1]))) == "keys"


@pytest.mark.parametrize(
    "change", [lambda d: d + b"\n", lambda d: d.replace(b":3", b": 3"), lambda d: d[:-1]]
)
def test_another_spelling_is_refused(change: Callable[[bytes], bytes]) -> None:
    assert _field(lambda: parse_root(change(a_root().encoded()))) == "root"


@given(values.map(canonical_bytes) | st.binary(max_size=40))
def test_whatever_the_file_holds_the_error_is_an_invalid_value(document: bytes) -> None:
    with pytest.raises(InvalidValue):
        parse_root(document)


def test_a_key_is_added_by_the_next_number() -> None:
    key = GateKey(b"\3" * 32, "rosa", frozenset({GateRole.REVOKER}), NOON)
    root = with_key(a_root(), key)
    assert (root.number, root.solo, set(root.keys)) == (4, False, {_TESSA, _RENE, key})
    assert parse_root(root.encoded()) == root


def test_however_keys_are_added_the_root_is_the_one_of_its_file() -> None:
    root = GateRoot(1, False, ())
    for number in range(8):
        root = with_key(root, replace(_TESSA, public_key=bytes([number]) * 32))
        assert parse_root(root.encoded()) == root
    assert (root.number, len(root.keys)) == (9, 8)


def test_a_person_may_have_two_keys() -> None:
    second = replace(_TESSA, public_key=b"\3" * 32)
    assert {key.key_id for key in with_key(a_root(), second).keys} >= {_TESSA.key_id, second.key_id}


def test_a_key_that_is_there_cannot_be_added_again_ended_or_not() -> None:
    assert _field(lambda: with_key(a_root(), replace(_TESSA, person="rosa"))) == "public_key"
    assert _field(lambda: with_key(a_root(), replace(_RENE, ended=None))) == "public_key"


def test_a_key_that_has_ended_cannot_be_added() -> None:
    assert _field(lambda: with_key(GateRoot(1, False, ()), _RENE)) == "ended"


def test_a_key_ends_by_the_next_number_and_stays_readable() -> None:
    root = with_key_ended(a_root(solo=True), _TESSA.key_id, _LATER)
    assert (root.number, root.solo) == (4, True)
    assert root.key(_TESSA.key_id) == replace(_TESSA, ended=_LATER)
    assert root.key(_RENE.key_id) == _RENE
    assert len(root.keys) == 2
    assert parse_root(root.encoded()) == root


def test_only_a_known_key_ends_once_and_not_before_it_was_added() -> None:
    assert _field(lambda: with_key_ended(a_root(), key_id_of(b"\3" * 32), _LATER)) == "key_id"
    assert _field(lambda: with_key_ended(a_root(), _RENE.key_id, _LATER + timedelta(days=1))) == "key_id"
    assert _field(lambda: with_key_ended(a_root(), _TESSA.key_id, NOON - timedelta(days=1))) == "ended"


def test_changing_a_root_leaves_the_one_before_alone() -> None:
    root = a_root()
    with_key_ended(root, _TESSA.key_id, _LATER)
    assert root == a_root()
