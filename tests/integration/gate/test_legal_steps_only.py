"""Whatever people try, in any order: nothing is ACTIVE without evidence, quorum and a signed snapshot."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.approval import Approval, Decision, approval_of
from jax.domain.approval_count import GateRefused
from jax.domain.artifact import ARTIFACT_TRANSITIONS, ApprovalKind, Artifact, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEvent, first_broken_entry
from jax.domain.dsse import decode_envelope
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.evidence import GOLDEN_PREDICATE, RERUN_PREDICATE, evidence_of, golden_result_of
from jax.domain.snapshot import snapshot_of
from jax.domain.statement import Statement, parse_statement
from jax.ports.errors import PortError
from jax.ports.unit_of_work import UnitOfWork
from tests.desk import Desk, open_desk, submission
from tests.postgres_server import empty_tables

_S = ArtifactState
_REFUSALS = (GateRefused, IllegalTransition, InvalidValue, PortError)
_PEOPLE = ("ada", "victor", "tessa", "rosa", "rene", "mallory")

_acts = st.one_of(
    st.tuples(st.just("validate"), st.sampled_from(_PEOPLE)),
    st.tuples(
        st.just("decide"), st.sampled_from(_PEOPLE), st.sampled_from(ApprovalKind), st.sampled_from(Decision)
    ),
    # The right people, so that a walk gets somewhere.
    st.just(("validate", "victor")),
    st.just(("decide", "tessa", ApprovalKind.TECHNICAL, Decision.APPROVE)),
    st.just(("decide", "rosa", ApprovalKind.RISK, Decision.APPROVE)),
    st.tuples(st.just("release"), st.sampled_from(("rene", "rene", "tessa", "mallory"))),
    st.just(("withdraw",)),
    st.tuples(st.just("revoke"), st.sampled_from(("rolf", "mallory"))),
    st.just(("tell history",)),
    st.tuples(st.just("write the step"), st.sampled_from(_S)),
    st.tuples(st.just("wait"), st.sampled_from((1, 29, 31, 181))),
)


async def _try(desk: Desk, artifact: Artifact, act: tuple[object, ...]) -> None:
    match act:
        case ("validate", str(person)):
            await desk.gate.validate(artifact, validator=person)
        case ("decide", str(person), ApprovalKind() as kind, Decision() as decision):
            await desk.gate.decide(artifact, kind, person=person, decision=decision)
        case ("release", str(person)):
            await desk.gate.release(artifact, person=person)
        case ("withdraw",):
            await desk.gate.renew(without=artifact.name)
        case ("revoke", str(person)):
            await desk.gate.revoke(artifact, person=person)
        case ("tell history",):
            await desk.gate.revocations.tell_history(actor="rolf")
        case ("write the step", ArtifactState() as state):
            await _write_step(desk.unit_of_work, artifact, state)
        case ("wait", int(days)):
            desk.clock.advance(timedelta(days=days))


async def _write_step(unit_of_work: UnitOfWork, artifact: Artifact, state: ArtifactState) -> None:
    """Past every use case: the store alone is asked."""
    async with unit_of_work.begin() as transaction:
        event = AuditEvent("artifact.step", artifact.artifact_id, "rene", artifact.created_at, {"to": state})
        entry = await transaction.audit.append(event)
        await transaction.artifacts.take_step(artifact, state, entry=entry, reason="because")


async def _walk(desk: Desk, acts: Sequence[tuple[object, ...]]) -> None:
    artifact = await desk.submit.submit(submission())
    for act in acts:
        async with desk.unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact.artifact_id)
        with suppress(*_REFUSALS):
            await _try(desk, artifact, act)
        await _check(desk, artifact.artifact_id)


async def _check(desk: Desk, artifact_id: str) -> None:
    async with desk.unit_of_work.begin() as transaction:
        artifact = await transaction.artifacts.get(artifact_id)
        history = await transaction.artifacts.history(artifact_id)
        evidence = [_read(envelope) for envelope in await transaction.artifacts.evidence(artifact_id)]
        given_ = [_read(envelope) for envelope in await transaction.artifacts.approvals(artifact_id)]
        newest = await transaction.releases.newest_snapshot()
        revoked = await transaction.releases.revocations()
        entries = list(await transaction.audit.entries())
    assert first_broken_entry(entries) is None
    for before, after in pairwise(history):
        assert after.from_state is before.to_state
        assert after.to_state in ARTIFACT_TRANSITIONS[before.to_state]
    reached = {event.to_state for event in history}
    if reached & {_S.VALIDATED, _S.REVIEWED, _S.APPROVED, _S.ACTIVE}:
        assert _is_validated(artifact, evidence)
    approvals = [approval_of(statement) for statement in given_]
    if reached & {_S.REVIEWED, _S.APPROVED, _S.ACTIVE}:
        assert _people(artifact, approvals, ApprovalKind.TECHNICAL)
    if reached & {_S.APPROVED, _S.ACTIVE}:
        technical = _people(artifact, approvals, ApprovalKind.TECHNICAL)
        risk = _people(artifact, approvals, ApprovalKind.RISK)
        assert any(one != other for one in technical for other in risk)
    if artifact.state is _S.ACTIVE:
        assert newest is not None
        assert snapshot_of(_read(newest)).active[artifact.name] == artifact.payload_sha256
    if any(row.payload_sha256 == artifact.payload_sha256 for row in revoked):
        assert artifact.state is _S.REVOKED
        assert (await desk.loader().load()).loaded == ()


def _read(envelope: bytes) -> Statement:
    return parse_statement(decode_envelope(envelope).payload)


def _is_validated(artifact: Artifact, evidence: Sequence[Statement]) -> bool:
    payload = parse_payload(artifact.payload)
    reruns = [evidence_of(one) for one in evidence if one.predicate_type == RERUN_PREDICATE]
    golden = [golden_result_of(one) for one in evidence if one.predicate_type == GOLDEN_PREDICATE]
    return any(
        run.validator != artifact.author and run.rerun.orders_sha256 == payload.orders_sha256
        for run in reruns
    ) and any(
        result.has_passed and result.golden_suite_sha256 == payload.golden_suite_sha256 for result in golden
    )


def _people(artifact: Artifact, approvals: Sequence[Approval], kind: ApprovalKind) -> set[str]:
    return {
        approval.approver
        for approval in approvals
        if (approval.kind, approval.decision) == (kind, Decision.APPROVE)
        and approval.payload_sha256 == artifact.payload_sha256
        and approval.approver != artifact.author
    }


_WAY = [
    ("validate", "victor"),
    ("decide", "tessa", ApprovalKind.TECHNICAL, Decision.APPROVE),
    ("decide", "rosa", ApprovalKind.RISK, Decision.APPROVE),
    ("release", "rene"),
]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(_acts, max_size=12))
def test_no_walk_in_memory_skips_a_condition(acts: list[tuple[object, ...]]) -> None:
    async def run() -> None:
        async with open_desk() as desk:
            await _walk(desk, acts)

    asyncio.run(run())


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(_acts.filter(lambda act: act[0] != "wait"), max_size=8))
def test_no_walk_on_a_real_postgres_skips_a_condition(
    emptied_database_url: str, acts: list[tuple[object, ...]]
) -> None:
    empty_tables(emptied_database_url)

    async def run() -> None:
        database = PostgresDatabase(emptied_database_url)
        try:
            async with open_desk(PostgresUnitOfWork(database)) as desk:
                await _walk(desk, [*acts, *_WAY])
        finally:
            await database.close()

    asyncio.run(run())


async def test_the_walk_reaches_active_when_everybody_does_their_part() -> None:
    async with open_desk() as desk:
        await _walk(desk, _WAY)
        async with desk.unit_of_work.begin() as transaction:
            (artifact,) = await transaction.artifacts.list()
    assert artifact.state is _S.ACTIVE


_RACER = """
import asyncio, sys
sys.path[:0] = {path!r}
from jax.adapters.memory.clock import SettableClock
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.errors import IllegalTransition
from jax.domain.approval_count import GateRefused
from jax.ports.errors import Conflict
from tests.gate_desk import GateDesk
from tests.gate_people import SIGNED_AT

