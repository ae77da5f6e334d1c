"""Refusals of the gate say under which policy."""

from typing import Any

from pydantic import Field

from jax.app.http import problems
from jax.app.http.problems import Problem


class GateProblem(Problem):
    """A problem, with the mark of the policy in force where one was asked."""

    policy: str | None = Field(None, examples=["solo"])


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for its description."""
    return problems.responses(*statuses, model=GateProblem)
