"""Which parameters a sweep tries: a grid of values, or a sample of its points."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from jax.domain.errors import InvalidValue
from jax.domain.strategy import Strategy

MOST_VALUES = 1_000_000
MOST_SETS = 1_000_000
# So many points of a grid are looked at for a sample, when the strategy takes few of them.
MOST_DRAWS = 10_000_000
# Parameters reach compiled loops as floats, which hold no larger whole number exactly.
_LARGEST_WHOLE = 2**53

# The values to try of each parameter, by its name; a parameter that is not named keeps its default.
Axes = Mapping[str, Sequence[int | float]]
# A whole number from 0 up to and without its argument, each as likely as any other.
DrawBelow = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """Parameter tuples (at least one, all different, in the grid's order), and how many were left out because
    the strategy does not take them."""

    sets: tuple[Any, ...]
    refused: int


def parse_axes(strategy: Strategy, written: Iterable[str]) -> Axes:
    """The axes of texts `name=value`, `name=value,value` or `name=low:high:step`, both ends included.

    The step of whole numbers may be left out: it is 1. Values are whole numbers where the default is one.
    InvalidValue names the text that is wrong: an unknown or repeated name, what is no number or not finite, a
    range without a value, a value that comes twice, too many of them.
    """
    axes: dict[str, Sequence[int | float]] = {}
    for text in written:
        name, equals, values = text.partition("=")
        if not equals:
            raise _wrong(text, "write name=value, name=value,value or name=low:high:step")
        if name not in strategy.params._fields:
            known = ", ".join(strategy.params._fields) or "none"
            raise _wrong(text, f"{strategy.name} has no parameter {name!r}; it has {known}")
        if name in axes:
            raise _wrong(text, f"{name} was given before: list its values once, separated by commas")
        whole = isinstance(getattr(strategy.params, name), int)
        axes[name] = _values(text, values, whole=whole)
    return axes


def grid_of(strategy: Strategy, axes: Axes) -> ParameterSets:
    """Every combination of the values in `axes` that the strategy takes, the last parameter changing first.

    InvalidValue: more than a million combinations, or none that the strategy takes.
    """
    grid = _Grid(strategy, axes)
    if not (grid.size <= MOST_SETS):
        raise InvalidValue(
            "param",
            f"{grid.size:,} parameter sets are more than {MOST_SETS:,}: take fewer values, or a sample",
        )
    return _accepted(grid, range(grid.size), most=grid.size)


def sample_of(strategy: Strategy, axes: Axes, *, count: int, draw_below: DrawBelow) -> ParameterSets:
    """`count` different combinations of the values in `axes` that the strategy takes, drawn by `draw_below`.

    Fewer when there are not so many, or not so many among ten million draws; the same draws give the same
    sample. InvalidValue: a count that is not from 1 to a million, or no combination that the strategy takes.
    """
    if not (1 <= count <= MOST_SETS):
        raise InvalidValue("sample", f"must be from 1 to {MOST_SETS:,} parameter sets, not {count}")
    grid = _Grid(strategy, axes)
    return _accepted(grid, islice(_shuffled(grid.size, draw_below), MOST_DRAWS), most=count)


class _Grid:
    """The points of a grid by their number, from 0 to `size` - 1."""

    def __init__(self, strategy: Strategy, axes: Axes) -> None:
        self.strategy = strategy
        self._axes = [axes.get(name, (value,)) for name, value in strategy.params._asdict().items()]
        self.size = math.prod(map(len, self._axes))

    def at(self, number: int) -> Any:
        values = []
        for axis in reversed(self._axes):
            number, place = divmod(number, len(axis))
            values.append(axis[place])
        return type(self.strategy.params)(*reversed(values))


def _accepted(grid: _Grid, numbers: Iterable[int], *, most: int) -> ParameterSets:
    accepted: list[int] = []
    refused, problem = 0, ""
    for number in numbers:
        found = grid.strategy.check_params(grid.at(number))
        if found:
            refused, problem = refused + 1, found
            continue
        accepted.append(number)
        if len(accepted) == most:
            break
    if not accepted:
        name = grid.strategy.name
        raise InvalidValue("param", f"{name} takes none of {refused:,} parameter sets: it {problem}")
    return ParameterSets(tuple(map(grid.at, sorted(accepted))), refused)


def _shuffled(size: int, draw_below: DrawBelow) -> Iterator[int]:
    """The numbers below `size`, each once: R. A. Fisher's and F. Yates' shuffle, of which only what was moved
    is kept."""
    moved: dict[int, int] = {}
    for place in range(size):
        other = place + draw_below(size - place)
        picked = moved.get(other, other)
        moved[other] = moved.pop(place, place)
        yield picked


def _values(text: str, written: str, *, whole: bool) -> Sequence[int | float]:
    listed = _range(text, written, whole=whole) if ":" in written else map(_spelled(text), written.split(","))
    values = tuple(_value(text, number, whole=whole) for number in listed)
    if len(set(values)) < len(values):
        raise _wrong(text, "a value comes twice")
    return values


def _range(text: str, written: str, *, whole: bool) -> Iterator[Decimal]:
    numbers = list(map(_spelled(text), written.split(":")))
    if len(numbers) == 2 and whole:
        numbers.append(Decimal(1))
    if len(numbers) != 3:
        raise _wrong(text, "a range is low:high:step")
    low, high, step = numbers
    if not (step > 0):
        raise _wrong(text, f"the step must be above zero, not {step}")
    if not (low <= high):
        raise _wrong(text, f"the range is empty: {low} is above {high}")
    count = int((high - low) // step) + 1 if high - low < step * MOST_VALUES else MOST_VALUES + 1
    if not (count <= MOST_VALUES):
        raise _wrong(text, f"has more than {MOST_VALUES:,} values: take a larger step")
    return (low + step * number for number in range(count))


def _spelled(text: str) -> Callable[[str], Decimal]:
    def number_in(part: str) -> Decimal:
        try:
            number = Decimal(part.strip())
        except InvalidOperation as error:
            raise _wrong(text, f"{part.strip()!r} is not a number") from error
        if not (number.is_finite() and abs(float(number)) < math.inf):
            raise _wrong(text, f"{part.strip()} is not a finite number")
        return number

    return number_in


def _value(text: str, number: Decimal, *, whole: bool) -> int | float:
    if not whole:
        return float(number)
    if number != number.to_integral_value():
        raise _wrong(text, f"{number} is not a whole number")
    if not (abs(number) <= _LARGEST_WHOLE):
        raise _wrong(text, f"{number} is beyond {_LARGEST_WHOLE}")
    return int(number)


def _wrong(text: str, problem: str) -> InvalidValue:
    return InvalidValue(f"param {text}", problem)
