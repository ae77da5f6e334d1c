"""A baseline is played against running services: its requests again, and what they answer now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from jax.app.console import CommandFailed
from jax.app.golden.baseline import Baseline
from jax.app.golden.differences import ABSENT, Difference, parted
from jax.app.golden.masking import Masks, UnboundName


class Asks(Protocol):
    """What Services does."""

    def ask(self, service: str, endpoint: str, request: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Played:
    """The masked answers, one an exchange; the rest was not asked for want of the identity `stopped_by`."""

    answers: tuple[Mapping[str, Any], ...]
    stopped_by: str | None = None


def play(baseline: Baseline, services: Asks) -> Played:
    """Asks every request in order; what one answer names, the next requests may use."""
    masks = Masks(identities=baseline.identities, volatile=baseline.volatile)
    answers: list[Mapping[str, Any]] = []
    for exchange in baseline.exchanges:
        try:
            endpoint, request = masks.fill(exchange.endpoint), masks.fill(dict(exchange.request))
        except UnboundName as error:
            return Played(tuple(answers), str(error))
        answers.append(masks.mask(services.ask(exchange.service, endpoint, request)))
    return Played(tuple(answers))


def captured(baseline: Baseline, services: Asks, metadata: Mapping[str, Any]) -> Baseline:
    """The baseline with the answers of now; `metadata` is added to its own."""
    played = play(baseline, services)
    if played.stopped_by is not None:
        exchange = baseline.exchanges[len(played.answers)]
        raise CommandFailed(f"{exchange.endpoint} needs {played.stopped_by}, which no answer before it gave")
    exchanges = zip(baseline.exchanges, played.answers, strict=True)
    return replace(
        baseline,
        metadata={**baseline.metadata, **metadata},
        exchanges=tuple(replace(exchange, response=answer) for exchange, answer in exchanges),
    )


def differences(baseline: Baseline, services: Asks) -> tuple[Difference, ...]:
    """Everything that the services answer otherwise than they did; none when they answer the same."""
    played = play(baseline, services)
    found: list[Difference] = []
    for number, exchange in enumerate(baseline.exchanges, start=1):
        where = (number, exchange.service, exchange.endpoint)
        if number > len(played.answers):
            told = f"not asked: no answer before it gave {played.stopped_by}"
            return (*found, Difference(*where, "request", ABSENT, told))
        if exchange.response is None:
            raise CommandFailed(f"{exchange.endpoint} has no answer in the baseline; capture it first")
        answer = played.answers[number - 1]
        found.extend(Difference(*where, *one) for one in parted(exchange.response, answer, "response"))
    return tuple(found)
