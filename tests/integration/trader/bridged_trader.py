"""A trader and the bridge it trades through, as two processes on one home."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.integration.bridge.bridge_process import BridgeProcess

# A fraction of the account as small as this buys one unit at 150, so that many trades have room.
SETTINGS = {
    "BROKER": "bridge",
    "EXECUTION_ENABLED": "true",
    "MAX_RISK_PER_TRADE": "0.0001",
    "MAX_POSITION_VALUE_PCT": "1",
}
ACCOUNT = {"account": "paper"}


def settings_for(database_url: str, bridge_url: str, **more: str) -> dict[str, str]:
    """The trader's environment."""
    return {**SETTINGS, "DATABASE_URL": database_url, "IB_BRIDGE_URL": bridge_url, **more}


def at_the_bridge(bridge: BridgeProcess, path: str, **options: Any) -> dict[str, Any]:
    """What the bridge itself answers about the account."""
    answer = httpx.get(bridge.url + path, params=ACCOUNT, trust_env=False, timeout=10, **options)
    found: dict[str, Any] = answer.json()
    return found


def venue_rows(home: Path, question: str, *values: str) -> list[tuple[Any, ...]]:
    """What stands in the books of the paper venue, whoever runs."""
    file = home / "bridge" / "paper-venue.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as books:
        return books.execute(question, values).fetchall()


def orders_at_the_venue(home: Path) -> dict[str, str]:
    """The status of each order that has ever worked at the venue, by its client order id.

    An exit that waits for its entry is none yet.
    """
    return dict(venue_rows(home, "SELECT client_order_id, status FROM orders WHERE status <> 'INTENT'"))


def until(found: Callable[[], Any], *, seconds: float = 30.0, otherwise: Callable[[], object] = str) -> Any:
    """Asks until the answer is something; `otherwise` says what there was instead."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} seconds; instead: {otherwise()}")


def by_leg(orders: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The newest order of each leg, from the trader's answer."""
    return {order["leg"]: order for order in reversed(orders["orders"])}
