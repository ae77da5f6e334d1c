"""A signer in memory shows its public half, and nothing else of itself."""

import copy
import pickle

import pytest

from jax.adapters.ed25519.ed25519_signer import Ed25519Signer
from jax.domain.gate_key import key_id_of
from tests.unit.ed25519.rfc8032_vectors import VECTORS

_SEED = VECTORS["TEST 1"].seed


def test_shows_the_key_id_and_no_secret() -> None:
    signer = Ed25519Signer.from_seed(_SEED)
    shown = f"{signer!r} {signer} {[signer]}"
    assert key_id_of(signer.public_key) in shown
    assert _SEED.hex() not in shown.lower()
    assert repr(_SEED)[2:-1] not in shown
    assert not hasattr(signer, "__dict__")


def test_does_not_leave_its_process() -> None:
    signer = Ed25519Signer.from_seed(_SEED)
    with pytest.raises(TypeError, match="private key"):
        pickle.dumps(signer)
    with pytest.raises(TypeError, match="private key"):
        copy.deepcopy(signer)


def test_each_generated_key_is_another() -> None:
    assert len({Ed25519Signer.generate().public_key for _ in range(20)}) == 20
