"""Several statements that only write, as one command: a round trip costs more than most of them do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jax.adapters.postgres.statement import Statement

_PLACE = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True)
class Write:
    """An INSERT or UPDATE that returns nothing, or a SELECT for its effect, with its arguments.

    One that changes no row is a Conflict with the message `or_conflict`, if there is one.
    """

    statement: Statement
    arguments: Sequence[Any]
    or_conflict: str | None = None


@lru_cache(maxsize=256)
def one_command(statements: tuple[Statement, ...]) -> str:
    """A command that takes all their arguments, one after the other, and returns how many rows each touched.

    The counts are taken in the order of the statements, and so they are carried out. None sees what another
    one has written; triggers do.
    """
    parts, places = [], 0
    for number, statement in enumerate(statements):
        sql = _PLACE.sub(lambda place, before=places: f"${int(place[1]) + before}", statement.sql)  # type: ignore[misc]
        returning = "" if statement.sql.startswith("SELECT") else " RETURNING 1"
        parts.append(f"write_{number} AS MATERIALIZED ({sql}{returning})")
        places += statement.places
    # Of names of our own: values are never in the text of a statement.
    counts = ", ".join(f"(SELECT count(*) FROM write_{number})" for number in range(len(statements)))  # noqa: S608
    return f"WITH {', '.join(parts)} SELECT {counts}"
