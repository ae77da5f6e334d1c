"""From an installed strategy to what may trade, and to the emergency stop, over HTTP alone."""

from pathlib import Path

from tests.integration.research.authored_artifacts import stock
from tests.integration.research_http.desk_server import Page, signed


async def test_a_strategy_goes_from_a_backtest_to_active_and_is_stopped(page: Page, home: Path) -> None:
    await stock(home)
    started = await page.post("/artifacts", {"strategy": "ma_crossover_v1", "author": "ada"})
    assert started.status_code == 202
    submission = await page.over(started.headers["location"].removeprefix("/api/v1"))
    assert submission["run"]["problem"] is None
    draft = submission["artifact"]
    assert (draft["state"], draft["author"], draft["version"]) == ("DRAFT", "ada", "1.0.0")
    path = f"/artifacts/{draft['artifact_id']}"

    started = await page.post(f"{path}/reruns", {"validator": "victor"})
    assert started.status_code == 202
    rerun = await page.over(started.headers["location"].removeprefix("/api/v1"))
    assert (rerun["run"]["status"], rerun["differences"]) == ("DONE", [])
    assert rerun["run"]["done"] == rerun["run"]["total"] > 0
    envelopes = [signed(statement, "victor") for statement in rerun["statements"]]
    validated = await page.done(f"{path}/evidence", {"envelopes": envelopes})
    assert validated["artifact"]["state"] == "VALIDATED"

    reviewed = await page.approve(draft["artifact_id"], "tessa", "TECHNICAL")
    assert reviewed["artifact"]["state"] == "REVIEWED"
    assert reviewed["missing"] == ("ma_crossover_v1 1.0.0 needs 1 RISK approval; tessa's counts as TECHNICAL")
    approved = await page.approve(draft["artifact_id"], "rosa", "RISK")
    assert (approved["artifact"]["state"], approved["missing"]) == ("APPROVED", None)

    released = await page.release(artifact_id=draft["artifact_id"])
    assert [artifact["state"] for artifact in released["activated"]] == ["ACTIVE"]
    assert released["snapshot"]["active"] == {"ma_crossover_v1": draft["payload_sha256"]}
    current = await page.found("/snapshots/current")
    assert (current["in_force"], current["snapshot"]) == (True, released["snapshot"])

    stopped = await page.revoke(draft["artifact_id"])
    assert (stopped["payload_sha256"], stopped["history_problem"]) == (draft["payload_sha256"], None)
    whole = await page.found(path)
    assert whole["artifact"]["state"] == "REVOKED"
    assert [event["to_state"] for event in whole["history"]] == [
        *("DRAFT", "VALIDATED", "REVIEWED", "APPROVED", "ACTIVE", "REVOKED"),
    ]
    assert [event["actor"] for event in whole["history"]] == [
        "ada",
        "victor",
        "tessa",
        "rosa",
        "rene",
        "rolf",
    ]
    assert {policy["policy"] for policy in (submission, rerun, validated, approved, released, stopped)} == {
        "desk"
    }
