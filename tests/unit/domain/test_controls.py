"""How far an account may go, by what was said of it."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from jax.domain.controls import AccountControls, Arming, ModeChange, Said, TradingMode, strictest
from jax.domain.errors import InvalidValue
from tests.unit.domain.examples import HASH, NOON

SAID = Said("a look at it", "olivia", NOON)
_M = TradingMode


@pytest.mark.parametrize(("one", "other"), list(product(_M, _M)))
def test_the_stricter_mode_allows_less(one: TradingMode, other: TradingMode) -> None:
    if _M.OBSERVE in (one, other):
        expected = _M.OBSERVE
    elif _M.REDUCE in (one, other):
        expected = _M.REDUCE
    else:
        expected = _M.NORMAL
    assert strictest(one, other) is expected


def test_a_strategy_is_in_the_stricter_of_its_own_mode_and_the_accounts() -> None:
    controls = AccountControls(
        mode=ModeChange(_M.REDUCE, SAID),
        strategy_modes={
            "a": ModeChange(_M.NORMAL, SAID),
            "b": ModeChange(_M.OBSERVE, SAID),
        },
    )
    assert [controls.mode_of(name) for name in ("a", "b", "c")] == [_M.REDUCE, _M.OBSERVE, _M.REDUCE]
    assert AccountControls().mode_of("a") is _M.NORMAL


def test_everything_is_observed_while_the_kill_switch_is_engaged() -> None:
    assert AccountControls(kill=SAID).mode_of("a") is _M.OBSERVE


def test_an_arming_holds_until_it_expires() -> None:
    arming = Arming(HASH, NOON + timedelta(hours=1), SAID)
    assert arming.holds(NOON + timedelta(minutes=59, seconds=59))
    assert not arming.holds(NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("artifact_hash", {"artifact_hash": "sha256:short"}),
        ("expires_at", {"expires_at": NOON}),
        ("expires_at", {"expires_at": (NOON + timedelta(hours=1)).replace(tzinfo=None)}),
    ],
)
def test_refuses_an_arming_that_cannot_be(field: str, change: dict[str, Any]) -> None:
    values: dict[str, Any] = {"artifact_hash": HASH, "expires_at": NOON + timedelta(hours=1), "said": SAID}
    with pytest.raises(InvalidValue) as refusal:
        Arming(**values | change)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("reason", {"reason": ""}),
        ("reason", {"reason": "x" * 1001}),
        ("actor", {"actor": " olivia"}),
        ("at", {"at": NOON.replace(tzinfo=None)}),
    ],
)
def test_whoever_says_something_says_why(field: str, change: dict[str, Any]) -> None:
    values: dict[str, Any] = {"reason": "why", "actor": "olivia", "at": NOON}
    with pytest.raises(InvalidValue) as refusal:
        Said(**values | change)
    assert refusal.value.field == field
    assert Said(**values | {"reason": "x" * 1000}).reason == "x" * 1000


def test_the_accounts_own_mode_is_neither_a_strategys_nor_the_kill_switchs() -> None:
    own = ModeChange(_M.REDUCE, SAID)
    observed = {"a": ModeChange(_M.OBSERVE, SAID)}
    assert AccountControls(kill=SAID, strategy_modes=observed).account_mode is _M.NORMAL
    assert AccountControls(mode=own, kill=SAID, strategy_modes=observed).account_mode is _M.REDUCE


def test_words_about_other_strategies_and_artifacts_do_not_concern_a_decision() -> None:
    mode = ModeChange(_M.REDUCE, SAID)
    ours, theirs = ("sha256:" + digit * 64 for digit in "12")
    armings = {of: Arming(of, SAID.at + timedelta(hours=1), SAID) for of in (ours, theirs)}
    controls = AccountControls(mode, {"a": mode, "b": mode}, SAID, armings)
    of_one = controls.concerning(strategy="b", artifact_hash=theirs)
    assert of_one == AccountControls(mode, {"b": mode}, SAID, {theirs: armings[theirs]})
    assert controls.concerning(strategy="c", artifact_hash="") == AccountControls(mode, {}, SAID, {})
