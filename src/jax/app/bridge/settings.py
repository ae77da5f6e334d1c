"""What the environment may say to the bridge, checked before anything starts."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from jax.app.console import CommandFailed
from jax.app.service_settings import ServiceSettings, settings_of_environment
from jax.domain import checks
from jax.domain.errors import InvalidValue

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)
_NOT_BUILT = {
    "ib": "needs the extra jax-trading-assistant[ib], and is not part of this version",
    "ccxt": "needs the extra jax-trading-assistant[ccxt], and is not part of this version",
}


def _decimal(written: Any) -> Any:
    if isinstance(written, str) and not _DECIMAL.fullmatch(written.strip()):
        raise InvalidValue("", "is not a decimal number such as 0.01")
    return written


def _that_is(check: Callable[[str, Decimal], Decimal]) -> Callable[[Decimal], Decimal]:
    return lambda value: check("", value)


Positive = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(checks.positive))]
NotNegative = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(checks.not_negative))]
Fraction = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(checks.fraction))]


class BridgeSettings(ServiceSettings):
    """The bridge's variables; it needs no database."""

    BRIDGE_BACKEND: Literal["paper", "ib", "ccxt"] = "paper"
    BRIDGE_MAX_NOTIONAL_PER_MINUTE: Positive | None = None
    PAPER_STARTING_CASH: NotNegative = Decimal(100_000)
    PAPER_COMMISSION_BPS: NotNegative = Decimal(0)
    PAPER_VOLUME_FRACTION: Fraction | None = None


def load_settings() -> BridgeSettings:
    """The settings that the environment gives.

    CommandFailed names every variable that cannot be used and what would be right, and shows no secret.
    """
    settings = settings_of_environment(BridgeSettings)
    if settings.BRIDGE_BACKEND in _NOT_BUILT:
        raise CommandFailed(
            f"BRIDGE_BACKEND={settings.BRIDGE_BACKEND} {_NOT_BUILT[settings.BRIDGE_BACKEND]}; "
            "unset it for the default paper"
        )
    return settings
