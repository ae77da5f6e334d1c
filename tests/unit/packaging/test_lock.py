"""requirements.lock: exact, hashed, true to pyproject.toml, and the same for every package index."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev
from tests.architecture.machine_traces import project_files
from tests.unit.packaging.project_metadata import DECLARED, LOCK, PROJECT, pins

_HOST = re.compile(r"\b(?:[\w-]+\.)+(?:ai|app|com|dev|io|net|org)\b")
_HASH = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?")
_EACH_DECLARED = [
    pytest.param(requirement, id=f"{extra or 'trader'}-{requirement.name}")
    for extra, requirements in DECLARED.items()
    for requirement in requirements
]


def test_names_no_url_and_no_host() -> None:
    assert "://" not in LOCK
    assert not _HOST.search(LOCK)


def test_would_see_a_host() -> None:
    assert _HOST.search("--index packages.example.com/simple")


def test_holds_nothing_that_shares_our_import_name() -> None:
    assert not {"jax", "jaxlib"} & pins().keys()


def test_pins_every_package_to_one_version_for_each_marker() -> None:
    for name, pinned in pins().items():
        assert all(re.fullmatch(r"==[^*,]+", str(pin.specifier)) for pin in pinned), name
        assert len(pinned) == 1 or all(pin.marker for pin in pinned), name


def test_has_a_hash_for_every_pin() -> None:
    unhashed, after_a_pin = [], ""
    for line in LOCK.splitlines():
        if after_a_pin and not _HASH.fullmatch(line):
            unhashed.append(after_a_pin)
        after_a_pin = "" if line.startswith((" ", "#")) else line
    assert not unhashed
    assert not after_a_pin


def test_holds_only_pins_hashes_and_comments() -> None:
    strange = [
        line
        for line in LOCK.splitlines()
        if not _HASH.fullmatch(line)
        and not re.match(r" {4}#", line)
        and not re.fullmatch(r"[a-z0-9][a-z0-9-]*==[^ ]+(?: ; [^\\]+)? \\", line)
    ]
    assert not strange


@pytest.mark.parametrize("requirement", _EACH_DECLARED)
def test_holds_what_pyproject_asks_for(requirement: Requirement) -> None:
    pinned = pins().get(canonicalize_name(requirement.name), [])
    assert pinned, f"{requirement.name} is not in requirements.lock: run `python3 dev.py lock`."
    for pin in pinned:
        version = str(pin.specifier).removeprefix("==")
        assert requirement.specifier.contains(version, prereleases=True), f"{pin} does not fit {requirement}"


def test_every_extra_can_be_installed_from_it() -> None:
    assert set(DECLARED) == {"", *PROJECT["optional-dependencies"]}
    assert {"embedded", "research", "ib", "ccxt", "cluster", "notify", "tracing", "docs", "dev"} <= set(
        DECLARED
    )


def test_is_the_only_lock_of_the_project() -> None:
    others = re.compile(r"uv\.lock|pylock(?:\..+)?\.toml|poetry\.lock|pdm\.lock|Pipfile\.lock")
    assert dev.LOCK in project_files(dev.ROOT)
    assert not [file for file in project_files(dev.ROOT) if others.fullmatch(file.name)]


def test_dev_would_write_it_as_it_is() -> None:
    assert dev.lock_complaint(LOCK) is None
