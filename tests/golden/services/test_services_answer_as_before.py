"""What real services answer to fixed requests is what they answered when the baselines were captured."""

import json
import shutil
from pathlib import Path

import pytest

from tests.agent_servers import Reply
from tests.golden.services.golden_house import FOLDER, SUBJECTS, answering, golden, golden_house


def edited(subject: str, folder: Path) -> Path:
    """A copy of the baseline in which one number of an answer is another one."""
    file = folder / f"{subject}.json"
    text = (FOLDER / file.name).read_text(encoding="utf-8")
    assert '"stop_loss": "142.5"' in text
    file.write_text(text.replace('"stop_loss": "142.5"', '"stop_loss": "142.49"', 1), encoding="utf-8")
    return file


# The signals are the last test's: captured anew, they come to what is committed.
@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject != "signals"])
def test_the_services_answer_as_in_the_baseline(subject: str, tmp_path: Path, database_url: str) -> None:
    with golden_house(tmp_path, database_url, subject) as house:
        done = golden("compare", str(FOLDER / f"{subject}.json"), *house.options)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.endswith("exchanges are as in the baseline\n")


def test_a_baseline_that_was_edited_fails_and_shows_where(tmp_path: Path, database_url: str) -> None:
    file = edited("signals", tmp_path)
    with golden_house(tmp_path, database_url, "signals") as house:
        differs = golden("compare", str(file), *house.options)
        again = golden("compare", str(file), *house.options)
    assert differs.returncode == 1
    assert differs.stdout.splitlines()[:3] == [
        "exchange 1, POST /api/v1/bars of jax-trader: response.body.signals[0].stop_loss",
        '  baseline  "142.49"',
        '  found     "142.5"',
    ]
    first, *_ = differs.stdout.splitlines()[3:]
    assert first.startswith("signals: 1 difference from the baseline (")
    # A trader that has traded answers otherwise, whatever the code does.
    assert again.returncode == 1
    assert again.stderr.startswith("jax: jax-trader has signals already; start one on an empty JAX_HOME")


def test_a_trader_that_does_not_trade_on_paper_is_given_nothing(tmp_path: Path) -> None:
    asked = []

    def live(request: str, body: object) -> Reply:
        asked.append(request)
        return Reply({"mode": "live", "signals": []})

    file = Path(shutil.copy(FOLDER / "signals.json", tmp_path))
    with answering(live) as url:
        done = golden("capture", str(file), "--reason", "a mistake", "--trader", url)
    assert done.returncode == 1
    assert done.stderr.startswith("jax: jax-trader is in mode live, and a baseline gives it orders")
    assert asked == ["GET /health"]
    assert file.read_bytes() == (FOLDER / "signals.json").read_bytes()


def test_a_capture_of_an_edited_baseline_gives_the_committed_one_and_its_reason(
    tmp_path: Path, database_url: str
) -> None:
    file = edited("signals", tmp_path)
    with golden_house(tmp_path, database_url, "signals") as house:
        done = golden("capture", str(file), "--reason", "it was edited", "--json", *house.options)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"file": str(file), "reason": "it was edited"}
    captured, kept = json.loads(file.read_text()), json.loads((FOLDER / "signals.json").read_text())
    assert captured["metadata"].pop("reason") == "it was edited"
    assert kept["metadata"].pop("reason")
    for document in (captured, kept):
        del document["metadata"]["captured_at"]
    assert captured == kept
