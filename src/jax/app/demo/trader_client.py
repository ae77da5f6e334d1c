"""The trader's HTTP interface, as the demo uses it."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

import httpx

from jax.app.console import CommandFailed
from jax.domain.bar import Bar

_TIMEOUT_SECONDS = 60.0
_DENIED = frozenset({409, 422, 423})


class TraderClient:
    """One connection to jax-trader; anything unexpected ends the demo with the trader's own words."""

    def __init__(self, url: str, *, token: str | None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False, headers=headers)

    def __enter__(self) -> "TraderClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def health(self) -> dict[str, Any]:
        """The trader's state, whether it is healthy or not."""
        return self._call("GET", "/health", also=frozenset({503}))

    def last_bar_ends(self) -> dict[str, datetime]:
        """The end of the newest bar the trader has of each symbol."""
        ends = self._call("GET", "/api/v1/bars/last")["last"]
        return {symbol: datetime.fromisoformat(end) for symbol, end in ends.items()}

    def send_bars(self, bars: Sequence[Bar]) -> list[dict[str, Any]]:
        """Sends bars; returns the signals that came of them."""
        signals: list[dict[str, Any]] = self._call(
            "POST", "/api/v1/bars", json={"bars": [_spelled(bar) for bar in bars]}
        )["signals"]
        return signals

    def signals(self, status: str) -> list[dict[str, Any]]:
        """The newest signals in a status."""
        found: list[dict[str, Any]] = self._call("GET", "/api/v1/signals", params={"status": status})[
            "signals"
        ]
        return found

    def approve(self, signal_id: str, *, by: str) -> None:
        """A person says yes."""
        self._call("POST", f"/api/v1/signals/{signal_id}/approve", json={"approved_by": by})

    def execute(self, signal_id: str, *, by: str) -> dict[str, Any]:
        """The trader's answer: with `success` when there is an order, with `code` when it was denied."""
        body = {"signal_id": signal_id, "approved_by": by}
        return self._call("POST", "/api/v1/execute", json=body, also=_DENIED)

    def trades(self) -> list[dict[str, Any]]:
        """The newest trades."""
        found: list[dict[str, Any]] = self._call("GET", "/api/v1/trades")["trades"]
        return found

    def _call(
        self, method: str, path: str, *, also: frozenset[int] = frozenset(), **options: Any
    ) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise CommandFailed(f"jax-trader does not answer {method} {path}: {error}") from error
        if not (response.is_success or response.status_code in also):
            raise CommandFailed(
                f"jax-trader answered {response.status_code} to {method} {path}: {response.text[:300]}"
            )
        answer: dict[str, Any] = response.json()
        return answer


def _spelled(bar: Bar) -> dict[str, str]:
    return {
        "symbol": bar.symbol,
        "timeframe": bar.timeframe,
        "start": bar.start.isoformat(),
        "end": bar.end.isoformat(),
        **{field: str(getattr(bar, field)) for field in ("open", "high", "low", "close", "volume")},
    }
