"""A network that breaks: it stands between a deployer and its server.

Bytes go through as they are.  What the client sends after the server has
spoken counts as a request; at a chosen one the connection is cut.
"""

from __future__ import annotations

import enum
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import suppress
from dataclasses import dataclass

__all__ = ["Cut", "Proxy", "When"]

_SIZE = 1 << 16
_LATE = 0.3
"""Seconds by which a request comes late."""
_PATIENCE = 2.0
"""Seconds that an answer to it may take, then the server loses its client.

Some requests have none: MariaDB's driver closes a statement just before it
sends a COMMIT, and is cut off in between.
"""


class When(enum.Enum):
    """Which part of a request and its answer a cut lets through."""

    NOTHING = "before the server got"
    REQUEST = "before the answer to"
    LATE = "while the server had yet to get"
    """The client is cut off, and a moment later the server gets it."""


@dataclass(frozen=True)
class Cut:
    """Where a connection breaks, and for how long.

    :ivar at: the request, counted from 0 over all connections.
    :ivar is_reset: the client sees a reset, else an end.
    :ivar is_down: nobody gets through afterwards, until told otherwise.
    """

    at: int
    when: When
    is_reset: bool = False
    is_down: bool = False

    def __str__(self) -> str:
        how = "reset" if self.is_reset else "ended"
        return f"{how}{', down' if self.is_down else ''} {self.when.value}"


class Proxy:
    """Passes on what comes to a port of its own, to a server.

    :ivar port: on 127.0.0.1.
    :ivar requests: the beginnings of all requests since :meth:`begin`.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = host, port
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.begin()
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(self, cut: Cut | None = None) -> None:
        """Count anew, let everybody through, and cut there, once."""
        with self._lock:
            self.requests: list[bytes] = []
            self._cut = cut
            self._is_down = False

    def close(self) -> None:
        """Let nobody in any more."""
        # Wakes up the thread that accepts.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(
                    target=self._serve, args=(client,), daemon=True
                ).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            if self._is_down:
                _reset(client)
                return
            with closing(socket.create_connection(self._server)) as server:
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pass_on(client, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on until one of them closes, or the cut comes."""
        is_asking = False
        cut: Cut | None = None
        for source in _ready(client, server):
            data = source.recv(_SIZE)
            if not data:
                return
            if source is client and not is_asking:
                cut = self._count(data)
            is_asking = source is client
            if cut and self._break(cut, data, client, server, is_asking):
                return
            (server if is_asking else client).sendall(data)

    def _count(self, data: bytes) -> Cut | None:
        """Note a request; return the cut that hits it."""
        with self._lock:
            number = len(self.requests)
            self.requests.append(data[:200])
            cut = self._cut
            if cut is None or cut.at != number:
                return None
            self._cut = None
            return cut

    def _break(
        self,
        cut: Cut,
        data: bytes,
        client: socket.socket,
        server: socket.socket,
        is_asking: bool,
    ) -> bool:
        """Cut the client off, if it is time; data goes no further then."""
        if is_asking is (cut.when is When.REQUEST):
            return False
        self._is_down = self._is_down or cut.is_down
        if cut.is_reset:
            _reset(client)
        client.close()
        if cut.when is When.LATE:
            time.sleep(_LATE)
            server.sendall(data)
            server.settimeout(_PATIENCE)
            with suppress(TimeoutError):
                server.recv(_SIZE)
        return True


def _ready(*sockets: socket.socket) -> Iterator[socket.socket]:
    """Give each socket whenever there is something to read from it."""
    with closing(selectors.DefaultSelector()) as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                yield key.fileobj


def _reset(client: socket.socket) -> None:
    """Let a close be a reset."""
    client.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    client.close()
