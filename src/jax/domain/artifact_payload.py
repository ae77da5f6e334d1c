"""The document that an artifact's hash stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from jax.domain import checks
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue

SCHEMA = "jax/artifact/v1"
_SECTIONS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"bundle_sha256", "entry"}),
    "env": frozenset({"python", "lock_sha256"}),
    "data": frozenset({"manifest_sha256", "from", "to", "symbols", "vendor"}),
    "risk": frozenset({"max_position_pct", "max_daily_loss", "allowed_order_types"}),
    "backtest": frozenset({"run_id", "engine_version", "seed", "trials", "orders_sha256", "metrics"}),
}
_TOP = frozenset({"schema", "name", "version", "author", "params", *_SECTIONS})


@dataclass(frozen=True, slots=True)
class ArtifactPayload:
    """What the trader needs to know of a payload, and the payload itself as `document`.

    `entry` is `module:attribute` within the bundle; `params` are the strategy's, by name; the strategy
    was tested on bars that end within [`data_from`, `data_to`] of `symbols`.
    """

    name: str
    version: str
    author: str
    bundle_sha256: str
    entry: str
    params: Mapping[str, int | Decimal]
    symbols: tuple[str, ...]
    data_from: datetime
    data_to: datetime
    orders_sha256: str
    document: Mapping[str, Json]

    def encoded(self) -> bytes:
        """The canonical bytes; their hash is the artifact's."""
        return canonical_bytes(self.document)


def parse_payload(payload: bytes) -> ArtifactPayload:
    """The payload that canonical `payload` spells; InvalidValue names the field that is wrong."""
    try:
        document = strict_parse(payload)
    except NotCanonical as error:
        raise InvalidValue("payload", str(error)) from error
    return payload_of(document)


def payload_of(document: Json) -> ArtifactPayload:
    """The checked payload of a parsed document."""
    top = _mapping("payload", document)
    _exact_keys("payload", top, _TOP)
    if top["schema"] != SCHEMA:
        raise InvalidValue("schema", f"is {top['schema']!r}, this version reads {SCHEMA!r}")
    sections = {name: _mapping(name, top[name]) for name in _SECTIONS}
    for name, keys in _SECTIONS.items():
        _exact_keys(name, sections[name], keys)
    data, code = sections["data"], sections["code"]
    return ArtifactPayload(
        name=checks.name("name", _text("name", top["name"])),
        version=checks.text("version", _text("version", top["version"]), longest=32),
        author=checks.text("author", _text("author", top["author"])),
        bundle_sha256=checks.sha256("code.bundle_sha256", _text("code.bundle_sha256", code["bundle_sha256"])),
        entry=_entry(_text("code.entry", code["entry"])),
        params={
            key: _number(f"params.{key}", value) for key, value in _mapping("params", top["params"]).items()
        },
        symbols=_symbols(data["symbols"]),
        data_from=_time("data.from", data["from"]),
        data_to=_time("data.to", data["to"]),
        orders_sha256=checks.sha256(
            "backtest.orders_sha256", _text("backtest.orders_sha256", sections["backtest"]["orders_sha256"])
        ),
        document=top,
    )


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with Z, to the second."""
    return checks.utc("timestamp", moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mapping(field: str, value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise InvalidValue(field, "must be an object")
    return value


def _exact_keys(field: str, value: Mapping[str, Json], keys: frozenset[str]) -> None:
    if value.keys() != keys:
        missing, unknown = sorted(keys - value.keys()), sorted(value.keys() - keys)
        raise InvalidValue(field, f"lacks {missing or 'nothing'}, has unknown {unknown or 'nothing'}")


def _text(field: str, value: Json) -> str:
    if not isinstance(value, str):
        raise InvalidValue(field, "must be text")
    return value


def _entry(entry: str) -> str:
    module, _, attribute = entry.partition(":")
    if not attribute.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise InvalidValue("code.entry", f"{entry!r} is not of the form package.module:ATTRIBUTE")
    return entry


def _number(field: str, value: Json) -> int | Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return checks.finite(field, Decimal(_text(field, value)))
    except InvalidOperation as error:
        raise InvalidValue(field, f"{value!r} is not a decimal number") from error


def _symbols(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InvalidValue("data.symbols", "must be a list of at least one symbol")
    symbols = tuple(checks.symbol("data.symbols", _text("data.symbols", item)) for item in value)
    if list(symbols) != sorted(set(symbols)):
        raise InvalidValue("data.symbols", "must be sorted, each symbol once")
    return symbols


def _time(field: str, value: Json) -> datetime:
    written = _text(field, value)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise InvalidValue(field, f"{written!r} is not an RFC 3339 time") from error
    if moment.tzinfo is None or timestamp(moment) != written:
        raise InvalidValue(field, f"{written!r} is not an RFC 3339 time in UTC with Z")
    return moment
