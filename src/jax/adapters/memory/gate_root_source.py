"""The root, in memory."""

from jax.domain.gate_root import GateRoot
from jax.ports.errors import NotFound


class MemoryGateRootSource:
    """A GateRootSource that gives `root`, which may be replaced; None is no root."""

    def __init__(self, root: GateRoot | None) -> None:
        self.root = root

    def read(self) -> GateRoot:
        """See GateRootSource."""
        if self.root is None:
            raise NotFound("There is no root in memory: set one.")
        return self.root
