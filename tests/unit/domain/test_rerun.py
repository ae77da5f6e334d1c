"""A re-run says what it made, comes back from its JSON, and tells every difference to a payload."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.artifact_payload import ArtifactPayload, payload_of
from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.domain.overfitting_figures import OverfittingFigures, figures_of
from jax.domain.rerun import Rerun, differences, rerun_of
from tests.unit.domain.examples import HASH, OTHER_HASH
from tests.unit.domain.test_artifact_payload import a_document

FIGURES = OverfittingFigures(3, 11, Decimal("0.812345"), Decimal("0.25"), Decimal("-1.5"))
UNDEFINED = OverfittingFigures(1, 1, None, None, None)
THIRD_HASH = "sha256:" + "3" * 64


def a_payload(**backtest: Any) -> ArtifactPayload:
    document = a_document()
    document["backtest"].update(backtest)
    return payload_of(document)


def a_rerun(**changes: Any) -> Rerun:
    """The run that the payload of the examples promises."""
    fields: dict[str, Any] = {
        "orders_sha256": OTHER_HASH,
        "manifest_sha256": HASH,
        "engine_version": "1",
        "python": "3.11.7",
        "metrics": {"sharpe": Decimal("1.25"), "trades": Decimal(40), "total_return": Decimal("-0.5")},
        "overfitting": FIGURES,
        "golden_suite_sha256": OTHER_HASH,
        "golden_passed": ("AAPL 2001", "MSFT 2001"),
        "golden_failed": (),
    }
    return Rerun(**fields | changes)


def without(*names: str, **more: str) -> Mapping[str, Decimal]:
    kept = {name: value for name, value in a_rerun().metrics.items() if name not in names}
    return {**kept, **{name: Decimal(value) for name, value in more.items()}}


def test_an_equal_run_has_no_differences() -> None:
    assert differences(a_payload(), a_rerun()) == ()


def test_the_spelling_of_a_number_is_no_difference() -> None:
    assert (
        differences(
            a_payload(metrics={"sharpe": "1.250"}), a_rerun(metrics=without("trades", "total_return"))
        )
        == ()
    )


def test_neither_the_python_nor_the_overfitting_figures_are_the_payloads_to_say() -> None:
    assert differences(a_payload(), a_rerun(python="3.13.1", overfitting=UNDEFINED)) == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"orders_sha256": THIRD_HASH}, f"orders: the payload says {OTHER_HASH}, the run made {THIRD_HASH}"),
        (
            {"manifest_sha256": THIRD_HASH},
            f"data manifest: the payload says {HASH}, the run made {THIRD_HASH}",
        ),
        ({"engine_version": "2"}, "engine: the payload says 1, the run made 2"),
        (
            {"golden_suite_sha256": HASH},
            f"golden suite: the payload says {OTHER_HASH}, the run made {HASH}",
        ),
        (
            {"golden_failed": ("MSFT 2001",)},
            "golden case MSFT 2001: the strategy does not decide as recorded",
        ),
        ({"metrics": without(sharpe="0.4")}, "metric sharpe: the payload says 1.25, the run made 0.4"),
        (
            {"metrics": without(sharpe="1.250001")},
            "metric sharpe: the payload says 1.25, the run made 1.250001",
        ),
        ({"metrics": without("sharpe")}, "metric sharpe: the payload says 1.25, the run made nothing"),
        ({"metrics": without(alpha="0")}, "metric alpha: the payload says nothing, the run made 0"),
        ({"metrics": without(trades="41")}, "metric trades: the payload says 40, the run made 41"),
    ],
)
def test_each_difference_is_told_in_one_sentence(changes: dict[str, Any], told: str) -> None:
    assert differences(a_payload(), a_rerun(**changes)) == (told,)


def test_all_differences_are_told() -> None:
    found = differences(
        a_payload(), a_rerun(orders_sha256=THIRD_HASH, metrics=without(sharpe="1", trades="1"))
    )
    assert [sentence.partition(":")[0] for sentence in found] == ["orders", "metric sharpe", "metric trades"]


@pytest.mark.parametrize("figures", [FIGURES, UNDEFINED])
def test_a_run_comes_back_from_its_canonical_json(figures: OverfittingFigures) -> None:
    run = a_rerun(overfitting=figures, golden_failed=("IBM 2001",))
    assert rerun_of(json.loads(canonical_bytes(run.document()))) == run


def test_the_figures_are_spelled_as_the_evidence_needs_them() -> None:
    assert FIGURES.document() == {
        "trials": 3,
        "studied": 11,
        "deflated_sharpe": "0.812345",
        "pbo": "0.25",
        "walk_forward_sharpe": "-1.5",
    }
    assert UNDEFINED.document()["pbo"] is None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("trials", 0, "trials: must be at least 1"),
        ("studied", 0, "studied: must be at least 1"),
        ("deflated_sharpe", Decimal("1.000001"), "deflated_sharpe: is a probability"),
        ("deflated_sharpe", Decimal("-0.1"), "deflated_sharpe: must not be negative"),
        ("pbo", Decimal("1.1"), "pbo: is a probability"),
        ("pbo", Decimal("NaN"), "pbo: NaN is not a finite number"),
        ("walk_forward_sharpe", Decimal("NaN"), "walk_forward_sharpe: NaN is not a finite number"),
    ],
)
def test_figures_that_cannot_be_are_refused(field: str, value: Any, said: str) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(InvalidValue, match=said):
        replace(FIGURES, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"orders_sha256": "sha256:0"},
            "rerun.orders_sha256: 'sha256:0' is not sha256: and 64|orders_sha256",
        ),
        ({"python": ""}, "rerun.python: must be 1 to 200"),
        ({"metrics": []}, "rerun.metrics: must be an object"),
        ({"metrics": {"sharpe": "high"}}, "rerun.metrics.sharpe: 'high' is not a decimal"),
        ({"golden_passed": "all"}, "rerun.golden_passed: must be a list of names"),
        ({"golden_failed": [1]}, "rerun.golden_failed: must be text"),
        ({"overfitting": {}}, "overfitting: lacks"),
        ({"more": 1}, r"rerun: .*has unknown \['more'\]"),
    ],
)
def test_json_that_is_no_run_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        rerun_of({**a_rerun().document(), **changes})


def test_json_that_is_no_figures_is_refused() -> None:
    for changes, said in (({"trials": "3"}, "must be an integer"), ({"pbo": "x"}, "not a decimal number")):
        with pytest.raises(InvalidValue, match=said):
            figures_of({**FIGURES.document(), **changes})