async def main():
    database = PostgresDatabase({url!r})
    records = PostgresUnitOfWork(database)
    gate = GateDesk(records, SettableClock(SIGNED_AT))
    async with records.begin() as transaction:
        artifact = await transaction.artifacts.get({artifact_id!r})
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        await gate.validate(artifact)
        print("won")
    except (Conflict, IllegalTransition, GateRefused) as error:
        print("refused: " + str(error))
    await database.close()

asyncio.run(main())
"""


async def test_eight_processes_that_race_for_a_step_are_one_winner_and_seven_clear_refusals(
    database_url: str,
) -> None:
    database = PostgresDatabase(database_url)
    try:
        async with open_desk(PostgresUnitOfWork(database)) as desk:
            artifact = await desk.submit.submit(submission())
            told = await _race(database_url, artifact.artifact_id)
            async with desk.unit_of_work.begin() as transaction:
                history = await transaction.artifacts.history(artifact.artifact_id)
                evidence = await transaction.artifacts.evidence(artifact.artifact_id)
    finally:
        await database.close()
    assert told.count("won") == 1
    assert [event.to_state for event in history] == [_S.DRAFT, _S.VALIDATED]
    assert len(evidence) == 2
    for refusal in told:
        if refusal != "won":
            assert refusal.startswith("refused: "), refusal
            assert any(
                words in refusal
                for words in (
                    "no longer DRAFT",
                    "another step of the artifact came first",
                    "this evidence is stored already",
                    "from VALIDATED to",
                )
            ), refusal


async def _race(url: str, artifact_id: str) -> list[str]:
    program = _RACER.format(path=[p for p in sys.path if p], url=url, artifact_id=artifact_id)
    racers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(8)
    ]
    told: list[str] = []
    for racer in racers:
        if racer.stdout is None or await racer.stdout.readline() != b"ready\n":
            pytest.fail(f"a racer did not start: {(await racer.communicate())[1].decode()}")
    outputs = await asyncio.gather(*(racer.communicate(b"\n") for racer in racers))
    for output, errors in outputs:
        told.append(output.decode().strip() or errors.decode())
    return told
