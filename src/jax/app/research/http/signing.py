"""What goes out to be signed, and what comes back signed: the private key stays where it is."""

import base64
from typing import Literal

from pydantic import BaseModel, Field

from jax.app.research.http.fields import Bytes, Hash, StrictBody
from jax.domain.canonical_json import canonical_bytes
from jax.domain.dsse import PAYLOAD_TYPE, signed_bytes
from jax.domain.statement import Statement

# The base64 of the largest document that is read, 1 MiB, and of a signature's 64 bytes.
_LONGEST_PAYLOAD = 1_400_000
_LONGEST_SIGNATURE = 88
_EXAMPLE_SIGNATURE = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ..."


class StatementBody(BaseModel):
    """An in-toto statement to be signed.

    Sign the bytes of `to_sign` with Ed25519 as they are; `statement`, `payload_type` and the signature make
    the DSSE envelope.
    """

    predicate_type: str = Field(examples=["urn:jax:approval:v1"])
    payload_type: str = Field(examples=[PAYLOAD_TYPE])
    statement: Bytes
    to_sign: Bytes

    @classmethod
    def of(cls, statement: Statement) -> "StatementBody":
        encoded = statement.encoded()
        return cls(
            predicate_type=statement.predicate_type,
            payload_type=PAYLOAD_TYPE,
            statement=base64.b64encode(encoded).decode(),
            to_sign=base64.b64encode(signed_bytes(encoded)).decode(),
        )


class SignatureBody(StrictBody):
    """By the key with this id: `sha256:` and the hash of the raw public key."""

    keyid: Hash
    sig: str = Field(max_length=_LONGEST_SIGNATURE, examples=[_EXAMPLE_SIGNATURE])


class EnvelopeBody(StrictBody):
    """A DSSE envelope with exactly one signature; the order of its fields does not matter."""

    payload: str = Field(max_length=_LONGEST_PAYLOAD, examples=["eyJfdHlwZSI6Imh0dHBzOi8v..."])
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815 - DSSE calls it so
    signatures: list[SignatureBody] = Field(min_length=1, max_length=1)

    def encoded(self) -> bytes:
        """The envelope in its one spelling."""
        return canonical_bytes(self.model_dump())


class EnvelopeRequest(StrictBody):
    """What was signed."""

    envelope: EnvelopeBody
