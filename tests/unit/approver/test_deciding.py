"""What is signed is what was shown or run, although the database may say what it likes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.id_source import SequentialIdSource
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.app.approver.deciding import Ask, decide
from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand
from jax.app.approver.validating import run_again
from jax.app.console import CommandFailed
from jax.domain.approval import Decision
from jax.domain.approval_count import GateRefused
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactState
from jax.domain.gate_policy import DESK_POLICY
from jax.modules.artifacts.display_artifact import displayed
from jax.ports.errors import NotFound, Refused
from jax.ports.trade_provenance import TradeProvenance
from tests.desk import open_desk, submission
from tests.unit.approver.views import a_version

_CHANGED = "ma_crossover_v1 1.0.0 or the policy was changed while it was shown: look again"


class _NoTrades:
    """A desk that has not traded."""

    async def of_trade(self, trade_id: str) -> TradeProvenance:
        raise NotFound(f"There is no trade {trade_id}.")


@dataclass(frozen=True, slots=True)
class _Room:
    """A validated artifact, tessa's hand, and a database within reach of others."""

    gate: Gate
    artifact: Artifact
    hand: Hand
    database: MemoryDatabase

    async def decide(self, *, shown: Callable[[str], None]) -> None:
        ask = Ask("ma_crossover_v1@1.0.0", ApprovalKind.TECHNICAL, Decision.APPROVE, "read it", True, None)
        await decide(self.gate, ask, self.hand, shown)


@asynccontextmanager
async def _room(folder: Path) -> AsyncIterator[_Room]:
    database = MemoryDatabase()
    async with open_desk(MemoryUnitOfWork(database)) as desk:
        artifact = await desk.gate.validate(await desk.submit.submit(submission()))
        key = folder / "tessa"
        key.write_bytes(b"no key: nothing may be signed")
        key.chmod(0o600)
        gate = Gate(
            home=folder,
            unit_of_work=desk.unit_of_work,
            objects=desk.objects,
            clock=desk.clock,
            ids=SequentialIdSource(),
            trust=desk.gate.trust,
            provenance=_NoTrades(),
        )
        yield _Room(gate, artifact, Hand("tessa", key), database)


async def test_the_very_text_of_the_view_is_shown_before_anything_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_bytes(b"x")
    (tmp_path / "passphrase").chmod(0o600)
    monkeypatch.setenv("JAX_KEY_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    lines: list[str] = []
    async with _room(tmp_path) as room:
        with pytest.raises(Refused, match="The passphrase does not open"):
            await room.decide(shown=lines.append)
        view = await room.gate.viewer.view(room.artifact.artifact_id)
    assert lines[0] == displayed(view)


async def test_another_artifact_under_the_same_id_is_not_signed(tmp_path: Path) -> None:
    async with _room(tmp_path) as room:

        def exchange(_: str) -> None:
            other = replace(room.artifact, payload_sha256="sha256:" + "0" * 64)
            room.database.committed.artifacts[room.artifact.artifact_id] = other

        with pytest.raises(GateRefused, match=_CHANGED):
            await room.decide(shown=exchange)


async def test_another_version_under_the_same_id_is_not_signed(tmp_path: Path) -> None:
    async with _room(tmp_path) as room:

        def exchange(_: str) -> None:
            other = replace(room.artifact, version="1.0.1")
            room.database.committed.artifacts[room.artifact.artifact_id] = other

        with pytest.raises(GateRefused, match=_CHANGED):
            await room.decide(shown=exchange)


async def test_a_policy_that_was_not_shown_is_not_signed(tmp_path: Path) -> None:
    async with _room(tmp_path) as room:

        def put_in_force(_: str) -> None:
            room.database.committed.policies = (DESK_POLICY, replace(DESK_POLICY, version=2))

        with pytest.raises(GateRefused, match=_CHANGED):
            await room.decide(shown=put_in_force)


async def test_who_has_no_key_is_told_before_anything_is_shown(tmp_path: Path) -> None:
    lines: list[str] = []
    async with _room(tmp_path) as room:
        room.hand.key_file.unlink()
        with pytest.raises(CommandFailed, match=r"there is no key of tessa at .*keyring create tessa"):
            await room.decide(shown=lines.append)
    assert lines == []


async def test_a_payload_that_was_exchanged_behind_its_hash_is_not_run(tmp_path: Path) -> None:
    async with _room(tmp_path) as room:
        draft = replace(room.artifact, state=ArtifactState.DRAFT, payload=a_version().artifact.payload)
        room.database.committed.artifacts[room.artifact.artifact_id] = draft
        with pytest.raises(GateRefused, match=r"the payload of ma_crossover_v1 1\.0\.0 hashes to"):
            await run_again(room.gate, "ma_crossover_v1@1.0.0", room.hand, lambda done, total: None)
