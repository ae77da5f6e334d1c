"""Turns a statement into the envelope that the gate accepts."""

from jax.domain.dsse import Envelope, signed_bytes
from jax.domain.gate_key import key_id_of
from jax.domain.statement import Statement
from jax.ports.signer import Signer


def sign_statement(statement: Statement, signer: Signer) -> bytes:
    """The encoded envelope; raises as the signer does."""
    payload = statement.encoded()
    signature = signer.sign(signed_bytes(payload))
    return Envelope(payload, key_id_of(signer.public_key), signature).encoded()
