"""People's keys: files of their own, the root file that names them, and what the database is told of it."""

import getpass
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from jax.app.approver import key_wiring
from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand
from jax.app.approver.terminal import new_passphrase
from jax.app.console import CommandFailed
from jax.app.gate_wiring import root_path
from jax.domain import checks
from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY, GatePolicy, parse_policy
from jax.domain.gate_root import GateRoot, with_key, with_key_ended
from jax.domain.person_key import PersonKey, parse_person_key
from jax.modules.artifacts.publish_gate import PublishGate
from jax.ports.errors import NotFound

_SHORTEST_PREFIX = 4
_HASH = "sha256:"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The root file of `home` after a command, and where it is."""

    root: GateRoot
    path: Path


def create_key(hand: Hand) -> PersonKey:
    """A new key file for the person, and its public half; Conflict when a file is there, InvalidValue."""
    path = hand.key_file
    for taken in (path, key_wiring.public_half(path)):
        if taken.exists():
            raise CommandFailed(
                f"{taken} is there already, and no key is overwritten: name another file by --key"
            )
    made = key_wiring.make_key(path, person=hand.person, passphrase=new_passphrase(path))
    return read_public_half(made)


def read_public_half(path: Path) -> PersonKey:
    """What a `.pub` file says; CommandFailed, InvalidValue."""
    try:
        # An editor, or a mail, may have ended the line.
        return parse_person_key(path.read_bytes().rstrip(b"\r\n"))
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read ({error.strerror or error})") from error
    except InvalidValue as error:
        raise InvalidValue(str(path), f"is no public key file ({error})") from error


def begin_desk(home: Path) -> Keyring:
    """A root file without any key; CommandFailed when there is one already."""
    _refuse_known_root(home)
    return _written(home, GateRoot(1, solo=False, keys=()))


def begin_alone(home: Path, hand: Hand) -> Keyring:
    """A root file of one person with every role, and with their key, which is made unless it is there.

    CommandFailed when there is a root file already.
    """
    _refuse_known_root(home)
    half = key_wiring.public_half(hand.key_file)
    known = read_public_half(half) if half.exists() else create_key(hand)
    if known.person != hand.person:
        raise CommandFailed(f"{half} says that it is {known.person}'s: name another file by --key")
    key = GateKey(known.public_key, hand.person, frozenset(GateRole), _now())
    return _written(home, GateRoot(1, solo=True, keys=(key,)))


def add_key(home: Path, path: Path, roles: Sequence[GateRole]) -> Keyring:
    """The root file with the key of the `.pub` file; InvalidValue when it is there already."""
    handed = read_public_half(path)
    key = GateKey(handed.public_key, handed.person, frozenset(roles), _now())
    return _written(home, with_key(key_wiring.read_root(home), key))


def end_keys(home: Path, wanted: str) -> tuple[Keyring, tuple[GateKey, ...]]:
    """The root file with these keys ended: all in use of a person, or the one whose id begins so.

    One number more for each of them. NotFound; InvalidValue when it has ended already.
    """
    root = key_wiring.read_root(home)
    now, ending = _now(), _meant(root, wanted)
    for key in ending:
        root = with_key_ended(root, key.key_id, max(now, key.added))
    return _written(home, root), ending


def keyring(home: Path) -> Keyring:
    """The root file as it is."""
    return Keyring(key_wiring.read_root(home), root_path(home))


async def publish(gate: Gate, *, actor: str) -> GatePolicy:
    """Tells the database of the root file's keys, and of a first policy if it has none.

    Returns the policy in force. GateRefused, Conflict.
    """
    use_case, root = _use_case(gate), gate.trust().root
    await use_case.keys(actor=actor)
    policy = await gate.policy()
    if policy is None:
        policy = SOLO_POLICY if root.solo else DESK_POLICY
        await use_case.policy(policy, actor=actor)
    return policy


async def put_in_force(gate: Gate, policy: GatePolicy, *, actor: str) -> None:
    """Makes `policy` the one that everything is judged by; GateRefused."""
    await _use_case(gate).policy(policy, actor=actor)


def read_policy_file(path: Path) -> GatePolicy:
    """The policy that the JSON file spells, with any spacing; CommandFailed, InvalidValue."""
    try:
        return parse_policy(canonical_bytes(json.loads(path.read_bytes())))
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InvalidValue(str(path), f"is no policy ({error})") from error


def acting_person(named: str | None, database_url: str | None) -> str:
    """Who publishes: who is named, or else whose login to the database, or to this machine, it is."""
    user = None if database_url is None else urlsplit(database_url).username
    person = named or user or getpass.getuser()
    try:
        return checks.person("--as", person)
    except InvalidValue as error:
        raise CommandFailed(f"say who publishes with --as: {error}") from error


def _meant(root: GateRoot, wanted: str) -> tuple[GateKey, ...]:
    of_person = [key for key in root.keys if key.person == wanted]
    in_use = tuple(key for key in of_person if key.ended is None)
    if of_person and not in_use:
        raise InvalidValue("key", f"every key of {wanted} was ended already")
    start = wanted.removeprefix(_HASH)
    by_id = [key for key in root.keys if key.key_id.removeprefix(_HASH).startswith(start)]
    if in_use:
        return in_use
    if len(start) < _SHORTEST_PREFIX or not by_id:
        raise NotFound(f"The root file has no key of {wanted!r}, by person or id: see `keyring list`")
    if len(by_id) > 1:
        raise NotFound(f"{wanted!r} fits {len(by_id)} keys: give more of the id")
    return tuple(by_id)


def _refuse_known_root(home: Path) -> None:
    try:
        root = key_wiring.read_root(home)
    except NotFound:
        return
    raise CommandFailed(
        f"{root_path(home)} is there already, with number {root.number} and {len(root.keys)} keys: change it "
        "with `keyring add` and `keyring end`"
    )


def _written(home: Path, root: GateRoot) -> Keyring:
    return Keyring(root, key_wiring.replace_root(home, root))


def _use_case(gate: Gate) -> PublishGate:
    return PublishGate(unit_of_work=gate.unit_of_work, clock=gate.clock, trust=gate.trust)


def _now() -> datetime:
    return key_wiring.system_clock().now().replace(microsecond=0)
