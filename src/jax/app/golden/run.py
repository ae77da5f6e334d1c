"""Captures a baseline, or compares running services with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jax.app.console import DISTRIBUTION
from jax.app.golden.baseline import read_baseline, write_baseline
from jax.app.golden.differences import Difference
from jax.app.golden.playing import captured, differences
from jax.app.golden.services import Services
from jax.app.golden.wiring import clock
from jax.app.service_settings import ServiceSettings, settings_of_environment
from jax.domain import checks

_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """A baseline's file, and the services by name."""

    file: Path
    urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Compared:
    """How running services differ from a baseline of so many exchanges, captured for `reason`."""

    exchanges: int
    reason: str
    differences: Sequence[Difference]


def capture(target: Target, *, reason: str) -> None:
    """Writes what the services answer now, and the reason, into the baseline's file."""
    checks.text("reason", reason, longest=_LONGEST_REASON)
    baseline = read_baseline(target.file)
    metadata = {
        "reason": reason,
        "captured_at": clock().now().isoformat(timespec="seconds"),
        "version": version(DISTRIBUTION),
    }
    with _services(target) as services:
        write_baseline(target.file, captured(baseline, services, metadata))


def compare(target: Target) -> Compared:
    """Plays the baseline and says what differs."""
    baseline = read_baseline(target.file)
    with _services(target) as services:
        found = differences(baseline, services)
    reason: Any = baseline.metadata.get("reason")
    return Compared(len(baseline.exchanges), str(reason), found)


def _services(target: Target) -> Services:
    services = Services(target.urls, token=settings_of_environment(ServiceSettings).api_token)
    services.refuse_a_trader_at_work()
    return services
