"""What verifying a record offline stands on: a root file, wherever it is, and the signature scheme."""

from pathlib import Path

from jax.adapters.ed25519.verification import verify_ed25519
from jax.adapters.gate_files.root_file import RootFile
from jax.domain.signed import Trust


def trust_of(root_file: Path) -> Trust:
    """The keys of the file; NotFound, InvalidValue or Unavailable say what is wrong with it."""
    return Trust(RootFile(root_file).read(), verify_ed25519)
