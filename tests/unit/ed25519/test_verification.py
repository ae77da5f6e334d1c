"""A signature counts when it is the key's, of these bytes; anything else is no signature, and no error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.ed25519.ed25519_signer import Ed25519Signer
from jax.adapters.ed25519.verification import verify_ed25519
from jax.domain.dsse import VerifySignature
from tests.unit.ed25519.edwards_curve import L, small_order_encodings
from tests.unit.ed25519.rfc8032_vectors import VECTORS, Vector

_SIGNER = Ed25519Signer.from_seed(VECTORS["TEST 2"].seed)
_PUBLIC, _MESSAGE, _SIGNATURE = VECTORS["TEST 2"][1:]

verify: VerifySignature = verify_ed25519


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_the_answers_of_the_standard_are_given_and_verified(vector: Vector) -> None:
    signer = Ed25519Signer.from_seed(vector.seed)
    assert signer.public_key == vector.public_key
    assert signer.sign(vector.message) == vector.signature
    assert verify(vector.public_key, vector.message, vector.signature)


@given(st.binary(max_size=200))
def test_what_is_signed_verifies(message: bytes) -> None:
    assert verify(_PUBLIC, message, _SIGNER.sign(message))


@pytest.mark.parametrize("bit", range(512))
def test_no_bit_of_a_signature_may_change(bit: int) -> None:
    changed = bytearray(_SIGNATURE)
    changed[bit // 8] ^= 1 << bit % 8
    assert not verify(_PUBLIC, _MESSAGE, bytes(changed))


@pytest.mark.parametrize("message", [b"", b"\x73", b"\x72\x00", b"\x00\x72"])
def test_no_other_message_is_signed(message: bytes) -> None:
    assert not verify(_PUBLIC, message, _SIGNATURE)


def test_nobody_elses_key_has_signed() -> None:
    assert not verify(VECTORS["TEST 1"].public_key, _MESSAGE, _SIGNATURE)


@pytest.mark.parametrize("times", [1, 2, 8])
def test_a_signature_has_no_second_spelling(times: int) -> None:
    scalar = int.from_bytes(_SIGNATURE[32:], "little") + times * L
    assert not verify(_PUBLIC, _MESSAGE, _SIGNATURE[:32] + scalar.to_bytes(32, "little"))


@given(st.binary(max_size=70), st.binary(max_size=70), st.binary(max_size=140))
def test_garbage_is_no_signature_and_no_error(key: bytes, message: bytes, signature: bytes) -> None:
    assert verify(key, message, signature) is False
    assert verify(_PUBLIC, message, signature) is False
    assert verify(key, _MESSAGE, _SIGNATURE) is False


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_a_key_of_another_length_has_signed_nothing(length: int) -> None:
    assert verify((_PUBLIC * 3)[:length], _MESSAGE, _SIGNATURE) is False


@pytest.mark.parametrize("length", [0, 1, 63, 65, 128])
def test_a_signature_of_another_length_is_none(length: int) -> None:
    assert verify(_PUBLIC, _MESSAGE, (_SIGNATURE * 3)[:length]) is False


@pytest.mark.parametrize("garbage", [None, "text", 7, []])
def test_what_is_not_bytes_is_no_signature_and_no_error(garbage: Any) -> None:
    assert verify(garbage, _MESSAGE, _SIGNATURE) is False
    assert verify(_PUBLIC, garbage, _SIGNATURE) is False
    assert verify(_PUBLIC, _MESSAGE, garbage) is False


@pytest.mark.parametrize("key", sorted(small_order_encodings()), ids=bytes.hex)
@pytest.mark.parametrize("point", sorted(small_order_encodings())[:4], ids=bytes.hex)
def test_a_key_of_small_order_has_signed_nothing(key: bytes, point: bytes) -> None:
    """Such a key 'signs' one message in eight, or every one, with the scalar zero."""
    messages = [bytes([n]) for n in range(16)]
    assert not any(verify(key, message, point + bytes(32)) for message in messages)


def test_there_are_fourteen_encodings_of_points_of_small_order() -> None:
    assert len(small_order_encodings()) == 14
