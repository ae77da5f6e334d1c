"""Every variable of the trader: its default, and what is said of a value that cannot be."""

from decimal import Decimal

import pytest

from jax.app.console import CommandFailed
from jax.app.trader.raising_epoch import TakeOverWord
from jax.app.trader.settings import TraderSettings, load_settings
from jax.domain.order import OrderType

_NUMBERS = (
    "MAX_RISK_PER_TRADE",
    "MIN_POSITION_SIZE",
    "MAX_POSITION_SIZE",
    "MAX_POSITION_VALUE_PCT",
    "MAX_DAILY_LOSS",
)


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in TraderSettings.model_fields:
        monkeypatch.delenv(variable, raising=False)


def refusal_of(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(CommandFailed) as refused:
        load_settings()
    assert len(str(refused.value).splitlines()) == 1
    return str(refused.value)


def test_the_defaults_are_those_of_the_plan() -> None:
    settings = load_settings()
    assert settings.model_dump() == {
        "EXECUTION_ENABLED": False,
        "MODE": "paper",
        "BROKER": "paper",
        "BROKER_ACCOUNT": "paper",
        "IB_BRIDGE_TOKEN": None,
        "IB_BRIDGE_URL": "http://localhost:8092",
        "DATABASE_URL": None,
        "JAX_API_TOKEN": None,
        "MAX_RISK_PER_TRADE": Decimal("0.01"),
        "MIN_POSITION_SIZE": Decimal(1),
        "MAX_POSITION_SIZE": Decimal(1000),
        "MAX_POSITION_VALUE_PCT": Decimal("0.20"),
        "MAX_ORDER_NOTIONAL": None,
        "MAX_OPEN_POSITIONS": 5,
        "MAX_DAILY_RISK": None,
        "MAX_GROSS_EXPOSURE_PCT": Decimal(1),
        "MAX_NET_EXPOSURE_PCT": Decimal(1),
        "ONE_DIRECTION_PER_SYMBOL": True,
        "CASH_RESERVE_PCT": Decimal(0),
        "SET_ASIDE_PROFIT_PCT": Decimal("0.5"),
        "MAX_CYCLE_NOTIONAL_PCT": Decimal("0.5"),
        "MAX_ORDERS_PER_MINUTE": 30,
        "ORDER_BURST": 10,
        "REPEAT_AFTER_SECONDS": Decimal(10),
        "PRICE_COLLAR_PCT": Decimal("0.10"),
        "MIN_STOP_DISTANCE_PCT": Decimal("0.0005"),
        "MAX_STOP_DISTANCE_PCT": Decimal("0.5"),
        "MAX_QUOTE_AGE_SECONDS": Decimal(60),
        "MAX_QUOTE_LEAD_SECONDS": Decimal(1),
        "MUST_BE_IN_SESSION": True,
        "RESTRICTED_SYMBOLS": "",
        "MAX_DAILY_LOSS": Decimal("1000.0"),
        "DEFAULT_ORDER_TYPE": "LMT",
        "UNPROTECTED_SECONDS": Decimal(10),
        "TAKE_OVER_FROM_EPOCH": None,
        "TAKE_OVER_BY": "",
        "TAKE_OVER_REASON": "",
        "RUN_EVERY_SECONDS": Decimal(5),
        "MARKET_FEED": "none",
        "FEED_URL": "ws://localhost:8094/ticks",
        "FEED_TOKEN": None,
        "FEED_POLL_SECONDS": Decimal(1),
        "FEED_LATENESS_SECONDS": Decimal(2),
        "FEED_SILENCE_SECONDS": Decimal(120),
        "FEED_FILE": "bars.jsonl",
        "FEED_SPEED": "1",
    }
    assert settings.order_type is OrderType.LIMIT
    assert (settings.database_url, settings.api_token) == (None, None)


def test_the_environment_is_read_under_exactly_these_names(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "EXECUTION_ENABLED": "true",
        "DATABASE_URL": "postgresql://jax:secret@localhost:5432/jax",
        "JAX_API_TOKEN": "correct-horse-battery",
        "MAX_RISK_PER_TRADE": "0.02",
        "MAX_POSITION_SIZE": "0",
        "MAX_OPEN_POSITIONS": "3",
        "DEFAULT_ORDER_TYPE": "MKT",
        "max_daily_loss": "1",
    }
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    limits = settings.risk_limits()
    assert settings.EXECUTION_ENABLED is True
    assert settings.database_url == values["DATABASE_URL"]
    assert settings.api_token == values["JAX_API_TOKEN"]
    assert settings.order_type is OrderType.MARKET
    assert limits.sizing.max_risk_per_trade_fraction == Decimal("0.02")
    assert limits.sizing.max_position_size == 0
    assert (limits.max_open_positions, limits.max_daily_loss) == (3, Decimal(1000))


@pytest.mark.parametrize("missing", ["TAKE_OVER_BY", "TAKE_OVER_REASON"])
def test_who_takes_an_account_over_says_who_and_why(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    said = {"TAKE_OVER_FROM_EPOCH": "3", "TAKE_OVER_BY": "olivia", "TAKE_OVER_REASON": "the standby"}
    for variable, value in said.items():
        monkeypatch.setenv(variable, value)
    assert load_settings().take_over == TakeOverWord(3, "olivia", "the standby")
    monkeypatch.delenv(missing)
    with pytest.raises(CommandFailed, match=missing):
        load_settings()


def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in TraderSettings.model_fields:
        monkeypatch.setenv(variable, "")
    assert load_settings() == TraderSettings()


@pytest.mark.parametrize("variable", _NUMBERS)
@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "-Infinity", "-1", "1e400", "lots", "1_0", "0x1", "٣", "1,5"]
)
def test_a_limit_that_is_no_number_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    refusal = refusal_of(monkeypatch, **{variable: value})
    assert refusal.startswith(f"{variable}=")
    assert "; change it or unset it for the default" in refusal


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("MAX_RISK_PER_TRADE", "0", "must be above 0 and at most 1"),
        ("MAX_RISK_PER_TRADE", "1.01", "must be above 0 and at most 1"),
        ("MAX_POSITION_VALUE_PCT", "20", "must be above 0 and at most 1"),
        ("MIN_POSITION_SIZE", "0", "must be above zero"),
        ("MAX_POSITION_SIZE", "1000000000000", "is not a finite number below"),
        ("MAX_DAILY_LOSS", "0", "must be above zero"),
        ("MAX_DAILY_LOSS", "0.123456789", "more than 8 decimal places"),
        ("MAX_OPEN_POSITIONS", "0", "must be at least 1"),
        ("MAX_OPEN_POSITIONS", "-1", "must be at least 1"),
        ("MAX_OPEN_POSITIONS", "2.5", "is not a whole number"),
        ("MAX_OPEN_POSITIONS", "9" * 5000, "is not a whole number"),
        ("EXECUTION_ENABLED", "maybe", "is neither true nor false"),
        ("MODE", "live", "allowed: 'paper'"),
        ("MODE", "Paper", "allowed: 'paper'"),
        ("DEFAULT_ORDER_TYPE", "STP", "allowed: 'LMT' or 'MKT'"),
        ("IB_BRIDGE_URL", "localhost:8092", "is not an address"),
        ("IB_BRIDGE_URL", "http://localhost:port", "is not an address"),
        ("IB_BRIDGE_URL", "http://user:hunter2@localhost:8092", "must not hold a user name"),
        ("DATABASE_URL", "mysql://jax:hunter2@localhost/jax", "is not of the form postgresql://"),
        ("DATABASE_URL", "postgresql://jax:hunter2@localhost:port/jax", "is not of the form"),
        ("JAX_API_TOKEN", "hunter2", "must be 16 to 512 printable"),
        ("JAX_API_TOKEN", "hunter2 hunter2 hunter2", "without spaces"),
    ],
)
def test_an_impossible_value_names_the_variable_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    refusal = refusal_of(monkeypatch, **{variable: value})
    assert refusal.startswith(variable)
    assert problem in refusal
    assert "change it or" in refusal
    assert "hunter2" not in refusal
    assert len(refusal) < 250


