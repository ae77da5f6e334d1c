"""Where the pinned root file is."""

from typing import Protocol

from jax.domain.gate_root import GateRoot


class GateRootSource(Protocol):
    """The keys that the operator of this machine trusts: never the database's copy of them."""

    def read(self) -> GateRoot:
        """The root as it is now, read anew each time.

        NotFound when there is none; InvalidValue when what is there cannot be trusted or understood;
        Unavailable when it cannot be read. Each says what to do.
        """
        ...
