"""The database's copy of people's keys, against the root file."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from jax.domain.gate_key import GateKey, key_id_of
from jax.domain.payload_fields import timestamp
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.told import Told

_KIND = "gate.keys"


def check_keys(case: Case) -> None:
    """Every stored key is the root file's; once this very file was published, every key of it is stored.

    The copy proves nothing and opens nothing: what differs shows that somebody wrote to it.
    """
    published = list(_published(case))
    members = _members(case)
    roles: dict[str, set[str]] = defaultdict(set)
    for row in case.rows("gate.key_role"):
        with case.about("role of a key").noting():
            roles[row.text("key_id")].add(row.text("role"))
    ends: dict[str, datetime] = {}
    for row in case.rows("gate.key_end"):
        with case.about("end of a key").noting():
            ends[row.text("key_id")] = row.moment("ended_at")
    root = case.trust.root
    is_current = bool(published) and published[-1].data.get("root_sha256") == root.sha256
    for key in root.keys:
        if is_current and key.key_id not in members:
            case.about(_name(key)).add("it was published, and the database has lost it")
    for key_id in sorted({*members, *roles, *ends}):
        known = root.key(key_id)
        if known is None or members.get(key_id) != known.person:
            about = case.about(f"key {key_id} of {members.get(key_id, 'nobody')}")
            about.add("the root file does not hold it so")
            continue
        _check_known(case, known, roles[key_id], ends.get(key_id), is_current=is_current)


def _check_known(
    case: Case, key: GateKey, roles: set[str], ended: datetime | None, *, is_current: bool
) -> None:
    """Before the newest root file is published, it may name roles and an end that the database lacks."""
    expected = {str(role) for role in key.roles}
    if not (roles <= expected) or (is_current and roles != expected):
        case.about(_name(key)).add(f"stored with the roles {_listed(roles)}, not {_listed(expected)}")
    if ended != key.ended and (is_current or ended is not None):
        case.about(_name(key)).add(f"stored as ended {_when(ended)}, in the root file {_when(key.ended)}")


def _published(case: Case) -> Iterator[Told]:
    """The entries that tell of root files; each is claimed here."""
    root = case.trust.root
    for told in case.record.told.of_kind(_KIND):
        case.record.told.claim(_KIND, told.n)
        number, sha256 = told.data.get("number"), told.data.get("root_sha256")
        if told.subject != sha256:
            case.about(told.name).add("its subject is not the root file that it tells of")
        if number == root.number and sha256 != root.sha256:
            case.about(told.name).add(f"it tells of another root file with number {number}")
        if isinstance(number, int) and number > root.number:
            case.about(told.name).add(
                f"it tells of root file number {number}, and {root.number} is used here: get the newest one",
            )
        yield told


def _members(case: Case) -> dict[str, str]:
    """The person of each stored key by its id."""
    members: dict[str, str] = {}
    for row in case.rows("gate.member_key"):
        about = case.about(f"key {row.row.get('key_id')} of {row.row.get('person')}")
        with about.noting():
            key_id = row.text("key_id")
            members[key_id] = row.text("person")
            actual = key_id_of(row.content("public_key"))
            about.compare("its public key", [("id", key_id, actual)])
    return members


def _name(key: GateKey) -> str:
    return f"key {key.key_id} of {key.person}"


def _listed(roles: set[str]) -> str:
    return ", ".join(sorted(roles)) or "none"


def _when(moment: datetime | None) -> str:
    return "never" if moment is None else timestamp(moment)
