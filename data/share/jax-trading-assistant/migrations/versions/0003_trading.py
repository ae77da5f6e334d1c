"""Signals, orders, fills, trades and bars."""

from alembic import op
from sqlalchemy import column, table

revision = "0003"
down_revision: str | None = "0002"

FOUND = ("NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED")
WORKING = ("PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED")
STEPS = {
    "NONE": ("INTENT", "PENDING_NEW", "DENIED", "ADOPTED"),
    "INTENT": ("PENDING_NEW", "DENIED"),
    "PENDING_NEW": (*FOUND, "REJECTED", "ABSENT", "UNKNOWN"),
    "UNKNOWN": (*FOUND, "REJECTED", "ABSENT"),
    "NEW": WORKING,
    "PARTIALLY_FILLED": WORKING,
    "FILLED": ("PARTIALLY_FILLED", "FILLED"),
    "CANCELED": ("ADOPTED",),
    "EXPIRED": ("ADOPTED",),
    "REJECTED": ("ADOPTED",),
    "ABSENT": ("ADOPTED",),
    "ADOPTED": FOUND,
}
KEPT = ("order_transition", "orders", "fill", "trade")
APPEND_ONLY = ("order_transition", "fill", "trade")

UP = (
    "CREATE SCHEMA trading",
    """
    CREATE TABLE trading.account (
        account text NOT NULL,
        epoch bigint NOT NULL,
        CONSTRAINT account_pk PRIMARY KEY (account),
        CONSTRAINT account_account_length CHECK (char_length(account) BETWEEN 1 AND 64),
        CONSTRAINT account_epoch_not_negative CHECK (epoch >= 0)
    )
    """,
    """
    CREATE TABLE trading.signal (
        signal_id text NOT NULL,
        artifact_id text NOT NULL,
        artifact_hash text NOT NULL,
        strategy text NOT NULL,
        symbol text NOT NULL,
        side text NOT NULL,
        entry_price numeric(20, 8) NOT NULL,
        stop_loss numeric(20, 8) NOT NULL,
        take_profit numeric(20, 8),
        confidence numeric(20, 8) NOT NULL,
        reason text NOT NULL,
        ts_event timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        status text NOT NULL,
        decided_by text,
        decided_at timestamptz,
        CONSTRAINT signal_pk PRIMARY KEY (signal_id),
        CONSTRAINT signal_id_artifact UNIQUE (signal_id, artifact_id, artifact_hash),
        CONSTRAINT signal_of_artifact FOREIGN KEY (artifact_id, artifact_hash)
            REFERENCES gate.artifact (artifact_id, payload_sha256),
        CONSTRAINT signal_signal_id_length CHECK (char_length(signal_id) BETWEEN 1 AND 64),
        CONSTRAINT signal_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT signal_side_known CHECK (side IN ('BUY', 'SELL')),
        CONSTRAINT signal_entry_price_bounds CHECK (entry_price > 0 AND entry_price < 1000000000000),
        CONSTRAINT signal_stop_loss_bounds CHECK (stop_loss > 0 AND stop_loss < 1000000000000),
        CONSTRAINT signal_take_profit_bounds CHECK (take_profit > 0 AND take_profit < 1000000000000),
        CONSTRAINT signal_confidence_bounds CHECK (confidence > 0 AND confidence <= 1),
        CONSTRAINT signal_status_known
            CHECK (status IN ('PENDING', 'APPROVED', 'EXECUTED', 'REJECTED', 'EXPIRED'))
    )
    """,
    "CREATE INDEX signal_newest ON trading.signal (ts_event DESC, signal_id)",
    "CREATE INDEX signal_status_newest ON trading.signal (status, ts_event DESC, signal_id)",
    """
    CREATE TABLE trading.order_transition (
        from_status text NOT NULL,
        to_status text NOT NULL,
        CONSTRAINT order_transition_pk PRIMARY KEY (from_status, to_status)
    )
    """,
    """
    CREATE TABLE trading.orders (
        client_order_id text NOT NULL,
        account text NOT NULL,
        signal_id text NOT NULL,
        artifact_id text NOT NULL,
        artifact_hash text NOT NULL,
        strategy text NOT NULL,
        symbol text NOT NULL,
        side text NOT NULL,
        order_type text NOT NULL,
        quantity numeric(20, 8) NOT NULL,
        limit_price numeric(20, 8),
        time_in_force text NOT NULL,
        epoch bigint NOT NULL,
        created_at timestamptz NOT NULL,
        deadline_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        status text NOT NULL,
        filled_quantity numeric(20, 8) NOT NULL,
        average_price numeric(20, 8),
        venue_order_id text,
        reason_code text,
        not_found_count integer NOT NULL,
        CONSTRAINT orders_pk PRIMARY KEY (client_order_id),
        CONSTRAINT orders_id_account UNIQUE (client_order_id, account),
        CONSTRAINT orders_id_signal_artifact
            UNIQUE (client_order_id, signal_id, artifact_id, artifact_hash),
        CONSTRAINT orders_of_account FOREIGN KEY (account) REFERENCES trading.account (account),
        CONSTRAINT orders_of_artifact FOREIGN KEY (artifact_id, artifact_hash)
            REFERENCES gate.artifact (artifact_id, payload_sha256),
        CONSTRAINT orders_of_signal FOREIGN KEY (signal_id, artifact_id, artifact_hash)
            REFERENCES trading.signal (signal_id, artifact_id, artifact_hash),
        CONSTRAINT orders_client_order_id_length CHECK (char_length(client_order_id) BETWEEN 1 AND 64),
        CONSTRAINT orders_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT orders_side_known CHECK (side IN ('BUY', 'SELL')),
        CONSTRAINT orders_order_type_known CHECK (order_type IN ('MARKET', 'LIMIT')),
        CONSTRAINT orders_time_in_force_known CHECK (time_in_force IN ('DAY')),
        CONSTRAINT orders_status_known CHECK (status IN (
            'INTENT', 'PENDING_NEW', 'UNKNOWN', 'NEW', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED',
            'REJECTED', 'EXPIRED', 'ABSENT', 'ADOPTED', 'DENIED')),
        CONSTRAINT orders_quantity_bounds CHECK (quantity > 0 AND quantity < 1000000000000),
        CONSTRAINT orders_limit_price_bounds CHECK (limit_price > 0 AND limit_price < 1000000000000),
        CONSTRAINT orders_limit_price_if_limit CHECK ((order_type = 'LIMIT') = (limit_price IS NOT NULL)),
        CONSTRAINT orders_filled_quantity_bounds
            CHECK (filled_quantity >= 0 AND filled_quantity <= quantity),
        CONSTRAINT orders_average_price_bounds
            CHECK (average_price > 0 AND average_price < 1000000000000),
        CONSTRAINT orders_average_price_if_filled
            CHECK ((filled_quantity > 0) = (average_price IS NOT NULL)),
        CONSTRAINT orders_epoch_not_negative CHECK (epoch >= 0),
        CONSTRAINT orders_not_found_count_not_negative CHECK (not_found_count >= 0)
    )
    """,
    "CREATE INDEX orders_account_status ON trading.orders (account, status)",
    """
    CREATE FUNCTION trading.check_new_order() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM trading.order_transition
                       WHERE from_status = 'NONE' AND to_status = NEW.status) THEN
            RAISE EXCEPTION 'order %: no order begins as %', NEW.client_order_id, NEW.status
                USING ERRCODE = 'JX003';
        END IF;
        IF NOT gate.is_loadable(NEW.artifact_id) THEN
            RAISE EXCEPTION 'order %: artifact % is not loadable', NEW.client_order_id, NEW.artifact_id
                USING ERRCODE = 'JX005';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    # A row may be written without a step (a count, the venue's id); then its fills stay as they are.
    """
    CREATE FUNCTION trading.check_order_step() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        told_by_broker CONSTANT text[] := ARRAY['status', 'filled_quantity', 'average_price',
            'venue_order_id', 'reason_code', 'not_found_count', 'updated_at'];
    BEGIN
        IF to_jsonb(NEW) - told_by_broker <> to_jsonb(OLD) - told_by_broker THEN
            RAISE EXCEPTION 'order %: its terms never change', OLD.client_order_id USING ERRCODE = 'JX003';
        END IF;
        IF NEW.filled_quantity < OLD.filled_quantity
           AND NOT (OLD.status = 'FILLED' AND NEW.status = 'PARTIALLY_FILLED') THEN
            RAISE EXCEPTION 'order %: the filled quantity falls from % to % without a bust',
                OLD.client_order_id, OLD.filled_quantity, NEW.filled_quantity USING ERRCODE = 'JX003';
        END IF;
        IF NEW.status = OLD.status AND NEW.filled_quantity = OLD.filled_quantity
           AND NEW.average_price IS NOT DISTINCT FROM OLD.average_price THEN
            RETURN NEW;
        END IF;
        IF NOT EXISTS (SELECT FROM trading.order_transition
                       WHERE from_status = OLD.status AND to_status = NEW.status) THEN
            RAISE EXCEPTION 'order %: no step leads from % to %', OLD.client_order_id, OLD.status, NEW.status
                USING ERRCODE = 'JX003';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER orders_new BEFORE INSERT ON trading.orders
        FOR EACH ROW EXECUTE FUNCTION trading.check_new_order()
    """,
    "ALTER TABLE trading.orders ENABLE ALWAYS TRIGGER orders_new",
    """
    CREATE TRIGGER orders_step BEFORE UPDATE ON trading.orders
        FOR EACH ROW EXECUTE FUNCTION trading.check_order_step()
    """,
    "ALTER TABLE trading.orders ENABLE ALWAYS TRIGGER orders_step",
    """
    CREATE TABLE trading.fill (
        account text NOT NULL,
        execution_id text NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        client_order_id text NOT NULL,
        symbol text NOT NULL,
        side text NOT NULL,
        quantity numeric(20, 8) NOT NULL,
        price numeric(20, 8) NOT NULL,
        commission numeric(20, 8) NOT NULL,
        ts_event timestamptz NOT NULL,
        CONSTRAINT fill_pk PRIMARY KEY (account, execution_id),
        CONSTRAINT fill_account_seq UNIQUE (account, seq),
        CONSTRAINT fill_of_order FOREIGN KEY (client_order_id, account)
            REFERENCES trading.orders (client_order_id, account),
        CONSTRAINT fill_execution_id_length CHECK (char_length(execution_id) BETWEEN 1 AND 200),
        CONSTRAINT fill_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT fill_side_known CHECK (side IN ('BUY', 'SELL')),
        CONSTRAINT fill_quantity_bounds CHECK (quantity > 0 AND quantity < 1000000000000),
        CONSTRAINT fill_price_bounds CHECK (price > 0 AND price < 1000000000000),
        CONSTRAINT fill_commission_bounds CHECK (commission >= 0 AND commission < 1000000000000)
    )
    """,
    "CREATE INDEX fill_order ON trading.fill (client_order_id)",
    """
    CREATE TABLE trading.trade (
        trade_id text NOT NULL,
        signal_id text NOT NULL,
        client_order_id text NOT NULL,
        artifact_id text NOT NULL,
        artifact_hash text NOT NULL,
        strategy text NOT NULL,
        symbol text NOT NULL,
        side text NOT NULL,
        quantity numeric(20, 8) NOT NULL,
        entry_price numeric(20, 8) NOT NULL,
        stop_loss numeric(20, 8) NOT NULL,
        take_profit numeric(20, 8),
        risk_amount numeric(20, 8) NOT NULL,
        risk_fraction numeric(20, 8) NOT NULL,
        position_value numeric(20, 8) NOT NULL,
        approved_by text NOT NULL,
        submitted_at timestamptz NOT NULL,
        CONSTRAINT trade_pk PRIMARY KEY (trade_id),
        CONSTRAINT trade_signal_once UNIQUE (signal_id),
        CONSTRAINT trade_order_once UNIQUE (client_order_id),
        CONSTRAINT trade_of_order FOREIGN KEY (client_order_id, signal_id, artifact_id, artifact_hash)
            REFERENCES trading.orders (client_order_id, signal_id, artifact_id, artifact_hash),
        CONSTRAINT trade_trade_id_length CHECK (char_length(trade_id) BETWEEN 1 AND 64),
        CONSTRAINT trade_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT trade_side_known CHECK (side IN ('BUY', 'SELL')),
        CONSTRAINT trade_quantity_bounds CHECK (quantity > 0 AND quantity < 1000000000000),
        CONSTRAINT trade_entry_price_bounds CHECK (entry_price > 0 AND entry_price < 1000000000000),
        CONSTRAINT trade_stop_loss_bounds CHECK (stop_loss > 0 AND stop_loss < 1000000000000),
        CONSTRAINT trade_take_profit_bounds CHECK (take_profit > 0 AND take_profit < 1000000000000),
        CONSTRAINT trade_risk_amount_bounds CHECK (risk_amount > 0 AND risk_amount < 1000000000000),
        CONSTRAINT trade_risk_fraction_bounds CHECK (risk_fraction >= 0 AND risk_fraction < 1000000000000),
        CONSTRAINT trade_position_value_bounds CHECK (position_value > 0 AND position_value < 1000000000000),
        CONSTRAINT trade_approved_by_length CHECK (char_length(approved_by) BETWEEN 1 AND 200)
    )
    """,
    "CREATE INDEX trade_newest ON trading.trade (submitted_at DESC, trade_id)",
    """
    CREATE TABLE trading.bar (
        symbol text NOT NULL,
        timeframe text NOT NULL,
        bar_start timestamptz NOT NULL,
        bar_end timestamptz NOT NULL,
        open numeric(20, 8) NOT NULL,
        high numeric(20, 8) NOT NULL,
        low numeric(20, 8) NOT NULL,
        close numeric(20, 8) NOT NULL,
        volume numeric(20, 8) NOT NULL,
        CONSTRAINT bar_pk PRIMARY KEY (symbol, timeframe, bar_end),
        CONSTRAINT bar_symbol_length CHECK (char_length(symbol) BETWEEN 1 AND 32),
        CONSTRAINT bar_timeframe_known CHECK (timeframe IN ('1d')),
        CONSTRAINT bar_interval CHECK (bar_start < bar_end),
        CONSTRAINT bar_prices CHECK (
            low > 0 AND low <= open AND low <= close AND open <= high AND close <= high
            AND high < 1000000000000),
        CONSTRAINT bar_volume_bounds CHECK (volume >= 0 AND volume < 1000000000000)
    )
    """,
    *(
        statement
        for table in KEPT
        for statement in (
            f"CREATE TRIGGER {table}_kept BEFORE DELETE OR TRUNCATE ON trading.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
            f"ALTER TABLE trading.{table} ENABLE ALWAYS TRIGGER {table}_kept",
        )
    ),
    *(
        statement
        for table in APPEND_ONLY
        for statement in (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON trading.{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()",
            f"ALTER TABLE trading.{table} ENABLE ALWAYS TRIGGER {table}_append_only",
        )
    ),
)

DOWN = (
    "DROP TABLE trading.bar",
    "DROP TABLE trading.trade",
    "DROP TABLE trading.fill",
    "DROP TABLE trading.orders",
    "DROP FUNCTION trading.check_order_step()",
    "DROP FUNCTION trading.check_new_order()",
    "DROP TABLE trading.order_transition",
    "DROP TABLE trading.signal",
    "DROP TABLE trading.account",
    "DROP SCHEMA trading",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)
    op.bulk_insert(
        table("order_transition", column("from_status"), column("to_status"), schema="trading"),
        [{"from_status": old, "to_status": new} for old, steps in STEPS.items() for new in steps],
    )


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
