"""Signals of one strategy and of one symbol are found without a look at all the others."""

from alembic import op

revision = "0016"
down_revision: str | None = "0015"

_SCHEMAS = ("trading", "shadow")
_COLUMNS = ("strategy", "symbol")


def upgrade() -> None:
    for schema in _SCHEMAS:
        for column in _COLUMNS:
            op.execute(
                f"CREATE INDEX signal_{column}_newest ON {schema}.signal ({column}, ts_event DESC, signal_id)"
            )


def downgrade() -> None:
    for schema in _SCHEMAS:
        for column in _COLUMNS:
            op.execute(f"DROP INDEX {schema}.signal_{column}_newest")
