"""What the environment may say to the bridge, checked before anything starts."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator

from jax.app.bridge.ccxt_settings import CcxtSettings
from jax.app.console import CommandFailed
from jax.app.service_settings import settings_of_environment
from jax.app.setting_numbers import DECIMAL, AtLeastOne, Fraction, NotNegative, Positive
from jax.domain import checks
from jax.domain.errors import InvalidValue

# Where the gateway and TWS listen for live accounts, unless they are told otherwise.
_LIVE_PORTS = frozenset({4001, 7496})


def _faults(written: str) -> str:
    parse_faults(written)
    return written


def _account(written: str) -> str:
    return checks.text("", written, longest=64)


def _port(number: int) -> int:
    if not (1 <= number <= 65535):
        raise InvalidValue("", "must be from 1 to 65535")
    return number


Port = Annotated[int, AfterValidator(_port)]


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
    IB_GATEWAY_HOST: str = "127.0.0.1"
    IB_GATEWAY_PORT: Port = 4002
    IB_ACCOUNT: Annotated[str, AfterValidator(_account)] | None = None
    IB_CLIENT_ID: AtLeastOne = 1
    IB_LIVE: Literal["yes"] | None = None

    @property
    def ib_account(self) -> str:
        """The account at Interactive Brokers; CommandFailed when none is named."""
        if self.IB_ACCOUNT is None:
            raise CommandFailed(
                "BRIDGE_BACKEND=ib needs IB_ACCOUNT, the account's number such as DU1234567; set it, or "
                "unset BRIDGE_BACKEND for the default paper"
            )
        return self.IB_ACCOUNT

    @property
    def is_live(self) -> bool:
        """Whether orders would be of real money: a live port, or an account that is no paper account.

        The numbers of paper accounts at Interactive Brokers begin with D.
        """
        if self.BRIDGE_BACKEND != "ib":
            return False
        return self.IB_GATEWAY_PORT in _LIVE_PORTS or not self.ib_account.startswith("D")


def load_settings() -> BridgeSettings:
    """The settings that the environment gives.

    CommandFailed names every variable that cannot be used and what would be right, and shows no secret.
    """
    settings = settings_of_environment(BridgeSettings)
    if settings.is_live and settings.IB_LIVE is None:
        raise CommandFailed(
            f"IB_GATEWAY_PORT={settings.IB_GATEWAY_PORT} with IB_ACCOUNT={settings.IB_ACCOUNT} trades real "
            "money; set IB_LIVE=yes if that is what you want, or unset IB_GATEWAY_PORT for the default 4002 "
            "and name a paper account"
        )
    return settings
