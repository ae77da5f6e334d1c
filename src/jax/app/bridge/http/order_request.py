"""The request that places an order: its headers, its bytes, the order."""

from datetime import UTC, datetime, timedelta

from fastapi import Request

from jax.app.http.problems import ProblemRaised
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.ports.clock import Clock
from jax.ports.order_body import Envelope, order_of_body

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a datetime can hold, and a header cannot exceed.
_LATEST_NS = 253_402_300_799 * 1_000_000_000
_LARGEST_EPOCH = 2**63 - 1

HEADERS = [
    {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": description,
    }
    for name, description in (
        ("X-Epoch", "The trader's epoch, a whole number."),
        ("X-Deadline-Ns", "When it is too late to send, in nanoseconds since 1970 (UTC)."),
        ("X-Boot-Id", "The trader's process."),
        ("X-Body-Sha256", "`sha256:` and the hash of the body's exact bytes, in hexadecimal."),
    )
]


async def order_of(request: Request, client_order_id: str, clock: Clock) -> Order:
    """InvalidValue names the header or field that cannot be used; BODY_DIFFERS: the hash is another."""
    body = await request.body()
    epoch = _whole_number(request, "X-Epoch", most=_LARGEST_EPOCH)
    deadline_ns = _whole_number(request, "X-Deadline-Ns", most=_LATEST_NS)
    _header(request, "X-Boot-Id")
    if _header(request, "X-Body-Sha256") != sha256_of(body):
        raise ProblemRaised(
            422, "BODY_DIFFERS", "X-Body-Sha256 is not the hash of the body that came: send the order again"
        )
    envelope = Envelope(
        client_order_id=client_order_id,
        epoch=epoch,
        deadline_at=_EPOCH + timedelta(microseconds=deadline_ns // 1000),
        received_at=clock.now(),
    )
    return order_of_body(body, envelope)


def _header(request: Request, name: str) -> str:
    value = request.headers.get(name)
    if not value:
        raise InvalidValue(name, "is missing")
    return value


def _whole_number(request: Request, name: str, *, most: int) -> int:
    written = _header(request, name)
    if not (written.isascii() and written.isdigit() and len(written) <= 20 and int(written) <= most):
        raise InvalidValue(name, f"must be a whole number from 0 to {most}")
    return int(written)
