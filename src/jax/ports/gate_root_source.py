"""Where the pinned root file is."""

from typing import Protocol

from jax.domain.gate_root import GateRoot


class GateRootSource(Protocol):
    """Reads the file anew at each call: a key that was ended a moment ago counts no more."""

    def read(self) -> GateRoot:
        """The root; NotFound when there is none, InvalidValue when it cannot be trusted, with the remedy."""
        ...
