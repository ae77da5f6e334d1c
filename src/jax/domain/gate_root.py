"""The root file: who signs at the gate, with which keys. Every verification starts from it."""

import base64
from dataclasses import dataclass, replace
from datetime import datetime

from jax.domain import payload_fields
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, sha256_of, strict_parse
from jax.domain.dsse import from_base64
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.payload_fields import timestamp

SCHEMA = "jax/gate-root/v1"
_LARGEST_NUMBER = 2**53 - 1
_KEYS = frozenset({"schema", "number", "solo", "keys"})
_KEY = frozenset({"public_key", "person", "roles", "added", "ended"})


@dataclass(frozen=True, slots=True)
class GateRoot:
    """`number` counts the versions of the file from 1; `solo` says whether the solo policy may be used.

    Each public key is there once; a person may have several.
    """

    number: int
    solo: bool
    keys: tuple[GateKey, ...]

    def __post_init__(self) -> None:
        if not (1 <= self.number <= _LARGEST_NUMBER):
            raise InvalidValue("number", f"must be 1 to {_LARGEST_NUMBER}, not {self.number}")
        if len({key.public_key for key in self.keys}) != len(self.keys):
            raise InvalidValue("keys", "hold one public key twice")

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return sha256_of(self.encoded())

    def key(self, key_id: str) -> GateKey | None:
        """The key with this id, ended or not; None when there is none."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    def encoded(self) -> bytes:
        """The file: canonical JSON, keys sorted by their ids, times to the second."""
        return canonical_bytes(
            {
                "schema": SCHEMA,
                "number": self.number,
                "solo": self.solo,
                "keys": [_encoded_key(key) for key in _sorted(self.keys)],
            }
        )


def parse_root(document: bytes) -> GateRoot:
    """The root that canonical `document` spells; InvalidValue names the field that is wrong."""
    try:
        top = payload_fields.section("root", strict_parse(document), keys=_KEYS)
    except NotCanonical as error:
        raise InvalidValue("root", str(error)) from error
    if top["schema"] != SCHEMA:
        raise InvalidValue("schema", f"is {top['schema']!r}, this version reads {SCHEMA!r}")
    keys = tuple(
        _parsed_key(f"keys[{index}]", value)
        for index, value in enumerate(payload_fields.items("keys", top["keys"]))
    )
    if keys != _sorted(keys):
        raise InvalidValue("keys", "must be sorted by key id")
    return GateRoot(
        number=payload_fields.whole("number", top["number"]),
        solo=payload_fields.flag("solo", top["solo"]),
        keys=keys,
    )


def with_key(root: GateRoot, key: GateKey) -> GateRoot:
    """The next version, with one key more; InvalidValue when it is there already, or has ended."""
    known = root.key(key.key_id)
    if known is not None:
        raise InvalidValue(
            "public_key", f"is in the root file already, as {known.person}'s: create another key"
        )
    if key.ended is not None:
        raise InvalidValue("ended", "a key that has ended cannot be added")
    return replace(root, number=root.number + 1, keys=_sorted((*root.keys, key)))


def with_key_ended(root: GateRoot, key_id: str, at: datetime) -> GateRoot:
    """The next version, in which the key has ended at `at`, for good; InvalidValue when it had already."""
    key = root.key(key_id)
    if key is None:
        raise InvalidValue("key_id", f"{key_id} is not in the root file")
    if key.ended is not None:
        raise InvalidValue("key_id", f"the key of {key.person} was ended {timestamp(key.ended)} already")
    ended = replace(key, ended=at)
    others = (other for other in root.keys if other != key)
    return replace(root, number=root.number + 1, keys=_sorted((*others, ended)))


def _sorted(keys: tuple[GateKey, ...]) -> tuple[GateKey, ...]:
    return tuple(sorted(keys, key=lambda key: key.key_id))


def _encoded_key(key: GateKey) -> Json:
    return {
        "public_key": base64.b64encode(key.public_key).decode(),
        "person": key.person,
        "roles": sorted(key.roles),
        "added": timestamp(key.added),
        "ended": None if key.ended is None else timestamp(key.ended),
    }


def _parsed_key(field: str, value: Json) -> GateKey:
    try:
        found = payload_fields.section("key", value, keys=_KEY)
        ended = found["ended"]
        return GateKey(
            public_key=from_base64("public_key", found["public_key"]),
            person=payload_fields.text("person", found["person"]),
            roles=_roles(found["roles"]),
            added=payload_fields.time("added", found["added"]),
            ended=None if ended is None else payload_fields.time("ended", ended),
        )
    except InvalidValue as error:
        inner = "" if error.field == "key" else f".{error.field}"
        raise InvalidValue(f"{field}{inner}", error.problem) from error


def _roles(value: Json) -> frozenset[GateRole]:
    texts = payload_fields.sorted_texts("roles", value)
    return frozenset(payload_fields.word("roles", text, GateRole) for text in texts)
