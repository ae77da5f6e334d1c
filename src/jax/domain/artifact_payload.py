"""The document that an artifact's hash stands for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks, payload_fields
from jax.domain.bar import Timeframe
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue
from jax.domain.payload_fields import timestamp
from jax.domain.risk_profile import RiskProfile

__all__ = ["SCHEMA", "ArtifactPayload", "parse_payload", "payload_of", "timestamp"]

SCHEMA = "jax/artifact/v2"
_SECTIONS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"repo", "commit", "bundle_sha256", "entry"}),
    "env": frozenset({"python", "lock_sha256"}),
    "data": frozenset({"manifest_sha256", "from", "to", "symbols", "vendor"}),
    "risk": frozenset(
        {
            "max_position_pct",
            "max_daily_loss",
            "allowed_order_types",
            "max_order_notional",
            "max_orders_per_min",
            "price_collar_pct",
            "venues",
        }
    ),
    "backtest": frozenset({"run_id", "engine_version", "seed", "trials", "orders_sha256", "metrics"}),
}
# What older payloads do not have: left out, it is what it always was, so that their bytes and hashes stay.
_OPTIONAL: Mapping[str, frozenset[str]] = {
    "data": frozenset({"timeframe"}),
    "risk": frozenset({"auto_approve_confidence"}),
}
_NONE: frozenset[str] = frozenset()
_TOP = frozenset({"schema", "name", "version", "author", "params", "golden_suite_sha256", *_SECTIONS})
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}|unversioned")


@dataclass(frozen=True, slots=True)
class ArtifactPayload:
    """What the trader needs to know of a payload, and the payload itself as `document`.

    `entry` is `module:attribute` within the bundle; `params` are the strategy's, by name; the strategy
    was tested on bars of `timeframe` that end within [`data_from`, `data_to`] of `symbols`, and decides on
    no others. `metrics` are what the author says the backtest made; `trials` is how many variants the author
    tried.
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
    manifest_sha256: str
    orders_sha256: str
    trials: int
    metrics: Mapping[str, int | Decimal]
    golden_suite_sha256: str
    risk: RiskProfile
    document: Mapping[str, Json]
    timeframe: Timeframe = Timeframe.DAY

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
    """The checked payload of a parsed document; InvalidValue names the field that is wrong."""
    top = payload_fields.section("payload", document, keys=_TOP)
    if top["schema"] != SCHEMA:
        raise InvalidValue("schema", f"is {top['schema']!r}, this version reads {SCHEMA!r}")
    parts = {
        name: payload_fields.section(name, top[name], keys=keys, optional=_OPTIONAL.get(name, _NONE))
        for name, keys in _SECTIONS.items()
    }
    _check_environment(parts["env"])
    _check_code(parts["code"])
    metrics = _metrics(parts["backtest"])
    params = payload_fields.mapping("params", top["params"])
    data_from, data_to = _window(parts["data"])
    return ArtifactPayload(
        name=checks.name("name", payload_fields.text("name", top["name"])),
        version=payload_fields.text("version", top["version"], longest=32),
        author=checks.person("author", payload_fields.text("author", top["author"])),
        bundle_sha256=payload_fields.sha256("code.bundle_sha256", parts["code"]["bundle_sha256"]),
        entry=_entry(payload_fields.text("code.entry", parts["code"]["entry"])),
        params={key: payload_fields.number(f"params.{key}", value) for key, value in params.items()},
        symbols=_symbols(parts["data"]),
        data_from=data_from,
        data_to=data_to,
        manifest_sha256=payload_fields.sha256("data.manifest_sha256", parts["data"]["manifest_sha256"]),
        orders_sha256=payload_fields.sha256("backtest.orders_sha256", parts["backtest"]["orders_sha256"]),
        trials=payload_fields.at_least_one("backtest.trials", parts["backtest"]["trials"]),
        metrics=metrics,
        golden_suite_sha256=payload_fields.sha256("golden_suite_sha256", top["golden_suite_sha256"]),
        risk=_risk(parts["risk"]),
        document=top,
        timeframe=_timeframe(parts["data"]),
    )


