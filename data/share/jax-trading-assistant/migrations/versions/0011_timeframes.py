"""Bars of a minute, five, fifteen and an hour beside those of a session."""

from alembic import op

revision = "0011"
down_revision: str | None = "0010"

_KNOWN = "ADD CONSTRAINT bar_timeframe_known CHECK (timeframe IN ({}))"


def upgrade() -> None:
    _allow("'1m', '5m', '15m', '1h', '1d'")


def downgrade() -> None:
    op.execute("DELETE FROM trading.bar WHERE timeframe <> '1d'")
    _allow("'1d'")


def _allow(timeframes: str) -> None:
    op.execute("ALTER TABLE trading.bar DROP CONSTRAINT bar_timeframe_known, " + _KNOWN.format(timeframes))
