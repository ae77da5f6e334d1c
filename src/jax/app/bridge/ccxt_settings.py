"""What the environment may say of a venue of ccxt."""

import re
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, SecretStr

from jax.app.console import CommandFailed
from jax.app.service_settings import ServiceSettings, split_url
from jax.app.setting_numbers import Positive
from jax.domain import checks
from jax.domain.errors import InvalidValue

_NAME = re.compile(r"[a-z][a-z0-9]{1,40}")
_UNIFIED = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _exchange(written: str) -> str:
    if _NAME.fullmatch(written) is None:
        raise InvalidValue("", "is no name of an exchange such as binanceus")
    return written


def _symbols(written: str) -> str:
    parse_symbols(written)
    return written


def parse_symbols(written: str) -> dict[str, str]:
    """The markets of `BTC/USD,ETHUSD=ETH/USD`: our symbols > those of ccxt."""
    found: dict[str, str] = {}
    for part in written.split(","):
        ours, _, theirs = part.strip().partition("=")
        theirs = theirs or ours
        if _UNIFIED.fullmatch(theirs) is None or ours in found:
            raise InvalidValue("", "is not of the form BTC/USD,ETHUSD=ETH/USD, each symbol once")
        found[checks.symbol("", ours)] = theirs
    return found


def _loopback(written: str) -> str:
    parts = split_url(written)
    if (
        parts is None
        or parts.scheme != "http"
        or parts.hostname not in _LOOPBACK
        or parts.path not in {"", "/"}
    ):
        raise InvalidValue("", "is not on this machine: http://127.0.0.1:8000 is, for trials")
    return written


class CcxtSettings(ServiceSettings):
    """The variables of BRIDGE_BACKEND=ccxt."""

    never_shown: ClassVar[frozenset[str]] = ServiceSettings.never_shown | {"CCXT_API_KEY", "CCXT_SECRET"}

    CCXT_EXCHANGE: Annotated[str, AfterValidator(_exchange)] | None = None
    CCXT_SYMBOLS: Annotated[str, AfterValidator(_symbols)] | None = None
    CCXT_API_KEY: SecretStr | None = None
    CCXT_SECRET: SecretStr | None = None
    CCXT_LIVE: bool = False
    CCXT_MAX_ORDER_NOTIONAL: Positive = Decimal(10)
    CCXT_URL: Annotated[str, AfterValidator(_loopback)] | None = None

    def check_ccxt(self) -> None:
        """CommandFailed names what is missing for BRIDGE_BACKEND=ccxt."""
        needed = ("CCXT_EXCHANGE", "CCXT_SYMBOLS", "CCXT_API_KEY", "CCXT_SECRET")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise CommandFailed(
                f"BRIDGE_BACKEND=ccxt needs {', '.join(missing)}; set them, or unset BRIDGE_BACKEND for the "
                "default paper"
            )