def _check_environment(env: Mapping[str, Json]) -> None:
    payload_fields.text("env.python", env["python"], longest=32)
    payload_fields.sha256("env.lock_sha256", env["lock_sha256"])


def _check_code(code: Mapping[str, Json]) -> None:
    payload_fields.text("code.repo", code["repo"])
    commit = payload_fields.text("code.commit", code["commit"])
    if _COMMIT.fullmatch(commit) is None:
        raise InvalidValue("code.commit", f"{commit!r} is neither a commit's hash nor 'unversioned'")


def _risk(risk: Mapping[str, Json]) -> RiskProfile:
    limits = {
        field: Decimal(payload_fields.number(f"risk.{field}", risk[field]))
        for field in ("max_position_pct", "max_daily_loss", "max_order_notional", "price_collar_pct")
    }
    for field, limit in limits.items():
        checks.positive(f"risk.{field}", limit)
    return RiskProfile(
        max_position_fraction=limits["max_position_pct"],
        max_daily_loss=limits["max_daily_loss"],
        allowed_order_types=payload_fields.sorted_texts(
            "risk.allowed_order_types", risk["allowed_order_types"]
        ),
        max_order_notional=limits["max_order_notional"],
        max_orders_per_minute=payload_fields.at_least_one(
            "risk.max_orders_per_min", risk["max_orders_per_min"]
        ),
        price_collar_fraction=limits["price_collar_pct"],
        venues=payload_fields.sorted_texts("risk.venues", risk["venues"]),
        auto_approve_confidence=_auto_approve_confidence(risk),
    )


def _auto_approve_confidence(risk: Mapping[str, Json]) -> Decimal | None:
    if "auto_approve_confidence" not in risk:
        return None
    field = "risk.auto_approve_confidence"
    return checks.fraction(field, Decimal(payload_fields.number(field, risk["auto_approve_confidence"])))


def _metrics(backtest: Mapping[str, Json]) -> Mapping[str, int | Decimal]:
    payload_fields.text("backtest.run_id", backtest["run_id"], longest=64)
    payload_fields.text("backtest.engine_version", backtest["engine_version"], longest=32)
    payload_fields.whole("backtest.seed", backtest["seed"])
    metrics = payload_fields.mapping("backtest.metrics", backtest["metrics"])
    return {name: payload_fields.number(f"backtest.metrics.{name}", value) for name, value in metrics.items()}


def _window(data: Mapping[str, Json]) -> tuple[datetime, datetime]:
    payload_fields.sha256("data.manifest_sha256", data["manifest_sha256"])
    payload_fields.text("data.vendor", data["vendor"])
    start, end = payload_fields.time("data.from", data["from"]), payload_fields.time("data.to", data["to"])
    if not (start <= end):
        raise InvalidValue("data.to", f"{data['to']} is before data.from {data['from']}")
    return start, end


def _timeframe(data: Mapping[str, Json]) -> Timeframe:
    if "timeframe" not in data:
        return Timeframe.DAY
    found = payload_fields.word("data.timeframe", data["timeframe"], Timeframe)
    if found is Timeframe.DAY:
        raise InvalidValue("data.timeframe", "is left out for bars of a day, so that they have one spelling")
    return found


def _symbols(data: Mapping[str, Json]) -> tuple[str, ...]:
    symbols = payload_fields.sorted_texts("data.symbols", data["symbols"])
    return tuple(checks.symbol("data.symbols", item) for item in symbols)


def _entry(entry: str) -> str:
    module, _, attribute = entry.partition(":")
    if not attribute.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise InvalidValue("code.entry", f"{entry!r} is not of the form package.module:ATTRIBUTE")
    return entry
