"""A line to the bridge that can lose an order, or the answer to one that has arrived."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum

_MOST_BYTES = 65536
_NOTHING = b"nothing begins like this"
ORDERS = b"PUT "
QUESTIONS_ABOUT_THE_ACCOUNT = b"GET /api/v1/account"


class Loses(Enum):
    """What does not arrive: the line hangs up on whoever has sent an order."""

    NOTHING = "everything is passed on"
    ORDERS = "the bridge hears nothing of the order"
    ANSWERS = "the bridge has the order, and has answered"


class LossyRelay:
    """Passes on what it does not lose; what begins as `holds` says waits here, as long as it takes."""

    def __init__(self, port: int) -> None:
        """`port` is where the bridge listens on this machine."""
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.loses = Loses.NOTHING
        self.lost = 0
        self.holds = _NOTHING
        self.is_holding = threading.Event()
        self._may_pass = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def let_pass(self) -> None:
        """What was held back arrives at the bridge now, however late it is."""
        self.holds = _NOTHING
        self._may_pass.set()

    @contextmanager
    def running(self) -> Iterator["LossyRelay"]:
        """Until the block ends; connections of then are cut when their next bytes come."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            # Wakes the thread that accepts, which closing alone does not.
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            closing(client),
            suppress(OSError),
            closing(socket.create_connection(("127.0.0.1", self._port))) as bridge,
        ):
            while self._pass_on(client, bridge):
                pass

    def _pass_on(self, client: socket.socket, bridge: socket.socket) -> bool:
        """One request and its answer; each fits into what is read and sent at once."""
        asked = _message(client)
        loses = self.loses if asked.startswith(ORDERS) else Loses.NOTHING
        if asked.startswith(self.holds):
            self.is_holding.set()
            self._may_pass.wait(120)
        self.lost += loses is not Loses.NOTHING
        if loses is Loses.ORDERS:
            return False
        bridge.sendall(asked)
        answer = _message(bridge)
        if loses is Loses.ANSWERS:
            return False
        client.sendall(answer)
        return bool(asked and answer)


def _message(sender: socket.socket) -> bytes:
    """A whole HTTP message with a Content-Length or without a body; empty when the sender has hung up."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = sender.recv(_MOST_BYTES)
        if not more:
            return b""
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if b"content-length" in line]
    missing = sum(map(int, lengths)) - len(body)
    while missing > 0:
        more = sender.recv(_MOST_BYTES)
        if not more:
            return b""
        received += more
        missing -= len(more)
    return received
