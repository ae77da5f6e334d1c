"""Whatever the gate does not let pass is one line that says what is missing, and leaves nothing behind."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.approver.cli import app
from jax.app.research.research import BacktestRequest, BacktestRun
from jax.app.research.submission import submission_of
from jax.app.research.wiring import build_research
from jax.domain.canonical_json import canonical_bytes
from jax.modules.artifacts.submit_artifact import SubmitArtifact
from jax.modules.artifacts.verify_artifact import bundle_key
from jax.ports.unit_of_work import UnitOfWork
from tests.integration.approver.approver_desk import FIRST, STRATEGY, ApproverDesk
from tests.integration.approver.conftest import Copy

NAME = f"{STRATEGY} 1.0.0"
SURE = ("--yes", "--displayed-sha256")


def _entries(desk: ApproverDesk) -> int:
    return len(desk.good("log", "--limit", "1000")["entries"])


def test_what_is_not_validated_is_not_decided_on(drafted_desk: ApproverDesk) -> None:
    shown = drafted_desk.good("show", FIRST)["displayed_sha256"]
    before = _entries(drafted_desk)
    for word in ("approve", "reject"):
        terms = (word, FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "x", *SURE, shown)
        assert (
            drafted_desk.refused(*terms)
            == f"{NAME} is DRAFT: it must be validated before people decide on it"
        )
    assert drafted_desk.refused("release", FIRST, "--as", "rene", "--reason", "x") == (
        f"artifact {NAME}: no step leads from DRAFT to ACTIVE"
    )
    assert _entries(drafted_desk) == before


@pytest.mark.parametrize(
    ("person", "kind", "said"),
    [
        ("tessa", "RISK", "the key of tessa has no RISK role"),
        ("rolf", "TECHNICAL", "the key of rolf has no TECHNICAL role"),
        ("victor", "COMPLIANCE", "the key of victor has no COMPLIANCE role"),
    ],
)
def test_a_key_without_the_role_approves_nothing(
    validated_desk: ApproverDesk, person: str, kind: str, said: str
) -> None:
    shown = validated_desk.good("show", FIRST)["displayed_sha256"]
    before = _entries(validated_desk)
    terms = ("approve", FIRST, "--as", person, "--type", kind, "--reason", "x", *SURE, shown)
    assert validated_desk.refused(*terms) == f"{NAME}: the approval does not count: {said}"
    assert _entries(validated_desk) == before


def test_the_key_of_another_person_is_not_ones_own(validated_desk: ApproverDesk) -> None:
    shown = validated_desk.good("show", FIRST)["displayed_sha256"]
    terms = ("approve", FIRST, "--as", "rosa", "--type", "RISK", "--reason", "x", *SURE, shown)
    key = ("--key", str(validated_desk.home / "gate" / "keys" / "tessa"))
    assert validated_desk.refused(*terms, *key) == (
        f"{NAME}: the approval does not count: it says that rosa signed, the key is tessa's"
    )


def test_nobody_validates_or_approves_what_is_their_own(empty_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(empty_desk)
    desk.good("keyring", "init")
    for person, roles in (("victor", "VALIDATOR,TECHNICAL"), ("tessa", "VALIDATOR")):
        desk.good("keyring", "add", str(desk.home / "gate" / "keys" / f"{person}.pub"), "--roles", roles)
    desk.good("keyring", "publish", "--as", "rene")
    desk.good("submit", STRATEGY, "--author", "victor", "--symbols", "IBM", "--to", "2003-12-31")
    assert "victor wrote" in desk.refused("validate", FIRST, "--as", "victor")
    desk.good("validate", FIRST, "--as", "tessa")
    shown = desk.good("show", FIRST)["displayed_sha256"]
    terms = ("approve", FIRST, "--as", "victor", "--type", "TECHNICAL", "--reason", "x", *SURE, shown)
    assert desk.refused(*terms) == (
        f"{NAME}: the approval does not count: victor wrote {NAME} and cannot approve it"
    )


def test_one_person_counts_once_whatever_the_hats(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    desk.approve("tim", "TECHNICAL")
    shown = desk.good("show", FIRST)["displayed_sha256"]
    terms = ("approve", FIRST, "--as", "tim", "--type", "RISK", "--reason", "x", *SURE, shown)
    refusal = desk.refused(*terms)
    assert refusal.startswith(f"tim has decided on {NAME} already (APPROVE as TECHNICAL, until ")
    assert refusal.endswith("; one person counts once")


def test_what_has_changed_since_it_was_shown_is_not_approved(
    validated_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(validated_desk)
    seen = desk.good("show", FIRST)["displayed_sha256"]
    desk.approve("rosa", "RISK")
    now = desk.good("show", FIRST)["displayed_sha256"]
    terms = ("approve", FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "x")
    said = (
        f"what is displayed of {NAME} has changed since you looked: it hashes to {now}, not to {seen}; "
        "read it again"
    )
    assert desk.refused(*terms, *SURE, seen) == said
    # Also when a question would follow.
    assert desk.refused(*terms, "--displayed-sha256", seen) == said
    assert desk.good("show", FIRST)["displayed_sha256"] == now


def test_yes_without_what_was_displayed_is_a_usage_error(validated_desk: ApproverDesk) -> None:
    said = validated_desk.call("approve", FIRST, "--as", "tessa", "--type", "RISK", "--reason", "x", "--yes")
    assert (said.code, said.out) == (2, "")
    assert "--yes goes with --displayed-sha256 only" in said.err


def test_without_a_terminal_nobody_is_asked_and_nothing_is_signed(validated_desk: ApproverDesk) -> None:
    shown = validated_desk.good("show", FIRST)["displayed_sha256"]
    said = validated_desk.run(
        "approve", FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "x", typed="yes\n"
    )
    assert said.code == 1
    assert said.err == (
        "artifact-approver: there is no terminal to answer at, and nothing was signed: "
        f"pass --yes --displayed-sha256 {shown}\n"
    )
    assert validated_desk.good("show", FIRST)["approvals"] == []


def test_code_that_cannot_be_shown_is_not_approved(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    bundle_sha256 = desk.good("show", FIRST)["payload"]["code"]["bundle_sha256"]
    path = desk.home / "objects" / bundle_key(bundle_sha256)
    path.chmod(0o644)
    path.write_bytes(b"[]")
    shown = desk.good("show", FIRST)
    assert shown["code_problem"] is not None
    terms = ("approve", FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "x", *SURE)
    assert desk.refused(*terms, shown["displayed_sha256"]).startswith(
        f"the code of {NAME} cannot be shown, so nobody decides: "
    )


Lie = Callable[[BacktestRun], BacktestRun]


def _metric(run: BacktestRun) -> BacktestRun:
    metrics = {**run.evidence.metrics, "sharpe": Decimal("9.9")}
    return replace(run, evidence=replace(run.evidence, metrics=metrics))


def _orders(run: BacktestRun) -> BacktestRun:
    return replace(run, evidence=replace(run.evidence, orders_sha256="sha256:" + "0" * 64))


def _fewer_golden_cases(run: BacktestRun) -> BacktestRun:
    suite = json.loads(run.golden_suite)
    return replace(run, golden_suite=canonical_bytes({**suite, "cases": suite["cases"][1:]}))


def _engine(run: BacktestRun) -> BacktestRun:
    return replace(run, evidence=replace(run.evidence, engine_version="jax-bars-0"))


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        (_metric, "metric sharpe: the payload says 9.9, the run made "),
        (_orders, f"orders: the payload says sha256:{'0' * 64}, the run made sha256:"),
        (_fewer_golden_cases, "golden suite: the payload says sha256:"),
        (_engine, "engine: the payload says jax-bars-0, the run made "),
    ],
)
def test_an_author_who_lies_is_told_each_difference(
    drafted_desk: ApproverDesk, copied: Copy, lie: Lie, told: str
) -> None:
    desk = copied(drafted_desk)
    _submit(desk, lie)
    said = desk.call("validate", f"{STRATEGY}@1.0.1", "--as", "victor")
    assert (said.code, said.out) == (3, "")
    sentence, last = said.err.splitlines()
    assert sentence.startswith(told)
    assert last == (
        f"artifact-approver: {STRATEGY} 1.0.1 is not validated: one thing is not as its payload says"
    )
    shown = desk.good("show", f"{STRATEGY}@1.0.1")
    assert (shown["state"], shown["evidence"]) == ("DRAFT", None)


def _submit(desk: ApproverDesk, lie: Lie) -> None:
    """Ada submits a run that she has dressed up."""

    async def work(unit_of_work: UnitOfWork) -> None:
        request = BacktestRequest(STRATEGY, data_to=datetime(2003, 12, 31, tzinfo=UTC), symbols=("IBM",))
        run = await build_research(desk.home).backtest(request)
        submitting = SubmitArtifact(
            unit_of_work=unit_of_work,
            object_store=LocalObjectStore(desk.home / "objects"),
            clock=SystemClock(),
            ids=UuidIdSource(),
        )
        await submitting.submit(submission_of(lie(run), author="ada"))

    desk.stored(work)


def test_what_is_validated_is_not_run_again(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    # Without bars nothing could be run.
    shutil.rmtree(desk.home / "market_data")
    assert desk.refused("validate", FIRST, "--as", "victor") == (
        f"artifact {NAME}: no step leads from VALIDATED to VALIDATED"
    )


def test_a_policy_with_thresholds_refuses_evidence_below_them(
    drafted_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(drafted_desk)
    policy = json.loads(desk.call("keyring", "policy").out)
    policy["version"], policy["evidence"]["min_deflated_sharpe"] = 2, "0.999999"
    file = desk.home / "policy.json"
    file.write_text(json.dumps(policy, indent=4), encoding="utf-8")
    desk.good("keyring", "policy", str(file), "--as", "rene")
    refusal = desk.refused("validate", FIRST, "--as", "victor")
    assert "its deflated Sharpe ratio is " in refusal
    assert refusal.endswith(", the policy asks for 0.999999")


def test_another_policy_voids_the_approvals_and_says_so(approved_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(approved_desk)
    policy = json.loads(desk.call("keyring", "policy").out)
    policy["version"] = 2
    file = desk.home / "policy.json"
    file.write_text(json.dumps(policy), encoding="utf-8")
    desk.good("keyring", "policy", str(file), "--as", "rene")
    assert desk.refused("release", FIRST, "--as", "rene", "--reason", "go") == (
        f"{NAME} needs 1 TECHNICAL approval, 1 RISK approval; rosa's is for another policy than desk 2; "
        "tessa's is for another policy than desk 2"
    )
    policy["version"], policy["quorum"]["RISK"] = 3, 0
    file.write_text(json.dumps(policy), encoding="utf-8")
    assert desk.refused("keyring", "policy", str(file), "--as", "rene") == (
        "policy desk asks for 0 RISK approvals, the floor is 1"
    )
    policy["version"], policy["quorum"]["RISK"] = 2, 2
    file.write_text(json.dumps(policy), encoding="utf-8")
    assert desk.refused("keyring", "policy", str(file), "--as", "rene") == (
        "policy desk has version 2, and desk 2 is in force: give it version 3"
    )


def test_a_key_that_was_ended_approves_and_releases_nothing(
    approved_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(approved_desk)
    desk.good("keyring", "end", "rosa")
    today = datetime.now(UTC).date().isoformat()
    assert desk.refused("release", FIRST, "--as", "rene", "--reason", "go") == (
        f"{NAME} needs 1 RISK approval; the key of rosa was ended {today}; tessa's counts as TECHNICAL"
    )


def test_what_nobody_released_is_not_rolled_back_to(approved_desk: ApproverDesk) -> None:
    assert approved_desk.refused("rollback", FIRST, "--as", "rene", "--reason", "x") == (
        f"{NAME} is APPROVED, and a rollback goes to a DEPRECATED version: use `artifact-approver release`"
    )
    assert approved_desk.refused("release", FIRST, "--as", "tessa", "--reason", "x").endswith(
        "the key of tessa has no RELEASE role"
    )


def test_what_is_revoked_stays_so(active_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(active_desk)
    desk.good("revoke", FIRST, "--as", "tessa", "--reason", "stop")
    assert desk.refused("revoke", FIRST, "--as", "tessa", "--reason", "stop") == f"{NAME} is REVOKED already"
    assert desk.refused("release", FIRST, "--as", "rene", "--reason", "x") == (
        f"artifact {NAME}: no step leads from REVOKED to ACTIVE"
    )
    shown = desk.good("show", FIRST)["displayed_sha256"]
    terms = ("approve", FIRST, "--as", "rosa", "--type", "RISK", "--reason", "x", *SURE, shown)
    assert desk.refused(*terms) == f"{NAME} is REVOKED, for good: submit a new version"


@pytest.mark.parametrize(
    "arguments",
    [
        ("approve", FIRST),
        ("approve", FIRST, "--as", "tessa", "--type", "FINANCIAL", "--reason", "x"),
        ("release", "--as", "rene", "--reason", "x"),
        ("release", FIRST, "--renew", "--as", "rene", "--reason", "x"),
        ("release", "--renew", "--withdraw", STRATEGY, "--as", "rene", "--reason", "x"),
        ("log", FIRST, "--trade", "tr1"),
        ("log", "--limit", "0"),
        ("keyring", "init", "--solo"),
        ("keyring", "init", "--person", "mia"),
        ("keyring", "add", "x.pub", "--roles", "TECHNICAL,BOSS"),
        ("submit", STRATEGY),
        ("submit", STRATEGY, "--author", "ada", "--max-daily-loss", "-1"),
        ("submit", STRATEGY, "--author", "ada", "--price-collar-pct", "NaN"),
        ("submit", STRATEGY, "--author", "ada", "--trials", "0"),
        ("-id", FIRST, "-approver", "tessa"),
        ("-approver", "tessa", "-type", "RISK", "-notes", "x"),
        ("what",),
    ],
)
def test_a_wrong_use_has_exit_code_2(approved_desk: ApproverDesk, arguments: tuple[str, ...]) -> None:
    said = approved_desk.call(*arguments)
    assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nothing_v1@1.0.0"), "There is no artifact 'nothing_v1@1.0.0': `artifact-approver list`"),
        (("diff", FIRST, "--against", "ffff"), "There is no artifact 'ffff'"),
        (("log", "--trade", "tr_none"), "There is no trade tr_none."),
        (("submit", "nothing_v1", "--author", "ada"), "No strategy 'nothing_v1' is installed"),
        (("submit", STRATEGY, "--author", "Ada"), "--author: 'Ada' is not a person's name"),
        (("validate", FIRST, "--as", "../root"), "--as: '../root' is not a person's name"),
        (("release", FIRST, "--as", "nobody", "--reason", "x"), "there is no key of nobody at "),
        (("release", FIRST, "--as", "rene", "--reason", " "), "--reason: must be 1 to "),
        (("release", FIRST, "--as", "rene", "--reason", "a\x1b[2J"), "--reason: must be 1 to "),
    ],
)
def test_what_cannot_be_done_is_one_line_with_exit_code_1(
    approved_desk: ApproverDesk, arguments: tuple[str, ...], said: str
) -> None:
    assert approved_desk.refused(*arguments, code=1).startswith(said)


def test_before_anything_is_set_up_the_command_says_how_to(empty_desk: ApproverDesk) -> None:
    assert empty_desk.refused("keyring", "list", code=1).startswith("There is no root file ")
    assert "`artifact-approver keyring publish`" in empty_desk.refused("keyring", "policy", code=1)
    assert empty_desk.good("list") == {"artifacts": [], "policy": "none"}


def test_help_of_every_command_has_an_example(empty_desk: ApproverDesk) -> None:
    group = ("init", "create", "add", "end", "publish", "policy", "list")
    commands = [
        command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
    ]
    assert len(commands) >= 10
    for words in [(name,) for name in commands] + [("keyring", name) for name in group]:
        said = empty_desk.call(*words, "--help")
        assert said.code == 0
        assert f"Example: artifact-approver {' '.join(words)}" in " ".join(said.out.split())
        assert "--json" in said.out
