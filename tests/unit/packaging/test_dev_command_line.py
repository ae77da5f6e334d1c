"""dev.py's words, and how it answers when it cannot do what it is asked."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dev

WORDS = ("run", "test", "lint", "types", "bench", "soak", "docs", "lock")


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["--help"]])
def test_prints_its_words_and_examples(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(arguments) == 0
    printed = capsys.readouterr().out
    assert re.findall(r"^  ([a-z]+) +\S", printed.split("Examples:")[0], re.MULTILINE) == list(WORDS)
    assert all(example.split()[2] in WORDS for example in re.findall(r"python3 dev\.py [a-z].*", printed))


def test_has_exactly_the_words_that_the_help_lists() -> None:
    assert tuple(dev.COMMANDS) == WORDS


def test_the_makefile_has_the_same_words() -> None:
    makefile = (dev.ROOT / "Makefile").read_text(encoding="utf-8")
    listed = re.search(r"^COMMANDS := (.+)$", makefile, re.MULTILINE)
    assert listed
    assert tuple(listed[1].split()) == WORDS


@pytest.mark.parametrize("arguments", [["frobnicate"], ["--once"], ["lint", "src"], ["docs", "--open"]])
def test_refuses_what_it_does_not_know(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"`{' '.join(arguments)}`" in printed.err
    assert len(printed.err.splitlines()) == 1


def test_says_what_is_missing_where_python_cannot_make_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    # None in sys.modules is how Python itself marks a module that cannot be had.
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(dev.Stop, match=r"comes without ensurepip: .*apt-get install python3\.\d+-venv"):
        dev.Setup(held=0).make_venv()


def test_the_summary_names_every_step_and_those_that_failed() -> None:
    table = dev.summary({"ruff check": (0, 0.4), "mypy": (1, 12.04), "pytest": (2, 61.0)})
    assert table.splitlines() == [
        "  ruff check   passed      0.4 s",
        "  mypy         failed     12.0 s",
        "  pytest       failed     61.0 s",
        "Failed: mypy, pytest.",
    ]


def test_the_summary_says_when_everything_passed() -> None:
    assert dev.summary({"mypy": (0, 1.0)}).endswith("\nEverything passed.")


def test_every_step_of_the_command_test_exists_and_soak_tests_are_left_out() -> None:
    assert set(dev.LINT) <= dev.STEPS.keys()
    assert dev.STEPS["pytest"][-1] == "not soak"
    assert dev.STEPS["soak"][-1] == "soak"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What would have been run by .venv's Python."""
    commands: list[tuple[str, ...]] = []

    def run_tool(*arguments: str) -> int:
        commands.append(arguments)
        return 0

    monkeypatch.setattr(dev, "set_up", lambda: None)
    monkeypatch.setattr(dev, "run_tool", run_tool)
    return commands


def test_all_tests_are_shared_out_among_workers(ran: list[tuple[str, ...]]) -> None:
    assert dev.main(["test"]) == 0
    *_, pytest_ = ran
    assert pytest_ == (*dev.STEPS["pytest"], *dev.WORKERS)


def test_tests_that_are_asked_for_run_in_one_process(ran: list[tuple[str, ...]]) -> None:
    assert dev.main(["test", "tests/unit", "-x"]) == 0
    *others, pytest_ = ran
    assert pytest_ == (*dev.STEPS["pytest"], "tests/unit", "-x")
    assert others == [dev.STEPS[name] for name in (*dev.LINT, "mypy")]


def test_an_older_python_can_read_as_far_as_the_sentence_for_it() -> None:
    source = (dev.ROOT / "dev.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    first = next(node for node in tree.body if isinstance(node, ast.If))
    assert "needs Python 3.11 or newer" in ast.unparse(first)
    before = tree.body[: tree.body.index(first)]
    assert all(isinstance(node, ast.Import | ast.ImportFrom | ast.Expr) for node in before)


def test_it_needs_nothing_but_the_standard_library() -> None:
    source = "import sys; sys.path[:] = [p for p in sys.path if '-packages' not in p]; import dev"
    done = subprocess.run(
        [sys.executable, "-S", "-c", source], cwd=dev.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "requirements.lock"
    file.write_text("before", encoding="utf-8")
    dev.replace(file, "after")
    assert file.read_text(encoding="utf-8") == "after"
    assert list(tmp_path.iterdir()) == [file]
