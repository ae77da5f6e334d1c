"""Each role does what it must and nothing else, as people who log in under their own names."""

import asyncpg
import pytest

from jax.domain.gate_policy import DESK_POLICY
from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_scene import ACTIVE, APPROVED, DRAFT, STOPPED, UNBORN, Scene
from tests.integration.postgres.gate_work import (
    APPROVAL,
    ARTIFACT,
    EVIDENCE,
    NEW_FILL,
    NEW_ORDER,
    NEW_SIGNAL,
    NEW_TRADE,
    REVOCATION,
    SIGNED_REVOCATION,
    SNAPSHOT,
    Work,
    entry,
    plain,
    step,
)
from tests.integration.postgres.logins import LOGINS
from tests.integration.postgres.signed_rows import (
    Person,
    signed_approval,
    signed_rerun,
    signed_revocation,
    signed_snapshot,
)

GROUPS = [login for login, role in LOGINS.items() if role not in (None, "jax_owner")]
APPROVERS = {"victor", "tessa", "rosa"}
EVERYBODY = set(GROUPS)
TRADING = {"trader", "audra"}
# Advice is between research and people: the trader leaves requests and reads none of it.
ADVISED = {"rita", "audra"}

# What is done, and by whom: everybody else is refused.
WRITES: dict[str, tuple[Work, set[str]]] = {
    "submit an artifact": (
        lambda _, login: (ARTIFACT, artifact("art-9", version="9", author=login).payload),
        {"rita"},
    ),
    "step to DRAFT": (step(UNBORN, 1, "NONE", "DRAFT"), {"rita"}),
    "step to VALIDATED": (step(DRAFT, 2, "DRAFT", "VALIDATED"), APPROVERS),
    "step to ACTIVE": (step(APPROVED, 5, "APPROVED", "ACTIVE"), {"rene"}),
    "step to DEPRECATED": (step(ACTIVE, 6, "ACTIVE", "DEPRECATED"), {"rene"}),
    "step to REVOKED": (step(STOPPED, 2, "DRAFT", "REVOKED"), APPROVERS | {"rene", "rolf"}),
    "give evidence": (
        lambda _, login: (EVIDENCE, signed_rerun(DRAFT, Person(login, "VALIDATOR"), {"python": "3.12"})),
        APPROVERS,
    ),
    "approve": (
        lambda _, login: (APPROVAL, signed_approval(DRAFT, Person(login, "TECHNICAL"))),
        APPROVERS,
    ),
    "set a policy": (
        plain(
            "INSERT INTO gate.policy (document) VALUES ($1)",
            DESK_POLICY.encoded().replace(b'"version":1', b'"version":2'),
        ),
        {"rene"},
    ),
    "publish a key": (
        plain(
            "INSERT INTO gate.member_key (public_key, person) VALUES (decode(repeat('ab', 32), 'hex'), 'z')"
        ),
        {"rene"},
    ),
    "publish a role": (
        plain("INSERT INTO gate.key_role (key_id, role) SELECT max(key_id), 'AUDITOR' FROM gate.member_key"),
        {"rene"},
    ),
    "end a key": (
        plain("INSERT INTO gate.key_end (key_id, ended_at) SELECT max(key_id), now() FROM gate.member_key"),
        {"rene"},
    ),
    "release": (
        lambda scene, login: (
            SNAPSHOT,
            signed_snapshot(3, [APPROVED], scene.head, by=Person(login, "RELEASE")),
        ),
        {"rene"},
    ),
    "revoke in a hurry": (plain(REVOCATION, APPROVED.payload_sha256), APPROVERS | {"rene", "rolf"}),
    "revoke": (
        lambda _, login: (SIGNED_REVOCATION, signed_revocation(APPROVED, Person(login, "REVOKER"))),
        APPROVERS | {"rene", "rolf"},
    ),
    "record a step": (entry("artifact.step"), EVERYBODY - {"audra"}),
    "record an order": (entry("order.sent"), EVERYBODY - {"audra"}),
    "import an instrument": (
        plain("INSERT INTO reference.instrument VALUES ('MSFT', 'XNAS', 'USD', 0.01, 1, 1)"),
        {"rita"},
    ),
    "correct an instrument": (plain("UPDATE reference.instrument SET lot_size = 10"), {"rita"}),
    "import a session": (
        plain(
            "INSERT INTO reference.exchange_session VALUES "
            "('XNAS', '2026-03-04', '2026-03-04 14:30Z', '2026-03-04 21:00Z', false)"
        ),
        {"rita"},
    ),
    "take back a holiday": (plain("DELETE FROM reference.exchange_holiday"), {"rita"}),
    "open an account": (plain("INSERT INTO trading.account VALUES ('live', 0)"), {"trader"}),
    "raise the epoch": (plain("UPDATE trading.account SET epoch = epoch + 1"), {"trader"}),
    "lock an account": (plain("SELECT * FROM trading.account FOR NO KEY UPDATE"), {"trader"}),
    "write a signal": (plain(NEW_SIGNAL), {"trader"}),
    "decide a signal": (
        plain("UPDATE trading.signal SET status = 'REJECTED', decided_by = 'olivia', decided_at = now()"),
        {"trader"},
    ),
    "write an order": (plain(NEW_ORDER), {"trader"}),
    "follow an order": (plain("UPDATE trading.orders SET status = 'NEW', updated_at = now()"), {"trader"}),
    "write a trade": (plain(NEW_TRADE), {"trader"}),
    "book a fill": (plain(NEW_FILL), {"trader"}),
    "append a bar": (
        plain("INSERT INTO trading.bar VALUES ('AAPL', '1d', now() - interval '1 h', now(), 1, 1, 1, 1, 1)"),
        {"trader"},
    ),
    "report what runs": (
        plain("INSERT INTO trading.running VALUES ('boot-2', 'paper', '[]', 1, now())"),
        {"trader"},
    ),
    "report again": (plain("UPDATE trading.running SET reported_at = now()"), {"trader"}),
    "ask for advice": (
        plain("INSERT INTO advice.request VALUES ('ad3', 'sg3', 'x', now())"),
        {"trader", "rita"},
    ),
    "give advice": (plain("INSERT INTO advice.run VALUES ('ad2', '{}')"), {"rita"}),
    "finish a request": (plain("UPDATE advice.request SET finished_at = now()"), {"rita"}),
    "remember": (
        plain("INSERT INTO advice.memory (memory_id, symbol, text, at) VALUES ('m1', 'AAPL', 'rose', now())"),
        {"rita"},
    ),
    "add a legal step": (plain("INSERT INTO gate.artifact_transition VALUES ('NONE', 'ACTIVE')"), set()),
    "make a table in the gate": (plain("CREATE TABLE gate.mine ()"), set()),
    "make a function in the gate": (
        plain("CREATE FUNCTION gate.mine() RETURNS int LANGUAGE sql RETURN 1"),
        set(),
    ),
    "switch a guard off": (plain("ALTER TABLE gate.revocation DISABLE TRIGGER ALL"), set()),
    "take a guard away": (plain("DROP TRIGGER orders_new ON trading.orders"), set()),
    "replace the fence": (
        plain("CREATE OR REPLACE FUNCTION gate.is_loadable(artifact text) RETURNS boolean RETURN true"),
        set(),
    ),
    "become the owner": (plain("SET LOCAL ROLE jax_owner"), set()),
    "sleep the guards": (plain("SET LOCAL session_replication_role = replica"), set()),
    "mark as migrated": (plain("UPDATE public.alembic_version SET version_num = '0003'"), set()),
    "make a table beside the views": (plain("CREATE TABLE public.mine ()"), set()),
}
_NOT_ALLOWED = {"42501", "JX014"}


