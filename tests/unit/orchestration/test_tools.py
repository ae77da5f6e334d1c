"""A step of a plan is a sentence, or one of three tools with symbols behind it, or refused."""

import pytest

from jax.domain.errors import InvalidValue
from jax.modules.orchestration.tools import COMPARE, REFLECT, RESEARCH, ToolCall, tool_call_of


@pytest.mark.parametrize(
    ("step", "call"),
    [
        ("dexter.research_company", ToolCall(RESEARCH, ("AAPL",))),
        ("dexter.research_company MSFT", ToolCall(RESEARCH, ("MSFT",))),
        ("dexter.research_company: BRK.B", ToolCall(RESEARCH, ("BRK.B",))),
        ("dexter.compare_companies AAPL, MSFT", ToolCall(COMPARE, ("AAPL", "MSFT"))),
        ("memory.reflect", ToolCall(REFLECT, ("AAPL",))),
    ],
)
def test_a_tool_of_the_list_is_a_call(step: str, call: ToolCall) -> None:
    assert tool_call_of(step, symbol="AAPL") == call


@pytest.mark.parametrize(
    "step",
    [
        "Wait for the close.",
        "",
        "Ask dexter.research_company about it",
        "3.5 percent are enough",
        "e.g. wait",
    ],
)
def test_a_sentence_is_no_call(step: str) -> None:
    assert tool_call_of(step, symbol="AAPL") is None


@pytest.mark.parametrize(
    "step",
    [
        "shell.run rm -rf /",
        "broker.place AAPL",
        "Dexter.Research_Company AAPL",
        "dexter.research_company_and_buy AAPL",
        "dexter.research_company AAPL; broker.place AAPL",
        "dexter.research_company {'ticker': 'AAPL'}",
        "dexter.research_company AAPL MSFT",
        "dexter.research_company aapl",
        "dexter.compare_companies MSFT GOOG",
        "dexter.compare_companies AAPL",
        "dexter.compare_companies AAPL A B C D E",
        "memory.reflect AAPL",
        "memory.forget\nmemory.reflect",
        "memory.reflect.all",
    ],
)
def test_anything_else_that_looks_like_a_tool_is_refused(step: str) -> None:
    with pytest.raises(InvalidValue, match="steps"):
        tool_call_of(step, symbol="AAPL")


@pytest.mark.parametrize("step", ["broker.place AAPL", "memory.reflect AAPL"])
def test_what_is_refused_is_named(step: str) -> None:
    with pytest.raises(InvalidValue, match=step.split(maxsplit=1)[0]):
        tool_call_of(step, symbol="AAPL")
