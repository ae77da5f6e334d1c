"""Orders that leave a trade, corrected fills, and what people have told an account: modes, kill, arming."""

from alembic import op

revision = "0009"
down_revision: str | None = "0008"

ORDERS = (
    """
    ALTER TABLE trading.orders
        ADD COLUMN leg text NOT NULL DEFAULT 'ENTRY',
        ADD COLUMN revision integer NOT NULL DEFAULT 0,
        ADD COLUMN stop_price numeric(20, 8),
        ADD COLUMN cancel_requested_at timestamptz,
        DROP CONSTRAINT orders_order_type_known,
        DROP CONSTRAINT orders_time_in_force_known,
        ADD CONSTRAINT orders_order_type_known CHECK (order_type IN ('MARKET', 'LIMIT', 'STOP')),
        ADD CONSTRAINT orders_time_in_force_known CHECK (time_in_force IN ('DAY', 'GTC')),
        ADD CONSTRAINT orders_leg_known CHECK (leg IN ('ENTRY', 'STOP', 'TARGET', 'CLOSE')),
        ADD CONSTRAINT orders_revision_not_negative CHECK (revision >= 0),
        ADD CONSTRAINT orders_stop_price_bounds CHECK (stop_price > 0 AND stop_price < 1000000000000),
        ADD CONSTRAINT orders_stop_price_if_stop CHECK ((order_type = 'STOP') = (stop_price IS NOT NULL)),
        ADD CONSTRAINT orders_leg_once UNIQUE (account, signal_id, leg, revision)
    """,
    "ALTER TABLE trading.orders ALTER COLUMN leg DROP DEFAULT, ALTER COLUMN revision DROP DEFAULT",
    # What leaves a trade may not wait for the gate: an artifact that was revoked still has its stop.
    """
    CREATE OR REPLACE FUNCTION trading.check_new_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        entry trading.orders;
        leaving numeric;
        left_already numeric;
    BEGIN
        PERFORM gate.check_read_committed('order ' || NEW.client_order_id);
        IF NOT EXISTS (SELECT FROM trading.order_transition
                       WHERE from_status = 'NONE' AND to_status = NEW.status) THEN
            RAISE EXCEPTION 'order %: no order begins as %', NEW.client_order_id, NEW.status
                USING ERRCODE = 'JX003';
        END IF;
        IF NEW.leg = 'ENTRY' THEN
            IF NOT gate.is_loadable(NEW.artifact_id) THEN
                RAISE EXCEPTION 'order %: artifact % is not loadable', NEW.client_order_id, NEW.artifact_id
                    USING ERRCODE = 'JX005';
            END IF;
            RETURN NEW;
        END IF;
        SELECT * INTO entry FROM trading.orders
            WHERE account = NEW.account AND signal_id = NEW.signal_id AND leg = 'ENTRY';
        IF entry.client_order_id IS NULL OR entry.symbol <> NEW.symbol OR entry.side = NEW.side THEN
            RAISE EXCEPTION 'order %: there is no entry of the other side to leave', NEW.client_order_id
                USING ERRCODE = 'JX020';
        END IF;
        SELECT coalesce(sum(filled_quantity), 0) INTO left_already FROM trading.orders
            WHERE account = NEW.account AND signal_id = NEW.signal_id AND leg <> 'ENTRY';
        SELECT coalesce(sum(quantity - filled_quantity), 0) INTO leaving FROM trading.orders
            WHERE account = NEW.account AND signal_id = NEW.signal_id AND leg = NEW.leg
              AND status IN ('INTENT', 'PENDING_NEW', 'UNKNOWN', 'NEW', 'PARTIALLY_FILLED', 'ADOPTED');
        IF NEW.status <> 'DENIED' AND leaving + left_already + NEW.quantity > entry.filled_quantity THEN
            RAISE EXCEPTION 'order %: % to leave are more than the % that its entry still holds',
                NEW.client_order_id, NEW.quantity, entry.filled_quantity - leaving - left_already
                USING ERRCODE = 'JX020';
        END IF;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION trading.check_order_step() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        may_change CONSTANT text[] := ARRAY['status', 'filled_quantity', 'average_price',
            'venue_order_id', 'reason_code', 'not_found_count', 'updated_at', 'cancel_requested_at'];
    BEGIN
        IF to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
            RAISE EXCEPTION 'order %: its terms never change', OLD.client_order_id USING ERRCODE = 'JX003';
        END IF;
        IF NEW.filled_quantity < OLD.filled_quantity AND NOT EXISTS (
            SELECT FROM trading.fill WHERE client_order_id = NEW.client_order_id AND revision > 0
        ) THEN
            RAISE EXCEPTION 'order %: the filled quantity falls from % to % without a correction',
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
)

FILLS = (
    """
    ALTER TABLE trading.fill
        ADD COLUMN revision integer NOT NULL DEFAULT 0,
        DROP CONSTRAINT fill_pk,
        DROP CONSTRAINT fill_quantity_bounds,
        ADD CONSTRAINT fill_pk PRIMARY KEY (account, execution_id, revision),
        ADD CONSTRAINT fill_revision_not_negative CHECK (revision >= 0),
        ADD CONSTRAINT fill_quantity_bounds CHECK (
            (quantity > 0 OR (quantity = 0 AND revision > 0)) AND quantity < 1000000000000)
    """,
    "ALTER TABLE trading.fill ALTER COLUMN revision DROP DEFAULT",
)

CONTROLS = (
    """
    ALTER TABLE trading.account
        ADD COLUMN loss_latched_on date,
        ADD COLUMN opened_on date,
        ADD COLUMN opening_equity numeric(20, 8),
        ADD CONSTRAINT account_opening_equity_bounds
            CHECK (opening_equity > 0 AND opening_equity < 1000000000000),
        ADD CONSTRAINT account_opening_whole CHECK ((opened_on IS NULL) = (opening_equity IS NULL))
    """,
    "CREATE INDEX orders_account_created ON trading.orders (account, created_at)",
    """
    CREATE TABLE trading.mode (
        account text NOT NULL,
        strategy text NOT NULL,
        mode text NOT NULL,
        reason text NOT NULL,
        actor text NOT NULL,
        changed_at timestamptz NOT NULL,
        CONSTRAINT mode_pk PRIMARY KEY (account, strategy),
        CONSTRAINT mode_of_account FOREIGN KEY (account) REFERENCES trading.account (account),
        CONSTRAINT mode_strategy_length CHECK (char_length(strategy) BETWEEN 0 AND 64),
        CONSTRAINT mode_mode_known CHECK (mode IN ('NORMAL', 'REDUCE', 'OBSERVE')),
        CONSTRAINT mode_reason_length CHECK (char_length(reason) BETWEEN 1 AND 1000),
        CONSTRAINT mode_actor_length CHECK (char_length(actor) BETWEEN 1 AND 200)
    )
    """,
    """
    CREATE TABLE trading.kill (
        account text NOT NULL,
        reason text NOT NULL,
        actor text NOT NULL,
        engaged_at timestamptz NOT NULL,
        released_at timestamptz,
        CONSTRAINT kill_pk PRIMARY KEY (account),
        CONSTRAINT kill_of_account FOREIGN KEY (account) REFERENCES trading.account (account),
        CONSTRAINT kill_reason_length CHECK (char_length(reason) BETWEEN 1 AND 1000),
        CONSTRAINT kill_actor_length CHECK (char_length(actor) BETWEEN 1 AND 200)
    )
    """,
    """
    CREATE TABLE trading.arming (
        account text NOT NULL,
        artifact_hash text NOT NULL,
        reason text NOT NULL,
        actor text NOT NULL,
        armed_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        disarmed_at timestamptz,
        CONSTRAINT arming_pk PRIMARY KEY (account, artifact_hash),
        CONSTRAINT arming_of_account FOREIGN KEY (account) REFERENCES trading.account (account),
        CONSTRAINT arming_artifact_hash_length CHECK (char_length(artifact_hash) BETWEEN 71 AND 71),
        CONSTRAINT arming_reason_length CHECK (char_length(reason) BETWEEN 1 AND 1000),
        CONSTRAINT arming_actor_length CHECK (char_length(actor) BETWEEN 1 AND 200),
        CONSTRAINT arming_expires_later CHECK (armed_at < expires_at)
    )
    """,
)

GRANTS = (
    "GRANT SELECT ON trading.mode, trading.kill, trading.arming TO jax_trader, jax_auditor",
    "GRANT INSERT ON trading.mode, trading.kill, trading.arming TO jax_trader",
    "GRANT UPDATE (mode, reason, actor, changed_at) ON trading.mode TO jax_trader",
    "GRANT UPDATE (reason, actor, engaged_at, released_at) ON trading.kill TO jax_trader",
    "GRANT UPDATE (reason, actor, armed_at, expires_at, disarmed_at) ON trading.arming TO jax_trader",
    "GRANT UPDATE (loss_latched_on, opened_on, opening_equity) ON trading.account TO jax_trader",
    "GRANT UPDATE (cancel_requested_at) ON trading.orders TO jax_trader",
)


def upgrade() -> None:
    for statement in (*ORDERS, *FILLS, *CONTROLS, *GRANTS):
        op.execute(statement)


# What the older schema cannot say must not be lost by going back to it.
GUARD = """
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM trading.orders WHERE leg <> 'ENTRY' OR order_type = 'STOP')
           OR EXISTS (SELECT FROM trading.fill WHERE revision > 0) THEN
            RAISE EXCEPTION 'orders or fills are stored that the older schema cannot hold'
                USING ERRCODE = 'JX021';
        END IF;
    END
    $$
