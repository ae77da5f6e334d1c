"""Up, down and up again, alone and in a crowd, or not at all."""

import asyncio
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from jax.adapters.postgres import migrations
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.migrations import HEAD, downgrade, migrate_to_head, migrations_folder
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ArtifactState
from jax.ports.errors import Unavailable
from tests.contract.stored_values import artifact as an_artifact
from tests.contract.stored_values import bar, store_order, store_signal
from tests.integration.postgres.catalog import catalog_of
from tests.integration.postgres.gate_rows import bring_to, open_gate
from tests.postgres_server import fresh_database, run_sql

_CHECKOUT = Path(__file__).parents[3]


def _revisions() -> list[str]:
    """All revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    return [script.revision for script in reversed(list(walked))]


def test_the_stores_are_written_for_the_newest_revision() -> None:
    assert _revisions()[-1] == HEAD


async def test_migrates_an_empty_database_once(empty_database_url: str) -> None:
    assert await migrate_to_head(empty_database_url) == _revisions()
    assert await migrate_to_head(empty_database_url) == []


async def test_goes_down_and_up_again_on_an_empty_database(empty_database_url: str) -> None:
    untouched = await catalog_of(empty_database_url)
    await migrate_to_head(empty_database_url)
    migrated = await catalog_of(empty_database_url)
    assert await downgrade(empty_database_url) == _revisions()[::-1]
    assert await catalog_of(empty_database_url) == untouched
    assert await migrate_to_head(empty_database_url) == _revisions()
    assert await catalog_of(empty_database_url) == migrated
    assert migrated != untouched


async def _fill(url: str) -> None:
    database = PostgresDatabase(url)
    unit_of_work = PostgresUnitOfWork(database)
    active = an_artifact()
    sql = await asyncpg.connect(url)
    await open_gate(sql)
    await bring_to(sql, active, ArtifactState.ACTIVE)
    await sql.close()
    decided = await store_signal(unit_of_work, active, "sg1")
    async with unit_of_work.begin() as tx:
        await store_order(tx, decided)
        await tx.bars.append([bar()])
    await database.close()


async def test_goes_down_and_up_again_on_a_filled_database(database_url: str) -> None:
    await _fill(database_url)
    assert await downgrade(database_url) == _revisions()[::-1]
    assert await migrate_to_head(database_url) == _revisions()
    await _fill(database_url)


@pytest.mark.parametrize("revision", _revisions()[:-1])
async def test_goes_down_to_each_revision_and_up_from_there(database_url: str, revision: str) -> None:
    await _fill(database_url)
    after = _revisions()[_revisions().index(revision) + 1 :]
    assert await downgrade(database_url, to=revision) == after[::-1]
    assert await migrate_to_head(database_url) == after


# A payload as it was before the signed gate, and what an artifact of it has come through.
_BEFORE = """
    INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-0',
        '{"author":"Ada L.","code":{"bundle_sha256":"sha256:0"},"name":"old_v1","schema":"jax/artifact/v1",'
        '"version":"1"}', now());
    INSERT INTO gate.artifact_event (artifact_id, n, from_state, to_state, payload_sha256, actor, reason, at)
        SELECT 'art-0', n, old, new, payload_sha256, 'the team', 'as planned', now()
        FROM gate.artifact, (VALUES (1, 'NONE', 'DRAFT'), (2, 'DRAFT', 'VALIDATED'),
            (3, 'VALIDATED', 'REVIEWED'), (4, 'REVIEWED', 'APPROVED'), (5, 'APPROVED', 'ACTIVE'))
            AS step (n, old, new);
    INSERT INTO gate.artifact_approval SELECT 'art-0', payload_sha256, author, 'RISK', 'Bob', 'fine', now()
        FROM gate.artifact;
    INSERT INTO trading.account VALUES ('paper', 1);
    INSERT INTO trading.signal (signal_id, artifact_id, artifact_hash, strategy, symbol, side, entry_price,
            stop_loss, confidence, reason, ts_event, created_at, status)
        SELECT 'sg0', 'art-0', payload_sha256, name, 'AAPL', 'BUY', 150, 145, 0.7, 'test', now(), now(),
            'EXECUTED' FROM gate.artifact;
    INSERT INTO trading.orders (client_order_id, account, signal_id, artifact_id, artifact_hash, strategy,
            symbol, side, order_type, quantity, time_in_force, epoch, created_at, deadline_at, updated_at,
            status, filled_quantity, not_found_count)
        SELECT 'jx0', 'paper', 'sg0', 'art-0', payload_sha256, name, 'AAPL', 'BUY', 'MARKET', 10, 'DAY', 1,
            now(), now(), now(), 'PENDING_NEW', 0, 0 FROM gate.artifact;
    INSERT INTO trading.trade SELECT 'tr0', 'sg0', 'jx0', 'art-0', payload_sha256, name, 'AAPL', 'BUY', 10,
            150, 145, NULL, 50, 0.1, 1500, 'olivia', now() FROM gate.artifact;
