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
