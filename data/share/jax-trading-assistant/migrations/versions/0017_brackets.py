"""Entries that bring their stop and target along, and the exits that are recorded with their first fill."""

from alembic import op

revision = "0017"
down_revision: str | None = "0016"

COLUMNS = """
    ALTER TABLE {schema}.orders
        ADD COLUMN bracket_stop_price numeric(20, 8),
        ADD COLUMN bracket_target_price numeric(20, 8),
        ADD CONSTRAINT orders_bracket_stop_price_bounds
            CHECK (bracket_stop_price > 0 AND bracket_stop_price < 1000000000000),
        ADD CONSTRAINT orders_bracket_target_price_bounds
            CHECK (bracket_target_price > 0 AND bracket_target_price < 1000000000000),
        ADD CONSTRAINT orders_bracket_of_entry CHECK (
            bracket_stop_price IS NOT NULL AND leg = 'ENTRY'
            OR bracket_stop_price IS NULL AND bracket_target_price IS NULL)
"""
# An exit that came with its entry is for the whole of it: the venue bounds it by what the entry has filled.
# One whose every fill was busted before it was heard of has brought its exits to work all the same.
BOUND = """
        entered := entry.filled_quantity;
        IF NEW.revision = 0
           AND EXISTS (SELECT FROM {schema}.fill WHERE client_order_id = entry.client_order_id)
           AND (NEW.leg = 'STOP' AND NEW.stop_price = entry.bracket_stop_price
                OR NEW.leg = 'TARGET' AND NEW.limit_price = entry.bracket_target_price) THEN
            entered := entry.quantity;
        END IF;"""
DECLARED = """
        entered numeric;"""
CHECK_NEW_ORDER = """
    CREATE OR REPLACE FUNCTION {schema}.check_new_order() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        entry {schema}.orders;{declared}
        leaving numeric;
        left_already numeric;
    BEGIN
        PERFORM gate.check_read_committed('order ' || NEW.client_order_id);
        IF NOT EXISTS (SELECT FROM {schema}.order_transition
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
        SELECT * INTO entry FROM {schema}.orders
            WHERE account = NEW.account AND signal_id = NEW.signal_id AND leg = 'ENTRY';
        IF entry.client_order_id IS NULL OR entry.symbol <> NEW.symbol OR entry.side = NEW.side THEN
            RAISE EXCEPTION 'order %: there is no entry of the other side to leave', NEW.client_order_id
                USING ERRCODE = 'JX020';
        END IF;{bound}
        SELECT coalesce(sum(filled_quantity), 0) INTO left_already FROM {schema}.orders
            WHERE account = NEW.account AND signal_id = NEW.signal_id AND leg <> 'ENTRY';
        SELECT coalesce(sum(quantity - filled_quantity), 0) INTO leaving FROM {schema}.orders
            WHERE account = NEW.account AND signal_id = NEW.signal_id AND leg = NEW.leg
              AND status IN ('INTENT', 'PENDING_NEW', 'UNKNOWN', 'NEW', 'PARTIALLY_FILLED', 'ADOPTED');
        IF NEW.status <> 'DENIED' AND leaving + left_already + NEW.quantity > {entered} THEN
            RAISE EXCEPTION 'order %: % to leave are more than the % that its entry still holds',
                NEW.client_order_id, NEW.quantity, {entered} - leaving - left_already
                USING ERRCODE = 'JX020';
        END IF;
        RETURN NEW;
    END
    $$
"""
# What the older schema cannot say must not be lost by going back to it.
GUARD = """
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM {schema}.orders WHERE bracket_stop_price IS NOT NULL) THEN
            RAISE EXCEPTION 'orders with brackets are stored, which the older schema cannot hold'
                USING ERRCODE = 'JX021';
        END IF;
    END
    $$
"""
WITHOUT_COLUMNS = """
    ALTER TABLE {schema}.orders DROP COLUMN bracket_stop_price, DROP COLUMN bracket_target_price
"""
SCHEMAS = ("trading", "shadow")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(COLUMNS.format(schema=schema))
        op.execute(
            CHECK_NEW_ORDER.format(
                schema=schema, declared=DECLARED, bound=BOUND.format(schema=schema), entered="entered"
            )
        )


def downgrade() -> None:
    for schema in SCHEMAS:
        op.execute(GUARD.format(schema=schema))
        op.execute(
            CHECK_NEW_ORDER.format(schema=schema, declared="", bound="", entered="entry.filled_quantity")
        )
        op.execute(WITHOUT_COLUMNS.format(schema=schema))