"""


async def test_what_was_there_before_the_signed_gate_is_kept_and_trades_no_more(database_url: str) -> None:
    await downgrade(database_url, to="0003")
    await asyncio.to_thread(run_sql, database_url, _BEFORE)
    await migrate_to_head(database_url)
    sql = await asyncpg.connect(database_url)
    artifact = await sql.fetchrow(
        "SELECT author, bundle_sha256, golden_suite_sha256, orders_sha256 FROM gate.artifact"
    )
    assert tuple(artifact) == ("Ada L.", "sha256:0", None, None)
    assert await sql.fetchval("SELECT state FROM gate.artifact_state") == "ACTIVE"
    assert await sql.fetchval("SELECT count(*) FROM gate.artifact_event WHERE entry_n IS NULL") == 5
    assert await sql.fetchval("SELECT gate.is_loadable('art-0')") is False
    provenance = await sql.fetchrow("SELECT trade_id, policy_sha256, approvals FROM gate.trade_provenance")
    assert tuple(provenance) == ("tr0", None, "[]")
    await sql.execute("UPDATE trading.orders SET status = 'NEW'")
    await open_gate(sql)
    await bring_to(sql, an_artifact(), ArtifactState.ACTIVE)
    await sql.close()
    await downgrade(database_url, to="0003")


async def test_processes_that_migrate_at_once_do_the_work_once(empty_database_url: str) -> None:
    program = (
        "import asyncio, sys; from jax.adapters.postgres.migrations import migrate_to_head; "
        "print(*asyncio.run(migrate_to_head(sys.argv[1])))"
    )
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            empty_database_url,
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": str(_CHECKOUT / "src")},
        )
        for _ in range(3)
    ]
    printed = [(await process.communicate())[0].decode().split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sorted(printed) == [[], [], _revisions()]


async def test_a_database_that_is_up_to_date_costs_no_import_of_alembic(database_url: str) -> None:
    program = (
        "import asyncio, sys; from jax.adapters.postgres.migrations import migrate_to_head; "
        "print(asyncio.run(migrate_to_head(sys.argv[1])), 'alembic' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        database_url,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(_CHECKOUT / "src")},
    )
    assert (await process.communicate())[0] == b"[] False\n"


async def test_a_migration_that_fails_leaves_the_database_as_it_was(empty_database_url: str) -> None:
    await asyncio.to_thread(
        run_sql, empty_database_url, "CREATE SCHEMA trading", "CREATE TABLE trading.mine ()"
    )
    before = await catalog_of(empty_database_url)
    with pytest.raises(Unavailable, match='left as it is: schema "trading" already exists'):
        await migrate_to_head(empty_database_url)
    assert await catalog_of(empty_database_url) == before


async def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    await asyncio.to_thread(run_sql, database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable, match=r"9999.*newer Jax"):
        await migrate_to_head(database_url)


@pytest.fixture
def latin_database_url(postgres_server_url: str) -> Iterator[str]:
    with fresh_database(postgres_server_url, encoding="LATIN1") as url:
        yield url


async def test_a_database_that_is_not_utf8_is_refused(latin_database_url: str) -> None:
    with pytest.raises(Unavailable, match="encoded in LATIN1: create it again with ENCODING 'UTF8'"):
        await migrate_to_head(latin_database_url)


async def test_a_url_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(Unavailable, match="nothing listens there"):
        await migrate_to_head("postgresql://u:p@127.0.0.1:1/jax")


def test_the_checkout_has_its_own_migrations() -> None:
    assert migrations_folder() == _CHECKOUT / "migrations"


def test_without_its_migrations_jax_says_where_it_looked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(migrations, "__file__", str(tmp_path / "1/2/3/4/migrations.py"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "data"))
    with pytest.raises(Unavailable, match=r"neither in .* nor in .*: install Jax again"):
        migrations_folder()


def _alembic(url: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(_CHECKOUT / "src")} | ({} if url is None else {"DATABASE_URL": url})
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=_CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_alembic_by_hand_migrates_and_finds_nothing_to_add(empty_database_url: str) -> None:
    assert _alembic(empty_database_url, "upgrade", "head").returncode == 0
    checked = _alembic(empty_database_url, "check")
    assert "No new upgrade operations detected." in checked.stdout
    assert checked.returncode == 0


def test_alembic_by_hand_finds_a_column_that_only_the_database_has(database_url: str) -> None:
    run_sql(database_url, "ALTER TABLE trading.signal ADD COLUMN planted text")
    checked = _alembic(database_url, "check")
    assert "planted" in checked.stdout + checked.stderr
    assert checked.returncode != 0


def test_alembic_by_hand_asks_for_a_url() -> None:
    asked = _alembic(None, "upgrade", "head")
    assert "DATABASE_URL is not set" in asked.stdout + asked.stderr
    assert asked.returncode != 0
