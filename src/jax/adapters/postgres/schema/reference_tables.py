"""Schema `reference`: instruments and the sessions of exchanges."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Table

from jax.adapters.postgres.schema.columns import amount, length, moment, positive, text
from jax.adapters.postgres.schema.registry import registry

instrument = Table(
    "instrument",
    registry,
    text("symbol", primary_key=True),
    text("mic"),
    text("currency"),
    amount("price_increment"),
    amount("lot_size"),
    amount("multiplier"),
    length("symbol", 32),
    length("mic", 4, shortest=4),
    length("currency", 3, shortest=3),
    positive("price_increment"),
    positive("lot_size"),
    positive("multiplier"),
    schema="reference",
)

exchange_session = Table(
    "exchange_session",
    registry,
    text("mic", primary_key=True),
    Column("session_date", Date, primary_key=True),
    moment("opens_at"),
    moment("closes_at"),
    Column("is_half_day", Boolean, nullable=False),
    length("mic", 4, shortest=4),
    CheckConstraint("opens_at < closes_at", name="order"),
    Index("exchange_session_opens_at", "mic", "opens_at"),
    schema="reference",
)

exchange_holiday = Table(
    "exchange_holiday",
    registry,
    text("mic", primary_key=True),
    Column("holiday_date", Date, primary_key=True),
    length("mic", 4, shortest=4),
    schema="reference",
)