"""

DOWN = (
    GUARD,
    "DROP TABLE trading.arming",
    "DROP TABLE trading.kill",
    "DROP TABLE trading.mode",
    "DROP INDEX trading.orders_account_created",
    """
    ALTER TABLE trading.account
        DROP COLUMN loss_latched_on, DROP COLUMN opened_on, DROP COLUMN opening_equity
    """,
    """
    ALTER TABLE trading.fill
        DROP CONSTRAINT fill_pk,
        DROP CONSTRAINT fill_quantity_bounds,
        DROP COLUMN revision,
        ADD CONSTRAINT fill_pk PRIMARY KEY (account, execution_id),
        ADD CONSTRAINT fill_quantity_bounds CHECK (quantity > 0 AND quantity < 1000000000000)
    """,
    """
    CREATE OR REPLACE FUNCTION trading.check_new_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM gate.check_read_committed('order ' || NEW.client_order_id);
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
    """
    CREATE OR REPLACE FUNCTION trading.check_order_step() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
    ALTER TABLE trading.orders
        DROP CONSTRAINT orders_leg_once,
        DROP CONSTRAINT orders_order_type_known,
        DROP CONSTRAINT orders_time_in_force_known,
        DROP COLUMN cancel_requested_at,
        DROP COLUMN stop_price,
        DROP COLUMN revision,
        DROP COLUMN leg,
        ADD CONSTRAINT orders_order_type_known CHECK (order_type IN ('MARKET', 'LIMIT')),
        ADD CONSTRAINT orders_time_in_force_known CHECK (time_in_force IN ('DAY'))
    """,
)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
