"""What a validator found out about overfitting, to six decimals."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks, payload_fields
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue

_DECIMALS = ("deflated_sharpe", "pbo", "walk_forward_sharpe")


@dataclass(frozen=True, slots=True)
class OverfittingFigures:
    """None where a figure is not defined.

    `trials` (>= 1) is how many variants the author says were tried, `studied` (>= 1) how many the validator
    ran. `deflated_sharpe` is the probability, in [0, 1], of a true Sharpe ratio above zero; `pbo` the
    probability of backtest overfitting, in [0, 1]; `walk_forward_sharpe` is annualised by 252.
    """

    trials: int
    studied: int
    deflated_sharpe: Decimal | None
    pbo: Decimal | None
    walk_forward_sharpe: Decimal | None

    def __post_init__(self) -> None:
        for field in ("trials", "studied"):
            if getattr(self, field) < 1:
                raise InvalidValue(field, f"must be at least 1, not {getattr(self, field)}")
        for field in ("deflated_sharpe", "pbo"):
            value = getattr(self, field)
            if value is not None and not (checks.not_negative(field, value) <= 1):
                raise InvalidValue(field, f"is a probability, at most 1, not {value}")
        if self.walk_forward_sharpe is not None:
            checks.finite("walk_forward_sharpe", self.walk_forward_sharpe)

    def document(self) -> dict[str, Json]:
        """The figures as JSON: counts as integers, the others as decimal texts or null."""
        found: dict[str, Decimal | None] = {name: getattr(self, name) for name in _DECIMALS}
        texts = {name: None if value is None else plain(value) for name, value in found.items()}
        return {"trials": self.trials, "studied": self.studied, **texts}


def figures_of(document: Json) -> OverfittingFigures:
    """The figures that `document()` wrote; InvalidValue names the field that is wrong."""
    keys = frozenset({"trials", "studied", *_DECIMALS})
    found = payload_fields.section("overfitting", document, keys=keys)
    return OverfittingFigures(
        payload_fields.whole("overfitting.trials", found["trials"]),
        payload_fields.whole("overfitting.studied", found["studied"]),
        *(_decimal(found, name) for name in _DECIMALS),
    )


def _decimal(found: Mapping[str, Json], name: str) -> Decimal | None:
    if found[name] is None:
        return None
    return Decimal(payload_fields.number(f"overfitting.{name}", found[name]))
