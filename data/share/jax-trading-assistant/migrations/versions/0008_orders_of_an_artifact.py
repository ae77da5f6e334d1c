"""How many orders an artifact has placed in the last minute is asked before each of them."""

from alembic import op

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    op.execute("CREATE INDEX orders_artifact_created ON trading.orders (artifact_hash, created_at)")


def downgrade() -> None:
    op.execute("DROP INDEX trading.orders_artifact_created")
