"""A desk on a server of its own, where everybody logs in under their own name."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from jax.adapters.postgres.migrations import migrate_to_head
from jax.domain.artifact import ArtifactState
from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_rows import (
    add_artifact,
    add_evidence,
    append_entry,
    bring_to,
    name_in_snapshot,
    newest_entry,
    open_gate,
    revoke,
)
from tests.integration.postgres.logins import LOGINS, create_logins, server_with_owners, url_as
from tests.integration.postgres.signed_rows import Person, signed_golden, signed_rerun
from tests.postgres_server import run_sql

DRAFT, APPROVED, STOPPED = artifact(), artifact("art-2", version="2"), artifact("art-3", version="3")
UNBORN = artifact("art-4", version="4")
ACTIVE = artifact("art-5", name="other_v1")


@dataclass(frozen=True, slots=True)
class Scene:
    """A migrated database with something for everybody to do."""

    url: str
    entries: dict[str, tuple[int, str]]
    head: tuple[int, str]

    def url_of(self, login: str) -> str:
        return url_as(self.url, login)


@contextmanager
def running_scene(bin_dir: Path | None) -> Iterator[Scene]:
    """An ordinary owner has migrated the database, the superuser has filled it."""
    with server_with_owners(bin_dir) as server_url:
        run_sql(server_url, "CREATE DATABASE desk OWNER carl")
        url = server_url.replace("/postgres", "/desk")
        asyncio.run(migrate_to_head(url_as(url, "carl")))
        create_logins(server_url)
        yield asyncio.run(_filled(url))


async def _filled(url: str) -> Scene:
    sql = await asyncpg.connect(url)
    await open_gate(sql)
    for login in LOGINS:
        for role in ("VALIDATOR", "TECHNICAL", "RELEASE"):
            person = Person(login, role)
            await sql.execute(
                "INSERT INTO gate.member_key VALUES ($1, DEFAULT, $2) ON CONFLICT DO NOTHING",
                person.public_key,
                login,
            )
            await sql.execute(
                "INSERT INTO gate.key_role VALUES ($1, $2) ON CONFLICT DO NOTHING", person.key_id, role
            )
    await add_artifact(sql, DRAFT)
    await add_evidence(sql, DRAFT, signed_rerun(DRAFT), signed_golden(DRAFT))
    await bring_to(sql, APPROVED, ArtifactState.APPROVED)
    await bring_to(sql, ACTIVE, ArtifactState.ACTIVE)
    await name_in_snapshot(sql, [APPROVED, ACTIVE])
    await bring_to(sql, STOPPED, ArtifactState.DRAFT)
    await revoke(sql, STOPPED)
    await sql.execute(
        "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-4', $1, now())",
        UNBORN.payload,
    )
    entries = {}
    for login in LOGINS:
        for of in (DRAFT, APPROVED, STOPPED, UNBORN, ACTIVE):
            entries[f"{login} {of.artifact_id}"] = await append_entry(
                sql, "artifact.step", of.artifact_id, login
            )
    scene = Scene(url, entries, await newest_entry(sql))
    await sql.execute(_TRADING_ROWS.format(hash=APPROVED.payload_sha256))
    await sql.close()
    return scene


_TRADING_ROWS = """
    INSERT INTO reference.instrument VALUES ('AAPL', 'XNAS', 'USD', 0.01, 1, 1);
    INSERT INTO trading.account VALUES ('paper', 1);
    INSERT INTO trading.running VALUES ('boot-1', 'paper', '[]', NULL, now());
    INSERT INTO trading.signal (signal_id, artifact_id, artifact_hash, strategy, symbol, side, entry_price,
            stop_loss, confidence, reason, ts_event, created_at, status)
        SELECT 'sg' || n, 'art-2', '{hash}', 'ma_crossover_v1', 'AAPL', 'BUY', 150, 145, 0.7, 'test',
            now(), now(), 'APPROVED' FROM generate_series(1, 2) AS n;
    INSERT INTO trading.orders (client_order_id, account, signal_id, artifact_id, artifact_hash, strategy,
            symbol, side, order_type, quantity, time_in_force, epoch, created_at, deadline_at, updated_at,
            status, filled_quantity, not_found_count, leg, revision)
        SELECT 'jx' || n, 'paper', 'sg' || n, 'art-2', '{hash}', 'ma_crossover_v1', 'AAPL', 'BUY', 'MARKET',
            10, 'DAY', 1, now(), now(), now(), 'PENDING_NEW', 0, 0, 'ENTRY', 0
        FROM generate_series(1, 2) AS n;
    INSERT INTO advice.request VALUES ('ad1', 'sg1', '{{}}', now()), ('ad2', 'sg2', '{{}}', now());
    INSERT INTO advice.run VALUES ('ad1', '{{}}');
"""
