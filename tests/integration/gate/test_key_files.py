"""Private keys in files: made once, opened by their owner with the passphrase, and silent about the rest."""

import os
import shutil
import stat
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jax.adapters.ed25519.key_file import generate_key_file, open_key_file, public_key_path
from jax.adapters.ed25519.verification import verify_ed25519
from jax.domain.errors import InvalidValue
from jax.domain.person_key import PersonKey, parse_person_key
from jax.ports.errors import Conflict, NotFound, Refused, Unavailable
from tests.integration.gate.file_owners import as_somebody_else, give_away
from tests.integration.research.full_disk import run_with_files_up_to
from tests.quick_keys import quick_keys

PASSPHRASE = b"correct horse battery"


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with quick_keys():
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key file that no test changes."""
    path = tmp_path_factory.mktemp("keys") / "tessa.key"
    generate_key_file(path, person="tessa", passphrase=PASSPHRASE)
    return path


@pytest.fixture
def key_file(made: Path, tmp_path: Path) -> Path:
    """A copy of it to do things to."""
    path = tmp_path / "tessa.key"
    shutil.copy2(made, path)
    return path


def refusal(path: Path, *, passphrase: bytes = PASSPHRASE) -> Refused:
    with pytest.raises(Refused) as caught:
        open_key_file(path, passphrase=passphrase)
    assert str(path) in str(caught.value)
    return caught.value


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_key_in_the_file_is_the_one_that_was_announced(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tessa.key"
    public_key = generate_key_file(path, person="tessa", passphrase=PASSPHRASE)
    signer = open_key_file(path, passphrase=PASSPHRASE)
    assert signer.public_key == public_key
    assert verify_ed25519(public_key, b"x", signer.sign(b"x"))
    written = parse_person_key(public_key_path(path).read_bytes())
    assert (written.person, written.public_key) == ("tessa", public_key)
    assert names(path.parent) == {"tessa.key", "tessa.key.pub"}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_only_the_owner_may_read_it_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        generate_key_file(tmp_path / "tessa.key", person="tessa", passphrase=PASSPHRASE)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "tessa.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tessa.key.pub").stat().st_mode) == 0o644


def _der_of(path: Path) -> bytes:
    return b64decode("".join(path.read_text().splitlines()[1:-1]))


def test_two_keys_have_nothing_in_common(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "rene.key"
    generate_key_file(other, person="rene", passphrase=PASSPHRASE)
    one, two = _der_of(made), _der_of(other)
    assert one[-64:] != two[-64:]
    salts = {der[der.index(b"\x04\x10") + 2 :][:16] for der in (one, two)}
    initial_vectors = {der[der.rindex(b"\x04\x10") + 2 :][:16] for der in (one, two)}
    assert len(salts | initial_vectors) == 4


@pytest.mark.parametrize("taken", ["tessa.key", "tessa.key.pub"])
@pytest.mark.parametrize("kind", ["file", "folder", "link to nowhere"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str, kind: str) -> None:
    there = tmp_path / taken
    make: dict[str, Callable[[], object]] = {
        "file": lambda: there.write_bytes(b"mine"),
        "folder": there.mkdir,
        "link to nowhere": lambda: there.symlink_to(tmp_path / "nowhere"),
    }
    make[kind]()
    with pytest.raises(Conflict, match=rf"{taken} is there already.*another name"):
        generate_key_file(tmp_path / "tessa.key", person="tessa", passphrase=PASSPHRASE)
    assert names(tmp_path) == {taken}
    assert kind != "file" or there.read_bytes() == b"mine"


def test_no_file_is_made_for_a_short_passphrase_or_a_person_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tessa.key"
    with pytest.raises(InvalidValue, match=r"passphrase.*8"):
        generate_key_file(path, person="tessa", passphrase=b"1234567")
    with pytest.raises(InvalidValue, match="person"):
        generate_key_file(path, person="Tessa", passphrase=PASSPHRASE)
    assert names(tmp_path) == set()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"")
    with pytest.raises((Unavailable, Conflict), match="keys"):
        generate_key_file(tmp_path / "keys" / "deep" / "tessa.key", person="tessa", passphrase=PASSPHRASE)


@pytest.mark.parametrize("size", [0, 200])
def test_a_full_disk_leaves_no_file(tmp_path: Path, size: int) -> None:
    done = run_with_files_up_to(
        size,
        "import sys, pathlib\n"
        "from jax.adapters.ed25519.key_file import generate_key_file\n"
        "from jax.ports.errors import Unavailable\n"
        "try:\n"
        "    generate_key_file(pathlib.Path(sys.argv[1]), person='tessa', passphrase=b'correct horse')\n"
        "except Unavailable as error:\n"
        "    print(error)\n",
        str(tmp_path / "tessa.key"),
    )
    assert "free space" in done.stdout, done.stderr
    assert "tessa.key" in done.stdout
    assert names(tmp_path) == set()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666])
def test_a_file_that_is_open_to_others_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    error = refusal(key_file)
    assert (error.code, "chmod 600" in str(error)) == ("OPEN_TO_OTHERS", True)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_that_is_its_owners_alone_is_opened(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    assert len(open_key_file(key_file, passphrase=PASSPHRASE).public_key) == 32


def test_another_users_file_is_refused_to_root_too(key_file: Path) -> None:
    give_away(key_file)
    assert refusal(key_file).code == "NOT_YOURS"


def test_a_file_that_may_not_be_read_is_somebody_elses(key_file: Path) -> None:
    with as_somebody_else():
        assert refusal(key_file).code == "NOT_YOURS"


def test_a_symbolic_link_is_refused(key_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.key"
    link.symlink_to(key_file)
    error = refusal(link)
    assert (error.code, "symbolic link" in str(error)) == ("NOT_A_FILE", True)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tessa.key"
    if kind == "folder":
        path.mkdir(mode=0o700)
    else:
        os.mkfifo(path, 0o600)
    assert refusal(path).code == "NOT_A_FILE"


def test_a_missing_file_is_not_found_and_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"tessa\.key.*keyring"):
        open_key_file(tmp_path / "tessa.key", passphrase=PASSPHRASE)


def test_a_huge_file_is_refused_unread(key_file: Path) -> None:
    with key_file.open("ab") as file:
        file.truncate(1 << 40)
    assert refusal(key_file).code == "NOT_A_FILE"


@pytest.mark.parametrize("passphrase", [b"", b"correct horse batter", b"correct horse battery ", b"\0" * 9])
def test_a_wrong_passphrase_has_one_sentence_without_secrets(key_file: Path, passphrase: bytes) -> None:
    with pytest.raises(Refused) as caught:
        open_key_file(key_file, passphrase=passphrase)
    assert caught.value.code == "WRONG_PASSPHRASE"
    assert "passphrase" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSPHRASE.decode() not in shown
    assert not passphrase.strip(b"\0") or passphrase.decode() not in shown.replace("passphrase", "")
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def _ed448(encryption: NoEncryption | BestAvailableEncryption) -> bytes:
    return Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"rubbish",
        b"\0" * 100,
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        _ed448(NoEncryption()),
        _ed448(BestAvailableEncryption(PASSPHRASE)),
    ],
    ids=["nothing", "rubbish", "zeros", "a broken key", "an open key", "a key of another kind"],
)
def test_what_is_no_encrypted_ed25519_key_is_refused(key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    assert refusal(key_file).code == "WRONG_PASSPHRASE"


def test_an_unencrypted_key_is_refused(made: Path, key_file: Path) -> None:
    key = load_pem_private_key(made.read_bytes(), PASSPHRASE)
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert refusal(key_file).code == "WRONG_PASSPHRASE"


@pytest.mark.parametrize("block", [1, 2, 3, 4], ids=["header", "secret", "rest of the secret", "padding"])
def test_a_file_with_a_flipped_bit_never_gives_another_key(made: Path, key_file: Path, block: int) -> None:
    """In CBC a flipped bit garbles its block and flips a bit of the next: the second gives another key."""
    content = bytearray(_der_of(made))
    content[-80 + 16 * block] ^= 1
    body = b64encode(content).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    label = "ENCRYPTED PRIVATE KEY"
    key_file.write_text(f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
    shutil.copy2(public_key_path(made), public_key_path(key_file))
    assert refusal(key_file).code == ("DAMAGED" if block == 2 else "WRONG_PASSPHRASE")


def test_a_public_key_file_of_another_key_is_refused(key_file: Path) -> None:
    public_key_path(key_file).write_bytes(PersonKey("tessa", b"\1" * 32).encoded())
    error = refusal(key_file)
    assert (error.code, "tessa.key.pub" in str(error)) == ("DAMAGED", True)
    public_key_path(key_file).write_bytes(b"rubbish")
    error = refusal(key_file)
    assert (error.code, "public key file" in str(error)) == ("DAMAGED", True)


def test_an_opened_key_shows_no_secret(made: Path) -> None:
    signer = open_key_file(made, passphrase=PASSPHRASE)
    key = load_pem_private_key(made.read_bytes(), PASSPHRASE)
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())[-32:]
    shown = f"{signer!r} {signer}"
    assert secret.hex() not in shown
    assert PASSPHRASE.decode() not in shown
    assert "sha256:" in shown