@pytest.mark.parametrize("login", [*GROUPS, "stranger"])
async def test_a_role_writes_what_it_must_and_nothing_else(scene: Scene, login: str) -> None:
    sql = await asyncpg.connect(scene.url_of(login))
    done = set()
    for name, (work, _) in WRITES.items():
        transaction = sql.transaction()
        await transaction.start()
        try:
            await sql.execute(*work(scene, login))
            done.add(name)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in _NOT_ALLOWED:
                raise
        finally:
            await transaction.rollback()
    await sql.close()
    assert done == {name for name, (_, allowed) in WRITES.items() if login in allowed}


_TABLES = """
    SELECT schemaname || '.' || tablename FROM pg_tables
    WHERE schemaname IN ('gate', 'audit', 'reference', 'trading', 'advice')
    UNION SELECT schemaname || '.' || viewname FROM pg_views WHERE schemaname IN ('gate', 'public')
    UNION SELECT 'public.alembic_version'
"""


@pytest.mark.parametrize("login", [*GROUPS, "stranger"])
async def test_a_role_reads_what_it_may_and_nothing_else(scene: Scene, login: str) -> None:
    sql = await asyncpg.connect(scene.url_of(login))
    for (table,) in await sql.fetch(_TABLES):
        traded = table.startswith("trading.") or table == "gate.trade_provenance"
        readers = ADVISED if table.startswith("advice.") else TRADING if traded else EVERYBODY
        if table == "trading.signal":
            readers = TRADING | ADVISED
        allowed = login in readers
        try:
            await sql.fetch(f"SELECT * FROM {table}")
        except asyncpg.InsufficientPrivilegeError:
            assert not allowed, f"{login} cannot read {table}"
        else:
            assert allowed, f"{login} reads {table}"
    await sql.close()


