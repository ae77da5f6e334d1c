"""The tools that a plan may name. The list is closed, and what goes into a tool is checked like any input."""

import re
from dataclasses import dataclass

from jax.domain import checks
from jax.domain.errors import InvalidValue

RESEARCH = "dexter.research_company"
COMPARE = "dexter.compare_companies"
REFLECT = "memory.reflect"
TOOLS = (RESEARCH, COMPARE, REFLECT)
MOST_CALLS = 3
_MOST_SYMBOLS = 5
_NAMED = re.compile(r"([A-Za-z_]+(?:\.[A-Za-z_]+)+)(?![\w.])[\s:]*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool of the list, and the symbols that it is to look at."""

    tool: str
    symbols: tuple[str, ...]


def tool_call_of(step: str, *, symbol: str) -> ToolCall | None:
    """The call that a step of a plan about `symbol` stands for; None for a sentence, which nobody runs.

    A call is written `tool SYMBOL SYMBOL`. InvalidValue for a tool that is not in the list, and for anything
    but symbols behind its name.
    """
    named = _NAMED.fullmatch(step)
    if named is None:
        return None
    tool, given = named.groups()
    if tool not in TOOLS:
        raise InvalidValue("steps", f"{tool} is none of {', '.join(TOOLS)}")
    symbols = tuple(
        dict.fromkeys(checks.symbol("steps", part) for part in re.split(r"[\s,]+", given) if part)
    )
    match tool:
        case _ if tool == COMPARE and not (2 <= len(symbols) <= _MOST_SYMBOLS and symbol in symbols):
            raise InvalidValue("steps", f"{COMPARE} compares {symbol} with 1 to {_MOST_SYMBOLS - 1} others")
        case _ if tool == RESEARCH and len(symbols) > 1:
            raise InvalidValue("steps", f"{RESEARCH} looks at one company")
        case _ if tool == REFLECT and symbols:
            raise InvalidValue("steps", f"{REFLECT} takes no symbols")
    return ToolCall(tool, symbols or (symbol,))
