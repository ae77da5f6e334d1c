"""What the environment may say to the bridge, checked before anything starts."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator

from jax.app.bridge.ccxt_settings import CcxtSettings
from jax.app.console import CommandFailed
from jax.app.service_settings import settings_of_environment
from jax.app.setting_numbers import DECIMAL, Fraction, NotNegative, Positive
from jax.domain.errors import InvalidValue

_NOT_BUILT = {
    "ib": "needs the extra jax-trading-assistant[ib], and is not part of this version",
}


def _faults(written: str) -> str:
    parse_faults(written)
    return written


def parse_faults(written: str) -> tuple[int, dict[str, float]]:
    """The seed and the fault rates that `seed=7 lost_answer=0.05` names; InvalidValue when it names none."""
    found: dict[str, float] = {}
    for part in written.split():
        name, equals, number = part.partition("=")
        if not equals or name in found or not DECIMAL.fullmatch(number):
            raise InvalidValue("", "is not of the form seed=7 lost_answer=0.05 delay=0.1 delay_seconds=0.2")
        found[name] = float(number)
    seed = found.pop("seed", None)
    if seed is None or seed != int(seed):
        raise InvalidValue("", "must name a seed, such as seed=7")
    return int(seed), found


class BridgeSettings(CcxtSettings):
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
