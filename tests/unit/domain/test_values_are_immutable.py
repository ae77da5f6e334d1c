"""Every value of the domain is frozen, and has slots so that nothing can be hung on it."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

import jax.domain
from jax.domain.artifact import ARTIFACT_TRANSITIONS, ArtifactState
from jax.domain.order_status import ORDER_TRANSITIONS, OrderStatus
from jax.domain.signal import SIGNAL_TRANSITIONS, SignalStatus
from tests.unit.domain.examples import an_order


def _values() -> Iterator[type]:
    for module in pkgutil.walk_packages(jax.domain.__path__, "jax.domain."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if member.__module__ == module.name and is_dataclass(member):
                yield member


_VALUES = list(_values())


def test_the_whole_domain_is_looked_at() -> None:
    names = {value.__name__ for value in _VALUES}
    assert {"Order", "Fill", "Position", "Signal", "Trade", "Artifact", "AuditEntry", "Bundle"} <= names


@pytest.mark.parametrize("value", _VALUES, ids=lambda value: value.__name__)
def test_a_value_is_frozen_and_has_slots(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]  # how dataclasses keep it
    assert set(value.__dict__["__slots__"]) == {field.name for field in fields(value)}
    assert not hasattr(object.__new__(value), "__dict__")


def test_setting_a_field_is_refused() -> None:
    order = an_order()
    with pytest.raises(FrozenInstanceError):
        order.status = OrderStatus.FILLED  # type: ignore[misc]  # that it cannot be is the point


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ORDER_TRANSITIONS[OrderStatus.DENIED] = frozenset(OrderStatus)  # type: ignore[index]  # the point
    with pytest.raises(TypeError):
        SIGNAL_TRANSITIONS[SignalStatus.EXECUTED] = frozenset(SignalStatus)  # type: ignore[index]  # the point
    with pytest.raises(TypeError):
        ARTIFACT_TRANSITIONS[ArtifactState.REVOKED] = frozenset(ArtifactState)  # type: ignore[index]  # the point
