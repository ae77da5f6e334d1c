"""What protects a key file that was stolen."""

from base64 import b64decode
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jax.adapters.ed25519.key_file import generate_key_file, open_key_file

PASSPHRASE = b"correct horse battery"


def test_the_file_is_encrypted_pkcs8_with_scrypt(tmp_path: Path) -> None:
    made = tmp_path / "tessa.key"
    public_key = generate_key_file(made, person="tessa", passphrase=PASSPHRASE)
    text = made.read_text()
    assert text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert max(map(len, text.splitlines())) == 64
    key = load_pem_private_key(made.read_bytes(), PASSPHRASE)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert der[-32:] not in made.read_bytes()
    scrypt, cost = bytes.fromhex("06092b06010401da47040b"), bytes.fromhex("0203020000020108020101")
    content = b64decode("".join(text.splitlines()[1:-1]))
    assert content.index(scrypt) < content.index(cost)  # N = 2**17, r = 8, p = 1
    assert open_key_file(made, passphrase=PASSPHRASE).public_key == public_key
