"""The project's files name no package registry and no path of the machine they were written on."""

from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT
from tests.architecture.machine_traces import project_files, traces


def test_no_file_of_the_project_names_a_registry_or_a_path_of_one_machine() -> None:
    found = []
    for file in project_files(ROOT):
        text = file.read_bytes().decode("utf-8", errors="replace")
        found += [f"{file.relative_to(ROOT)}:{trace}" for trace in traces(text)]
    assert not found, "\n".join(("", *found))


def test_the_whole_project_is_read() -> None:
    files = set(project_files(ROOT))
    assert {
        ROOT / "pyproject.toml",
        ROOT / "requirements.lock",
        ROOT / "src" / "jax" / "__init__.py",
    } <= files


@pytest.mark.parametrize(
    "line",
    [
        *("https://" + "pypi" + ".org/simple", "--index-url files." + "python" + "hosted.org"),
        *(
            "data = '/" + "root/data'",
            "cd /" + "work/jax",
            "path: /" + "home/someone/jax",
            "/" + "Users/someone",
        ),
        *("C:" + "\\Users\\someone", "see /" + "tmp/notes"),
    ],
)
def test_finds_a_trace(line: str) -> None:
    assert list(traces(f"first\n  {line}\n")) == [f"2: {line}"]


@pytest.mark.parametrize(
    "line",
    [
        "src/root/data",
        "$HOME/work/x",
        "${ROOT}/home/x",
        "~/home/x",
        "https://example.com/home/x",
        "/var/lib/jax",
    ],
)
def test_leaves_other_paths_alone(line: str) -> None:
    assert list(traces(line)) == []


def test_reads_all_but_the_generated_files_where_git_cannot_say(tmp_path: Path) -> None:
    for name in ("src/jax/a.py", ".ci/run", ".venv/lib.py", "src/__pycache__/a.pyc", "dist/jax.whl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert sorted(project_files(tmp_path)) == [tmp_path / ".ci" / "run", tmp_path / "src" / "jax" / "a.py"]
