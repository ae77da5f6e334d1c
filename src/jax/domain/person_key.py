"""A public key and whose it is: what a person hands to the keeper of the root file."""

import base64
from dataclasses import dataclass

from jax.domain import checks, payload_fields
from jax.domain.canonical_json import NotCanonical, canonical_bytes, strict_parse
from jax.domain.dsse import from_base64
from jax.domain.errors import InvalidValue
from jax.domain.gate_key import check_public_key, key_id_of

SCHEMA = "jax/public-key/v1"
_KEYS = frozenset({"schema", "person", "public_key"})


@dataclass(frozen=True, slots=True)
class PersonKey:
    """An Ed25519 public key (32 raw bytes) that says of itself that it is `person`'s: it proves nothing."""

    person: str
    public_key: bytes

    def __post_init__(self) -> None:
        checks.person("person", self.person)
        check_public_key("public_key", self.public_key)

    @property
    def key_id(self) -> str:
        """What two people compare by voice before one trusts it."""
        return key_id_of(self.public_key)

    def encoded(self) -> bytes:
        """The file as canonical JSON."""
        return canonical_bytes(
            {
                "schema": SCHEMA,
                "person": self.person,
                "public_key": base64.b64encode(self.public_key).decode(),
            }
        )


def parse_person_key(document: bytes) -> PersonKey:
    """The key that canonical `document` spells; InvalidValue names the field that is wrong."""
    try:
        top = payload_fields.section("public key file", strict_parse(document), keys=_KEYS)
    except NotCanonical as error:
        raise InvalidValue("public key file", str(error)) from error
    if top["schema"] != SCHEMA:
        raise InvalidValue("schema", f"is {top['schema']!r}, this version reads {SCHEMA!r}")
    return PersonKey(
        person=payload_fields.text("person", top["person"]),
        public_key=from_base64("public_key", top["public_key"]),
    )
