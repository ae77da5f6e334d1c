"""The owner of every table takes the guards off and rewrites what was recorded: `verify` names it.

Over these tables a superuser can do no more; the server of the tests, as ours, lets none log in.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg
import pytest

from jax.adapters.memory.clock import SettableClock
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ApprovalKind
from jax.domain.audit import AuditEntry
from jax.domain.dsse import decode_envelope
from jax.domain.gate_root import GateRoot
from jax.domain.record_row import RecordRow
from tests.desk import NOW
from tests.gate_desk import GateDesk
from tests.gate_history import record_rows, recorded_history
from tests.gate_people import approval_envelope, recorded_revocation, snapshot_envelope
from tests.postgres_server import fresh_database
from tests.recorded import Recorded, checkpoint_of
from tests.tampering import Rows, rechained, row_of, with_values
from tests.unit.domain.examples import an_audit_event

_GUARDED = "'audit'::regnamespace, 'gate'::regnamespace, 'trading'::regnamespace"
_OTHER_ENVELOPE = "UPDATE gate.approval SET envelope = $1 WHERE artifact_id = 'id-1' AND approver = 'rosa'"
_OTHER_SNAPSHOT = "UPDATE gate.snapshot SET envelope = $1 WHERE seq = 4"


@dataclass(frozen=True, slots=True)
class Attacked:
    """A database with a whole history in it, and what was kept elsewhere before anybody touched it."""

    url: str
    before: Recorded
    checkpoint: bytes

    def findings(self, *, with_checkpoint: bool = True) -> list[str]:
        """What is found in the database as it is now."""
        rows = asyncio.run(_rows_in(self.url))
        return self.before.findings(rows, checkpoint=self.checkpoint if with_checkpoint else None)

    def run(self, *statements: str | tuple[str, bytes]) -> None:
        """With every trigger and constraint out of the way; each statement changes something."""
        asyncio.run(_run(self.url, [(one,) if isinstance(one, str) else one for one in statements]))

    def rewrite(self, rows: Rows) -> None:
        """Puts the chain of `rows` in the place of the stored one."""
        asyncio.run(_rewrite(self.url, rows))


async def _rows_in(url: str) -> Rows:
    async with _opened(url) as unit_of_work:
        return await record_rows(unit_of_work)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[PostgresUnitOfWork]:
    database = PostgresDatabase(url)
    try:
        yield PostgresUnitOfWork(database)
    finally:
        await database.close()


@asynccontextmanager
async def _without_guards(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        for (table,) in await connection.fetch(
            f"SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace IN ({_GUARDED})"
        ):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table, name in await connection.fetch(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint "
            f"WHERE contype IN ('f', 'c', 'u') AND connamespace IN ({_GUARDED})"
        ):
            await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")
        yield connection
    finally:
        await connection.close()


async def _run(url: str, statements: Sequence[tuple[str] | tuple[str, bytes]]) -> None:
    async with _without_guards(url) as owner:
        for statement, *values in statements:
            done = await owner.execute(statement, *values)
            assert not done.endswith(" 0"), f"{done}: this attack did nothing"


async def _rewrite(url: str, rows: Rows) -> None:
    columns = ["n", "kind", "subject", "actor", "at", "data", "previous_sha256", "entry_sha256"]
    entries = [row for row in rows if row.table == "audit.entry"]
    written = [tuple(row.moment(c) if c == "at" else row.row[c] for c in columns) for row in entries]
    steps = [
        (row.row["entry_n"], row.row["entry_sha256"], row.row["artifact_id"], row.row["n"])
        for row in rows
        if row.table == "gate.artifact_event"
    ]
    async with _without_guards(url) as owner:
        await owner.execute("DELETE FROM audit.entry")
        await owner.executemany(
            f"INSERT INTO audit.entry ({', '.join(columns)}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", written
        )
        await owner.executemany(
            "UPDATE gate.artifact_event SET entry_n = $1, entry_sha256 = $2 "
            "WHERE artifact_id = $3 AND n = $4",
            steps,
        )


@pytest.fixture(scope="module")
def recorded_url(postgres_server_url: str, migrated_template_url: str) -> Iterator[tuple[str, Recorded]]:
    """A database to copy, and what is recorded in it."""

    async def record(url: str) -> Recorded:
        async with _opened(url) as unit_of_work, recorded_history(unit_of_work) as history:
            return Recorded(await record_rows(unit_of_work), history.desk.gate.root)

    with fresh_database(postgres_server_url, template=migrated_template_url) as url:
        yield url, asyncio.run(record(url))


@pytest.fixture
def attacked(postgres_server_url: str, recorded_url: tuple[str, Recorded]) -> Iterator[Attacked]:
    template, before = recorded_url
    with fresh_database(postgres_server_url, template=template) as url:
        yield Attacked(url, before, checkpoint_of(before.verdict()))


def test_nothing_is_found_where_nobody_has_touched_anything(attacked: Attacked) -> None:
    assert attacked.findings() == []


# What somebody without any key does to one row or a few, and the finding that names it.
ATTACKS: dict[str, tuple[str, str]] = {
    "edits a step": (
        "UPDATE gate.artifact_event SET actor = 'rosa' WHERE artifact_id = 'id-1' AND n = 3",
        "step 3 of ma_crossover_v1 1.0.0 to REVIEWED: its actor is rosa, and audit entry 8 says tessa",
    ),
    "takes a step out": (
        "DELETE FROM gate.artifact_event WHERE artifact_id = 'id-2' AND to_state = 'REVOKED'",
        "audit entry 29: it tells of artifact.step of id-2 by rolf, and no row of it is left",
    ),
    "edits an entry": (
        "UPDATE audit.entry SET actor = 'mallory' WHERE n = 14",
        "audit entry 14: it does not hash to the hash stored with it: it was changed",
    ),
    "takes an entry out": (
        "DELETE FROM audit.entry WHERE n = 14",
        "audit entry 15: it follows entry 13: what was between them is missing",
    ),
    "drops the tail of the chain": (
        "DELETE FROM audit.entry WHERE n > 31",
        "audit entry 35: the checkpoint by audrey names it, and the record ends at entry 31: "
        "the newest were dropped",
    ),
    "moves an approval to another artifact": (
        "UPDATE gate.approval SET artifact_id = 'id-2', renewal = 1 "
        "WHERE artifact_id = 'id-1' AND approver = 'rosa'",
        "approval of ma_crossover_v1 1.0.0 by rosa: its artifact_id is id-2, and audit entry 9 says id-1",
    ),
    "takes an approval out": (
        "DELETE FROM gate.approval WHERE artifact_id = 'id-2' AND approver = 'rosa'",
        "step 4 of ma_crossover_v1 1.0.1 to APPROVED: ma_crossover_v1 1.0.1 needs 1 RISK approval; "
        "tessa's counts as TECHNICAL",
    ),
    "deletes a revocation": (
        "DELETE FROM gate.revocation",
        "audit entry 28: it tells of gate.revocation of rv-1 by rolf, and no row of it is left",
    ),
    "gives a revocation another reason": (
        "UPDATE gate.revocation SET reason = 'a mistake', envelope = NULL",
        "revocation rv-1 of ma_crossover_v1 1.0.1: its reason is a mistake, "
        "and audit entry 28 says it loses money",
    ),
    "takes the newest snapshot out": (
        "DELETE FROM gate.snapshot WHERE seq = 4",
        "checkpoint: it has seen snapshot 4, and the newest here is 3",
    ),
    "moves a trade to another artifact": (
        "UPDATE trading.trade SET artifact_id = artifact.artifact_id, artifact_hash = payload_sha256 "
        "FROM gate.artifact WHERE artifact.artifact_id = 'id-2' AND signal_id = 'sg3'",
        "trade {sg3}: its artifact_id is id-2, and audit entry 33 says id-1",
    ),
    "moves a trade with its order and its signal": (
        "WITH other AS (SELECT artifact_id, payload_sha256 FROM gate.artifact WHERE artifact_id = 'id-2'), "
        "orders AS (UPDATE trading.orders SET artifact_id = other.artifact_id, "
        "artifact_hash = payload_sha256 FROM other WHERE signal_id = 'sg3'), "
        "signal AS (UPDATE trading.signal SET artifact_id = other.artifact_id, "
        "artifact_hash = payload_sha256 FROM other WHERE signal_id = 'sg3') "
        "UPDATE trading.trade SET artifact_id = other.artifact_id, artifact_hash = payload_sha256 "
        "FROM other WHERE signal_id = 'sg3'",
        "trade {sg3}: snapshot 4, then in force, did not name ma_crossover_v1 1.0.1",
    ),
    "makes a trade larger": (
        "UPDATE trading.trade SET quantity = quantity * 10 WHERE signal_id = 'sg1'",
        "trade {sg1}: its quantity is 1.33E+3, and audit entry 13 says 133",
    ),
    "takes a trade out": (
        "DELETE FROM trading.trade WHERE signal_id = 'sg2'",
        "audit entry 26: it tells of order.decided of sg2 by olivia, and no row of it is left",
    ),
    "plants a trade": (
        "INSERT INTO trading.trade SELECT (jsonb_populate_record(NULL::trading.trade, to_jsonb(stored) || "
        """'{"trade_id": "tr-planted", "signal_id": "sg9", "client_order_id": "jx9"}')).* """
        "FROM trading.trade stored WHERE signal_id = 'sg1'",
        "trade tr-planted: no entry of the audit log tells of it",
    ),
    "asks for less in the policy": (
        "UPDATE gate.policy SET document = convert_to(replace(convert_from(document, 'UTF8'), "
        """'"RISK":1', '"RISK":0'), 'UTF8')""",
        "audit entry 2: it tells of gate.policy of {policy} by rene, and no row of it is left",
    ),
    "changes a parameter of an artifact": (
        "UPDATE gate.artifact SET payload = convert_to(replace(convert_from(payload, 'UTF8'), "
        """'"trials":1', '"trials":2'), 'UTF8') WHERE artifact_id = 'id-1'""",
        "trade {sg1}: artifact_id: id-1 has no version with its hash",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_done_to_a_row_is_named(attacked: Attacked, attack: str) -> None:
    statement, expected = ATTACKS[attack]
    attacked.run(statement)
    assert expected.format_map(_names(attacked.before)) in attacked.findings()


def test_a_column_that_is_no_longer_generated_and_says_otherwise_is_named(attacked: Attacked) -> None:
    attacked.run(
        "DROP VIEW gate.standing_approval CASCADE",
        "ALTER TABLE gate.approval ALTER COLUMN decision DROP EXPRESSION",
        "UPDATE gate.approval SET decision = 'REJECT' WHERE artifact_id = 'id-1' AND approver = 'rosa'",
    )
    assert (
        "approval of ma_crossover_v1 1.0.0 by rosa: its decision is REJECT, and its envelope says APPROVE"
        in attacked.findings(with_checkpoint=False)
    )


def test_an_approval_signed_by_somebody_else_is_named(attacked: Attacked) -> None:
    artifact = attacked.before.artifact("id-1")
    forged = approval_envelope(artifact, ApprovalKind.RISK, reason="sounds good", signed_by="mallory")
    attacked.run((_OTHER_ENVELOPE, forged))
    thing = "approval of ma_crossover_v1 1.0.0 by rosa"
    findings = attacked.findings(with_checkpoint=False)
    assert f"{thing}: no entry of the audit log tells of it" in findings
    assert any(line.startswith(f"{thing}: it names key") and "root file lacks" in line for line in findings)
    assert (
        "audit entry 9: it tells of artifact.approval of id-1 by rosa, and no row of it is left" in findings
    )


def test_an_approval_with_other_words_under_the_same_signature_is_named(attacked: Attacked) -> None:
    stored = row_of(attacked.before.rows, "gate.approval", artifact_id="id-1", approver="rosa")
    envelope = decode_envelope(stored.content("envelope"))
    other = replace(envelope, payload=envelope.payload.replace(b"read it twice", b"read it never"))
    attacked.run((_OTHER_ENVELOPE, other.encoded()))
    assert (
        "approval of ma_crossover_v1 1.0.0 by rosa: its signature is not one by the key of rosa"
        in attacked.findings(with_checkpoint=False)
    )


def test_a_snapshot_replaced_by_one_that_was_signed_and_never_released_is_named(attacked: Attacked) -> None:
    artifact = attacked.before.artifact("id-1")
    head = row_of(attacked.before.rows, "audit.entry", n=30)
    entry = AuditEntry(30, an_audit_event(), "", head.text("entry_sha256"))
    other = snapshot_envelope({artifact.name: artifact.payload_sha256}, entry, seq=4, issued=NOW)
    attacked.run((_OTHER_SNAPSHOT, other))
    findings = attacked.findings(with_checkpoint=False)
    assert any(line.startswith("snapshot 4: its envelope is sha256:") for line in findings)


def test_a_snapshot_that_comes_back_under_a_later_number_is_named(attacked: Attacked) -> None:
    first = row_of(attacked.before.rows, "gate.snapshot", seq=1).content("envelope")
    attacked.run("DELETE FROM gate.snapshot WHERE seq = 1", (_OTHER_SNAPSHOT, first))
    findings = attacked.findings(with_checkpoint=False)
    assert (
        "audit entry 31: it tells of gate.snapshot of snapshot by rene, and no row of it is left" in findings
    )


def test_the_tail_with_all_its_rows_is_missed_by_the_checkpoint_alone(attacked: Attacked) -> None:
    attacked.run(
        "DELETE FROM trading.trade WHERE signal_id = 'sg3'",
        "DELETE FROM gate.key_end",
        "DELETE FROM gate.artifact_event WHERE entry_n > 30",
        "DELETE FROM gate.snapshot WHERE seq = 4",
        "DELETE FROM audit.entry WHERE n > 30",
    )
    assert attacked.findings(with_checkpoint=False) == []
    assert attacked.findings() == [
        "checkpoint: it has seen snapshot 4, and the newest here is 3",
        "audit entry 35: the checkpoint by audrey names it, and the record ends at entry 30: "
        "the newest were dropped",
    ]


def test_a_revocation_with_everything_that_tells_of_it_is_missed_by_the_checkpoint_alone(
    attacked: Attacked,
) -> None:
    asyncio.run(_revoke(attacked.url, attacked.before.root))
    rows = asyncio.run(_rows_in(attacked.url))
    checkpoint = checkpoint_of(attacked.before.verdict(rows))
    attacked.run(
        "DELETE FROM gate.revocation WHERE payload_sha256 = "
        "(SELECT payload_sha256 FROM gate.artifact WHERE artifact_id = 'id-1')",
        "DELETE FROM gate.artifact_event WHERE artifact_id = 'id-1' AND to_state = 'REVOKED'",
        "DELETE FROM audit.entry WHERE n > 35",
    )
    assert attacked.findings(with_checkpoint=False) == []
    revoked = attacked.before.artifact("id-1").payload_sha256
    assert replace(attacked, checkpoint=checkpoint).findings() == [
        f"checkpoint: it has seen {revoked} revoked, and no revocation of it is stored",
        "audit entry 37: the checkpoint by audrey names it, and the record ends at entry 35: "
        "the newest were dropped",
    ]


def test_a_chain_hashed_anew_breaks_what_people_signed_of_it(attacked: Attacked) -> None:
    attacked.rewrite(rechained(attacked.before.rows, _by_mallory(14)))
    expected = (
        "audit entry 22: snapshot 2 names it with another hash: "
        "something after entry 10 up to it was rewritten"
    )
    assert expected in attacked.findings(with_checkpoint=False)


def test_a_chain_hashed_anew_after_the_newest_snapshot_is_missed_by_the_checkpoint_alone(
    attacked: Attacked,
) -> None:
    attacked.rewrite(rechained(attacked.before.rows, _by_mallory(34)))
    assert attacked.findings(with_checkpoint=False) == []
    assert attacked.findings() == [
        "audit entry 35: the checkpoint by audrey names it with another hash: "
        "something after entry 30 up to it was rewritten"
    ]


def test_an_approval_taken_out_of_a_chain_hashed_anew_leaves_a_step_without_its_reason(
    attacked: Attacked,
) -> None:
    # Somebody makes a history in which rosa never approved, with all hashes and numbers right.
    told = row_of(attacked.before.rows, "audit.entry", n=9)
    attacked.run("DELETE FROM gate.approval WHERE artifact_id = 'id-1' AND approver = 'rosa'")
    attacked.rewrite(rechained(row for row in attacked.before.rows if row is not told))
    findings = attacked.findings(with_checkpoint=False)
    assert any(
        line.startswith("step 4 of ma_crossover_v1 1.0.0 to APPROVED: ma_crossover_v1 1.0.0 needs 1 RISK")
        for line in findings
    )


def _by_mallory(n: int) -> Callable[[RecordRow], RecordRow]:
    return lambda entry: with_values(entry, actor="mallory") if entry.row["n"] == n else entry


async def _revoke(url: str, root: GateRoot) -> None:
    async with _opened(url) as unit_of_work:
        at = NOW + timedelta(seconds=10)
        gate = GateDesk(unit_of_work, SettableClock(at), root=root)
        async with unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get("id-1")
            await transaction.releases.add_revocation(recorded_revocation(artifact, "rv-2", at=at))
        await gate.revocations.tell_history(actor="rolf")


def _names(recorded: Recorded) -> dict[str, object]:
    trades = {
        str(row.row["signal_id"]): row.row["trade_id"]
        for row in recorded.rows
        if row.table == "trading.trade"
    }
    return {**trades, "policy": row_of(recorded.rows, "gate.policy").row["sha256"]}
