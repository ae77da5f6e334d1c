"""Several statements that only write, as one command: a round trip costs more than most of them do."""

import re
from functools import lru_cache

from jax.adapters.postgres.statement import Statement

_PLACE = re.compile(r"\$(\d+)")


@lru_cache(maxsize=256)
def one_command(statements: tuple[Statement, ...]) -> str:
    """A command that takes all their arguments, one after the other, and returns how many rows each touched.

    Each is an INSERT or UPDATE that returns nothing, or a SELECT for its effect. The counts are taken in the
    order of the statements, and so they are carried out. None sees what another one has written; triggers do.
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
