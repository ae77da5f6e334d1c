"""What every Signer does."""

from pathlib import Path

import pytest

from jax.adapters.ed25519.ed25519_signer import Ed25519Signer
from jax.adapters.ed25519.key_file import generate_key_file, open_key_file
from jax.adapters.ed25519.verification import verify_ed25519
from jax.ports.signer import Signer

_PASSPHRASE = b"correct horse battery"


@pytest.fixture(scope="module", params=["memory", "file"])
def signer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Signer:
    if request.param == "memory":
        return Ed25519Signer.generate()
    path: Path = tmp_path_factory.mktemp("keys") / "tessa.key"
    generate_key_file(path, person="tessa", passphrase=_PASSPHRASE)
    return open_key_file(path, passphrase=_PASSPHRASE)


def test_the_public_key_is_32_bytes_and_stays(signer: Signer) -> None:
    assert isinstance(signer.public_key, bytes)
    assert len(signer.public_key) == 32
    assert signer.public_key == signer.public_key


@pytest.mark.parametrize("message", [b"", b"x", bytes(range(256)) * 4096], ids=["nothing", "a byte", "1 MiB"])
def test_signs_the_message_itself(signer: Signer, message: bytes) -> None:
    signature = signer.sign(message)
    assert len(signature) == 64
    assert verify_ed25519(signer.public_key, message, signature)
    assert not verify_ed25519(signer.public_key, message + b"x", signature)


def test_the_same_message_has_the_same_signature(signer: Signer) -> None:
    assert signer.sign(b"x") == signer.sign(b"x") != signer.sign(b"y")
