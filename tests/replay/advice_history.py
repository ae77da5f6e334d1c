"""Recorded advice: requests with their runs, and every answer of every agent."""

import json
from pathlib import Path

from jax.domain.advice_run import AskedAdvice
from jax.domain.value_document import document_of, value_of

HISTORIES = Path(__file__).parent / "histories"
RECORDED = ("advice_by_rule", "advice_by_agents", "advice_of_failing_agents")
EDITED = "edited_advice_by_agents"


def read_advice(name: str) -> AskedAdvice:
    """What was recorded under `name`."""
    asked: AskedAdvice = value_of(AskedAdvice, json.loads((HISTORIES / f"{name}.json").read_text()))
    return asked


def write_advice(name: str, asked: AskedAdvice) -> None:
    """Records it."""
    document = json.dumps(document_of(asked), indent=1, ensure_ascii=False)
    (HISTORIES / f"{name}.json").write_text(document + "\n", encoding="utf-8")
