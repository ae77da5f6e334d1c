"""What every GateRecord does."""

from collections import Counter
from itertools import groupby

from jax.domain.audit import AuditEvent
from jax.domain.record_row import COLUMNS
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.storages import open_storage
from tests.contract.stored_values import NOW
from tests.gate_history import record_rows, recorded_history
from tests.gate_walk import set_up_gate


async def test_gives_every_row_of_every_table_with_its_columns(unit_of_work: UnitOfWork) -> None:
    async with recorded_history(unit_of_work):
        rows = await record_rows(unit_of_work)
    assert [table for table, _ in groupby(rows, key=lambda row: row.table)] == list(COLUMNS)
    assert {row.table: tuple(row.row) for row in rows} == COLUMNS
    counted = Counter(row.table for row in rows)
    del counted["audit.entry"]
    assert counted == {
        "gate.policy": 1,
        "gate.member_key": 9,
        "gate.key_role": 9,
        "gate.key_end": 1,
        "gate.artifact": 2,
        "gate.artifact_event": 7 + 6,
        "gate.evidence": 4,
        "gate.approval": 4,
        "gate.snapshot": 4,
        "gate.revocation": 1,
        "trading.trade": 3,
    }


async def test_every_store_gives_the_same_documents(unit_of_work: UnitOfWork) -> None:
    async with open_storage(None) as memory, recorded_history(memory.unit_of_work):
        in_memory = await record_rows(memory.unit_of_work)
    async with recorded_history(unit_of_work):
        assert await record_rows(unit_of_work) == in_memory


async def test_nothing_has_been_recorded_yet(unit_of_work: UnitOfWork) -> None:
    assert await record_rows(unit_of_work) == []


async def test_what_is_recorded_while_the_rows_are_read_is_not_among_them(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        await tx.audit.append(AuditEvent("order.sent", "jx1", "jax-trader", NOW, None))
    seen = []
    async with unit_of_work.begin() as transaction:
        async for row in transaction.record.rows():
            seen.append(row.table)
            async with unit_of_work.begin() as meanwhile:
                await set_up_gate(meanwhile)
    assert seen == ["audit.entry"]
    assert "gate.policy" in {row.table for row in await record_rows(unit_of_work)}
