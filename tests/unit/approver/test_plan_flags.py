"""The plan's flags say the same as the command `approve`."""

import pytest

from jax.app.approver.plan_flags import translated


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (
            ["-id", "ab12", "-approver", "tessa", "-type", "TECHNICAL", "-notes", "read the code"],
            ["approve", "--as=tessa", "--type=TECHNICAL", "--reason=read the code", "--", "ab12"],
        ),
        (
            ["-notes=a=b", "-type=RISK", "-id=ma_crossover_v1 1.0.0", "--approver=rosa"],
            ["approve", "--reason=a=b", "--type=RISK", "--as=rosa", "--", "ma_crossover_v1 1.0.0"],
        ),
        (
            ["--json", "-id", "ab12", "--yes", "--displayed-sha256", "sha256:0"],
            ["approve", "--json", "--yes", "--displayed-sha256", "sha256:0", "--", "ab12"],
        ),
        # What looks like an option is a value when it follows a flag.
        (["-id", "x", "-notes", "-type"], ["approve", "--reason=-type", "--", "x"]),
        (["-id", "-x"], ["approve", "--", "-x"]),
        # The last of two counts, as in the plan's own parser.
        (["-id", "one", "-id", "two"], ["approve", "--", "two"]),
        (["-id", ""], ["approve", "--", ""]),
        (["-notes=", "-id", "x"], ["approve", "--reason=", "--", "x"]),
        # A flag without a value is for the option parser to complain about.
        (["-id", "x", "-notes"], ["approve", "--reason", "--", "x"]),
        (["-approver", "tessa", "-id"], ["approve", "--as=tessa"]),
        (["-approver", "tessa"], ["approve", "--as=tessa"]),
    ],
)
def test_flags_of_the_plan_become_an_approval(given: list[str], meant: list[str]) -> None:
    assert translated(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["--help"],
        ["--version"],
        ["list", "--json"],
        ["approve", "-id", "x"],
        ["log", "--trade", "-id"],
        ["-identity", "x"],
        ["-i", "x"],
        ["--json", "id", "type"],
    ],
)
def test_everything_else_stays_as_it_is(given: list[str]) -> None:
    assert translated(given) == given
