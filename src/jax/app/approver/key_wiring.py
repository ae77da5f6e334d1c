"""Which adapters keep people's private keys and write the root file: only this command does."""

from pathlib import Path

from jax.adapters.ed25519.key_file import generate_key_file, open_key_file, public_key_path
from jax.adapters.gate_files.root_file import RootFile, write_root
from jax.adapters.system.system_clock import SystemClock
from jax.app.gate_wiring import root_path
from jax.domain.gate_root import GateRoot
from jax.ports.clock import Clock
from jax.ports.signer import Signer


def open_key(path: Path, *, passphrase: bytes) -> Signer:
    """The key in the file; NotFound, Refused, Unavailable."""
    return open_key_file(path, passphrase=passphrase)


def make_key(path: Path, *, person: str, passphrase: bytes) -> Path:
    """A new key in two new files; returns that of the public half. InvalidValue, Conflict, Unavailable."""
    generate_key_file(path, person=person, passphrase=passphrase)
    return public_key_path(path)


def public_half(path: Path) -> Path:
    """Where the public half of a key file is."""
    return public_key_path(path)


def read_root(home: Path) -> GateRoot:
    """The pinned root; NotFound, InvalidValue, Unavailable."""
    return RootFile(root_path(home)).read()


def replace_root(home: Path, root: GateRoot) -> Path:
    """Writes the next version of the root file and returns where; Conflict, InvalidValue, Unavailable."""
    path = root_path(home)
    write_root(path, root)
    return path


def system_clock() -> Clock:
    """What time it is."""
    return SystemClock()
