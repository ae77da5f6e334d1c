"""The validator's run in another process: equal for the honest, and a reason for everybody else."""

import asyncio
import json
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from jax.app.research.rerun_process import rerun_in_another_process
from jax.app.research.research import BacktestRun
from jax.app.research.wiring import build_research
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bundle import bundle_of
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.golden_suite import GoldenSuite, decode_golden_suite
from jax.domain.rerun import differences
from jax.domain.strategies.ma_crossover_v1 import STRATEGY
from jax.domain.strategy import BUY, NO_DECISION, BarValues, Decision
from jax.ports.errors import NotFound, Unavailable
from tests.integration.research.authored_artifacts import (
    BARS,
    Authored,
    author_run,
    changed,
    claimed,
    evidence_in_this_process,
    honest,
    rerun,
    stock,
    with_source,
    with_suite,
)

DECIDE = "def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:"
WARM = "    if not (inputs.true_range > 0.0 and inputs.slow > 0.0 and inputs.volume >= 0.0):"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    asyncio.run(stock(folder))
    return folder


@pytest.fixture(scope="module")
def run(home: Path) -> BacktestRun:
    return author_run(home)


@pytest.fixture(scope="module")
def authored(run: BacktestRun) -> Authored:
    return honest(run)


def refusals(home: Path, authored: Authored) -> str:
    """Why a validator refuses: what is different, or why nothing could be run."""
    try:
        return "\n".join(differences(authored.payload, rerun(home, authored)))
    except InvalidValue as error:
        return str(error)


