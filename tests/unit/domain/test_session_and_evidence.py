"""Sessions end after they begin; evidence is made of numbers."""

from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.errors import InvalidValue
from tests.unit.domain.examples import NOON, a_session, an_account, some_evidence
from tests.unit.domain.numbers import NEVER_VALID


@pytest.mark.parametrize("hours", [0, -1])
def test_a_session_closes_after_it_opens(hours: int) -> None:
    message = "closes_at: the session of 2024-03-01 does not close after it opens"
    with pytest.raises(InvalidValue, match=message):
        a_session(opens_at=NOON, closes_at=NOON + timedelta(hours=hours))


def test_a_session_may_be_as_short_as_it_likes() -> None:
    assert a_session(opens_at=NOON, closes_at=NOON + timedelta(microseconds=1)).opens_at == NOON


@pytest.mark.parametrize("trials", [0, -1])
def test_at_least_one_set_of_parameters_was_tried(trials: int) -> None:
    with pytest.raises(InvalidValue, match="trials: must be at least 1"):
        some_evidence(trials=trials)


@pytest.mark.parametrize("value", NEVER_VALID, ids=str)
def test_a_metric_is_a_number(value: Decimal) -> None:
    with pytest.raises(InvalidValue) as refusal:
        some_evidence(metrics={"total_return": Decimal(1), "sharpe": value})
    assert refusal.value.field == "metrics.sharpe"


def test_an_account_may_owe_money_but_has_no_negative_buying_power() -> None:
    account = an_account(cash=Decimal(-5000), net_liquidation=Decimal(-1), buying_power=Decimal(0))
    assert (account.cash, account.net_liquidation) == (Decimal(-5000), Decimal(-1))
