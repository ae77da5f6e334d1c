"""What people do at the gate, each thing as one statement with its arguments."""

from collections.abc import Callable

from jax.domain.artifact import Artifact
from tests.integration.postgres.gate_rows import STEP
from tests.integration.postgres.gate_scene import Scene

NEW_ORDER = """
    INSERT INTO trading.orders SELECT (jsonb_populate_record(NULL::trading.orders,
        to_jsonb(stored) || '{"client_order_id": "jx9", "revision": 1}')).* FROM trading.orders stored LIMIT 1
"""
NEW_SIGNAL = """
    INSERT INTO trading.signal SELECT (jsonb_populate_record(NULL::trading.signal,
        to_jsonb(stored) || '{"signal_id": "sg9"}')).* FROM trading.signal stored LIMIT 1
"""
NEW_TRADE = """
    INSERT INTO trading.trade (trade_id, signal_id, client_order_id, artifact_id, artifact_hash, strategy,
        symbol, side, quantity, entry_price, stop_loss, risk_amount, risk_fraction, position_value,
        approved_by, submitted_at)
    SELECT 'tr1', signal_id, client_order_id, artifact_id, artifact_hash, strategy, symbol, side, 10, 150,
        145, 50, 0.1, 1500, 'olivia', now() FROM trading.orders WHERE client_order_id = 'jx1'
"""
NEW_FILL = """
    INSERT INTO trading.fill (account, execution_id, client_order_id, symbol, side, quantity, price,
        commission, ts_event, revision) VALUES ('paper', 'x1', 'jx1', 'AAPL', 'BUY', 1, 150, 0, now(), 0)
"""
NEW_ENTRY = """
    INSERT INTO audit.entry (n, kind, subject, actor, at, data, previous_sha256, entry_sha256)
    VALUES ($1, $2, 'art-1', $3, now(), 'null', $4, 'sha256:' || repeat('9', 64))
"""
ARTIFACT = "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-9', $1, now())"
EVIDENCE = "INSERT INTO gate.evidence (artifact_id, envelope) VALUES ('art-1', $1)"
APPROVAL = (
    "INSERT INTO gate.approval (artifact_id, author, solo, renewal, envelope) "
    "VALUES ('art-1', 'rita', false, 0, $1)"
)
SNAPSHOT = "INSERT INTO gate.snapshot (envelope) VALUES ($1)"
REVOCATION = "INSERT INTO gate.revocation (payload_sha256, reason) VALUES ($1, 'stop')"
SIGNED_REVOCATION = "INSERT INTO gate.revocation (envelope) VALUES ($1)"

Work = Callable[[Scene, str], tuple[object, ...]]


def step(of: Artifact, n: int, from_state: str, to_state: str) -> Work:
    def work(scene: Scene, login: str) -> tuple[object, ...]:
        chained = scene.entries[f"{login} {of.artifact_id}"]
        return (STEP, of.artifact_id, n, from_state, to_state, of.payload_sha256, login, *chained)

    return work


def entry(kind: str) -> Work:
    return lambda scene, login: (NEW_ENTRY, scene.head[0] + 1, kind, login, scene.head[1])


def plain(statement: str, *arguments: object) -> Work:
    return lambda _scene, _login: (statement, *arguments)
