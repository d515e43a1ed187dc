"""Where a server listens: ``unix:/path``, ``tcp://host:port`` or ``tls://host:port``."""

from __future__ import annotations

import ipaddress
import socket
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from . import _credentials
from ._credentials import Credentials
from .errors import ConnectionLostError, DeadlineError, HeadraceError

DEFAULT_PORT = 9347
DEFAULT_SOCKET = "/run/headrace/data.sock"


class Endpoint(NamedTuple):
    """A parsed address. ``path`` is set for Unix sockets, ``host`` and ``port`` for TCP, ``tls`` for TLS on it."""

    path: str | None
    host: str
    port: int
    tls: bool = False

    @property
    def is_exposed(self) -> bool:
        """Whether what goes over it can be read on the way."""
        if self.path is not None or self.tls or self.host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return True

    def __str__(self) -> str:
        if self.path is not None:
            return f"unix:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.tls else 'tcp'}://{host}:{self.port}"


def parse(url: str) -> Endpoint:
    """Parses ``unix:/path``, ``unix:///path``, ``tcp://host``, ``tcp://host:port`` or ``tcp://[v6]:port``, and ``tls://`` likewise.

    Raises:
        HeadraceError: with the code ``bad_url``.
    """
    if url.startswith("unix:"):
        path = url[len("unix:") :].removeprefix("//")
        if not path.startswith("/"):
            raise HeadraceError(f"{url!r}: the path of a Unix socket must be absolute", code="bad_url")
        return Endpoint(path, "", 0)
    if url.startswith(("tcp://", "tls://")):
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise HeadraceError(f"{url!r}: {error}", code="bad_url") from None
        if not host or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise HeadraceError(f"{url!r} is not {url[:3]}://host:port", code="bad_url")
        return Endpoint(None, host, DEFAULT_PORT if port is None else port, url.startswith("tls:"))
    raise HeadraceError(f"{url!r} is not an address", code="bad_url", hint="use unix:/path, tcp://host:port or tls://host:port")


def _connect_local(sock: socket.socket, path: str, timeout: float) -> None:
    """Connects to a Unix socket, again while its queue of connections is full: the kernel does not wait for room as it does on TCP.

    Raises:
        TimeoutError: when there is none within ``timeout`` seconds.
    """
    end = time.monotonic() + timeout
    pause = 0.002
    sock.setblocking(False)
    while True:
        try:
            sock.connect(path)
            return
        except BlockingIOError:
            if time.monotonic() + pause > end:
                raise TimeoutError from None
        time.sleep(pause)
        pause = min(pause * 2, 0.1)


def connect(endpoint: Endpoint, timeout: float, credentials: Credentials | None = None) -> socket.socket:
    """A connected, non-blocking socket, behind the TLS handshake where there is one.

    Raises:
        DeadlineError: when nobody accepts within ``timeout`` seconds.
        ConnectionLostError: when nobody listens there.
        HandshakeError: one side does not trust the other.
    """
    end = time.monotonic() + timeout
    try:
        if endpoint.path is not None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                _connect_local(sock, endpoint.path, timeout)
            except BaseException:
                sock.close()
                raise
        else:
            sock = socket.create_connection((endpoint.host, endpoint.port), timeout=timeout)
            # Credits are tiny frames that a batch waits for.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except TimeoutError:
        raise DeadlineError(
            f"{endpoint} did not accept the connection within {timeout:g} s",
            scope="connection",
            retryable=True,
        ) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConnectionLostError(
            f"cannot connect to {endpoint}: {reason}",
            hint="is headraced running, and may this user use its socket?",
            scope="connection",
            retryable=True,
        ) from error
    if endpoint.tls:
        remaining = end - time.monotonic()
        sock = _credentials.secure(sock, endpoint.host, credentials or Credentials(), str(endpoint), remaining)
    sock.setblocking(False)
    return sock
