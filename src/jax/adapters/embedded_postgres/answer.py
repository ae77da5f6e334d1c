"""Whether a Postgres server answers at a port, asked in its own protocol and without logging in."""

import socket
import struct

LOOPBACK = "127.0.0.1"

# "SSLRequest" of the frontend/backend protocol (PostgreSQL manual, chapter Message Formats).
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_PATIENCE_SECONDS = 5.0


def answers(port: int) -> bool:
    """Whether a server, and not only a listening socket, is there: it must say S or N."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_PATIENCE_SECONDS) as connection:
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) in {b"S", b"N"}
    except OSError:
        return False
