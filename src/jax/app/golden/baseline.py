"""A baseline: requests with the answers that running services gave to them, and why it is as it is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jax.app.console import CommandFailed

SCHEMA = "jax/golden-baseline/v1"
SERVICES = ("jax-trader", "jax-research")
_ENDPOINT = re.compile(r"(GET|POST) /\S*( \S+)*")
_ASKED = frozenset({"query", "body", "again_while"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to `service`, and its masked answer: `status` and `body`; None until it was captured.

    `endpoint` is method and path. `request` may have a `query`, a `body`, and `again_while`: the request is
    repeated while the answer has all these fields.
    """

    service: str
    endpoint: str
    request: Mapping[str, Any]
    response: Mapping[str, Any] | None

    def document(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "service": self.service,
            "endpoint": self.endpoint,
            "request": self.request,
            "response": self.response,
        }


@dataclass(frozen=True, slots=True)
class Baseline:
    """`identities` and `volatile` name the fields that differ from run to run.

    An identity keeps its place: equal values stay equal. Of a volatile field only its kind is kept.
    `metadata` says what it is `about`, and for the last capture its `reason`, `captured_at` and `version`.
    """

    metadata: Mapping[str, Any]
    identities: tuple[str, ...]
    volatile: tuple[str, ...]
    exchanges: tuple[Exchange, ...] = field(default=())

    def document(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "schema": SCHEMA,
            "metadata": self.metadata,
            "masked": {"identities": list(self.identities), "volatile": list(self.volatile)},
            "exchanges": [exchange.document() for exchange in self.exchanges],
        }


def read_baseline(file: Path) -> Baseline:
    """The baseline in `file`; CommandFailed says what of it cannot be used, or which there are beside it."""
    if not file.is_file():
        known = ", ".join(sorted(found.name for found in file.parent.glob("*.json"))) or "none"
        raise CommandFailed(f"there is no baseline {file}; beside it there is {known}")
    try:
        return _baseline(json.loads(file.read_text(encoding="utf-8")))
    except KeyError as error:
        raise CommandFailed(f"{file} is no baseline: it has no {error}; restore it") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise CommandFailed(f"{file} is no baseline: {error}; restore it") from error


def write_baseline(file: Path, baseline: Baseline) -> None:
    """Writes it the way that a difference of two versions can be read."""
    file.write_text(json.dumps(baseline.document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _baseline(document: Mapping[str, Any]) -> Baseline:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    masked = document["masked"]
    return Baseline(
        metadata=dict(document["metadata"]),
        identities=tuple(masked["identities"]),
        volatile=tuple(masked["volatile"]),
        exchanges=tuple(_exchange(found) for found in document["exchanges"]),
    )


def _exchange(found: Mapping[str, Any]) -> Exchange:
    exchange = Exchange(found["service"], found["endpoint"], dict(found["request"]), found["response"])
    if exchange.service not in SERVICES:
        raise ValueError(f"{exchange.service!r} is none of {', '.join(SERVICES)}")
    if _ENDPOINT.fullmatch(exchange.endpoint) is None:
        raise ValueError(f"{exchange.endpoint!r} is not a method and a path")
    unknown = exchange.request.keys() - _ASKED
    if unknown:
        raise ValueError(f"{exchange.endpoint}: a request has no {', '.join(sorted(unknown))}")
    return exchange
