"""Where a service listens, and how others find it."""

import asyncio
import json
import socket
import stat
from pathlib import Path

import pytest

from jax.app.console import CommandFailed
from jax.app.listening_socket import check_guarded, is_loopback, listen, url_of
from jax.app.run_file import run_file

PORTS = range(8100, 8200)


def test_a_chosen_port_is_listened_on_at_once() -> None:
    with listen("127.0.0.1", 0, ports=PORTS) as listening:
        address = listening.getsockname()
        assert url_of(listening) == f"http://127.0.0.1:{address[1]}"
        socket.create_connection(address).close()


async def test_answers_are_not_held_back_to_be_sent_together() -> None:
    """Nagle's algorithm and delayed acknowledgements add 40 ms to an answer."""
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.put_nowait(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listening = listen("127.0.0.1", 0, ports=PORTS)
    async with await asyncio.start_server(answer, sock=listening):
        _, writer = await asyncio.open_connection(*listening.getsockname())
        assert await accepted.get() != 0
        writer.close()
        await writer.wait_closed()


def test_a_chosen_port_that_is_taken_is_named_with_the_remedy() -> None:
    with listen("127.0.0.1", 0, ports=PORTS) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match=rf"port {port} on 127.0.0.1 is taken; choose another --port"):
            listen("127.0.0.1", port, ports=PORTS)


def test_without_a_choice_two_services_get_two_ports_in_the_known_range() -> None:
    with (
        listen("127.0.0.1", None, ports=PORTS) as first,
        listen("127.0.0.1", None, ports=PORTS) as second,
    ):
        ports = [first.getsockname()[1], second.getsockname()[1]]
    assert ports[0] != ports[1]
    assert all(port in PORTS for port in ports)


def test_when_every_port_of_the_range_is_taken_the_range_is_named() -> None:
    with listen("127.0.0.1", 0, ports=PORTS) as first, listen("127.0.0.1", 0, ports=PORTS) as second:
        taken = [first.getsockname()[1], second.getsockname()[1]]
        told = f"every port from {taken[0]} to {taken[1]} on 127.0.0.1 is taken; free one"
        with pytest.raises(CommandFailed, match=told):
            listen("127.0.0.1", None, ports=taken)


@pytest.mark.parametrize(("host", "token"), [("127.0.0.1", None), ("0.0.0.0", "x"), ("::1", None)])
def test_a_service_is_guarded_by_loopback_or_by_a_token(host: str, token: str | None) -> None:
    check_guarded(host, token)


def test_a_service_that_others_reach_needs_a_token() -> None:
    with pytest.raises(CommandFailed, match=r"--host 0.0.0.0 can be reached .* set JAX_API_TOKEN"):
        check_guarded("0.0.0.0", None)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_name_that_cannot_be_an_address_is_named() -> None:
    name = "x" * 64
    with pytest.raises(CommandFailed, match=f"--host {name} is not an address of this machine"):
        is_loopback(name)


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_the_url_can_be_called_on_this_machine(host: str, url: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as bound:
        bound.bind((host, 0))  # never listens
        assert url_of(bound).startswith(url)


def test_the_run_file_is_there_while_the_service_runs(tmp_path: Path) -> None:
    path = tmp_path / "run" / "trader.json"
    with run_file(path, {"boot_id": "a", "pid": 1}):
        assert json.loads(path.read_text()) == {"boot_id": "a", "pid": 1}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert [file.name for file in path.parent.iterdir()] == ["trader.json"]
    assert list(path.parent.iterdir()) == []


def test_a_later_service_keeps_its_run_file(tmp_path: Path) -> None:
    path = tmp_path / "run" / "trader.json"
    with run_file(path, {"boot_id": "a"}):
        path.write_text('{"boot_id": "b"}')
    assert json.loads(path.read_text()) == {"boot_id": "b"}


def test_a_run_file_that_a_crash_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run" / "trader.json"
    path.parent.mkdir()
    path.write_text('{"boot_id": "cra')
    with run_file(path, {"boot_id": "a"}):
        assert json.loads(path.read_text()) == {"boot_id": "a"}