def test_processes_with_other_seeds_zones_and_locales_make_the_authors_orders(
    home: Path, run: BacktestRun, authored: Authored, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(run.result.orders) > 10
    first = rerun(home, authored)
    # What the first process was given is what a second one must not be.
    for name, value in {"PYTHONHASHSEED": "4217", "TZ": "Asia/Kathmandu", "LC_ALL": "C"}.items():
        monkeypatch.setenv(name, value)
    second = rerun(home, authored)
    assert first.orders_sha256 == second.orders_sha256 == run.evidence.orders_sha256
    assert first == second
    assert first.metrics == run.evidence.metrics
    assert differences(authored.payload, first) == ()


def test_in_this_process_the_run_is_the_same_as_in_another(home: Path, authored: Authored) -> None:
    research = build_research(home)
    here = asyncio.run(research.rerun(authored.payload, authored.bundle, authored.golden_suite))
    assert here == rerun(home, authored)


def test_the_evidence_is_the_validators_own(home: Path, run: BacktestRun, authored: Authored) -> None:
    found = rerun(home, changed(authored, backtest={"trials": 40}))
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.manifest_sha256 == run.manifest.sha256
    assert (found.overfitting.trials, found.overfitting.studied) == (40, 13)
    assert found.overfitting.pbo is not None
    assert found.golden_suite_sha256 == sha256_of(run.golden_suite)
    assert found.golden_passed == tuple(case.name for case in decode_golden_suite(run.golden_suite).cases)
    assert found.golden_failed == ()


def test_progress_counts_the_run_and_its_neighbours(home: Path, run: BacktestRun, authored: Authored) -> None:
    heard: list[tuple[int, int]] = []
    rerun(home, authored, lambda done, total: heard.append((done, total)))
    total = 13 * len(run.result.equity)
    assert heard == sorted(heard)
    assert {of for _, of in heard} == {total}
    assert heard[-1] == (total, total)


def test_a_metric_that_was_invented_is_refused(home: Path, run: BacktestRun, authored: Authored) -> None:
    metrics = {**dict(claimed(run.evidence)["metrics"]), "sharpe": "3.1"}
    made = run.evidence.metrics["sharpe"]
    assert refusals(home, changed(authored, backtest={"metrics": metrics})) == (
        f"metric sharpe: the payload says 3.1, the run made {made.normalize()}"
    )


def orders_from_a_cache_of_the_future() -> BacktestEvidence:
    """What an author sees whose strategy remembers one pass over the bars, and trades on it in the next."""
    closes: list[float] = []  # of the first pass, the two symbols in turn
    steps = count()
    total = sum(map(len, BARS.values()))

    def decide(state: Any, bar: BarValues, inputs: Any, params: Any) -> tuple[Any, Decision]:
        del inputs, params
        step = next(steps)
        if step < total:
            closes.append(bar.close)
            return state, NO_DECISION
        highest = max(closes[step - total + 2 : step - total + 42 : 2], default=0.0)
        if highest < 1.2 * bar.close:
            return state, NO_DECISION
        return state, Decision(BUY, 0.9, bar.close, bar.close * 0.5, highest, highest, 1)

    cheating = STRATEGY._replace(decide=decide)
    assert evidence_in_this_process(cheating).metrics["trades"] == 0
    return evidence_in_this_process(cheating)


def test_orders_from_a_cache_of_the_future_are_refused(home: Path, authored: Authored) -> None:
    doctored = orders_from_a_cache_of_the_future()
    assert doctored.metrics["win_rate"] == 1
    told = refusals(home, changed(authored, backtest=claimed(doctored)))
    made = authored.payload.orders_sha256
    assert f"orders: the payload says {doctored.orders_sha256}, the run made {made}\n" in told
    assert "metric win_rate: the payload says 1, the run made" in told


@pytest.mark.parametrize(
    ("before", "within"),
    [
        ("SEEN = []\n\n\n", "    SEEN.append(bar.close)\n"),
        ("def remember(close, seen=[]):\n    seen.append(close)\n\n\n", "    remember(bar.close)\n"),
    ],
)
def test_a_bundle_that_holds_such_a_cache_is_refused(
    home: Path, authored: Authored, before: str, within: str
) -> None:
    remembering = with_source(with_source(authored, DECIDE, before + DECIDE), WARM, within + WARM)
    doctored = claimed(orders_from_a_cache_of_the_future())
    told = refusals(home, changed(remembering, backtest=doctored))
    assert "orders: " in told or "re-run: " in told


@pytest.mark.parametrize(
    "line",
    [
        "    open('seen.txt', 'a').write(str(bar.close))\n",
        "    __import__('builtins').open('seen.txt', 'a')\n",
        "    typing.sys.modules['builtins'].open('seen.txt', 'a')\n",
        "    math.seen = bar.close\n",
    ],
)
def test_state_that_is_hidden_in_a_file_or_a_module_is_refused(
    home: Path, authored: Authored, line: str
) -> None:
    imports = "import math\nimport typing\nfrom typing import NamedTuple\n"
    cheating = with_source(authored, "from typing import NamedTuple\n", imports)
    assert "re-run: " in refusals(home, with_source(cheating, WARM, line + WARM))


def test_a_strategy_that_depends_on_the_hash_seed_is_refused(home: Path, authored: Authored) -> None:
    line = "    if hash('bar') % 1000 > 0:\n        return state, NO_DECISION\n"
    told = refusals(home, with_source(authored, WARM, line + WARM))
    assert "orders: " in told or "re-run: " in told


def test_other_bars_are_told_apart_by_the_manifest(tmp_path: Path, authored: Authored) -> None:
    asyncio.run(stock(tmp_path, seed=1))
    told = refusals(tmp_path, authored)
    assert told.startswith("data manifest: the payload says ")
    assert "\norders: " in told


def test_a_suite_of_the_authors_own_choice_is_told(home: Path, authored: Authored) -> None:
    first, *_ = decode_golden_suite(authored.golden_suite).cases
    thin = GoldenSuite((first,))
    told = refusals(home, with_suite(authored, thin.encoded(), sha256=thin.sha256))
    assert (
        told
        == f"golden suite: the payload says {thin.sha256}, the run made {sha256_of(authored.golden_suite)}"
    )


def test_a_golden_case_that_is_not_decided_as_recorded_is_told(home: Path, authored: Authored) -> None:
    document = json.loads(authored.golden_suite)
    document["cases"][1]["decisions_sha256"] = "sha256:" + "0" * 64
    spoiled = decode_golden_suite(json.dumps(document, sort_keys=True, separators=(",", ":")).encode())
    told = refusals(home, with_suite(authored, spoiled.encoded(), sha256=spoiled.sha256))
    assert told.endswith(f"golden case {spoiled.cases[1].name}: the strategy does not decide as recorded")


def test_documents_that_the_payload_does_not_name_are_refused(home: Path, authored: Authored) -> None:
    other_bundle = bundle_of([*authored.bundle.files][:2])
    for handed, said in (
        (Authored(authored.payload, other_bundle, authored.golden_suite), "re-run: bundle: hashes to"),
        (Authored(authored.payload, authored.bundle, b"{}"), "re-run: golden suite: hashes to"),
    ):
        with pytest.raises(InvalidValue, match=said):
            rerun(home, handed)


def test_a_payload_of_another_strategy_is_refused(home: Path, authored: Authored) -> None:
    document = json.loads(authored.payload.encoded())
    document["name"] = "golden_goose"
    encoded = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(InvalidValue, match="bundle: holds ma_crossover_v1, the payload names golden_goose"):
        asyncio.run(
            rerun_in_another_process(
                home,
                payload_bytes=encoded,
                bundle_bytes=authored.bundle.encoded(),
                golden_bytes=authored.golden_suite,
            )
        )


def test_a_strategy_that_fails_is_refused_in_one_sentence(home: Path, authored: Authored) -> None:
    failing = with_source(authored, WARM, "    bar.close / (bar.close - bar.close)\n" + WARM)
    with pytest.raises(
        InvalidValue, match=r"re-run: strategy ma_crossover_v1: .*\(ZeroDivisionError: [^\n]*$"
    ):
        rerun(home, failing)


def test_missing_bars_are_named(home: Path, tmp_path: Path, authored: Authored) -> None:
    with pytest.raises(NotFound, match="There are no bars of TSLA; there are those of AAPL, IBM"):
        rerun(home, changed(authored, data={"symbols": ["AAPL", "TSLA"]}))
    with pytest.raises(NotFound, match="import some with `jax-research import`"):
        rerun(tmp_path, authored)
    with pytest.raises(InvalidValue, match="re-run: window: no bar of AAPL, IBM ends within it"):
        rerun(home, changed(authored, data={"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}))


def test_bars_that_cannot_be_read_are_no_fault_of_the_artifact(tmp_path: Path, authored: Authored) -> None:
    (tmp_path / "market_data").mkdir()
    (tmp_path / "market_data" / "series.json").write_text("broken")
    with pytest.raises(Unavailable, match=r"The register .* cannot be read"):
        rerun(tmp_path, authored)
