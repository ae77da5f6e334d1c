"""A trader and its bridge as processes that are killed, stopped and started again."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

from tests.integration.bridge.bridge_process import bridge_process
from tests.integration.trader.bridged_trader import settings_for
from tests.integration.trader.trader_process import free_port, trader_process

# The server needs a moment until it has seen that whoever held the lock is gone.
_LOCK_IS_FREE_WITHIN_SECONDS = 20.0
# Volumes of the bars are such that many orders fill in parts.
_VENUE = {"PAPER_VOLUME_FRACTION": "0.1", "PAPER_COMMISSION_BPS": "1"}


class Service(StrEnum):
    """Who may be hit."""

    TRADER = "trader"
    BRIDGE = "bridge"


class House:
    """Both run on one home, each on one port for all its lives."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        self._ports = {service: free_port() for service in Service}
        self._settings = settings_for(database_url, self._url_of(Service.BRIDGE), MAX_OPEN_POSITIONS="5")
        self._lives: dict[Service, ExitStack] = {}
        self._processes: dict[Service, subprocess.Popen[bytes]] = {}

    @property
    def trader_url(self) -> str:
        return self._url_of(Service.TRADER)

    @property
    def bridge_url(self) -> str:
        return self._url_of(Service.BRIDGE)

    @property
    def said(self) -> str:
        """The ends of what the newest lives have said on standard error."""
        logs = sorted(self.home.parent.glob(f"{self.home.name}-*.log"), key=lambda log: log.stat().st_mtime)
        return "\n".join(log.read_text()[-4000:] for log in logs[-2:])

    @contextmanager
    def open(self) -> Iterator["House"]:
        """Both run when the block begins; neither does after it."""
        try:
            self.bring_back()
            yield self
        finally:
            for life in self._lives.values():
                life.close()

    def bring_back(self) -> None:
        """Starts whoever does not run: the bridge first, which the trader asks when it starts."""
        if Service.BRIDGE not in self._lives:
            self._begin_bridge()
        if Service.TRADER not in self._lives:
            self._begin_trader()

    def kill(self, service: Service) -> None:
        """As kill -9 does, also to one that stands still."""
        self._lives.pop(service).close()

    def ask_to_stop(self, service: Service) -> int:
        """As a supervisor does; its exit code."""
        self._processes[service].send_signal(signal.SIGTERM)
        code = self._processes[service].wait(10)
        self._lives.pop(service).close()
        return code

    def stand_still(self, service: Service) -> None:
        self._processes[service].send_signal(signal.SIGSTOP)

    def go_on(self, service: Service) -> None:
        self._processes[service].send_signal(signal.SIGCONT)

    def _begin_bridge(self) -> None:
        with ExitStack() as life:
            bridge = life.enter_context(bridge_process(self.home, self._ports[Service.BRIDGE], **_VENUE))
            self._keep(Service.BRIDGE, bridge.process, life)

    def _begin_trader(self) -> None:
        ends = time.monotonic() + _LOCK_IS_FREE_WITHIN_SECONDS
        port = str(self._ports[Service.TRADER])
        while Service.TRADER not in self._lives:
            try:
                with ExitStack() as life:
                    trader = life.enter_context(trader_process(self.home, "--port", port, **self._settings))
                    self._keep(Service.TRADER, trader.process, life)
            except AssertionError as error:
                if "Another trader runs account" not in str(error) or time.monotonic() > ends:
                    raise

    def _keep(self, service: Service, process: "subprocess.Popen[bytes]", life: ExitStack) -> None:
        self._processes[service] = process
        self._lives[service] = life.pop_all()

    def _url_of(self, service: Service) -> str:
        return f"http://127.0.0.1:{self._ports[service]}"