_UPDATED = {
    "trading.account": {"epoch", "loss_latched_on", "opened_on", "opening_equity", "changed_in"},
    "trading.mode": {"mode", "reason", "actor", "changed_at"},
    "trading.kill": {"reason", "actor", "engaged_at", "released_at"},
    "trading.arming": {"reason", "actor", "armed_at", "expires_at", "disarmed_at"},
    "trading.signal": {"status", "decided_by", "decided_at"},
    "trading.orders": {
        "status",
        "filled_quantity",
        "average_price",
        "venue_order_id",
        "reason_code",
        "not_found_count",
        "updated_at",
        "cancel_requested_at",
    },
    "trading.heard_journal": {"journal", "seq"},
    "trading.running": {"account", "artifact_hashes", "snapshot_seq", "reported_at"},
}
_ADVISING = {"advice.request": {"finished_at"}, "advice.memory": {"symbol", "text", "at"}}
_COLUMNS = """
    SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns
    JOIN pg_tables ON (schemaname, tablename) = (table_schema, table_name)
    WHERE table_schema IN ('gate', 'audit', 'reference', 'trading', 'advice')
"""


@pytest.mark.parametrize("login", GROUPS)
async def test_a_role_changes_only_the_columns_that_change(scene: Scene, login: str) -> None:
    chief = await asyncpg.connect(scene.url)
    columns = [tuple(row) for row in await chief.fetch(_COLUMNS)]
    await chief.close()
    sql = await asyncpg.connect(scene.url_of(login))
    for table, column in columns:
        mine = login == "rita" and (table.startswith("reference.") or column in _ADVISING.get(table, set()))
        allowed = mine or (login == "trader" and column in _UPDATED.get(table, set()))
        changing = sql.transaction()
        await changing.start()
        try:
            await sql.execute(f"UPDATE {table} SET {column} = DEFAULT WHERE false")
            assert allowed, f"{login} changes {column} of {table}"
        except asyncpg.InsufficientPrivilegeError:
            assert not allowed, f"{login} cannot change {column} of {table}"
        finally:
            await changing.rollback()
    await sql.close()


@pytest.mark.parametrize("login", GROUPS)
async def test_no_role_removes_anything_but_reference_data(scene: Scene, login: str) -> None:
    sql = await asyncpg.connect(scene.url_of(login))
    tables = await sql.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables "
        "WHERE schemaname IN ('gate', 'audit', 'trading', 'reference', 'advice')"
    )
    for (table,) in tables:
        verbs = ["TRUNCATE"] if table.startswith("reference.") else ["DELETE FROM", "TRUNCATE"]
        for verb in verbs:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sql.execute(f"{verb} {table}")
    await sql.close()
