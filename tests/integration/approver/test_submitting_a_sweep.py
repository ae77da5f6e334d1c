"""A sweep's best set goes to the gate with its bars and the number of sets that were tried."""

import json
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.artifact_payload import parse_payload
from jax.ports.unit_of_work import UnitOfWork
from tests.integration.approver.approver_desk import STRATEGY, ApproverDesk
from tests.integration.approver.conftest import Copy

_BARS = ("--symbol", "IBM", "--to", "2003-12-31")


@pytest.fixture
def desk(drafted_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """A desk of people with a policy."""
    return copied(drafted_desk)


@pytest.fixture
def swept(desk: ApproverDesk) -> Any:
    """What `jax sweep` printed of twelve sets."""
    params = ("--param", "fast=10,20", "--param", "middle=50,60", "--param", "first_target=2,3,4")
    ended = subprocess.run(
        [sys.executable, "-m", "jax.app.cli", "sweep", STRATEGY, *_BARS, *params, "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env=desk.environment(),
    )
    return json.loads(ended.stdout)


def _payload(desk: ApproverDesk, artifact_id: str) -> Any:
    found: list[bytes] = []

    async def read(unit_of_work: UnitOfWork) -> None:
        async with unit_of_work.begin() as transaction:
            found.append((await transaction.artifacts.get(artifact_id)).payload)

    desk.stored(read)
    return parse_payload(found[0])


def test_the_best_set_is_submitted_with_its_bars_and_the_number_of_trials(
    desk: ApproverDesk, swept: Any
) -> None:
    submitted = desk.good("submit", STRATEGY, "--author", "ada", "--sweep", swept["sweep_id"])
    payload = _payload(desk, submitted["artifact_id"])
    best = swept["best"][0]["params"]
    assert {name: Decimal(value) for name, value in best.items()} == dict(payload.params)
    assert payload.trials == swept["evidence"]["trials"] == 12
    assert payload.symbols == ("IBM",)
    assert [payload.data_from.isoformat(), payload.data_to.isoformat()] == [
        swept["first_end"],
        swept["last_end"],
    ]
    assert desk.good("validate", submitted["artifact_id"], "--as", "victor")["state"] == "VALIDATED"


def test_parameters_are_submitted_by_name(desk: ApproverDesk) -> None:
    terms = ("--symbols", "IBM", "--to", "2003-12-31", "--trials", "3")
    submitted = desk.good("submit", STRATEGY, "--author", "ada", *terms, "--param", "fast=12")
    payload = _payload(desk, submitted["artifact_id"])
    assert (payload.params["fast"], payload.trials) == (12, 3)


@pytest.mark.parametrize(
    ("terms", "code", "said"),
    [
        (("--sweep", "sw0"), 1, "There is no sweep 'sw0'"),
        (("--sweep", "../x"), 1, "There is no sweep '../x': an id is letters and digits"),
        (("--sweep", "sw0", "--param", "fast=3"), 2, "leave out --param"),
        (("--sweep", "sw0", "--trials", "1"), 2, "leave out --param"),
        (("--sweep", "sw0", "--symbols", "IBM"), 2, "leave out --param"),
        (("--param", "fast"), 2, "'fast' is not NAME=VALUE"),
        (("--param", "fast=1", "--param", "fast=2"), 2, "fast was given before"),
        (("--param", "speed=1"), 2, "speed"),
        (("--trials", "0"), 2, "trials"),
    ],
)
def test_refuses_what_cannot_be_submitted(
    desk: ApproverDesk, terms: tuple[str, ...], code: int, said: str
) -> None:
    ended = desk.call("submit", STRATEGY, "--author", "ada", *terms)
    told = " ".join(ended.err.replace("│", " ").split())
    assert (ended.code, said in told) == (code, True), ended


def test_a_sweep_is_submitted_under_its_own_strategys_name(desk: ApproverDesk, swept: Any) -> None:
    ended = desk.call("submit", "macd_crossover_v1", "--author", "ada", "--sweep", swept["sweep_id"])
    assert ended.code != 0
    assert f"is of {STRATEGY}, not of macd_crossover_v1" in ended.err
