"""Where this machine's gate files are, and how signatures are verified: the same for every program."""

import os
from pathlib import Path

from jax.adapters.ed25519.verification import verify_ed25519
from jax.adapters.gate_files.root_file import RootFile
from jax.domain.signed import Trust
from jax.modules.artifacts.gate_authority import TrustSource


def root_path(home: Path) -> Path:
    """The pinned root file: what JAX_GATE_ROOT names, or `gate/root.json` in `home`."""
    named = os.environ.get("JAX_GATE_ROOT")
    return Path(named).expanduser().absolute() if named else home / "gate" / "root.json"


def key_path(home: Path, person: str) -> Path:
    """Where a person's private key is unless they say otherwise; the public half is beside it, `.pub`."""
    return home / "gate" / "keys" / person


def trust_source(home: Path) -> TrustSource:
    """Reads the root file anew at each call; NotFound, InvalidValue or Unavailable say what is wrong."""
    source = RootFile(root_path(home))
    return lambda: Trust(source.read(), verify_ed25519)
