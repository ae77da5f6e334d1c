"""A public key file says one thing in one spelling, and every error names the field."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import key_id_of
from jax.domain.person_key import PersonKey, parse_person_key
from tests.unit.domain.field_rules import PERSON
from tests.unit.domain.json_values import values
from tests.unit.domain.refusals import refusal_of

_KEY = PersonKey("tessa", b"\1" * 32)
_DOCUMENT: dict[str, Any] = {
    "schema": "jax/public-key/v1",
    "person": "tessa",
    "public_key": base64.b64encode(b"\1" * 32).decode(),
}


def _field(document: dict[str, Any]) -> str | None:
    error = refusal_of(lambda: parse_person_key(canonical_bytes(document)))
    return error.field if error else None


def test_the_file_is_the_document_of_the_design_and_is_read_back() -> None:
    assert _KEY.encoded() == canonical_bytes(_DOCUMENT)
    assert parse_person_key(canonical_bytes(_DOCUMENT)) == _KEY
    assert _KEY.key_id == key_id_of(b"\1" * 32)


@pytest.mark.parametrize("person", PERSON.refused)
def test_a_person_has_a_persons_name(person: str) -> None:
    error = refusal_of(lambda: PersonKey(person, b"\1" * 32))
    assert error is not None
    assert error.field == "person"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_has_32_bytes(size: int) -> None:
    assert _field(_DOCUMENT | {"public_key": base64.b64encode(b"\1" * size).decode()}) == "public_key"


def test_an_error_names_the_field() -> None:
    assert _field(_DOCUMENT | {"schema": "jax/public-key/v2"}) == "schema"
    assert _field(_DOCUMENT | {"person": None}) == "person"
    assert _field(_DOCUMENT | {"public_key": "AQ"}) == "public_key"
    assert _field(_DOCUMENT | {"private_key": "x"}) == "public key file"
    assert _field({"schema": "jax/public-key/v1", "person": "tessa"}) == "public key file"


@given(values.map(canonical_bytes) | st.binary(max_size=40))
def test_whatever_the_file_holds_the_error_is_an_invalid_value(document: bytes) -> None:
    with pytest.raises(InvalidValue):
        parse_person_key(document)
