"""Nothing that leads out of a strategy in plain Python leads out of a bundle."""

import sys
from collections.abc import Sequence

import pytest

from jax.domain.bundle import SourceFile
from jax.modules.artifacts import load_bundle
from jax.modules.artifacts.load_bundle import BundleRefused, load_strategy
from jax.modules.artifacts.strategy_namespace import (
    allowed_builtins,
    allowed_modules,
    parents_of_class,
)
from jax.modules.artifacts.strategy_vocabulary import BUILTIN_NAMES, MODULE_NAMES
from tests.unit.artifacts.bundle_attacks import ATTACKS, TOUCHING, is_loot
from tests.unit.artifacts.small_bundles import ENTRY, MINIMAL, bundle_with, run_plainly


def in_decide(attack: str) -> str:
    """A strategy that makes the attack on a bar, and at no time before."""
    lines = "\n".join(f"    {line}" for line in attack.splitlines())
    return MINIMAL.replace("    return state, NO_DECISION", f"{lines}\n    return state, NO_DECISION")


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_attack_works_where_nothing_holds_it_back(attack: str) -> None:
    assert is_loot(run_plainly(attack)["LOOT"])


@pytest.mark.parametrize("attack", [*ATTACKS.values(), *TOUCHING.values()], ids=[*ATTACKS, *TOUCHING])
def test_a_bundle_with_the_attack_is_refused_with_the_line(attack: str) -> None:
    with pytest.raises(BundleRefused, match=r"^mine\.py (line \d+: .{20}|cannot be run: .* \(line \d+\))"):
        load_strategy(bundle_with(f"{attack}\n{MINIMAL}"), ENTRY)


@pytest.mark.parametrize("attack", [*ATTACKS.values(), *TOUCHING.values()], ids=[*ATTACKS, *TOUCHING])
def test_a_bundle_that_would_attack_on_a_bar_is_refused_before_there_is_one(attack: str) -> None:
    with pytest.raises(BundleRefused, match=r"^mine\.py "):
        load_strategy(bundle_with(in_decide(attack)), ENTRY)


def test_nobody_became_a_sequence() -> None:
    with pytest.raises(BundleRefused):
        load_strategy(bundle_with(TOUCHING["a registered class"]), ENTRY)
    assert not isinstance(5, Sequence)


@pytest.mark.parametrize(
    ("path", "attack"),
    [
        ("os.py", "from os import path"),
        ("jax/modules/artifacts.py", "from jax.modules.artifacts import load_bundle"),
        ("collections.py", "from collections import abc"),
        ("concurrent.py", "from concurrent import futures"),
    ],
)
def test_a_file_with_a_modules_name_does_not_lead_to_what_lies_in_the_real_one(
    path: str, attack: str
) -> None:
    # Python looks for what `from os import path` does not find in os under sys.modules["os.path"].
    import concurrent.futures  # noqa: F401 - so that it is there to be found

    with pytest.raises(BundleRefused, match=r"mine\.py cannot be run: ImportError"):
        load_strategy(bundle_with(f"{attack}\n{MINIMAL}", SourceFile(path, "")), ENTRY)


@pytest.mark.parametrize("name", ["math", "typing", "enum"])
def test_a_file_with_the_name_of_an_allowed_module_is_not_taken_for_it(name: str) -> None:
    listed = MODULE_NAMES[name][0]
    source = f"from {name} import {listed}\nassert {listed} is not None\n{MINIMAL}"
    load_strategy(bundle_with(source, SourceFile(f"{name}.py", f"{listed} = None\n")), ENTRY)


