"""The researcher that is a Dexter tools server."""

from collections.abc import Mapping, Sequence
from typing import Any

from jax.adapters.agents import answers
from jax.adapters.agents.agent_line import AgentLine
from jax.domain.advice import Finding


class DexterResearcher:
    """Each question is one of its tools."""

    name = "dexter"

    def __init__(self, line: AgentLine) -> None:
        self._line = line

    async def research_company(self, symbol: str, questions: Sequence[str]) -> Finding:
        document = await self._use("research_company", {"ticker": symbol, "questions": list(questions)})
        return answers.understood(self.name, lambda: answers.research_of(document, symbol))

    async def compare_companies(self, symbols: Sequence[str], focus: str) -> Finding:
        document = await self._use("compare_companies", {"tickers": list(symbols), "focus": focus})
        return answers.understood(self.name, lambda: answers.comparison_of(document))

    async def _use(self, tool: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._line.ask("/tools", {"tool": f"dexter.{tool}", "input": given})
