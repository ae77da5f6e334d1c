"""Baselines are played, masked and held against what is answered; a difference names its place."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jax.app.console import CommandFailed
from jax.app.golden.baseline import Baseline, Exchange, read_baseline, write_baseline
from jax.app.golden.differences import parted
from jax.app.golden.masking import Masks, UnboundName
from jax.app.golden.playing import captured, differences
from jax.app.golden.run import Target, capture
from tests.golden.services.golden_house import golden

MADE = Exchange("jax-trader", "POST /signals", {"body": {"bar": 1}}, None)
TOOK = Exchange("jax-trader", "POST /signals/<id 2>/take", {"body": {"id": "<id 1>"}}, None)
ASKED = Baseline({"about": "a test"}, ("id",), ("at", "fill.size"), (MADE, TOOK))
FIRST: Mapping[str, Any] = {
    "status": 200,
    "body": {"signals": [{"id": "sg-first-one", "at": "x"}, {"id": "sg2", "at": None}]},
}
SECOND: Mapping[str, Any] = {
    "status": 409,
    "body": {"detail": "sg-first-one is gone", "size": 3, "fill": {"size": 3}},
}


@dataclass
class Answering:
    """Services that answer what they were given, in order, and keep what they were asked."""

    answers: Sequence[Mapping[str, Any]] = (FIRST, SECOND)
    asked: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def ask(self, service: str, endpoint: str, request: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((service, endpoint, request))
        return copy.deepcopy(dict(self.answers[len(self.asked) - 1]))


def made() -> Baseline:
    return captured(ASKED, Answering(), {"reason": "first"})


def test_requests_are_filled_with_what_earlier_answers_named() -> None:
    services = Answering()
    captured(ASKED, services, {})
    assert services.asked == [
        ("jax-trader", "POST /signals", {"body": {"bar": 1}}),
        ("jax-trader", "POST /signals/sg2/take", {"body": {"id": "sg-first-one"}}),
    ]


def test_identities_keep_their_places_and_volatile_fields_their_kinds() -> None:
    first, second = (exchange.response for exchange in made().exchanges)
    assert first == {
        "status": 200,
        "body": {"signals": [{"id": "<id 1>", "at": "<text>"}, {"id": "<id 2>", "at": None}]},
    }
    assert second == {
        "status": 409,
        "body": {"detail": "<id 1> is gone", "size": 3, "fill": {"size": "<number>"}},
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2024-03-04T21:00:00Z", "<time>"),
        ("2024-03-04T21:00:00", "<text>"),
        ("soon", "<text>"),
        (1, "<number>"),
        (1.5, "<number>"),
        (True, "<true or false>"),
        ([1], "<list>"),
        ({"a": 1}, "<object>"),
        (None, None),
    ],
)
def test_a_masked_value_keeps_its_kind(value: Any, kind: str | None) -> None:
    assert Masks(identities=(), volatile=("at",)).mask({"at": value}) == {"at": kind}


def test_equal_identities_are_equal_wherever_they_stand() -> None:
    masks = Masks(identities=("id", "order"), volatile=())
    assert masks.mask({"id": "sg-a-signal", "order": "sg-a-signal", "other": "of sg-a-signal"}) == {
        "id": "<id 1>",
        "order": "<id 1>",
        "other": "of <id 1>",
    }
    assert masks.mask([{"order": "another"}, {"id": "next"}]) == [{"order": "<order 1>"}, {"id": "<id 2>"}]


def test_a_place_that_nothing_has_filled_is_named() -> None:
    with pytest.raises(UnboundName, match="<id 1>"):
        Masks(identities=("id",), volatile=()).fill({"ids": ["<id 1>"]})


def test_other_identities_in_the_same_places_are_no_difference() -> None:
    other = json.loads(json.dumps([FIRST, SECOND]).replace("sg-first-one", "sg-other-one"))
    assert differences(made(), Answering(other)) == ()


@pytest.mark.parametrize(
    ("was", "now", "at", "baseline", "found"),
    [
        ("sg2", "sg-first-one", "response.body.signals[1].id", '"<id 2>"', '"<id 1>"'),
        ('"at": null', '"at": "x"', "response.body.signals[1].at", "null", '"<text>"'),
        ('"at": "x"', '"at": 5', "response.body.signals[0].at", '"<text>"', '"<number>"'),
        ('"status": 200', '"status": 201', "response.status", "200", "201"),
        ('"signals"', '"signal"', "response.body.signals", "[", "(nothing)"),
    ],
)
def test_a_changed_answer_is_a_difference_at_its_place(
    was: str, now: str, at: str, baseline: str, found: str
) -> None:
    changed = json.loads(json.dumps([FIRST, SECOND]).replace(was, now))
    first, *_ = differences(made(), Answering(changed))
    assert (first.exchange, first.endpoint, first.at) == (1, "POST /signals", at)
    assert first.baseline.startswith(baseline)
    assert first.found == found


def test_what_cannot_be_asked_any_more_is_a_difference_and_ends_the_play() -> None:
    alone = {"status": 200, "body": {"signals": [{"id": "sg-first-one", "at": "x"}]}}
    found = differences(made(), Answering([alone]))
    assert [(one.exchange, one.at) for one in found] == [
        (1, "response.body.signals, its length"),
        (2, "request"),
    ]
    assert found[1].found == "not asked: no answer before it gave <id 2>"
    with pytest.raises(CommandFailed, match=r"take needs <id 2>, which no answer before it gave"):
        captured(ASKED, Answering([alone]), {})


def test_numbers_and_texts_and_truths_are_never_equal() -> None:
    for was, now in ((1, "1"), (1, True), (0, False), (1, 1.0), ([], {}), (None, "")):
        assert list(parted(was, now, "x")), (was, now)
    assert list(parted({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, "x")) == []


def test_a_baseline_comes_back_from_its_file_and_its_reason_with_it(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    write_baseline(file, made())
    assert read_baseline(file) == made()
    assert read_baseline(file).metadata == {"about": "a test", "reason": "first"}


def test_an_exchange_without_an_answer_is_not_taken_for_equal() -> None:
    with pytest.raises(CommandFailed, match="has no answer in the baseline; capture it first"):
        differences(ASKED, Answering())


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("jax/golden-baseline/v1", "v2", "its schema is not"),
        ("jax-trader", "ib-bridge", "'ib-bridge' is none of jax-trader, jax-research"),
        ("POST /signals", "DELETE /signals", "is not a method and a path"),
        ('"body": {"bar"', '"form": {"bar"', "a request has no form"),
        ('"masked"', '"hidden"', "it has no 'masked'"),
        ("{", "[", "Expecting"),
    ],
)
def test_refuses_a_file_that_is_no_baseline(tmp_path: Path, was: str, now: str, told: str) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(ASKED.document()).replace(was, now))
    with pytest.raises(CommandFailed, match="is no baseline: ") as refused:
        read_baseline(file)
    assert told in str(refused.value)


def test_a_baseline_that_there_is_not_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    write_baseline(tmp_path / "one.json", made())
    with pytest.raises(CommandFailed, match=r"there is no baseline .*two.json; beside it there is one.json"):
        read_baseline(tmp_path / "two.json")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "a\nb"])
def test_a_capture_without_a_reason_asks_nobody(tmp_path: Path, reason: str) -> None:
    file = tmp_path / "one.json"
    write_baseline(file, made())
    with pytest.raises(ValueError, match="reason"):
        capture(Target(file, {"jax-trader": "http://127.0.0.1:9"}), reason=reason)


@pytest.mark.parametrize("command", ["capture", "compare"])
def test_the_help_of_a_command_has_an_example_and_a_capture_wants_a_reason(command: str) -> None:
    helped = golden(command, "--help")
    wrong = golden(command, *(("a.json",) if command == "capture" else ()))
    assert helped.returncode == 0
    assert f"Example: jax golden {command} tests/golden/services/signals.json" in helped.stdout
    assert wrong.returncode == 2
