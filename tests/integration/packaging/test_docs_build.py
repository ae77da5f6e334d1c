"""The documentation builds without a warning, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dev


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    options = dev.STEPS["docs"][:-1]
    assert options[-1] == "docs"
    done = subprocess.run(
        [sys.executable, *options, str(folder)],
        capture_output=True,
        check=False,
        cwd=dev.ROOT,
        env=dev.tool_environment(os.environ),
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built_and_in_the_contents(pages: Path) -> None:
    sources = [file for file in (dev.ROOT / "docs").rglob("*.md") if "_build" not in file.parts]
    names = [file.relative_to(dev.ROOT / "docs").with_suffix(".html").as_posix() for file in sources]
    contents = (pages / "index.html").read_text(encoding="utf-8")
    assert len(names) > 5
    assert not [name for name in names if not (pages / name).is_file()]
    assert not [name for name in names if name != "index.html" and f'href="{name}"' not in contents]


def test_no_page_loads_anything_from_elsewhere(pages: Path) -> None:
    loads = re.compile(r'<(?:script|img|link|iframe)[^>]+(?:src|href)="(?:https?:)?//[^"]+')
    assert not [
        found for page in pages.rglob("*.html") for found in loads.findall(page.read_text(encoding="utf-8"))
    ]
