"""What people are shown: lists, one artifact, the text they decide on, differences, the record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from jax.adapters.gate_files.root_file import write_root
from jax.adapters.memory.clock import SettableClock
from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.audit import next_entry
from jax.domain.canonical_json import sha256_of
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.gate_root import with_key_ended
from jax.domain.order_status import OrderStatus
from jax.modules.artifacts.display_artifact import displayed
from tests.contract.stored_values import store_in_status, store_signal
from tests.desk import submission
from tests.gate_people import ROLES, ROOT, Hand
from tests.gate_walk import bring_to
from tests.integration.research_http.desk_server import Page, answer, problem, signed

YEARS = (2010, 2011, 2012)


@pytest.fixture
async def versions(page: Page) -> list[Artifact]:
    """Three versions of one strategy, oldest first."""
    ends = [datetime(year, 12, 31, 21, tzinfo=UTC) for year in YEARS]
    return [await page.submitted(submission(last_end=end)) for end in ends]


async def test_artifacts_come_newest_first_page_by_page(page: Page, versions: list[Artifact]) -> None:
    first = await page.found("/artifacts", limit=2)
    second = await page.found("/artifacts", limit=2, cursor=first["next_cursor"])
    ids = [found["artifact_id"] for found in (*first["artifacts"], *second["artifacts"])]
    assert ids == [version.artifact_id for version in reversed(versions)]
    assert (len(first["artifacts"]), second["next_cursor"]) == (2, None)
    assert first["policy"] == "desk"
    assert first["artifacts"][0] == {
        "artifact_id": versions[2].artifact_id,
        "name": "ma_crossover_v1",
        "version": "1.0.2",
        "author": "ada",
        "state": "DRAFT",
        "payload_sha256": versions[2].payload_sha256,
        "created_at": versions[2].created_at.isoformat().replace("+00:00", "Z"),
        "problem": None,
    }


async def test_a_full_last_page_has_no_next_one(page: Page, versions: list[Artifact]) -> None:
    whole = await page.found("/artifacts", limit=3)
    assert (len(whole["artifacts"]), whole["next_cursor"]) == (3, None)


async def test_artifacts_are_chosen_by_state_and_name(page: Page, versions: list[Artifact]) -> None:
    await page.gate.validate(versions[1])
    drafts = await page.found("/artifacts", state="DRAFT", name="ma_crossover_v1")
    validated = await page.found("/artifacts", state="VALIDATED")
    others = await page.found("/artifacts", name="another_v1")
    assert [found["version"] for found in drafts["artifacts"]] == ["1.0.2", "1.0.0"]
    assert [found["version"] for found in validated["artifacts"]] == ["1.0.1"]
    assert others["artifacts"] == []


async def test_a_page_goes_on_where_the_last_one_ended_though_that_artifact_has_moved_on(
    page: Page, versions: list[Artifact]
) -> None:
    first = await page.found("/artifacts", state="DRAFT", limit=1)
    await page.gate.validate(versions[2])
    second = await page.found("/artifacts", state="DRAFT", limit=5, cursor=first["next_cursor"])
    assert [found["version"] for found in second["artifacts"]] == ["1.0.1", "1.0.0"]


async def test_an_invented_cursor_is_refused(page: Page, versions: list[Artifact]) -> None:
    assert problem(await page.get("/artifacts", cursor="x")) == (
        422,
        "INVALID_VALUE",
        "cursor: 'x' is no cursor of a page: begin again without one",
    )


async def test_one_artifact_tells_payload_evidence_decisions_and_what_is_missing(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.validate(artifact)
    await page.approve(artifact, "tessa", "TECHNICAL")
    whole = await page.found(f"/artifacts/{artifact.artifact_id}")
    assert (whole["policy"], whole["policy_sha256"]) == ("desk", DESK_POLICY.sha256)
    assert whole["payload"]["risk"]["max_daily_loss"] == "1000"
    assert whole["payload"]["params"]["slow"] == 200
    evidence = whole["evidence"]
    assert (evidence["validator"], evidence["metrics"]) == (
        "victor",
        {"total_return": "0.1", "trades": "12"},
    )
    assert evidence["overfitting"] == {
        "trials": 1,
        "studied": 9,
        "deflated_sharpe": "0.9",
        "pbo": "0.1",
        "walk_forward_sharpe": "0.5",
    }
    (approval,) = whole["approvals"]
    assert (approval["approver"], approval["kind"], approval["reason"]) == (
        "tessa",
        "TECHNICAL",
        "read the code",
    )
    assert (whole["rejections"], whole["set_aside"], whole["code_problem"]) == ([], [], None)
    assert whole["missing"].endswith("needs 1 RISK approval; tessa's counts as TECHNICAL")
    assert (whole["released_sha256"], whole["release_problem"]) == (
        None,
        "no version of ma_crossover_v1 is released",
    )
    assert [event["to_state"] for event in whole["history"]] == ["DRAFT", "VALIDATED", "REVIEWED"]
    assert whole["history"][0]["from_state"] is None


async def test_what_does_not_count_is_told_with_its_reason(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.validate(artifact)
    await page.approve(artifact, "tessa", "TECHNICAL")
    stricter = replace(DESK_POLICY, version=2, evidence=replace(DESK_POLICY.evidence, min_trades=100))
    await page.gate.publishing.policy(stricter, actor="rene")
    whole = await page.found(f"/artifacts/{artifact.artifact_id}")
    assert whole["approvals"] == []
    assert whole["set_aside"] == [
        {"kind": "TECHNICAL", "approver": "tessa", "reason": "tessa's is for another policy than desk 2"}
    ]
    assert whole["evidence"] is None
    assert "it made 12 trades, the policy asks for 100" in whole["evidence_problem"]


async def test_a_rejection_is_shown_apart_from_approvals(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.validate(artifact)
    opinion = await page.opinion(artifact, "rosa", "RISK", decision="REJECT", reason="limits do not fit")
    path = f"/artifacts/{artifact.artifact_id}/approvals"
    drafted = await page.done(f"{path}/draft", opinion)
    assert drafted["approval"]["decision"] == "REJECT"
    await page.done(path, {"envelope": signed(drafted["statement"], "rosa")})
    whole = await page.found(f"/artifacts/{artifact.artifact_id}")
    assert ([r["approver"] for r in whole["rejections"]], whole["approvals"]) == (["rosa"], [])
    assert "was rejected by rosa as RISK (limits do not fit)" in whole["missing"]


async def test_what_is_displayed_is_the_very_text_whose_hash_a_decision_carries(page: Page) -> None:
    artifact = await page.submitted()
    shown = await page.found(f"/artifacts/{artifact.artifact_id}/display")
    text = displayed(await page.desk.reading.view(artifact.artifact_id))
    assert shown == {"policy": "desk", "displayed": text, "displayed_sha256": sha256_of(text.encode())}
    assert shown["displayed"].startswith("ma_crossover_v1 1.0.0 ")


async def test_the_difference_to_another_version_is_told_field_by_field(
    page: Page, versions: list[Artifact]
) -> None:
    found = await page.found(f"/artifacts/{versions[1].artifact_id}/diff", against=versions[0].artifact_id)
    assert {"field": "data.to", "before": '"2010-12-31T21:00:00Z"', "after": '"2011-12-31T21:00:00Z"'} in (
        found["fields"]
    )
    assert (found["artifact"]["version"], found["against"]["version"]) == ("1.0.1", "1.0.0")
    assert found["displayed"].endswith("The code is the same.\n")
    assert found["problem"] is None


async def test_without_another_version_the_difference_is_to_the_released_one(
    page: Page, versions: list[Artifact]
) -> None:
    unreleased = await page.found(f"/artifacts/{versions[1].artifact_id}/diff")
    assert (unreleased["against"], unreleased["fields"]) == (None, [])
    assert unreleased["problem"] == "no version of ma_crossover_v1 is released"
    assert unreleased["displayed"].startswith("All of ma_crossover_v1 1.0.1 is new.")
    await page.gate.activate(versions[0])
    released = await page.found(f"/artifacts/{versions[1].artifact_id}/diff")
    assert (released["against"]["version"], released["problem"]) == ("1.0.0", None)
    assert {change["field"] for change in released["fields"]} == {"data.to", "version"}


async def test_the_policy_in_force_is_told_with_its_hash(page: Page) -> None:
    found = await page.found("/policy")
    assert (found["policy"], found["policy_sha256"]) == ("desk", DESK_POLICY.sha256)
    assert found["document"]["quorum"] == {"TECHNICAL": 1, "RISK": 1, "COMPLIANCE": 0}


async def test_keys_are_those_of_the_root_file_as_it_is_now(page: Page, home: Path) -> None:
    ended_at = datetime(2026, 3, 1, tzinfo=UTC)
    root = with_key_ended(ROOT, Hand("tessa").key_id, ended_at)
    write_root(home / "gate" / "root.json", root)
    found = await page.found("/keys")
    assert (found["number"], found["solo"], found["root_sha256"]) == (2, False, root.sha256)
    by_person = {key["person"]: key for key in found["keys"]}
    assert set(by_person) == set(ROLES)
    assert by_person["rosa"] == {
        "key_id": Hand("rosa").key_id,
        "person": "rosa",
        "roles": ["RISK"],
        "added": "2020-01-01T00:00:00Z",
        "ended": None,
    }
    assert by_person["tessa"]["ended"] == "2026-03-01T00:00:00Z"


async def test_the_record_is_read_page_by_page_and_holds_together(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.validate(artifact)
    first = await page.found("/log", limit=3)
    rest = await page.found("/log", after=first["next_after"])
    nothing = await page.found("/log", after=rest["next_after"])
    entries = [*first["entries"], *rest["entries"]]
    assert [entry["n"] for entry in entries] == list(range(1, len(entries) + 1))
    assert len(first["entries"]) == 3
    assert [entry["kind"] for entry in entries][:3] == ["gate.keys", "gate.policy", "artifact.submitted"]
    assert all(later["previous_sha256"] == earlier["entry_sha256"] for earlier, later in pairwise(entries))
    assert entries[-1]["data"]["to"] == "VALIDATED"
    assert (nothing["entries"], nothing["next_after"]) == ([], entries[-1]["n"])
    async with page.desk.parts.unit_of_work.begin() as transaction:
        stored = await transaction.audit.entry(1)
    assert entries[0]["entry_sha256"] == next_entry(stored.event, last=None).entry_sha256


async def test_a_trade_is_followed_back_to_those_who_allowed_it(page: Page) -> None:
    artifact = await page.submitted()
    records = page.desk.parts.unit_of_work
    active = await bring_to(records, artifact, ArtifactState.ACTIVE)
    signal = await store_signal(records, active, "sg1")
    await store_in_status(records, signal, OrderStatus.PENDING_NEW)
    found = await page.found("/trades/tr-jx-sg1/provenance")
    assert (found["artifact_id"], found["payload_sha256"]) == (artifact.artifact_id, artifact.payload_sha256)
    assert (found["signal_id"], found["client_order_id"]) == ("sg1", "jx-sg1")
    assert isinstance(found["quantity"], str)
    assert Decimal(found["quantity"]) > 0


async def test_the_snapshot_is_told_once_there_is_one(page: Page) -> None:
    assert problem(await page.get("/snapshots/current")) == (
        404,
        "NOT_FOUND",
        "No snapshot has been released yet: draft one, and have it signed",
    )
    artifact = await page.submitted()
    await page.gate.approve(artifact)
    released = await page.release(artifact_id=artifact.artifact_id)
    current = await page.found("/snapshots/current")
    assert (current["policy"], current["in_force"], current["problem"]) == ("desk", True, None)
    assert current["snapshot"] == released["snapshot"]
    assert current["snapshot"]["signer"] == "rene"


async def test_a_snapshot_that_has_expired_is_told_and_said_not_to_be_in_force(page: Page) -> None:
    artifact = await page.submitted()
    await page.gate.approve(artifact)
    await page.release(artifact_id=artifact.artifact_id)
    later = SettableClock(datetime.now(UTC) + timedelta(days=31))
    async with page.at(later) as http:
        current = answer(await http.get("/api/v1/snapshots/current"))
    assert (current["in_force"], current["snapshot"]["seq"]) == (False, 1)
    assert current["problem"].startswith("snapshot 1 expired ")
