"""Who finds out about companies."""

from collections.abc import Sequence
from typing import Protocol

from jax.domain.advice import Finding


class Researcher(Protocol):
    """Every call may raise Unavailable (no answer, or none to believe) or Refused, and be repeated."""

    @property
    def name(self) -> str:
        """Such as `dexter`; it is written into the run."""
        ...

    async def research_company(self, symbol: str, questions: Sequence[str]) -> Finding:
        """What there is to know of the company, with the questions (at least one) in mind."""
        ...

    async def compare_companies(self, symbols: Sequence[str], focus: str) -> Finding:
        """How the companies (at least two) compare in `focus`."""
        ...
