"""A stop is in force at once, whatever else hangs; its place in the record may wait."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import asyncpg
import pytest

from tests.integration.approver.approver_desk import FIRST, STRATEGY, ApproverDesk
from tests.integration.approver.conftest import Copy
from tests.postgres_server import run_sql

_HANGING = {
    "a writer of the chain": "SELECT pg_advisory_xact_lock(x'6A61785F61756469'::bit(64)::bigint)",
    "a lock on all artifacts": "LOCK TABLE gate.artifact, gate.artifact_event, audit.entry IN SHARE MODE",
    "a step of the artifact": "SELECT * FROM gate.artifact_event, gate.artifact FOR UPDATE",
    "a snapshot on its way": "LOCK TABLE gate.snapshot, gate.approval, gate.evidence IN EXCLUSIVE MODE",
}


@contextmanager
def _hanging(url: str, statement: str) -> Iterator[None]:
    """Somebody's transaction that has done `statement` and does not end."""
    begun, ended = Event(), Event()

    async def hang() -> None:
        connection = await asyncpg.connect(url)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(statement)
        begun.set()
        await asyncio.to_thread(ended.wait)
        await transaction.rollback()
        await connection.close()

    thread = Thread(target=asyncio.run, args=(hang(),))
    thread.start()
    assert begun.wait(timeout=30)
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("who", _HANGING)
def test_a_transaction_that_hangs_does_not_hold_up_a_stop(
    active_desk: ApproverDesk, copied: Copy, who: str
) -> None:
    desk = copied(active_desk)
    with _hanging(desk.url, _HANGING[who]):
        said = desk.run("revoke", FIRST, "--as", "rolf", "--reason", "stop", "--json")
        assert said.code == 0, said
        assert desk.good("list")["artifacts"][0]["state"] == "REVOKED"
    if said.json["history_problem"] is None:
        assert who == "a snapshot on its way"
        assert said.err == ""
        return
    assert said.err == (
        "The stop is in force; its entry in the record waits for the next revoke or release: another "
        "transaction holds the record, for more than 2 seconds  policy=desk\n"
    )
    assert "gate.revocation" not in {entry["kind"] for entry in desk.good("log", FIRST)["entries"]}
    renewed = desk.good("release", "--renew", "--as", "rene", "--reason", "after the stop")
    assert renewed["snapshot"]["active"] == {}
    kinds = [entry["kind"] for entry in desk.good("log", FIRST)["entries"]]
    assert kinds[-2:] == ["gate.revocation", "artifact.step"]
    assert desk.good("show", FIRST)["history"][-1]["to"] == "REVOKED"


def test_a_stop_by_sql_gets_its_place_in_the_record_with_the_next_release(
    active_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(active_desk)
    sha256 = desk.good("list")["artifacts"][0]["payload_sha256"]
    run_sql(
        desk.url,
        f"INSERT INTO gate.revocation (payload_sha256, reason) VALUES ('{sha256}', 'no time')",
    )
    assert desk.good("list")["artifacts"][0]["state"] == "REVOKED"
    assert (
        desk.refused("revoke", FIRST, "--as", "rolf", "--reason", "x")
        == f"{STRATEGY} 1.0.0 is REVOKED already"
    )
    desk.good("release", "--renew", "--as", "rene", "--reason", "after the stop")
    (told,) = (entry for entry in desk.good("log", FIRST)["entries"] if entry["kind"] == "gate.revocation")
    assert (told["data"]["reason"], told["data"]["envelope_sha256"]) == ("no time", None)


def test_anybody_with_a_key_in_use_stops_a_draft_too(drafted_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(drafted_desk)
    desk.good("keyring", "end", "carol")
    assert "the key is not one that carol uses" in desk.refused(
        "revoke", FIRST, "--as", "carol", "--reason", "stop"
    )
    assert desk.good("revoke", FIRST, "--as", "victor", "--reason", "stop")["history_problem"] is None
