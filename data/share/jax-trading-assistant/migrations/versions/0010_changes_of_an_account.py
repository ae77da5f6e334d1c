"""What saves the trader round trips: an account tells its last change, the chain its end with the lock."""

from alembic import op

revision = "0010"
down_revision: str | None = "0009"

UP = (
    "ALTER TABLE trading.account ADD COLUMN changed_in bigint NOT NULL DEFAULT 0",
    """
    CREATE FUNCTION trading.note_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        this_transaction CONSTANT bigint := pg_current_xact_id()::text::bigint;
    BEGIN
        UPDATE trading.account SET changed_in = this_transaction
            WHERE account = NEW.account AND changed_in <> this_transaction;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER orders_change AFTER INSERT OR UPDATE ON trading.orders
        FOR EACH ROW EXECUTE FUNCTION trading.note_change()
    """,
    """
    CREATE TRIGGER fill_change AFTER INSERT ON trading.fill
        FOR EACH ROW EXECUTE FUNCTION trading.note_change()
    """,
    "ALTER TABLE trading.orders ENABLE ALWAYS TRIGGER orders_change",
    "ALTER TABLE trading.fill ENABLE ALWAYS TRIGGER fill_change",
    "GRANT UPDATE (changed_in) ON trading.account TO jax_trader",
    # Each statement of a volatile function sees what was committed before it: the end is read under the lock.
    """
    CREATE FUNCTION audit.lock_end(chain bigint) RETURNS TABLE (n bigint, entry_sha256 text)
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(chain);
        RETURN QUERY SELECT entry.n, entry.entry_sha256 FROM audit.entry ORDER BY entry.n DESC LIMIT 1;
    END
    $$
    """,
)

DOWN = (
    "DROP FUNCTION audit.lock_end(bigint)",
    "DROP TRIGGER fill_change ON trading.fill",
    "DROP TRIGGER orders_change ON trading.orders",
    "DROP FUNCTION trading.note_change()",
    "ALTER TABLE trading.account DROP COLUMN changed_in",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
