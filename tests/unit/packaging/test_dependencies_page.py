"""docs/dependencies.md: each direct dependency, once, with a reason and the licence that it really has."""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, files, metadata
from typing import NamedTuple

import pytest

import dev
from tests.unit.packaging.project_metadata import DECLARED

PAGE = (dev.ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
# Families that may be used beside one another in a work that is not published under them.
_FAMILIES = {
    "Apache": r"apache",
    "BSD": r"\b0?bsd\b",
    "ISC": r"\bisc",
    "MIT": r"\bmit\b",
    "MPL": r"\bmpl|mozilla public",
    "PSF": r"\bpsf|python software foundation",
}


class Listed(NamedTuple):
    """One line of the page."""

    extra: str
    name: str
    licence: str
    reason: str


def listed() -> list[Listed]:
    lines = []
    extra = None
    for line in PAGE.splitlines():
        if heading := re.fullmatch(r"## (?:`\[(\w+)\]`|(The trader)|.*)", line):
            extra = heading[1] or ("" if heading[2] else None)
        entry = re.fullmatch(r"- `([\w.-]+)` \((.+?)\): (\S.+\.)", line)
        if entry and extra is not None:
            lines.append(Listed(extra, *entry.groups()))
    return lines


def families(text: str) -> set[str]:
    return {name for name, pattern in _FAMILIES.items() if re.search(pattern, text, re.IGNORECASE)}


def stated(package: PackageMetadata) -> set[str]:
    """Return the families that a package's metadata names; where it names none, the title of its licence.

    A licence's whole text is not searched.
    """
    fields = [line for field in ("License-Expression", "License") for line in package.get_all(field) or []]
    classifiers = [line for line in package.get_all("Classifier") or [] if line.startswith("License")]
    named = families(" ; ".join([field for field in fields if len(field) < 100] + classifiers))
    return named or families(" ; ".join(title_of_licence(package["Name"])))


def title_of_licence(name: str) -> list[str]:
    """Return the first line of each licence file that came with the package `name`."""
    texts = [file.read_text() for file in files(name) or [] if file.name.startswith("LICENSE")]
    return [text.strip().splitlines()[0] for text in texts if text.strip()]


def test_lists_what_pyproject_declares_under_its_extra() -> None:
    declared = {extra: sorted(each.name for each in requirements) for extra, requirements in DECLARED.items()}
    page = {extra: [line.name for line in listed() if line.extra == extra] for extra in declared}
    assert page == declared


def test_lists_nothing_else() -> None:
    assert len(listed()) == sum(map(len, DECLARED.values()))
    assert len(re.findall(r"^- `[\w.-]+` \(", PAGE, re.MULTILINE)) == len(listed())


@pytest.mark.parametrize("line", listed(), ids=lambda line: line.name)
def test_every_licence_is_one_that_we_may_use(line: Listed) -> None:
    each = re.split(r" (?:OR|AND) ", line.licence)
    assert all(families(licence) for licence in each), f"{line.name}: {line.licence}"


@pytest.mark.parametrize("line", listed(), ids=lambda line: line.name)
def test_every_licence_is_the_one_that_the_package_states(line: Listed) -> None:
    try:
        package = metadata(line.name)
    except PackageNotFoundError:
        pytest.skip(f"{line.name} is not installed here")
    assert stated(package), f"The metadata of {line.name} names no licence that is known here."
    assert families(line.licence) <= stated(package)


def test_a_copyleft_licence_would_be_seen() -> None:
    assert not families("GPL-3.0-or-later")
    assert not families("GNU Affero General Public License v3")
    assert not families("Other/Proprietary License")
