"""What the environment may say to the trader, checked before anything starts."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from jax.app.console import CommandFailed
from jax.domain import checks
from jax.domain.entry_decision import RiskLimits
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderType
from jax.domain.position_sizing import SizingLimits

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")
_ORDER_TYPES = {"LMT": OrderType.LIMIT, "MKT": OrderType.MARKET}
_NEVER_SHOWN = frozenset({"DATABASE_URL", "IB_BRIDGE_URL", "JAX_API_TOKEN"})
# What goes wrong between two settings is named by the domain; this is the setting to change.
_VARIABLES = {"max_position_size": "MAX_POSITION_SIZE"}


def _decimal(written: Any) -> Any:
    if isinstance(written, str) and not _DECIMAL.fullmatch(written.strip()):
        raise InvalidValue("", "is not a decimal number such as 0.01")
    return written


def _problem_of(check: Callable[[str, Decimal], Decimal]) -> Callable[[Decimal], Decimal]:
    return lambda value: check("", value)


def _at_least_one(value: int) -> int:
    if value < 1:
        raise InvalidValue("", "must be at least 1")
    return value


def _http_url(written: str) -> str:
    parts = _split(written)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidValue("", "is not an address such as http://localhost:8092")
    if parts.username is not None or parts.password is not None:
        raise InvalidValue("", "must not hold a user name or password")
    return written


def _database_url(secret: SecretStr) -> SecretStr:
    parts = _split(secret.get_secret_value())
    if parts is None or parts.scheme not in {"postgresql", "postgres"}:
        raise InvalidValue("", "is not of the form postgresql://user:password@host:5432/database")
    return secret


def _split(written: str) -> SplitResult | None:
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _token(secret: SecretStr) -> SecretStr:
    if _TOKEN.fullmatch(secret.get_secret_value()) is None:
        raise InvalidValue("", "must be 16 to 512 printable ASCII characters without spaces")
    return secret


Positive = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_problem_of(checks.positive))]
NotNegative = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_problem_of(checks.not_negative))]
Fraction = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_problem_of(checks.fraction))]


class TraderSettings(BaseSettings):
    """The trader's variables; each is read from the environment under exactly its name."""

    model_config = SettingsConfigDict(case_sensitive=True, env_ignore_empty=True, frozen=True)

    EXECUTION_ENABLED: bool = False
    MODE: Literal["paper"] = "paper"
    IB_BRIDGE_URL: Annotated[str, AfterValidator(_http_url)] = "http://localhost:8092"
    DATABASE_URL: Annotated[SecretStr, AfterValidator(_database_url)] | None = None
    JAX_API_TOKEN: Annotated[SecretStr, AfterValidator(_token)] | None = None
    MAX_RISK_PER_TRADE: Fraction = Decimal("0.01")
    MIN_POSITION_SIZE: Positive = Decimal(1)
    MAX_POSITION_SIZE: NotNegative = Decimal(1000)
    MAX_POSITION_VALUE_PCT: Fraction = Decimal("0.20")
    MAX_OPEN_POSITIONS: Annotated[int, AfterValidator(_at_least_one)] = 5
    MAX_DAILY_LOSS: Positive = Decimal("1000.0")
    DEFAULT_ORDER_TYPE: Literal["LMT", "MKT"] = "LMT"

    @property
    def order_type(self) -> OrderType:
        """The domain's word for DEFAULT_ORDER_TYPE."""
        return _ORDER_TYPES[self.DEFAULT_ORDER_TYPE]

    @property
    def database_url(self) -> str | None:
        """With its password: for the database adapter alone."""
        return None if self.DATABASE_URL is None else self.DATABASE_URL.get_secret_value()

    @property
    def api_token(self) -> str | None:
        """The bearer token: for the HTTP guard alone."""
        return None if self.JAX_API_TOKEN is None else self.JAX_API_TOKEN.get_secret_value()

    def risk_limits(self) -> RiskLimits:
        """The limits as the domain has them; InvalidValue when two of them contradict each other."""
        sizing = SizingLimits(
            max_risk_per_trade_fraction=self.MAX_RISK_PER_TRADE,
            min_position_size=self.MIN_POSITION_SIZE,
            max_position_size=self.MAX_POSITION_SIZE,
            max_position_value_fraction=self.MAX_POSITION_VALUE_PCT,
        )
        return RiskLimits(
            sizing=sizing, max_open_positions=self.MAX_OPEN_POSITIONS, max_daily_loss=self.MAX_DAILY_LOSS
        )


def load_settings() -> TraderSettings:
    """The settings that the environment gives.

    CommandFailed names every variable that cannot be used and what would be right, and shows no secret.
    """
    try:
        settings = TraderSettings()
        settings.risk_limits()
    except ValidationError as error:
        problems = [_sentence(found["loc"], found) for found in error.errors()]
        raise CommandFailed("; ".join(problems)) from None
    except InvalidValue as error:
        variable = _VARIABLES.get(error.field, error.field)
        raise CommandFailed(f"{variable}: {error.problem}; change {variable} or unset it") from None
    return settings


def _sentence(location: tuple[int | str, ...], found: Any) -> str:
    variable = str(location[0])
    field = TraderSettings.model_fields[variable]
    # One line, whatever was written; what may hold a password is not shown at all.
    written = str(found["input"]).encode("unicode_escape").decode()[:40]
    shown = "" if variable in _NEVER_SHOWN else f"={written}"
    cause = found.get("ctx", {}).get("error")
    problem = cause.problem if isinstance(cause, InvalidValue) else _known_problem(found)
    default = "leave it unset" if field.default is None else f"unset it for the default {field.default}"
    return f"{variable}{shown} {problem}; change it or {default}"


def _known_problem(found: Any) -> str:
    match found["type"]:
        case "bool_parsing":
            return "is neither true nor false"
        case "int_parsing" | "int_parsing_size":
            return "is not a whole number"
        case "literal_error":
            return f"is not known; allowed: {found['ctx']['expected']}"
        case _:
            return f"is not possible: {found['msg']}"
