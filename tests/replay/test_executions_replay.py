"""The signals of a scenario give the same orders and the same denials, number by number, a hundred times."""

from dataclasses import replace
from decimal import Decimal

from tests.replay.execution_walk import DECISIONS, EDITED_DECISIONS, decided, read_decisions
from tests.replay.scenario import NAMES, first_difference, read_scenario


async def test_a_hundred_of_a_hundred_replays_give_the_committed_decisions() -> None:
    scenario, expected = read_scenario(NAMES[0]), read_decisions(DECISIONS)
    for turn in range(100):
        assert first_difference(expected, await decided(scenario)) == "", f"turn {turn}"


async def test_a_committed_decision_that_was_edited_fails() -> None:
    found = await decided(read_scenario(NAMES[0]))
    difference = first_difference(read_decisions(EDITED_DECISIONS), found)
    assert difference.startswith("outcome 0, quantity: expected ")


def test_the_decisions_hold_orders_and_denials_of_many_kinds() -> None:
    decisions = read_decisions(DECISIONS)
    assert sum("quantity" in decision for decision in decisions) >= 4
    assert {decision.get("denied") for decision in decisions} >= {
        "MODE_REDUCE",
        "MODE_OBSERVE",
        "QUOTE_STALE",
        "POSITION_OPPOSED",
        "DAILY_RISK_REACHED",
    }


async def test_a_cent_in_one_signal_is_a_difference() -> None:
    scenario = read_scenario(NAMES[0])
    strategy, (first, *others) = next(item for item in scenario.expected.items() if item[1])
    dearer = {**first, "stop_loss": str(Decimal(first["stop_loss"]) + Decimal("0.01"))}
    changed = replace(scenario, expected={**scenario.expected, strategy: (dearer, *others)})
    assert first_difference(read_decisions(DECISIONS), await decided(changed)) != ""