def test_all_impossible_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = refusal_of(monkeypatch, MODE="live", MAX_OPEN_POSITIONS="none")
    assert "MODE=live" in refusal
    assert "MAX_OPEN_POSITIONS=none" in refusal


def test_a_maximum_below_the_minimum_names_the_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = refusal_of(monkeypatch, MIN_POSITION_SIZE="10", MAX_POSITION_SIZE="5")
    assert refusal.startswith("MAX_POSITION_SIZE: 5 is below the minimum 10")


def test_a_value_with_line_breaks_is_shown_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal_of(monkeypatch, MODE="paper\nlive").startswith("MODE=paper\\nlive is not known")


def test_settings_show_no_secret_when_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://jax:hunter2@localhost/jax")
    monkeypatch.setenv("JAX_API_TOKEN", "hunter2hunter2hunter2")
    settings = load_settings()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MARKET_FEED", "ticker"),
        ("FEED_URL", "http://localhost:8094"),
        ("FEED_URL", "ws://ada:secret@localhost/ticks"),
        ("FEED_SILENCE_SECONDS", "59"),
        ("FEED_SILENCE_SECONDS", "NaN"),
        ("FEED_LATENESS_SECONDS", "-1"),
        ("FEED_POLL_SECONDS", "0"),
        ("FEED_SPEED", "7"),
        ("RUN_EVERY_SECONDS", "-1"),
    ],
)
def test_a_feed_that_cannot_be_is_named_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    refusal = refusal_of(monkeypatch, **{variable: value})
    assert refusal.startswith(variable)
    assert "secret" not in refusal


@pytest.mark.parametrize(("speed", "factor"), [("1", 1.0), ("10", 10.0), ("100", 100.0), ("max", None)])
def test_a_replay_has_its_speed(monkeypatch: pytest.MonkeyPatch, speed: str, factor: float | None) -> None:
    monkeypatch.setenv("FEED_SPEED", speed)
    assert load_settings().replay_speed == factor
