"""verify, checkpoint and log --export, as a person and as a script call them."""

import asyncio
import json
import os
from pathlib import Path

import asyncpg
import pytest

from tests.integration.approver.approver_desk import ApproverDesk
from tests.integration.approver.conftest import Copy
from tests.postgres_server import run_sql


@pytest.fixture(scope="module")
def audited_desk(active_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """audrey's key is in the root file, and published."""
    desk = copied(active_desk)
    desk.good("keyring", "create", "audrey")
    desk.good("keyring", "add", str(desk.home / "gate" / "keys" / "audrey.pub"), "--roles", "AUDITOR")
    desk.good("keyring", "publish", "--as", "rene")
    return desk


@pytest.fixture
def desk(audited_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    return copied(audited_desk)


def test_the_record_of_a_desk_is_exported_checked_and_signed(desk: ApproverDesk, tmp_path: Path) -> None:
    export, kept = tmp_path / "gate-export.jsonl", tmp_path / "jax.checkpoint"
    made = desk.good("checkpoint", str(kept), "--as", "audrey")
    exported = desk.good("log", "--export", str(export))
    assert exported["lines"] == len(export.read_bytes().splitlines())
    assert (kept.stat().st_mode & 0o777, export.stat().st_mode & 0o777) == (0o600, 0o600)
    found = desk.good("verify", str(export), "--checkpoint", str(kept))
    assert found["findings"] == []
    assert found["head"] == {"n": made["n"], "entry_sha256": made["entry_sha256"]}
    assert found["checkpoint"] == {"n": made["n"], "auditor": "audrey"}
    assert (found["artifacts"], found["snapshot_seq"], made["snapshot_seq"]) == (2, 1, 1)
    said = desk.call("verify", "--checkpoint", str(kept))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"All holds, as audrey saw it at entry {made['n']}: ")


def test_an_export_is_verified_where_there_is_no_database(desk: ApproverDesk, tmp_path: Path) -> None:
    export = tmp_path / "gate-export.jsonl"
    desk.good("log", "--export", str(export))
    elsewhere = ApproverDesk(tmp_path / "elsewhere", "postgresql://nobody@127.0.0.1:1/none")
    root = tmp_path / "desk-root.json"
    root.write_bytes((desk.home / "gate" / "root.json").read_bytes())
    said = elsewhere.call("verify", str(export), "--root", str(root))
    assert said.code == 0
    assert "dropped is seen only with --checkpoint" in said.err
    assert elsewhere.refused("verify", str(export), code=1).startswith("There is no root file")


def test_a_finding_ends_with_3_and_is_printed_on_a_line(desk: ApproverDesk, tmp_path: Path) -> None:
    kept = tmp_path / "jax.checkpoint"
    desk.good("checkpoint", str(kept), "--as", "audrey")
    run_sql(
        url_of(desk),
        "ALTER TABLE gate.artifact_event DISABLE TRIGGER USER",
        "UPDATE gate.artifact_event SET reason = 'fine' WHERE n = 3",
    )
    said = desk.call("verify", "--checkpoint", str(kept))
    assert said.code == 3
    finding, total = said.out.splitlines()
    thing = "step 3 of ma_crossover_v1 1.0.0 to REVIEWED"
    assert finding.startswith(f"{thing}: its reason is fine, and audit entry ")
    assert total.startswith("1 finding in ")
    told = desk.call("verify", "--json")
    assert told.code == 3
    assert [finding["thing"] for finding in told.json["findings"]] == [thing]
    assert "does not verify" in desk.refused("checkpoint", str(tmp_path / "other"), "--as", "audrey")
    assert not (tmp_path / "other").exists()


def test_the_newest_checkpoint_is_made_against_the_one_before_it(desk: ApproverDesk, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    desk.good("checkpoint", str(first), "--as", "audrey")
    desk.good("checkpoint", str(second), "--as", "audrey", "--after", str(first))
    asyncio.run(_drop_newest_entry(url_of(desk)))
    third = tmp_path / "third"
    refusal = desk.refused("checkpoint", str(third), "--as", "audrey", "--after", str(second))
    assert "the record ends at entry" in refusal
    assert not third.exists()


def test_nothing_is_overwritten_by_accident(desk: ApproverDesk, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for command in (("checkpoint", str(taken), "--as", "audrey"), ("log", "--export", str(taken))):
        assert "is there already, and is not overwritten" in desk.refused(*command, code=1)
    assert taken.read_text() == "mine"
    made = desk.good("checkpoint", str(taken), "--as", "audrey", "--force")
    assert json.loads(taken.read_bytes())["payloadType"] == "application/vnd.in-toto+json"
    assert desk.good("verify", "--checkpoint", str(taken))["checkpoint"]["n"] == made["n"]
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_only_an_auditor_makes_a_checkpoint(desk: ApproverDesk, tmp_path: Path) -> None:
    file = tmp_path / "jax.checkpoint"
    assert "has no AUDITOR role" in desk.refused("checkpoint", str(file), "--as", "rene")
    assert "there is no key of nora" in desk.refused("checkpoint", str(file), "--as", "nora", code=1)
    assert not file.exists()


def test_what_cannot_be_read_or_is_no_export_is_a_failure(desk: ApproverDesk, tmp_path: Path) -> None:
    nothing, cut = tmp_path / "nothing", tmp_path / "cut"
    assert "nothing" in desk.refused("verify", str(nothing), code=1)
    assert "cannot be read" in desk.refused("verify", "--checkpoint", str(nothing), code=1)
    desk.good("log", "--export", str(cut))
    os.truncate(cut, cut.stat().st_size - 40)
    assert "export: " in desk.refused("verify", str(cut), code=1)
    assert "cannot be" in desk.refused("log", "--export", str(tmp_path / "no" / "such" / "folder"), code=1)


def test_log_takes_one_wish_at_a_time(desk: ApproverDesk, tmp_path: Path) -> None:
    said = desk.call("log", "ma_crossover_v1@1.0.0", "--export", str(tmp_path / "x"))
    assert said.code == 2


def test_the_record_of_a_person_alone_says_so(empty_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(empty_desk)
    desk.good("keyring", "init", "--solo", "--person", "mia")
    said = desk.call("verify")
    assert said.code == 0
    assert said.out.endswith("policy=solo\n")


def url_of(desk: ApproverDesk) -> str:
    assert desk.database_url is not None
    return desk.database_url


async def _drop_newest_entry(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ALTER TABLE audit.entry DISABLE TRIGGER USER")
        await connection.execute("DELETE FROM audit.entry WHERE n = (SELECT max(n) FROM audit.entry)")
    finally:
        await connection.close()
