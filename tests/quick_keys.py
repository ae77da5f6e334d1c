"""Key files that open at once: what a guess at a passphrase costs is no matter of the tests that use them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jax.adapters.ed25519 import encrypted_pkcs8


@contextmanager
def quick_keys() -> Iterator[None]:
    """Key files that this process makes in the block take a thousandth of the work, whoever opens them."""
    with pytest.MonkeyPatch.context() as place:
        place.setattr(encrypted_pkcs8, "_COST", encrypted_pkcs8._COST >> 10)
        yield
