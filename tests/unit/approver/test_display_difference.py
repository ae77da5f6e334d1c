"""The difference of two versions: every field, every line, and nothing that hides one."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.bundle import SourceFile
from jax.modules.artifacts.artifact_view import ShownVersion
from jax.modules.artifacts.display_difference import (
    FieldChange,
    code_lines,
    displayed_difference,
    field_changes,
)
from tests.unit.approver.views import FILES, a_submission, a_version

FIRST, SECOND = FILES


def _of(*files: SourceFile) -> ShownVersion:
    return a_version(a_submission(*files), number="1.0.1")


def _code(before: ShownVersion | None, after: ShownVersion) -> list[str]:
    assert after.bundle is not None
    return code_lines(before=None if before is None else before.bundle, after=after.bundle)


def test_the_same_bytes_have_no_difference() -> None:
    assert field_changes(before=a_version(), after=a_version()) == ()
    assert displayed_difference(before=a_version(), after=a_version()).endswith("\n\nThe code is the same.\n")


def test_every_field_that_differs_is_listed_with_both_values() -> None:
    base = a_submission()
    after = a_submission(
        params={"fast": 10, "slow": 200, "wide": 1},
        risk=replace(base.risk, venues=("paper",)),
        data=replace(base.data, vendor="another"),
        author="adam",
    )
    changes = field_changes(before=a_version(base), after=a_version(after, number="1.0.1"))
    assert changes == (
        FieldChange("author", '"ada"', '"adam"'),
        FieldChange("data.vendor", '"a vendor"', '"another"'),
        FieldChange("params.fast", "20", "10"),
        FieldChange("params.share", '"0.25"', None),
        FieldChange("params.wide", None, "1"),
        FieldChange("risk.venues", '["ib","paper"]', '["paper"]'),
        FieldChange("version", '"1.0.0"', '"1.0.1"'),
    )
    text = displayed_difference(before=a_version(base), after=a_version(after, number="1.0.1"))
    assert text.startswith(f"From house_v1 1.0.0, {a_version(base).artifact.payload_sha256}\n\nauthor:\n")
    assert '\nparams.share:\n  - "0.25"\n  + nothing\nparams.wide:\n  - nothing\n  + 1\n' in text


def test_values_that_are_spelled_alike_are_still_different() -> None:
    base = a_submission()
    for one, other, field in (
        (a_submission(params={"a": 1}), a_submission(params={"a": Decimal(1)}), "params.a"),
        (
            replace(base, risk=replace(base.risk, venues=("ib", "paper"))),
            replace(base, risk=replace(base.risk, venues=("ib, paper",))),
            "risk.venues",
        ),
    ):
        assert [change.field for change in field_changes(before=a_version(one), after=a_version(other))] == [
            field
        ]


def test_code_is_a_unified_diff_file_by_file() -> None:
    changed = replace(FIRST, source=FIRST.source.replace("SPAN = 3", "SPAN = 4"))
    new = SourceFile("house/new.py", "A = 1\n")
    assert _code(_of(FIRST, SECOND), _of(changed, new)) == [
        "diff a/house/average.py b/house/average.py",
        "--- a/house/average.py",
        "+++ b/house/average.py",
        "@@ -1,4 +1,4 @@",
        "-SPAN = 3",
        "+SPAN = 4",
        " ",
        " ",
        " def mean(a, b):",
        "diff a/house/first.py /dev/null",
        "--- a/house/first.py",
        "+++ /dev/null",
        "@@ -1,2 +0,0 @@",
        "-from house.average import mean",
        "-",
        "diff /dev/null b/house/new.py",
        "--- /dev/null",
        "+++ b/house/new.py",
        "@@ -0,0 +1,2 @@",
        "+A = 1",
        "+",
    ]


def test_without_a_version_before_all_code_is_new() -> None:
    text = displayed_difference(before=None, after=a_version())
    assert text.startswith("All of house_v1 1.0.0 is new.\n\ndiff /dev/null b/house/average.py\n")
    added = [line[1:] for line in text.split("\n") if line.startswith("+") and not line.startswith("+++")]
    assert "\n".join(added) == FIRST.source + "\n" + SECOND.source


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("a = 1\x1b[2K\n", "+a = 1<U+001B>[2K"),
        ("a = 1\rb = 2\n", "+a = 1<U+000D>b = 2"),
        ("a = 1\x0cb = 2\n", "+a = 1<U+000C>b = 2"),
        ("a = 1  # \u2028b = 2\n", "+a = 1  # <U+2028>b = 2"),
        ("\u0430 = 1\n", "+<U+0430> = 1"),
        ("a = 1 \u202e\n", "+a = 1 <U+202E>"),
        # A line that looks like the name of another file comes without the line that begins a file.
        ("++ b/house/average.py\n", "+++ b/house/average.py"),
    ],
)
def test_a_line_that_would_hide_something_shows_it(hidden: str, shown: str) -> None:
    lines = _code(None, _of(SourceFile("house/new.py", hidden)))
    assert lines[4] == shown
    assert sum(line.startswith("diff ") for line in lines) == 1


def test_a_missing_line_end_is_a_difference() -> None:
    changed = replace(SECOND, source=SECOND.source.rstrip("\n"))
    lines = _code(_of(SECOND), _of(changed))
    assert lines[-2:] == [" from house.average import mean", "-"]


def test_code_that_is_not_there_is_said_to_be_missing() -> None:
    lost = replace(_of(FIRST), bundle=None, bundle_problem="There is no object x\x1b.")
    for before, after in ((lost, _of(SECOND)), (_of(SECOND), lost), (None, lost)):
        text = displayed_difference(before=before, after=after)
        assert text.endswith("The code of house_v1 1.0.1 cannot be shown: There is no object x<U+001B>.\n")
