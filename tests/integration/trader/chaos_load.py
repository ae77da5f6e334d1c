"""A market that moves, and people who approve and execute whatever comes of it, against all odds."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx

_FIRST_END = datetime(2024, 3, 2, 21, tzinfo=UTC)
_APART = timedelta(hours=8)
_ANSWER_WITHIN_SECONDS = 6.0
_BETWEEN_BARS_SECONDS = 0.6
_BETWEEN_LOOKS_SECONDS = 0.1
# A limit on the pace of orders is waited for; what is refused for longer is given up by people.
_ASK_AGAIN_AFTER_SECONDS = 2.0
_MOST_DENIALS = 8
_USUAL_PRICE = 15.0
_PERSON = "olivia"


class Prices:
    """Bars of one symbol, the same for the same seed; a stop lies two or three moves away."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._close = _USUAL_PRICE
        self._number = 0

    def next_bar(self) -> dict[str, str]:
        opened = self._close
        pulled = opened + 0.02 * (_USUAL_PRICE - opened)
        self._close = round(pulled * (1 + self._chance.gauss(0, 0.02)), 2)
        end = _FIRST_END + self._number * _APART
        self._number += 1
        prices = {
            "open": opened,
            "high": max(opened, self._close) * (1 + abs(self._chance.gauss(0, 0.004))),
            "low": min(opened, self._close) * (1 - abs(self._chance.gauss(0, 0.004))),
            "close": self._close,
        }
        return {
            "symbol": "AAPL",
            "timeframe": "1d",
            "start": (end - timedelta(hours=6)).isoformat(),
            "end": end.isoformat(),
            "volume": str(self._chance.choice([20, 80, 200, 1000])),
            **{name: str(round(Decimal(price), 2)) for name, price in prices.items()},
        }


class Load:
    """Goes on whatever happens to the trader: what cannot be reached is asked again."""

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._prices = Prices(seed)
        self._chance = Random(seed + 1)
        self._ends = threading.Event()
        self._executing = threading.Event()
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._asked_at: dict[str, float] = {}
        self._denials: Counter[str] = Counter()
        self._orders: dict[str, str] = {}
        self.problems: list[str] = []

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Until the block ends; whatever was asked then has been answered or given up."""
        threads = [
            threading.Thread(target=self._keep_going, args=(work,)) for work in (self._move, self._trade)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()

    def wait_for_an_execution(self, timeout_seconds: float) -> bool:
        """Until the next request to execute leaves; False when none did."""
        self._executing.clear()
        return self._executing.wait(timeout_seconds)

    def answers(self) -> Counter[str]:
        """How often which answer came to a request to execute, since the last look."""
        with self._lock:
            answers, self._answers = self._answers, Counter()
            return answers

    def _keep_going(self, work: Callable[[httpx.Client], None]) -> None:
        with httpx.Client(base_url=self._url, trust_env=False, timeout=_ANSWER_WITHIN_SECONDS) as client:
            try:
                work(client)
            except Exception as error:  # noqa: BLE001 - a load that has died must not look like a quiet one
                self.problems.append(repr(error))

    def _move(self, client: httpx.Client) -> None:
        bar = self._prices.next_bar()
        while not self._ends.wait(_BETWEEN_BARS_SECONDS):
            answer = _asked(client, "POST", "/api/v1/bars", {"bars": [bar]})
            if answer is None or answer.status_code == 503:
                continue
            answer.raise_for_status()
            bar = self._prices.next_bar()

    def _trade(self, client: httpx.Client) -> None:
        with ThreadPoolExecutor(6) as people:
            while not self._ends.wait(_BETWEEN_LOOKS_SECONDS):
                for signal_id in self._signals(client, "PENDING"):
                    _asked(client, "POST", f"/api/v1/signals/{signal_id}/approve", {"approved_by": _PERSON})
                for signal_id in self._signals(client, "APPROVED"):
                    self._ask_to_execute(client, people, signal_id)

    def _signals(self, client: httpx.Client, status: str) -> list[str]:
        answer = _asked(client, "GET", f"/api/v1/signals?status={status}")
        if answer is None or answer.status_code != 200:
            return []
        return [signal["signal_id"] for signal in answer.json()["signals"]]

    def _ask_to_execute(self, client: httpx.Client, people: ThreadPoolExecutor, signal_id: str) -> None:
        now = time.monotonic()
        if now - self._asked_at.get(signal_id, 0.0) < _ASK_AGAIN_AFTER_SECONDS:
            return
        if self._denials[signal_id] >= _MOST_DENIALS:
            _asked(client, "POST", f"/api/v1/signals/{signal_id}/reject", {"rejected_by": _PERSON})
            return
        self._asked_at[signal_id] = now
        # Some are asked for by several people at once.
        for _ in range(self._chance.choice([1, 1, 2, 3])):
            people.submit(self._execute, client, signal_id)

    def _execute(self, client: httpx.Client, signal_id: str) -> None:
        self._executing.set()
        body = {"signal_id": signal_id, "approved_by": _PERSON}
        answer = _asked(client, "POST", "/api/v1/execute", body)
        with self._lock:
            self._answers[_word(answer)] += 1
            if answer is not None:
                self._judge(signal_id, answer)

    def _judge(self, signal_id: str, answer: httpx.Response) -> None:
        if answer.status_code >= 400:
            self._denials[signal_id] += 1
        elif self._orders.setdefault(signal_id, answer.json()["order_id"]) != answer.json()["order_id"]:
            self.problems.append(f"two orders for {signal_id}: {self._orders[signal_id]}, {answer.text}")
        if answer.status_code >= 500 and answer.status_code != 503:
            self.problems.append(f"execute answered {answer.status_code}: {answer.text}")


def _asked(client: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response | None:
    """None when there was no answer."""
    try:
        return client.request(method, path, json=body)
    except httpx.TransportError:
        return None


def _word(answer: httpx.Response | None) -> str:
    if answer is None:
        return "none"
    return str(answer.status_code) if answer.status_code < 400 else str(answer.json()["code"])
