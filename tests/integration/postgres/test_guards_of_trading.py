"""What schema `trading` refuses whoever writes, whatever program they write with."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ArtifactState
from jax.domain.fill import Fill
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from tests.contract.stored_values import (
    ACCOUNT,
    NOW,
    artifact,
    bar,
    fill,
    store_in_status,
    store_signal,
)
from tests.contract.within import within
from tests.integration.postgres.copied_row import copy_row
from tests.integration.postgres.gate_rows import (
    add_snapshot,
    bring_to,
    name_in_snapshot,
    newest_entry,
    open_gate,
    revoke,
    take_step,
)
from tests.integration.postgres.refusals import refused_by, refused_with
from tests.integration.postgres.signed_rows import TODAY, ZEROS, signed_snapshot


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def working(unit_of_work: PostgresUnitOfWork, sql: asyncpg.Connection) -> Order:
    """The stored order jx-sg1, partially filled, with one row in every table that holds numbers."""
    active = artifact()
    await open_gate(sql)
    await bring_to(sql, active, ArtifactState.ACTIVE)
    decided = await store_signal(unit_of_work, active, "sg1")
    pending = await store_in_status(unit_of_work, decided, OrderStatus.NEW)
    first: Fill = fill(pending)
    partly = pending.with_fill(first, at=NOW)
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, first)
        await tx.orders.save(partly)
        await tx.bars.append([bar()])
        await tx.reference.put_instruments([Instrument("AAPL", "XNAS", "USD", Decimal("0.01"), Decimal(1))])
    return partly


_NUMBERS = [
    ("trading.account", "opening_equity"),
    *(("trading.signal", column) for column in ("entry_price", "stop_loss", "take_profit", "confidence")),
    *(
        ("trading.orders", column)
        for column in (
            *("quantity", "limit_price", "stop_price", "filled_quantity", "average_price"),
            *("bracket_stop_price", "bracket_target_price"),
        )
    ),
    *(("trading.fill", column) for column in ("quantity", "price", "commission")),
    *(
        ("trading.trade", column)
        for column in (
            "quantity",
            "entry_price",
            "stop_loss",
            "take_profit",
            "risk_amount",
            "risk_fraction",
            "position_value",
        )
    ),
    *(("trading.bar", column) for column in ("open", "high", "low", "close", "volume")),
    *(("reference.instrument", column) for column in ("price_increment", "lot_size", "multiplier")),
]


# A copy of an order has to begin as one may, or it is refused before its columns are looked at.
_AS_NEW: defaultdict[str, dict[str, str]] = defaultdict(dict, {"trading.orders": {"status": "ADOPTED"}})


async def test_the_numbers_above_are_all_that_there_are(sql: asyncpg.Connection) -> None:
    rows = await sql.fetch(
        "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns "
        "JOIN pg_tables ON (schemaname, tablename) = (table_schema, table_name) "
        "WHERE data_type = 'numeric' AND table_schema IN ('gate', 'trading', 'reference', 'audit')"
    )
    assert {tuple(row) for row in rows} == set(_NUMBERS)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "-1", "1000000000000"])
async def test_no_column_takes_a_number_without_bounds(
    sql: asyncpg.Connection, working: Order, number: str
) -> None:
    for table, column in _NUMBERS:
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.NumericValueOutOfRangeError)):
            await copy_row(sql, table, _AS_NEW[table] | {column: number})


async def test_a_row_that_is_copied_unchanged_is_refused_for_its_key_only(
    sql: asyncpg.Connection, working: Order
) -> None:
    for table in dict(_NUMBERS):
        with pytest.raises(asyncpg.UniqueViolationError):
            await copy_row(sql, table, _AS_NEW[table])


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("trading.signal", "side"),
        ("trading.signal", "status"),
        ("trading.orders", "side"),
        ("trading.orders", "order_type"),
        ("trading.orders", "time_in_force"),
        ("trading.fill", "side"),
        ("trading.trade", "side"),
        ("trading.bar", "timeframe"),
    ],
)
async def test_no_column_of_words_takes_another_word(
    sql: asyncpg.Connection, working: Order, table: str, column: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await copy_row(sql, table, _AS_NEW[table] | {column: "BUYSELL"})


@pytest.mark.parametrize(
    "changed",
    [
        {"low": "100.6"},
        {"high": "101.4"},
        {"open": "110.00000001"},
        {"close": "99.4"},
        {"bar_start": "2024-01-02T21:00:00Z"},
    ],
)
async def test_no_bar_contradicts_itself(
    sql: asyncpg.Connection, working: Order, changed: dict[str, str]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await copy_row(sql, "trading.bar", changed)


async def _stop(sql: asyncpg.Connection) -> None:
    await revoke(sql, artifact())


async def _deprecate(sql: asyncpg.Connection) -> None:
    await take_step(sql, artifact(), "DEPRECATED")


async def _release_nothing(sql: asyncpg.Connection) -> None:
    await name_in_snapshot(sql, [])


async def _let_the_snapshot_expire(sql: asyncpg.Connection) -> None:
    issued = TODAY - timedelta(days=31)
    head = await newest_entry(sql)
    await add_snapshot(sql, signed_snapshot(2, [artifact()], head, issued=issued))


@pytest.mark.parametrize("end", [_stop, _deprecate, _release_nothing, _let_the_snapshot_expire])
async def test_the_fence_refuses_an_order_of_an_artifact_that_is_no_longer_loadable(
    sql: asyncpg.Connection, working: Order, end: Callable[[asyncpg.Connection], Awaitable[None]]
) -> None:
    await end(sql)
    for fresh in (
        {"client_order_id": "jx2", "status": "PENDING_NEW"},
        {"client_order_id": "jx3", "status": "DENIED"},
    ):
        with pytest.raises(asyncpg.PostgresError, match="artifact art-1 is not loadable"):
            await copy_row(sql, "trading.orders", fresh)


async def test_the_fence_sees_a_revocation_that_was_committed_after_the_transaction_began(
    sql: asyncpg.Connection, working: Order, database_url: str
) -> None:
    other = await asyncpg.connect(database_url)
    async with sql.transaction():
        assert await sql.fetchval("SELECT gate.is_loadable('art-1')") is True
        await _stop(other)
        with pytest.raises(asyncpg.PostgresError, match="not loadable"):
            await copy_row(sql, "trading.orders", {"client_order_id": "jx2", "status": "PENDING_NEW"})
    await other.close()


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_an_order_is_written_at_read_committed_only(
    sql: asyncpg.Connection, working: Order, isolation: str
) -> None:
    fresh = {"client_order_id": "jx2", "status": "PENDING_NEW", "revision": "1"}
    refused = refused_with("JX004", "order jx2 is written at READ COMMITTED only, not at")
    async with refused, sql.transaction(isolation=isolation):
        await copy_row(sql, "trading.orders", fresh)
    await copy_row(sql, "trading.orders", fresh)


async def test_an_order_of_a_revoked_artifact_may_still_be_brought_to_its_end(
    sql: asyncpg.Connection, working: Order, unit_of_work: PostgresUnitOfWork
) -> None:
    await _stop(sql)
    canceled = working.moved_to(OrderStatus.CANCELED, at=NOW)
    await within(unit_of_work, lambda tx: tx.orders.save(canceled))
    assert await within(unit_of_work, lambda tx: tx.orders.get("jx-sg1")) == canceled


_NEXT_TRADE: dict[str, str | None] = {
    "trade_id": "tr2",
    "signal_id": "sg2",
    "client_order_id": "jx2",
    "policy_sha256": None,
}


async def test_a_trade_names_the_policy_that_it_was_made_under(
    sql: asyncpg.Connection, working: Order
) -> None:
    assert await sql.fetchval("SELECT policy_sha256 FROM trading.trade") == DESK_POLICY.sha256
    await copy_row(sql, "trading.signal", {"signal_id": "sg2"})
    order = {"client_order_id": "jx2", "signal_id": "sg2", "status": "PENDING_NEW"}
    await copy_row(sql, "trading.orders", order)
    async with refused_by("trade_under_policy"):
        await copy_row(sql, "trading.trade", _NEXT_TRADE | {"policy_sha256": ZEROS})
    other = artifact("art-2", name="other_v1")
    await bring_to(sql, other, ArtifactState.DRAFT)
    await name_in_snapshot(sql, [other])
    async with refused_with("JX005", "trade tr2: no snapshot in force says by which policy it is made"):
        await copy_row(sql, "trading.trade", _NEXT_TRADE)


async def test_no_order_begins_in_the_middle(sql: asyncpg.Connection, working: Order) -> None:
    with pytest.raises(asyncpg.PostgresError, match="no order begins as FILLED"):
        await copy_row(sql, "trading.orders", {"client_order_id": "jx2", "status": "FILLED"})


@pytest.mark.parametrize("hashes", ["{}", "3", "no list"])
async def test_a_process_reports_the_list_of_what_it_runs(sql: asyncpg.Connection, hashes: str) -> None:
    reporting = "INSERT INTO trading.running VALUES ('boot-1', 'paper', $1, NULL, now())"
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.InvalidTextRepresentationError)):
        await sql.execute(reporting, hashes)
    await sql.execute(reporting, '["sha256:1"]')


_TOLD_BY_BROKER = frozenset(
    (
        "status",
        "filled_quantity",
        "average_price",
        "venue_order_id",
        "reason_code",
        "not_found_count",
        "updated_at",
        "cancel_requested_at",
    )
)


async def test_the_terms_of_an_order_never_change(sql: asyncpg.Connection, working: Order) -> None:
    rows = await sql.fetch(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'trading' AND table_name = 'orders'"
    )
    terms = {name: kind for name, kind in rows if name not in _TOLD_BY_BROKER}
    assert len(terms) == len(rows) - len(_TOLD_BY_BROKER) == 20
    for name, kind in terms.items():
        other = {"text": "'x'", "numeric": "7", "bigint": "7", "integer": "7"}.get(kind, "'2001-01-01'")
        with pytest.raises(asyncpg.PostgresError, match="its terms never change"):
            await sql.execute(f"UPDATE trading.orders SET {name} = {other}")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("status = 'NEW'", "no step leads from PARTIALLY_FILLED to NEW"),
        ("status = 'REJECTED'", "no step leads from PARTIALLY_FILLED to REJECTED"),
        ("filled_quantity = 39", "the filled quantity falls from 40.00000000 to 39.00000000 without a corr"),
        ("filled_quantity = 0, average_price = NULL", "the filled quantity falls"),
        ("filled_quantity = 101", "orders_filled_quantity_bounds"),
        ("average_price = NULL", "orders_average_price_if_filled"),
    ],
)
async def test_no_order_takes_a_step_that_the_table_lacks(
    sql: asyncpg.Connection, working: Order, change: str, refusal: str
) -> None:
    with pytest.raises(asyncpg.PostgresError, match=refusal):
        await sql.execute(f"UPDATE trading.orders SET {change}")
    assert await sql.fetchval("SELECT status FROM trading.orders") == "PARTIALLY_FILLED"


async def test_a_canceled_order_is_filled_no_further_without_a_step(
    sql: asyncpg.Connection, working: Order
) -> None:
    await sql.execute("UPDATE trading.orders SET status = 'CANCELED'")
    with pytest.raises(asyncpg.PostgresError, match="no step leads from CANCELED to CANCELED"):
        await sql.execute("UPDATE trading.orders SET filled_quantity = 50")
    await sql.execute("UPDATE trading.orders SET not_found_count = 1")
