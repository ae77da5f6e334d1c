"""A payload says everything it must, once, in a form that is checked field by field."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.artifact_payload import SCHEMA, ArtifactPayload, parse_payload, payload_of, timestamp
from jax.domain.bar import Timeframe
from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.risk_profile import RiskProfile
from tests.unit.domain.examples import HASH, NOON, OTHER_HASH
from tests.unit.domain.field_rules import NAME, PERSON, SHA256, SYMBOL, Rule, text
from tests.unit.domain.json_values import values
from tests.unit.domain.refusals import refusal_of

# Of what `a_document` says, from before payloads could name a timeframe.
_HASH_OF_BEFORE = "sha256:cf651a79218e8db32b4f76314e85bf64b28734baf50b07c20fe4983db82e0259"


def a_document() -> dict[str, Any]:
    return {
        "schema": "jax/artifact/v2",
        "name": "ma_crossover_v1",
        "version": "1.0.0",
        "author": "avery",
        "golden_suite_sha256": OTHER_HASH,
        "code": {
            "repo": "strategies 2.1",
            "commit": "unversioned",
            "bundle_sha256": HASH,
            "entry": "user.mine:STRATEGY",
        },
        "env": {"python": "3.11.7", "lock_sha256": HASH},
        "params": {"fast": 20, "slow": 50, "threshold": "0.05"},
        "data": {
            "manifest_sha256": HASH,
            "from": "2000-01-03T21:00:00Z",
            "to": "2012-12-31T21:00:00Z",
            "symbols": ["AAPL", "MSFT"],
            "vendor": "sample",
        },
        "risk": {
            "max_position_pct": "0.2",
            "max_daily_loss": "1000",
            "allowed_order_types": ["LIMIT", "MARKET"],
            "max_order_notional": "50000",
            "max_orders_per_min": 6,
            "price_collar_pct": "0.05",
            "venues": ["ib", "paper"],
        },
        "backtest": {
            "run_id": "r1",
            "engine_version": "1",
            "seed": 7,
            "trials": 3,
            "orders_sha256": OTHER_HASH,
            "metrics": {"sharpe": "1.25", "trades": 40, "total_return": "-0.5"},
        },
    }


def _with(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(a_document())
    *parents, last = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    place[last] = value
    return document


def _refusal(document: Any) -> InvalidValue | None:
    return refusal_of(lambda: payload_of(document))


def test_a_payload_is_what_its_document_says() -> None:
    payload = payload_of(a_document())
    assert payload == ArtifactPayload(
        name="ma_crossover_v1",
        version="1.0.0",
        author="avery",
        bundle_sha256=HASH,
        entry="user.mine:STRATEGY",
        params={"fast": 20, "slow": 50, "threshold": Decimal("0.05")},
        symbols=("AAPL", "MSFT"),
        data_from=datetime(2000, 1, 3, 21, tzinfo=UTC),
        data_to=datetime(2012, 12, 31, 21, tzinfo=UTC),
        manifest_sha256=HASH,
        orders_sha256=OTHER_HASH,
        trials=3,
        metrics={"sharpe": Decimal("1.25"), "trades": 40, "total_return": Decimal("-0.5")},
        golden_suite_sha256=OTHER_HASH,
        risk=RiskProfile(
            Decimal("0.2"),
            Decimal("1000"),
            ("LIMIT", "MARKET"),
            Decimal(50_000),
            6,
            Decimal("0.05"),
            ("ib", "paper"),
        ),
        document=a_document(),
    )
    assert isinstance(payload.params["fast"], int)


def test_a_payload_of_before_is_still_the_same_bytes_and_the_same_hash() -> None:
    payload = payload_of(a_document())
    assert sha256_of(payload.encoded()) == _HASH_OF_BEFORE
    assert (payload.timeframe, payload.risk.auto_approve_confidence) == (Timeframe.DAY, None)


def test_a_payload_may_name_its_timeframe_and_what_needs_no_persons_approval() -> None:
    assert payload_of(_with("data.timeframe", "5m")).timeframe is Timeframe.FIVE_MINUTES
    risk = payload_of(_with("risk.auto_approve_confidence", "0.9")).risk
    assert [risk.approves(Decimal(text)) for text in ("0.8999", "0.9", "1")] == [False, True, True]


def test_what_is_encoded_is_parsed() -> None:
    payload = payload_of(a_document())
    assert payload.encoded() == canonical_bytes(a_document())
    assert parse_payload(payload.encoded()) == payload


@given(st.binary(max_size=60) | values.map(canonical_bytes))
def test_bytes_that_are_no_payload_are_refused_as_such(document: bytes) -> None:
    with pytest.raises(InvalidValue) as refusal:
        parse_payload(document)
    assert refusal.value.field in {"payload", "schema"}


def test_another_spelling_of_a_payload_is_refused() -> None:
    document = payload_of(a_document()).encoded()
    for spelled in (document + b"\n", document.replace(b":", b": ", 1), b"\xef\xbb\xbf" + document):
        with pytest.raises(InvalidValue, match="payload: "):
            parse_payload(spelled)


def _keys(document: Mapping[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in document.items():
        found.append(prefix + key)
        if isinstance(value, dict) and key not in {"params", "metrics"}:
            found += _keys(value, f"{prefix}{key}.")
    return found


@pytest.mark.parametrize("path", _keys(a_document()))
def test_a_missing_field_is_named(path: str) -> None:
    document = deepcopy(a_document())
    *parents, last = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    del place[last]
    refusal = _refusal(document)
    assert refusal is not None
    assert str(refusal) == f"{parents[0] if parents else 'payload'}: lacks ['{last}'], has unknown nothing"


def test_all_missing_and_unknown_fields_are_named_in_order() -> None:
    document = {key: value for key, value in a_document().items() if key not in {"schema", "name", "author"}}
    refusal = _refusal(document | {"b": 1, "a": 1, "c": 1})
    assert refusal is not None
    assert str(refusal) == "payload: lacks ['author', 'name', 'schema'], has unknown ['a', 'b', 'c']"


@pytest.mark.parametrize("section", ["", "code.", "env.", "data.", "risk.", "backtest."])
def test_an_unknown_field_is_named(section: str) -> None:
    refusal = _refusal(_with(f"{section}more", 1))
    assert refusal is not None
    assert str(refusal) == f"{section[:-1] or 'payload'}: lacks nothing, has unknown ['more']"


_NOT_TEXT: tuple[Any, ...] = (None, 1, True, [], {})
_NUMBER = Rule(
    (
        *(None, True, False, [], {}, 1.5, "", "a", "1_000", " 1", "1 ", "+1", "1e3", "1E3", "01", "1.", ".5"),
        *("-", "--1", "NaN", "Infinity", "0x10", "1,5", "\u0661", "1/2", "0.123456789", "1000000000000"),
    ),
    ("0", "-0.5", "12.25", "999999999999.99999999", 7, -7),
)
_POSITIVE = Rule((*_NUMBER.refused, "0", 0, "-1", -1), ("0.2", 1))
_WHOLE = Rule((None, True, "1", 1.0, []), (0, -1, 10))
_COUNT = Rule((*_WHOLE.refused, 0, -1), (1, 10))
_TIME = Rule(
    (
        *(None, 0, "", "now", "2000-01-03", "2000-01-03T21:00:00", "2000-01-03T21:00:00+00:00"),
        *("2000-01-03 21:00:00Z", "2000-01-03T21:00:00z", "2000-01-03T21:00:00.000Z", "20000103T210000Z"),
        *("2000-01-03T22:00:00+01:00", "2000-01-03T21:00:00-00:00"),
        *("2000-01-03T21:00Z", "2000-13-03T21:00:00Z", "2000-01-03T24:00:00Z", "2000-02-30T00:00:00Z"),
    )
)
_ENTRY = Rule(
    (*_NOT_TEXT, "", "mine", "mine:", ":A", "mine:A:B", "a..b:A", ".a:A", "a.:A", "a b:A", "a/b:A", "a:A.B"),
    ("mine:A", "a.b.c:_A1"),
)
_SYMBOLS = Rule(
    (
        None,
        "AAPL",
        "AIM",
        [],
        {},
        [1],
        ["MSFT", "AAPL"],
        ["AAPL", "AAPL"],
        *([bad] for bad in SYMBOL.refused),
    ),
    (["AAPL"], ["AAPL", "IBM"]),
)
_ORDER_TYPES = Rule((None, "LIMIT", [], [1], [""], ["MARKET", "LIMIT"], ["LIMIT", "LIMIT"]), (["LIMIT"],))


_COMMIT = Rule(
    (*_NOT_TEXT, "", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "a" * 63, "main"),
    ("a" * 40, "0" * 64, "unversioned"),
)


def _spelled(rule: Rule) -> Rule:
    return Rule((*rule.refused, *_NOT_TEXT), rule.accepted)


_RULES = {
    "name": _spelled(NAME),
    "version": _spelled(text(32)),
    "author": _spelled(PERSON),
    "golden_suite_sha256": _spelled(SHA256),
    "code.repo": _spelled(text()),
    "code.commit": _COMMIT,
    "code.bundle_sha256": _spelled(SHA256),
    "code.entry": _ENTRY,
    "env.python": _spelled(text(32)),
    "env.lock_sha256": _spelled(SHA256),
    "params": Rule((None, [], "x", 1), ({},)),
    "params.fast": _NUMBER,
    "data.manifest_sha256": _spelled(SHA256),
    "data.from": _TIME,
    "data.to": _TIME,
    "data.symbols": _SYMBOLS,
    "data.vendor": _spelled(text()),
    "risk.max_position_pct": _POSITIVE,
    "risk.max_daily_loss": _POSITIVE,
    "risk.allowed_order_types": _ORDER_TYPES,
    "risk.max_order_notional": _POSITIVE,
    "risk.max_orders_per_min": _COUNT,
    "risk.price_collar_pct": _POSITIVE,
    "risk.venues": _ORDER_TYPES,
    "backtest.run_id": _spelled(text(64)),
    "backtest.engine_version": _spelled(text(32)),
    "backtest.seed": _WHOLE,
    "backtest.trials": _COUNT,
    "backtest.orders_sha256": _spelled(SHA256),
    "backtest.metrics": Rule((None, [], "x", 1), ({},)),
    "backtest.metrics.sharpe": _NUMBER,
    "schema": Rule((None, "", "jax/artifact/v1", 1), (SCHEMA,)),
    **{part: Rule((None, [], "x", 1)) for part in ("code", "env", "data", "risk", "backtest")},
    # What may be left out.
    "data.timeframe": Rule((None, "", "1d", "2h", 5), ("1m", "5m", "15m", "1h")),
    "risk.auto_approve_confidence": Rule(
        (None, "", "x", 0, "0", "-1", "1.1", 2, "NaN", 0.5), ("0.8", "1", 1, "0.00000001")
    ),
}


@pytest.mark.parametrize(("path", "rule"), _RULES.items())
def test_a_bad_field_is_refused_and_named(path: str, rule: Rule) -> None:
    for value in rule.refused:
        refusal = _refusal(_with(path, value))
        assert refusal is not None, f"{path} took {value!r}"
        assert refusal.field == path


@pytest.mark.parametrize(("path", "rule"), _RULES.items())
def test_a_good_field_is_taken(path: str, rule: Rule) -> None:
    for value in rule.accepted:
        assert _refusal(_with(path, value)) is None, f"{path} refused {value!r}"


def test_every_field_has_a_rule() -> None:
    assert set(_keys(a_document())) <= set(_RULES)


def test_text_has_one_spelling_in_unicode() -> None:
    assert _refusal(_with("data.vendor", "Caf\u00e9")) is None
    refusal = _refusal(_with("data.vendor", "Cafe\u0301"))
    assert refusal is not None
    assert refusal.field == "data.vendor"


@pytest.mark.parametrize("document", [None, [], "text", 1])
def test_a_payload_is_an_object(document: Any) -> None:
    refusal = _refusal(document)
    assert refusal is not None
    assert str(refusal) == "payload: must be an object"


def test_the_data_do_not_end_before_they_begin() -> None:
    assert _refusal(_with("data.to", "2000-01-03T21:00:00Z")) is None
    refusal = _refusal(_with("data.to", "2000-01-03T20:59:59Z"))
    assert refusal is not None
    assert str(refusal) == "data.to: 2000-01-03T20:59:59Z is before data.from 2000-01-03T21:00:00Z"


def test_says_which_schema_it_reads() -> None:
    refusal = _refusal(_with("schema", "jax/artifact/v3"))
    assert refusal is not None
    assert str(refusal) == "schema: is 'jax/artifact/v3', this version reads 'jax/artifact/v2'"


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - made aware
def test_a_timestamp_is_read_back_to_the_second(moment: datetime) -> None:
    payload = payload_of(_with("data.to", timestamp(max(moment, NOON))))
    assert payload.data_to == max(moment, NOON).replace(microsecond=0)


def test_a_timestamp_is_of_a_time_in_utc() -> None:
    assert timestamp(NOON) == "2024-03-01T12:00:00Z"
    refusal = refusal_of(lambda: timestamp(NOON.astimezone(timezone(timedelta(hours=1)))))
    assert refusal is not None
    assert refusal.field == "timestamp"
