"""From a draft to what trades, back, and out: every step by the real command, with real keys, on Postgres."""

import json

from tests.integration.approver.approver_desk import FIRST, PASSPHRASE, STRATEGY, ApproverDesk
from tests.integration.approver.conftest import Copy

SECOND = f"{STRATEGY}@1.0.1"


def test_a_draft_becomes_what_trades_and_a_second_version_takes_its_place(
    drafted_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(drafted_desk)
    validated = desk.run("validate", FIRST, "--as", "victor", "--json")
    assert (validated.code, validated.err) == (0, "")
    assert validated.json["state"] == "VALIDATED"
    assert validated.json["evidence"]["golden_failed"] == []

    halfway = desk.approve("tessa", "TECHNICAL")
    assert halfway["state"] == "REVIEWED"
    assert halfway["missing"] == f"{STRATEGY} 1.0.0 needs 1 RISK approval; tessa's counts as TECHNICAL"
    assert desk.refused("release", FIRST, "--as", "rene", "--reason", "go") == (
        f"artifact {STRATEGY} 1.0.0: no step leads from REVIEWED to ACTIVE"
    )
    whole = desk.approve("rosa", "RISK")
    assert (whole["state"], whole["missing"]) == ("APPROVED", None)

    released = desk.run("release", FIRST, "--as", "rene", "--reason", "first release")
    assert released.code == 0, released
    first_sha256 = whole["payload_sha256"]
    assert released.out.splitlines()[1:] == [
        f"{STRATEGY} trades as {first_sha256}  policy=desk",
        f"{STRATEGY} 1.0.0 is ACTIVE now  policy=desk",
    ]

    desk.good("submit", STRATEGY, "--author", "ada", "--to", "2004-12-31", "--symbols", "IBM")
    desk.good("validate", SECOND, "--as", "victor")
    assert desk.good("diff", SECOND)["against"]["payload_sha256"] == first_sha256
    desk.approve("tessa", "TECHNICAL", SECOND)
    desk.approve("rosa", "RISK", SECOND)
    second = desk.good("release", SECOND, "--as", "rene", "--reason", "better")
    assert [artifact["version"] for artifact in second["activated"]] == ["1.0.1"]
    assert [artifact["version"] for artifact in second["deprecated"]] == ["1.0.0"]

    assert desk.refused("release", FIRST, "--as", "rene", "--reason", "back") == (
        f"{STRATEGY} 1.0.0 is DEPRECATED: to go back to it, use `artifact-approver rollback`"
    )
    back = desk.good("rollback", FIRST, "--as", "rene", "--reason", "1.0.1 trades too much")
    assert back["snapshot"]["active"] == {STRATEGY: first_sha256}
    assert back["snapshot"]["seq"] == 3

    stopped = desk.run("revoke", FIRST, "--as", "rolf", "--reason", "buys the wrong side")
    assert (stopped.code, stopped.err) == (0, "")
    assert stopped.out == f"{STRATEGY} 1.0.0 is REVOKED by rolf, for good  policy=desk\n"
    states = [artifact["state"] for artifact in desk.good("list")["artifacts"]]
    assert states == ["REVOKED", "DEPRECATED"]
    kinds = [entry["kind"] for entry in desk.good("log", FIRST)["entries"]]
    assert kinds[-2:] == ["gate.revocation", "artifact.step"]


def test_renewal_and_withdrawal_are_snapshots_too(active_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(active_desk)
    renewed = desk.good("release", "--renew", "--as", "rene", "--reason", "monthly")
    assert renewed["snapshot"]["seq"] == 2
    assert list(renewed["snapshot"]["active"]) == [STRATEGY]
    assert (renewed["activated"], renewed["deprecated"]) == ([], [])
    left = desk.good("release", "--withdraw", STRATEGY, "--as", "rene", "--reason", "end of test")
    assert left["snapshot"]["active"] == {}
    assert [artifact["state"] for artifact in left["deprecated"]] == ["DEPRECATED"]
    assert desk.refused("release", "--withdraw", STRATEGY, "--as", "rene", "--reason", "again") == (
        f"no version of {STRATEGY} is released"
    )


def test_what_is_displayed_is_what_is_signed(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    shown = desk.run("show", FIRST)
    text, _, said = shown.out.rpartition("\ndisplayed ")
    document = desk.good("show", FIRST)
    assert text == document["displayed"]
    assert said == document["displayed_sha256"] + "\n"
    approval = desk.approve("tessa", "TECHNICAL")["approval"]
    assert approval["displayed_sha256"] == document["displayed_sha256"]
    after = desk.good("show", FIRST)
    assert after["approvals"][0]["displayed_sha256"] == document["displayed_sha256"]
    assert after["displayed_sha256"] != document["displayed_sha256"]


def test_a_rejection_ends_it_whoever_approves(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    rejected = desk.approve("tim", "RISK", word="reject")
    assert rejected["approval"]["decision"] == "REJECT"
    assert "was rejected by tim as RISK (read it): submit a new version" in rejected["missing"]
    desk.approve("tessa", "TECHNICAL")
    assert desk.approve("rosa", "RISK")["state"] == "VALIDATED"


def test_the_flags_of_the_plan_show_and_approve(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    flags = ("-id", FIRST, "-approver", "tessa", "-type", "TECHNICAL", "-notes", "-type is fine")
    unsure = desk.run(*flags, typed="yes\n")
    assert unsure.code == 1
    assert unsure.out.startswith(f"{STRATEGY} 1.0.0  ")
    shown = desk.good("show", FIRST)["displayed_sha256"]
    assert unsure.err.endswith(f"nothing was signed: pass --yes --displayed-sha256 {shown}\n")
    sure = desk.run(*flags, "--yes", "--displayed-sha256", shown, "--json")
    assert sure.code == 0, sure
    assert sure.json["approval"]["reason"] == "-type is fine"
    assert sure.json["approval"]["approver"] == "tessa"


def test_json_is_one_object_alone_on_standard_output(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    shown = desk.good("show", FIRST)["displayed_sha256"]
    said = desk.run(
        *("approve", FIRST, "--as", "tessa", "--type", "technical", "--reason", "read it", "--json"),
        *("--yes", "--displayed-sha256", shown),
    )
    assert len(said.out.splitlines()) == 1
    assert json.loads(said.out)["approval"]["kind"] == "TECHNICAL"
    assert "displayed " in said.err
    for arguments in (
        ("list",),
        ("show", FIRST),
        ("diff", FIRST),
        ("log",),
        ("log", FIRST),
        ("keyring", "list"),
        ("keyring", "policy"),
        ("keyring", "publish", "--as", "rene"),
    ):
        assert isinstance(desk.good(*arguments), dict)


def test_the_passphrase_is_in_no_output_and_in_no_entry(approved_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(approved_desk)
    told = [
        desk.run("release", FIRST, "--as", "rene", "--reason", "go"),
        desk.run("log"),
        desk.run("log", "--json"),
        desk.run("revoke", FIRST, "--as", "rolf", "--reason", "stop", "--json"),
    ]
    (desk.home / "passphrase").write_text("not " + PASSPHRASE, encoding="utf-8")
    wrong = desk.run("release", "--renew", "--as", "rene", "--reason", "go")
    assert wrong.code == 1
    assert "The passphrase does not open" in wrong.err
    for said in (*told, wrong):
        assert PASSPHRASE not in said.out + said.err
