"""A golden suite: recorded once, replayed for ever, in one spelling."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.bar import Bar
from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.golden_suite import (
    LARGEST_SUITE_BYTES,
    GoldenCase,
    GoldenSuite,
    decode_golden_suite,
    record_golden_suite,
    replay_golden_suite,
)
from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, Decision, Strategy
from jax.domain.strategy_runner import StrategyRunner, bar_values
from tests.price_waves import price_waves
from tests.unit.backtest.scripted_backtests import buy, scripted

BARS = {symbol: price_waves(symbol, 900) for symbol in ("AAPL", "IBM")}
SUITE = record_golden_suite(STRATEGY, STRATEGY.params, BARS)
NAMES = tuple(case.name for case in SUITE.cases)


def decisions(bars: Sequence[Bar], *, strategy: Strategy = STRATEGY) -> list[Decision]:
    runner = StrategyRunner(strategy, strategy.params)
    return [runner.on_bar(bar_values(bar)) for bar in bars]


def spoiled(**changes: Any) -> bytes:
    """SUITE with its first case changed."""
    document = json.loads(SUITE.encoded())
    document["cases"][0].update(changes)
    return canonical_bytes(document)


def test_a_recorded_suite_passes_case_by_case() -> None:
    outcome = replay_golden_suite(SUITE, STRATEGY, STRATEGY.params)
    assert outcome.passed == NAMES
    assert outcome.failed == ()


def test_the_windows_of_the_shipped_strategy_hold_decisions() -> None:
    for case in SUITE.cases:
        taken = [one for one in decisions(case.bars) if one.action != NOTHING]
        assert len(taken) >= 2, case.name


def test_every_symbol_has_two_windows_of_its_own_bars() -> None:
    assert [case.symbol for case in SUITE.cases] == ["AAPL", "AAPL", "IBM", "IBM"]
    assert len(set(NAMES)) == 4
    for case in SUITE.cases:
        start = BARS[case.symbol].index(case.bars[0])
        assert list(case.bars) == BARS[case.symbol][start : start + 320]


def test_the_windows_are_those_with_the_most_decisions() -> None:
    def decide(state: int, bar: Any, inputs: Any, params: Any) -> tuple[int, Decision]:
        del inputs, params
        return state, buy(stop=1.0) if bar.volume > 0.0 else NO_DECISION

    busy = scripted({})._replace(decide=decide)
    bars = [replace(bar, volume=Decimal(day > 800)) for day, bar in enumerate(BARS["IBM"])]
    taken = {case.bars[-1].end for case in record_golden_suite(busy, busy.params, {"IBM": bars}).cases}
    assert taken == {bars[-1].end, bars[119].end}


def test_the_same_bars_give_the_same_bytes_in_any_order_of_symbols() -> None:
    turned = {"IBM": BARS["IBM"], "AAPL": BARS["AAPL"]}
    again = record_golden_suite(STRATEGY, STRATEGY.params, turned)
    assert again.encoded() == SUITE.encoded()
    assert again.sha256 == sha256_of(SUITE.encoded())


def test_the_hash_is_over_the_exact_text_of_every_decision() -> None:
    short = BARS["AAPL"][:3]
    taken = Decision(BUY, 0.1 + 0.2, 98.5, 95.0, 1e22, 1e-7, 1)

    def decide(state: int, bar: Any, inputs: Any, params: Any) -> tuple[int, Decision]:
        return state + 1, taken if state == 1 else NO_DECISION

    strategy = scripted({})._replace(decide=decide)
    (case,) = record_golden_suite(strategy, strategy.params, {"AAPL": short}).cases
    nothing = ["0", "0.0", "0.0", "0.0", "0.0", "0.0"]
    written = [nothing, ["1", "0.30000000000000004", "98.5", "95.0", "1e+22", "1e-07"], nothing]
    assert case.decisions_sha256 == sha256_of(json.dumps(written, separators=(",", ":")).encode())
    assert case.name == "AAPL 2001-01-01 to 2001-01-03"


@pytest.mark.parametrize("field", ["confidence", "entry", "stop", "first_target", "second_target"])
def test_a_strategy_that_decides_otherwise_in_the_last_bit_fails(field: str) -> None:
    def nudged(*terms: Any) -> tuple[Any, Decision]:
        state, decision = STRATEGY.decide(*terms)
        value = getattr(decision, field)
        return state, decision._replace(**{field: value * (1.0 + 2.0**-52)})

    outcome = replay_golden_suite(SUITE, STRATEGY._replace(decide=nudged), STRATEGY.params)
    assert outcome.failed == NAMES
    assert outcome.passed == ()


def test_only_the_case_that_differs_fails() -> None:
    changed = replace(SUITE.cases[1], decisions_sha256="sha256:" + "0" * 64)
    suite = GoldenSuite((SUITE.cases[0], changed, *SUITE.cases[2:]))
    outcome = replay_golden_suite(suite, STRATEGY, STRATEGY.params)
    assert outcome.failed == (NAMES[1],)
    assert outcome.passed == (NAMES[0], *NAMES[2:])


def test_a_strategy_that_raises_or_answers_no_number_has_failed_the_case() -> None:
    def raising(*terms: Any) -> tuple[Any, Decision]:
        raise ZeroDivisionError(terms)

    def wordy(*terms: Any) -> tuple[Any, Any]:
        state, decision = STRATEGY.decide(*terms)
        return state, decision._replace(stop="0.0")  # type: ignore[arg-type]  # what no check sees before

    for decide in (raising, wordy):
        outcome = replay_golden_suite(SUITE, STRATEGY._replace(decide=decide), STRATEGY.params)
        assert outcome.failed == NAMES


def test_other_parameters_fail() -> None:
    outcome = replay_golden_suite(SUITE, STRATEGY, STRATEGY.params._replace(fast=19))
    assert outcome.failed == NAMES


def test_a_suite_comes_back_from_its_bytes() -> None:
    assert decode_golden_suite(SUITE.encoded()) == SUITE


def test_bars_come_back_with_their_fractions_of_a_second_and_of_a_cent() -> None:
    first, *others = BARS["AAPL"][:3]
    odd = replace(first, start=first.start.replace(microsecond=7), volume=Decimal("0.00000001"))
    case = GoldenCase("odd", "AAPL", (odd, *others), "sha256:" + "0" * 64)
    (back,) = decode_golden_suite(GoldenSuite((case,)).encoded()).cases
    assert back == case


def test_a_long_warm_up_makes_longer_windows() -> None:
    slow = STRATEGY.params._replace(slow=400)
    suite = record_golden_suite(STRATEGY, slow, {"AAPL": BARS["AAPL"]})
    assert {len(case.bars) for case in suite.cases} == {520}


def test_a_symbol_with_few_bars_has_one_window_with_all_of_them() -> None:
    suite = record_golden_suite(STRATEGY, STRATEGY.params, {"AAPL": BARS["AAPL"][:30]})
    assert [len(case.bars) for case in suite.cases] == [30]


def named(symbols: int) -> Mapping[str, list[Bar]]:
    bars = BARS["AAPL"][:330]
    return {
        f"S{number:02}": [replace(bar, symbol=f"S{number:02}") for bar in bars] for number in range(symbols)
    }


def test_more_symbols_than_there_is_room_for_leave_out_windows_and_then_symbols() -> None:
    ten = record_golden_suite(STRATEGY, STRATEGY.params, named(10))
    assert {case.symbol for case in ten.cases} == set(named(10))
    assert 10 < len(ten.cases) < 20
    forty = record_golden_suite(STRATEGY, STRATEGY.params, named(40))
    for suite in (ten, forty):
        assert 0.9 * LARGEST_SUITE_BYTES < len(suite.encoded()) <= LARGEST_SUITE_BYTES
    kept = {case.symbol for case in forty.cases}
    assert len(kept) == len(forty.cases)
    assert kept & {f"S{number}" for number in range(20, 40)}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"{}", "golden suite: lacks .'cases', 'schema'."),
        (b"no json", "golden suite: not JSON"),
        (SUITE.encoded() + b" ", "not the canonical spelling"),
        (canonical_bytes({"schema": "jax/golden-suite/v1", "cases": []}), "under the schema"),
        (canonical_bytes({"schema": "jax/golden-suite/v2", "cases": {}}), "is not a list of cases"),
        (canonical_bytes({"schema": "jax/golden-suite/v2", "cases": []}), "at least one case"),
        (canonical_bytes({"schema": "jax/golden-suite/v2", "cases": [7]}), "golden case: must be an object"),
        (spoiled(more=1), r"golden case: .*has unknown \['more'\]"),
        (spoiled(bars={}), "golden case AAPL .*: its bars are not a list"),
        (spoiled(bars=[]), "golden case AAPL .*: must hold bars of AAPL"),
        (spoiled(bars=[["1"]]), "bar 1 is not start, end, open"),
        (spoiled(bars=[["x", "y", "1", "1", "1", "1", "1"]]), "bar 1 is no bar"),
        (spoiled(name=NAMES[2]), "sorted by name, each name once"),
        (spoiled(decisions_sha256="sha256:0"), "64 hexadecimal digits"),
        (spoiled(symbol="apple"), "bar 1 is no bar .*'apple' is not a symbol"),
    ],
)
def test_anything_else_is_refused(document: bytes, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        decode_golden_suite(document)


def test_a_number_in_another_spelling_is_refused() -> None:
    first = json.loads(SUITE.encoded())["cases"][0]["bars"]
    first[0][6] += ".0"
    with pytest.raises(InvalidValue, match="not in its one spelling"):
        decode_golden_suite(spoiled(bars=first))


def test_a_document_longer_than_allowed_is_refused_unread() -> None:
    with pytest.raises(InvalidValue, match="524289 bytes, more than the 524288 allowed"):
        decode_golden_suite(b" " * (LARGEST_SUITE_BYTES + 1))
    many = tuple(replace(SUITE.cases[0], name=f"case {number:02}") for number in range(20))
    with pytest.raises(InvalidValue, match="more than the 524288 allowed"):
        GoldenSuite(many).encoded()


def test_a_case_of_bars_of_another_symbol_is_refused() -> None:
    with pytest.raises(InvalidValue, match="golden case x: must hold bars of IBM"):
        GoldenCase("x", "IBM", tuple(BARS["AAPL"][:2]), "sha256:" + "0" * 64)
