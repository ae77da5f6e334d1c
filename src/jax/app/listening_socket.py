"""The address a service listens on, taken before anything else starts."""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress

from jax.app.console import CommandFailed

_WAITING_CONNECTIONS = 128


def listen(host: str, port: int | None, *, ports: Sequence[int]) -> socket.socket:
    """A socket that listens on `host` and `port`; with None on the first of `ports` that is free.

    CommandFailed names the address that cannot be had.
    """
    if port is not None:
        return _listen_on(host, port, taken=f"choose another --port, or stop what listens on {host}:{port}")
    for candidate in ports:
        with suppress(_Taken):
            return _listen_on(host, candidate, taken="")
    raise CommandFailed(
        f"every port from {ports[0]} to {ports[-1]} on {host} is taken; free one, or choose with --port"
    )


def check_guarded(host: str, token: str | None) -> None:
    """CommandFailed when other machines could reach `host` and no token is asked of them."""
    if token is None and not is_loopback(host):
        raise CommandFailed(
            f"--host {host} can be reached from other machines; set JAX_API_TOKEN, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`; CommandFailed when it is no address of this machine."""
    return ipaddress.ip_address(_address(host)[1][0]).is_loopback


def url_of(listening: socket.socket) -> str:
    """The address to call it by, on this machine."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("::1" if address.version == 6 else "127.0.0.1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


class _Taken(CommandFailed):
    """Somebody else listens there."""


def _listen_on(host: str, port: int, *, taken: str) -> socket.socket:
    family, address = _address(host)
    # Named, since asyncio turns Nagle's delay off only for sockets that say they are TCP: 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A restart must not wait for the connections of the service before to time out.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address[0], port, *address[2:]))
        listening.listen(_WAITING_CONNECTIONS)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise _Taken(f"port {port} on {host} is taken; {taken}") from error
        raise CommandFailed(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listening


def _address(host: str) -> tuple[int, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CommandFailed(f"--host {host} is not an address of this machine: {error}") from error
    # `localhost` has two addresses: IPv4 first, as in the URLs people type.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(address[0]), 0)