def test_a_module_that_somebody_put_into_the_interpreter_plays_no_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("mine", "math", "enum", "jax.domain.strategy"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it would now fail
    source = f"import math\nfrom enum import Enum\n{MINIMAL}"
    assert load_strategy(bundle_with(source), ENTRY).name == "mine"


def test_a_strategy_finds_the_vocabulary_and_nothing_else() -> None:
    found = {
        name: set(vars(module)) - set(vars(type(module)("x"))) for name, module in allowed_modules().items()
    }
    assert found == {"collections": {"abc"}} | {name: set(names) for name, names in MODULE_NAMES.items()}
    assert set(allowed_builtins(len, len)) == {*BUILTIN_NAMES, "__import__", "__build_class__"}  # type: ignore[arg-type]


def test_one_strategys_modules_are_not_anothers() -> None:
    ones, others = allowed_modules(), allowed_modules()
    assert not [name for name, module in ones.items() if module is others[name]]


@pytest.mark.parametrize("name", ["Any", "Callable", "Optional", "NamedTuple"])
def test_the_names_of_typing_can_be_written_and_do_nothing(name: str) -> None:
    used = f"def f(x: {name}, y: {name}[int] | None, z: int | {name}) -> None:\n    del x\n"
    load_strategy(bundle_with(f"from typing import {name}\n{used}{MINIMAL}"), ENTRY)
    with pytest.raises(BundleRefused, match=rf"TypeError: {name} is for annotations"):
        load_strategy(bundle_with(f"from typing import {name}\nX = {name}('X')\n{MINIMAL}"), ENTRY)


def test_typing_does_not_remember_what_it_was_asked() -> None:
    """The real one does: equal arguments get the answer that was given first."""
    stand_in = allowed_modules()["typing"]
    source = "from typing import Optional\ndef said(x):\n    return f'{Optional[tuple[x]]}'\n"
    plain = run_plainly(source)["said"]
    assert plain(987_654) == plain(987_654.0)
    assert "987" not in f"{stand_in.Optional[run_plainly('x = tuple[987_654]')['x']]}"


@pytest.mark.parametrize("parent", ["Enum", "IntEnum"])
def test_an_enum_makes_no_class_out_of_text(parent: str) -> None:
    source = f"from enum import {parent}\nclass Empty({parent}):\n    pass\nMORE = Empty('More', 'A B')\n"
    assert len(run_plainly(source)["MORE"]) == 2
    with pytest.raises(BundleRefused, match="TypeError"):
        load_strategy(bundle_with(source + MINIMAL), ENTRY)


def test_an_enum_finds_its_members() -> None:
    source = "from enum import Enum\nclass Side(Enum):\n    BUY = 1\n    SELL = -1\n"
    load_strategy(
        bundle_with(source + "assert Side(-1) is Side.SELL and Side.BUY.value == 1\n" + MINIMAL), ENTRY
    )


@pytest.mark.parametrize(
    "parent", ["int", "Exception", "Params", "tuple", "Callable"], ids=lambda parent: f"class of {parent}"
)
def test_a_class_has_one_of_the_four_parents(parent: str) -> None:
    source = f"{MINIMAL}\nfrom typing import Callable\nclass Mine({parent}):\n    pass\n"
    with pytest.raises(BundleRefused, match="class Mine must be a NamedTuple, Enum, IntEnum or Protocol"):
        load_strategy(bundle_with(source), ENTRY)


def test_only_a_stand_in_is_a_parent_whatever_calls_itself_so() -> None:
    class Imitation:
        def __repr__(self) -> str:
            return "Enum"

    with pytest.raises(TypeError, match="class Mine must be a NamedTuple, Enum, IntEnum or Protocol"):
        parents_of_class("Mine", Imitation())


@pytest.mark.parametrize(
    "source",
    [
        "X = " + "-" * 100_000 + "1",
        "X = " + "(" * 100_000 + ")" * 100_000,
        "X = " + " + ".join(["1"] * 100_000),
        "X = a" + ".a" * 100_000,
        "X = '\ud800'",
    ],
    ids=["signs", "parentheses", "sums", "attributes", "half a character"],
)
def test_a_source_that_is_too_much_for_python_is_refused(source: str) -> None:
    with pytest.raises(BundleRefused, match=r"^mine\.py "):
        load_strategy(bundle_with(source), ENTRY)


@pytest.mark.parametrize(
    "character",
    [
        "\0",
        "\b",
        "\x1b",
        "\f",
        "\r",
        "\u00a0",
        "\u200b",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
        "\U000e0041",
    ],
    ids=ascii,
)
def test_a_character_that_a_reviewer_does_not_see_is_refused(character: str) -> None:
    with pytest.raises(
        BundleRefused, match=r"^mine\.py line 2: holds a character that does not show: remove it"
    ):
        load_strategy(bundle_with(f"X = 1\n# text{character}text\n{MINIMAL}"), ENTRY)


def test_text_in_any_writing_and_the_ends_of_lines_of_any_system_load() -> None:
    source = f"# gr\u00f6\u00dfer, \u5927\u304d\u3044\nX = '\u20ac'\n\tY = 1\n{MINIMAL}".replace(
        "\n\tY = 1", ""
    )
    assert load_strategy(bundle_with(source.replace("\n", "\r\n") + "#\tend"), ENTRY).name == "mine"


def test_the_loader_offers_its_callers_what_they_need() -> None:
    assert set(load_bundle.__all__) == {"ALLOWED_MODULES", "BundleRefused", "load_strategy"}
