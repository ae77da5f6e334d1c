"""Instruments as Interactive Brokers names them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ib_async import Contract

from jax.domain.instrument import Instrument

STOCK = "STK"
_SMART = "SMART"
_NOT_OF_A_SYMBOL = re.compile(r"[^A-Z0-9.\-/]+")
_LONGEST_SYMBOL = 32

# ISO 10383 to the exchange's name at Interactive Brokers.
_PRIMARY_EXCHANGES: Mapping[str, str] = MappingProxyType(
    {
        "ARCX": "ARCA",
        "BATS": "BATS",
        "IEXG": "IEX",
        "XAMS": "AEB",
        "XASE": "AMEX",
        "XASX": "ASX",
        "XETR": "IBIS",
        "XHKG": "SEHK",
        "XLON": "LSE",
        "XMIL": "BVME",
        "XNAS": "NASDAQ",
        "XNYS": "NYSE",
        "XPAR": "SBF",
        "XSTO": "SFB",
        "XSWX": "EBS",
        "XTKS": "TSEJ",
        "XTSE": "TSE",
    }
)


def contract_of(instrument: Instrument) -> Contract | None:
    """The share, routed by SMART; None for what is no share or is listed where nobody said how IB calls it.

    The primary exchange is always named: a symbol alone may be another company's elsewhere.
    """
    primary = _PRIMARY_EXCHANGES.get(instrument.mic)
    if primary is None or instrument.multiplier != 1 or "/" in instrument.symbol:
        return None
    return Contract(
        secType=STOCK,
        symbol=instrument.symbol.replace(".", " "),
        exchange=_SMART,
        primaryExchange=primary,
        currency=instrument.currency,
    )


def symbol_of(contract: Contract) -> str:
    """Our name of what the gateway shows; what is no share never gets the name of the share below it."""
    if contract.secType == STOCK:
        return contract.symbol.replace(" ", ".")
    named = f"{contract.secType}/{contract.localSymbol or contract.conId}".upper()
    return _NOT_OF_A_SYMBOL.sub("-", named)[:_LONGEST_SYMBOL]
