"""The words that are stored, sent and shown are the names themselves."""

import importlib
import inspect
import pkgutil
from enum import StrEnum

import jax.domain
from jax.domain.bar import Timeframe

_WRITTEN_DIFFERENTLY: dict[StrEnum, str] = {
    Timeframe.MINUTE: "1m",
    Timeframe.FIVE_MINUTES: "5m",
    Timeframe.QUARTER_HOUR: "15m",
    Timeframe.HOUR: "1h",
    Timeframe.DAY: "1d",
}
# Owned by the backtest, whose options and report show them to people.
_FOR_PEOPLE = {"FillMoment", "OrderReason", "SlippageModel"}


def _enumerations() -> dict[str, type[StrEnum]]:
    names = [module.name for module in pkgutil.walk_packages(jax.domain.__path__, "jax.domain.")]
    members = [inspect.getmembers(importlib.import_module(name), inspect.isclass) for name in names]
    return {
        name: member
        for found in members
        for name, member in found
        if issubclass(member, StrEnum) and member is not StrEnum
    }


def test_a_words_value_is_its_name() -> None:
    enumerations = _enumerations()
    assert {"Side", "OrderStatus", "SignalStatus", "ArtifactState", "ReasonCode"} <= set(enumerations)
    for name in set(enumerations) - _FOR_PEOPLE:
        for member in enumerations[name]:
            assert member.value == _WRITTEN_DIFFERENTLY.get(member, member.name)
