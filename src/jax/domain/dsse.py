"""Signed envelopes: DSSE v1 (github.com/secure-systems-lab/dsse, protocol.md), one signer each."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass

from jax.domain import checks, payload_fields
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue

PAYLOAD_TYPE = "application/vnd.in-toto+json"
# Public key, message, signature: raw bytes. Never raises for wrong ones.
VerifySignature = Callable[[bytes, bytes, bytes], bool]
_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """`payload` as `key_id` signed it; the key id is a hint where to look, and never decides."""

    payload: bytes
    key_id: str
    signature: bytes

    def __post_init__(self) -> None:
        checks.sha256("keyid", self.key_id)
        if len(self.signature) != _SIGNATURE_BYTES:
            raise InvalidValue("sig", f"has {len(self.signature)} bytes, an Ed25519 signature has 64")

    def encoded(self) -> bytes:
        """The envelope as canonical JSON."""
        return canonical_bytes(
            {
                "payload": base64.b64encode(self.payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [
                    {"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode()},
                ],
            }
        )


def signed_bytes(payload: bytes) -> bytes:
    """What is signed for `payload`: the pre-authentication encoding (DSSE v1, "Signature Definition")."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def decode_envelope(document: bytes) -> Envelope:
    """The envelope that `document` spells, unverified; InvalidValue names what is wrong with it."""
    try:
        top = payload_fields.section(
            "envelope", strict_parse(document), keys=frozenset({"payload", "payloadType", "signatures"})
        )
    except NotCanonical as error:
        raise InvalidValue("envelope", str(error)) from error
    if top["payloadType"] != PAYLOAD_TYPE:
        raise InvalidValue("payloadType", f"is {top['payloadType']!r}, not {PAYLOAD_TYPE!r}")
    signatures = top["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        raise InvalidValue("signatures", "must be a list of exactly one signature")
    signature = payload_fields.section("signatures", signatures[0], keys=frozenset({"keyid", "sig"}))
    return Envelope(
        payload=from_base64("payload", top["payload"]),
        key_id=payload_fields.sha256("keyid", signature["keyid"]),
        signature=from_base64("sig", signature["sig"]),
    )


def from_base64(field: str, value: Json) -> bytes:
    """The bytes of base64 text with its padding, if that is their one spelling."""
    if not isinstance(value, str):
        raise InvalidValue(field, "must be text")
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidValue(field, "is not base64") from error
    if base64.b64encode(content).decode() != value:
        raise InvalidValue(field, "is not the one base64 spelling of its bytes")
    return content
