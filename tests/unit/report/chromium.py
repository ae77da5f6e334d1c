"""Opens pages in a Chromium that has no network, by the DevTools protocol over a pipe."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"))
    ),
    None,
)
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(
        "--disable-default-apps",
        "--disable-extensions",
        "--no-default-browser-check",
        "--disable-dev-shm-usage",
    ),
    *("--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe"),
)
# The protocol is spoken over the descriptors 3 and 4.
_RENUMBER = (
    "import os, sys; a = sys.argv; os.dup2(int(a[1]), 3); os.dup2(int(a[2]), 4); os.execv(a[3], a[3:])"
)
# Longer than any page takes on a busy machine; without it a browser that hangs would hang the tests.
_PATIENCE_SECONDS = 240
_LOADED = (
    "new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))"
)


@dataclass
class Tab:
    """One page; `complaints` are console messages, exceptions and refusals.

    `requests` are the addresses it asked for and its own policy did not refuse, by the browser's number.
    """

    session: str
    _browser: "Browser"
    complaints: list[str] = field(default_factory=list)
    requests: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        return self._browser.ask(method, self.session, params)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression, or the promise that it gives, comes to."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def settle(self) -> None:
        """Waits until two frames are drawn, for which the tab must be in front."""
        self.ask("Page.bringToFront")
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def prefer(self, scheme: str) -> None:
        """As if the reader had set the system to `light` or `dark`."""
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.settle()


class Browser:
    """A running Chromium."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._asked = 0
        self._rest = b""
        self._tabs: dict[str, Tab] = {}

    @contextlib.contextmanager
    def page(self, file: Path, *, width: int, scheme: str = "light") -> Iterator[Tab]:
        """`file`, loaded and drawn in a window of `width` pixels."""
        target = self.ask("Target.createTarget", "", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", "", {"targetId": target, "flatten": True})["sessionId"]
        tab = self._tabs[session] = Tab(session, self)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.ask(f"{domain}.enable")
        tab.prefer(scheme)
        tab.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        opened = tab.ask("Page.navigate", url=file.as_uri())
        assert "errorText" not in opened, opened["errorText"]
        tab.value(_LOADED)
        tab.settle()
        try:
            yield tab
        finally:
            self.ask("Target.closeTarget", "", {"targetId": target})

    def ask(self, method: str, session: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a command; what the browser tells meanwhile goes to the tab that it is about."""
        self._asked += 1
        command = {"id": self._asked, "method": method, "params": params}
        document = json.dumps({**command, **({"sessionId": session} if session else {})})
        os.write(self._writing, document.encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._asked:
                assert "error" not in message, message["error"]
                return dict(message["result"])
            self._hear(message)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], _PATIENCE_SECONDS)
            assert ready, "the browser does not answer"
            read = os.read(self._reading, 1 << 16)
            assert read, "the browser has gone"
            self._rest += read
        first, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(first))

    def _hear(self, message: Mapping[str, Any]) -> None:
        tab = self._tabs.get(message.get("sessionId", ""))
        if tab is None:
            return
        if message["method"] in {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}:
            tab.complaints.append(json.dumps(message["params"]))
        if message["method"] == "Network.requestWillBeSent":
            tab.requests[message["params"]["requestId"]] = message["params"]["request"]["url"]
        if message["method"] == "Network.loadingFailed" and message["params"].get("blockedReason") == "csp":
            del tab.requests[message["params"]["requestId"]]


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A Chromium with the empty folder `profile`."""
    assert CHROMIUM is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out))
    renumbered = [sys.executable, "-I", "-S", "-c", _RENUMBER, str(reading), str(writing)]
    started = subprocess.Popen(
        [*renumbered, CHROMIUM, *_FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(reading, writing),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    for end in (theirs_in, theirs_out, reading, writing):
        os.close(end)
    try:
        yield Browser(ours_in, ours_out)
    finally:
        started.terminate()
        started.wait(timeout=30)
        os.close(ours_in)
        os.close(ours_out)
