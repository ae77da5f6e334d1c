"""The demo's people: each with a key of their own, in files that the demo can open by itself."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from jax.app.approver.key_wiring import make_key, open_key, public_half, read_root, replace_root
from jax.app.console import CommandFailed
from jax.app.gate_wiring import key_path, root_path
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_root import GateRoot
from jax.domain.person_key import parse_person_key
from jax.domain.statement import Statement
from jax.modules.artifacts.sign_statement import sign_statement
from jax.ports.clock import Clock

AUTHOR = "ada"
VALIDATOR = "victor"
TECHNICAL_APPROVER = "tessa"
RISK_APPROVER = "rosa"
RELEASER = "rene"
ROLES: Mapping[str, GateRole] = MappingProxyType(
    {
        AUTHOR: GateRole.AUTHOR,
        VALIDATOR: GateRole.VALIDATOR,
        TECHNICAL_APPROVER: GateRole.TECHNICAL,
        RISK_APPROVER: GateRole.RISK,
        RELEASER: GateRole.RELEASE,
        "rolf": GateRole.REVOKER,
        "audrey": GateRole.AUDITOR,
    }
)


class DemoPeople:
    """Whoever can read the home can sign for all of them: nothing that they sign is worth money."""

    def __init__(self, home: Path, passphrase: bytes) -> None:
        self._home = home
        self._passphrase = passphrase

    def sign(self, person: str, *statements: Statement) -> list[bytes]:
        """The envelopes, by that person's key."""
        signer = open_key(key_path(self._home, person), passphrase=self._passphrase)
        return [sign_statement(statement, signer) for statement in statements]


def settle(home: Path, clock: Clock) -> DemoPeople:
    """Makes the people's keys and the root file, or takes those that an earlier run has made.

    CommandFailed when the home belongs to a desk of its own.
    """
    remembered = home / "gate" / "demo-passphrase"
    if not remembered.exists():
        if root_path(home).exists():
            raise CommandFailed(
                f"{root_path(home)} is a root file that the demo did not make: name an empty folder in "
                "JAX_HOME (and unset JAX_GATE_ROOT) to see the demo"
            )
        _remember(remembered, secrets.token_urlsafe(32))
    people = DemoPeople(home, remembered.read_bytes())
    if not root_path(home).exists():
        keys = [_key(home, person, role, remembered.read_bytes(), clock) for person, role in ROLES.items()]
        ordered = tuple(sorted(keys, key=lambda key: key.key_id))
        replace_root(home, GateRoot(number=1, solo=False, keys=ordered))
    read_root(home)
    return people


def _key(home: Path, person: str, role: GateRole, passphrase: bytes, clock: Clock) -> GateKey:
    path = key_path(home, person)
    # A run that was killed half-way has left some of the keys.
    public = public_half(path) if path.exists() else make_key(path, person=person, passphrase=passphrase)
    owned = parse_person_key(public.read_bytes())
    return GateKey(owned.public_key, person, frozenset({role}), clock.now().replace(microsecond=0))


def _remember(path: Path, passphrase: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(passphrase, encoding="ascii")
