"""A signal has its stop on the loss side, and takes each step of its life once."""

from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.side import Side
from jax.domain.signal import SIGNAL_TRANSITIONS, SignalStatus
from tests.unit.domain.examples import NOON, a_signal
from tests.unit.domain.numbers import prices
from tests.unit.domain.refusals import refusal_of

LATER = NOON + timedelta(minutes=5)
_STEPS = {
    (SignalStatus.PENDING, SignalStatus.APPROVED),
    (SignalStatus.PENDING, SignalStatus.REJECTED),
    (SignalStatus.PENDING, SignalStatus.EXPIRED),
    (SignalStatus.APPROVED, SignalStatus.EXECUTED),
    (SignalStatus.APPROVED, SignalStatus.REJECTED),
    (SignalStatus.APPROVED, SignalStatus.EXPIRED),
}


@given(side=st.sampled_from(Side), entry=prices, stop=prices, target=prices | st.none())
def test_the_stop_lies_on_the_loss_side_and_the_target_on_the_other(
    side: Side, entry: Decimal, stop: Decimal, target: Decimal | None
) -> None:
    long = side is Side.BUY
    stop_fits = stop < entry if long else stop > entry
    target_fits = target is None or (target > entry if long else target < entry)
    refusal = refusal_of(lambda: a_signal(side=side, entry_price=entry, stop_loss=stop, take_profit=target))
    assert (refusal is None) == (stop_fits and target_fits)
    assert refusal is None or refusal.field == ("take_profit" if stop_fits else "stop_loss")


@pytest.mark.parametrize(("before", "after"), list(product(SignalStatus, SignalStatus)))
def test_a_signal_takes_the_steps_of_the_table_only(before: SignalStatus, after: SignalStatus) -> None:
    signal = a_signal(status=before)
    if (before, after) in _STEPS:
        moved = signal.moved_to(after, by="Noor", at=LATER)
        assert (moved.status, moved.decided_by, moved.decided_at) == (after, "Noor", LATER)
        assert signal.status is before
    else:
        with pytest.raises(IllegalTransition, match=f"signal sg1: no step leads from {before} to {after}"):
            signal.moved_to(after, by="Noor", at=LATER)


def test_the_target_of_a_short_entry_is_a_price_too() -> None:
    short = {"side": Side.SELL, "stop_loss": Decimal(155)}
    assert a_signal(**short, take_profit=Decimal("0.01")).take_profit == Decimal("0.01")
    with pytest.raises(InvalidValue, match="take_profit: must be above zero"):
        a_signal(**short, take_profit=Decimal(0))


def test_every_status_has_a_row() -> None:
    assert set(SIGNAL_TRANSITIONS) == set(SignalStatus)


def test_a_signal_waits_for_a_person_unless_it_says_otherwise() -> None:
    signal = a_signal()
    assert (signal.status, signal.decided_by, signal.decided_at) == (SignalStatus.PENDING, None, None)


def test_a_decision_names_its_person_and_its_time() -> None:
    with pytest.raises(InvalidValue, match="decided_by"):
        a_signal().moved_to(SignalStatus.APPROVED, by="", at=LATER)
    with pytest.raises(InvalidValue, match="decided_at"):
        a_signal().moved_to(SignalStatus.APPROVED, by="Noor", at=LATER.replace(tzinfo=None))


def test_an_illegal_step_says_whose_and_which() -> None:
    with pytest.raises(IllegalTransition) as refusal:
        a_signal(status=SignalStatus.EXPIRED).moved_to(SignalStatus.APPROVED, by="Noor", at=LATER)
    assert (refusal.value.subject, refusal.value.from_state, refusal.value.to_state) == (
        "signal sg1",
        "EXPIRED",
        "APPROVED",
    )
