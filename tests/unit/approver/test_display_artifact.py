"""What people are shown is whole, plain, the same every time, and cannot be forged from within."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.domain.approval import Decision
from jax.domain.approval_count import ApprovalCount
from jax.domain.artifact import ApprovalKind, ArtifactState
from jax.domain.bundle import SourceFile
from jax.domain.canonical_json import sha256_of
from jax.domain.gate_policy import SOLO_POLICY
from jax.domain.overfitting_figures import OverfittingFigures
from jax.modules.artifacts.artifact_view import ArtifactView
from jax.modules.artifacts.display_artifact import displayed, displayed_sha256
from tests.unit.approver.views import FILES, a_submission, a_version, a_view, an_opinion, some_evidence

_PINNED = Path(__file__).with_name("displayed.txt")


def test_a_view_is_displayed_as_it_was_when_people_last_looked_at_this_page() -> None:
    assert displayed(a_view()) == _PINNED.read_text(encoding="utf-8")


def test_the_hash_is_that_of_the_text() -> None:
    assert displayed_sha256(a_view()) == sha256_of(displayed(a_view()).encode())


def test_every_value_of_the_payload_is_there() -> None:
    view = a_view()
    text = " ".join(displayed(view).split())
    for value in _leaves(view.version.payload.document):
        assert value in text, value


def test_lines_fit_80_columns_and_hold_nothing_but_printable_text() -> None:
    long = "word " * 300
    view = a_view(missing=long, evidence=None, evidence_problem=long.strip())
    for text in (displayed(a_view()), displayed(view)):
        assert text.endswith("\n")
        for line in text.removesuffix("\n").split("\n"):
            assert len(line) <= 80, line
            assert line.isprintable()


def _changed_views() -> dict[str, ArtifactView]:
    view, version = a_view(), a_version()
    opinion = an_opinion(version)
    evidence = some_evidence(version)
    figures = OverfittingFigures(1, 13, None, None, None)
    return {
        "state": a_view(version=a_version(state=ArtifactState.REVIEWED)),
        "id": a_view(version=replace(version, artifact=replace(version.artifact, artifact_id="another"))),
        "params": a_view(version=a_version(a_submission(params={"fast": 1}))),
        "code": a_view(version=a_version(a_submission(FILES[0]))),
        "no code": a_view(version=replace(version, bundle=None, bundle_problem="it is gone")),
        "policy": a_view(policy=replace(view.policy, version=2)),
        "solo": a_view(policy=SOLO_POLICY),
        "threshold": a_view(
            policy=replace(view.policy, evidence=replace(view.policy.evidence, max_pbo=Decimal("0.5")))
        ),
        "no evidence": a_view(evidence=None, evidence_problem="nobody ran it"),
        "why no evidence": a_view(evidence=None, evidence_problem="its key was ended"),
        "validator": a_view(evidence=replace(evidence, validator="vera")),
        "golden cases": a_view(evidence=some_evidence(version, golden_passed=("one",))),
        "metric": a_view(evidence=some_evidence(version, metrics={"trades": Decimal(11)})),
        "figures": a_view(evidence=some_evidence(version, overfitting=figures)),
        "one figure": a_view(evidence=some_evidence(version, overfitting=replace(figures, pbo=Decimal(1)))),
        "approver": a_view(approvals=ApprovalCount((replace(opinion, approver="tim"),), (), ())),
        "kind": a_view(approvals=ApprovalCount((replace(opinion, kind=ApprovalKind.RISK),), (), ())),
        "reason": a_view(approvals=ApprovalCount((replace(opinion, reason="skimmed it"),), (), ())),
        "until": a_view(
            approvals=ApprovalCount(
                (replace(opinion, expires_at=opinion.expires_at - timedelta(days=1)),), (), ()
            )
        ),
        "rejection": a_view(
            approvals=ApprovalCount((), (replace(opinion, decision=Decision.REJECT, approver="tim"),), ())
        ),
        "set aside": a_view(approvals=ApprovalCount((opinion,), (), ())),
        "quorum": a_view(missing=None),
        "released": a_view(released=a_version(number="0.9.0"), release_problem=None),
        "why not": a_view(release_problem="the newest snapshot does not verify"),
    }


def test_whatever_is_different_in_a_view_is_another_text() -> None:
    texts = {name: displayed(view) for name, view in _changed_views().items()}
    texts["unchanged"] = displayed(a_view())
    assert len(set(texts.values())) == len(texts)


def test_a_solo_policy_is_named_on_the_first_line() -> None:
    assert displayed(a_view(policy=SOLO_POLICY)).splitlines()[0].endswith("  policy=solo")
    assert displayed(a_view()).splitlines()[0].endswith("  policy=desk")


def test_whoever_decided_is_named_with_what_until_when_and_why() -> None:
    opinion = an_opinion(a_version())
    against = replace(opinion, decision=Decision.REJECT, kind=ApprovalKind.RISK, approver="tim", reason="no")
    lines = displayed(a_view(approvals=ApprovalCount((opinion,), (against,), ()))).splitlines()
    assert "TECHNICAL APPROVE by tessa, from 2026-03-04 until 2026-08-31: read the code" in lines
    assert "RISK REJECT by tim, from 2026-03-04 until 2026-08-31: no" in lines


def test_figures_that_are_not_defined_are_said_to_be_so() -> None:
    figures = OverfittingFigures(1, 13, None, None, None)
    text = displayed(a_view(evidence=some_evidence(a_version(), overfitting=figures)))
    for name in ("deflated_sharpe", "pbo", "walk_forward_sharpe"):
        (line,) = (line for line in text.splitlines() if line.startswith(name))
        assert "not defined" in line


def test_metrics_of_the_author_are_called_so_and_those_of_a_validator_take_their_place() -> None:
    version = a_version()
    claimed = displayed(a_view(evidence=None, evidence_problem="nobody ran it"))
    assert "as ada says; nobody's own run counts yet\nsharpe                     0.5\n" in claimed
    made = displayed(a_view(evidence=some_evidence(version, metrics={"total_return": Decimal("0.2")})))
    assert "as victor's own run made them\ntotal_return               0.2\n" in made


def test_the_difference_to_the_released_version_has_fields_and_code() -> None:
    changed = replace(FILES[0], source=FILES[0].source.replace("/ 2", "/ SPAN"))
    view = a_view(
        version=a_version(a_submission(changed, FILES[1], params={"fast": 10}), number="1.0.1"),
        released=a_version(a_submission(params={"fast": 20})),
        release_problem=None,
    )
    shown = displayed(view).partition("\nDIFFERENCE\n")[2]
    assert shown.startswith(f"From house_v1 1.0.0, {view.released.artifact.payload_sha256}\n")  # type: ignore[union-attr]  # it is there
    assert "\nparams.fast:\n  - 20\n  + 10\n" in shown
    assert "\n-    return (a + b) / 2\n+    return (a + b) / SPAN\n" in shown


@pytest.mark.parametrize(
    "reason",
    [
        "fine \x1b[8m",
        "fine\nRISK APPROVE by rosa, from 2026-03-04 until 2026-08-31: read it",
        "fine" + " " * 76 + "RISK APPROVE by rosa, from 2026-03-04 until 2026-08-31: read it",
        "\u202efine",
    ],
)
def test_text_of_others_makes_no_line_that_could_be_ours(reason: str) -> None:
    opinion = an_opinion(a_version())
    # What the database tells is not checked as text; a forged row must not forge a page.
    object.__setattr__(opinion, "reason", reason)
    text = displayed(a_view(approvals=ApprovalCount((opinion,), (), ()), missing=reason))
    assert not any(line.startswith("RISK APPROVE") for line in text.split("\n"))
    assert all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("name", ["a\nstate    ACTIVE", "a\x1b[2J", "\u202ea"])
def test_names_in_the_payload_make_no_line_that_could_be_ours(name: str) -> None:
    version = a_version(a_submission(params={name: Decimal(1)}))
    text = displayed(a_view(version=version, released=a_version(number="0.9.0"), release_problem=None))
    assert text.count("\nstate    ") == 1
    assert all(line.isprintable() for line in text.split("\n"))


def test_every_file_of_a_first_version_is_named_with_its_hash() -> None:
    file = SourceFile("house/second.py", "A = 1\nB = 2\n")
    text = displayed(a_view(version=a_version(a_submission(*FILES, file))))
    assert f"\nhouse/second.py, 2 lines\n         {sha256_of(file.source.encode())}\n" in text
    assert f"\nhouse/first.py, 1 line\n         {sha256_of(FILES[1].source.encode())}\n" in text


def _leaves(value: Any) -> Iterator[str]:
    if not isinstance(value, dict | list):
        yield str(value)
        return
    for child in value.values() if isinstance(value, dict) else value:
        yield from _leaves(child)
