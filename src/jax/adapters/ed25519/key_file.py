"""Private keys in files that only their owner may read, under a passphrase."""

import errno
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jax.adapters.ed25519.ed25519_signer import Ed25519Signer
from jax.adapters.ed25519.encrypted_pkcs8 import NotDecrypted, decrypted, encrypted
from jax.adapters.ed25519.new_files import NewFile, create
from jax.domain.errors import InvalidValue
from jax.domain.person_key import PersonKey, parse_person_key
from jax.ports.errors import Conflict, NotFound, Refused, Unavailable
from jax.ports.signer import Signer

SHORTEST_PASSPHRASE_BYTES = 8
_LARGEST_FILE_BYTES = 16 * 1024
# O_NONBLOCK: a pipe under the file's name must not make us wait.
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def public_key_path(path: Path) -> Path:
    """Where the public half of the key file `path` is: beside it, `.pub` after its name."""
    return path.with_name(f"{path.name}.pub")


def generate_key_file(path: Path, *, person: str, passphrase: bytes) -> bytes:
    """Makes a key, its file (mode 0600) and its public key file (0644); gives the 32 raw public bytes.

    The folder is made if it is missing. InvalidValue for a short passphrase or no person's name; Conflict
    when one of the files is there, which is never overwritten; Unavailable when they cannot be written.
    Whatever fails, neither file is there after it.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE_BYTES:
        raise InvalidValue("passphrase", f"must have at least {SHORTEST_PASSPHRASE_BYTES} bytes")
    private_key = Ed25519PrivateKey.generate()
    owned = PersonKey(person, private_key.public_key().public_bytes_raw())
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        create(
            (
                NewFile(path, encrypted(private_key, passphrase), 0o600),
                NewFile(public_key_path(path), owned.encoded(), 0o644),
            )
        )
    except FileExistsError as error:
        raise Conflict(
            f"{error.filename} is there already, and a key file is never overwritten: choose another name"
        ) from error
    except OSError as error:
        raise Unavailable(
            f"The key file {path} cannot be written ({error.strerror or error}): "
            "name a file in a folder that you can write, with free space"
        ) from error
    return owned.public_key


def open_key_file(path: Path, *, passphrase: bytes) -> Signer:
    """The key in the file; takes about a third of a second and 128 MiB.

    NotFound; Refused for a file that others may read, that is not your own (root's own, for root) or no
    regular file, when the passphrase does not open it, and when the public key file beside it, if there is
    one, is not of this key; Unavailable when it cannot be read.
    """
    try:
        pem, announced = _read_own(path), _announced(path)
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no key file {path}: name yours, or make one (`artifact-approver keyring --help`)"
        ) from error
    except OSError as error:
        raise Unavailable(f"The key file {path} cannot be read ({error.strerror or error})") from error
    try:
        signer = Ed25519Signer(decrypted(pem, passphrase))
    except NotDecrypted:
        raise Refused(
            f"The passphrase does not open {path}: type it again; if it is the right one, the file "
            "is damaged, and a copy of it has to be restored",
            code="WRONG_PASSPHRASE",
        ) from None
    # The encryption hides, and does not notice every change: some make another key of it.
    if announced not in (None, signer.public_key):
        raise _refused(
            path,
            "DAMAGED",
            f"holds another key than {public_key_path(path)} says: one of the two is damaged or in the wrong "
            "place, and a copy of it has to be restored",
        )
    return signer


def _read_own(path: Path) -> bytes:
    try:
        descriptor = os.open(path, _READ_FLAGS)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK):
            raise _refused(path, "NOT_A_FILE", "is a symbolic link: name the file itself") from error
        if error.errno == errno.EACCES:
            raise _refused(path, "NOT_YOURS", "may not be read by you: use a key of your own") from error
        raise
    try:
        _check_own(path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(_LARGEST_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _LARGEST_FILE_BYTES:
        raise _refused(path, "NOT_A_FILE", "is too large for a key file: name the right one")
    return content


def _announced(path: Path) -> bytes | None:
    try:
        return parse_person_key(public_key_path(path).read_bytes()).public_key
    except FileNotFoundError:
        return None
    except InvalidValue as error:
        raise _refused(
            path,
            "DAMAGED",
            f"stands beside a public key file that is none ({error}): restore that, or remove it",
        ) from error


def _check_own(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, "NOT_A_FILE", "is no regular file: name the file that holds the key")
    # Root could read everybody's, and would sign in another's name: it uses a key of its own as well.
    if status.st_uid != os.geteuid():
        raise _refused(path, "NOT_YOURS", "belongs to another user: a key is used by its owner only")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _refused(
            path,
            "OPEN_TO_OTHERS",
            f"is open to other users (mode {stat.S_IMODE(status.st_mode):04o}): run `chmod 600 {path}`, and "
            "make a new key if somebody may have copied it",
        )


def _refused(path: Path, code: str, problem: str) -> Refused:
    return Refused(f"The key file {path} {problem}", code=code)
