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


def _faults(written: str) -> str:
    parse_faults(written)
    return written


def parse_faults(written: str) -> tuple[int, dict[str, float]]:
    """The seed and the fault rates that `seed=7 lost_answer=0.05` names; InvalidValue when it names none."""
    found: dict[str, float] = {}
    for part in written.split():
        name, equals, number = part.partition("=")
        if not equals or name in found or not _DECIMAL.fullmatch(number):
            raise InvalidValue("", "is not of the form seed=7 lost_answer=0.05 delay=0.1 delay_seconds=0.2")
        found[name] = float(number)
    seed = found.pop("seed", None)
    if seed is None or seed != int(seed):
        raise InvalidValue("", "must name a seed, such as seed=7")
    return int(seed), found


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
    PAPER_FAULTS: Annotated[str, AfterValidator(_faults)] | None = None


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
