"""Fewer wake-ups for a large frame that comes over TCP from the same machine."""

from __future__ import annotations

import socket
import ssl
import sys

# What has come before the reader is woken: a megabyte instead of the few hundred kilobytes that the kernel's own pace gives. Each
# time costs both sides a change of context.
_LARGEST = 1 << 20
_SMALLEST = 1 << 17
# How long that may take. Memory runs short, or the network is slower than it looked: then whatever is there is read.
PATIENCE_SECONDS = 0.1


class LowWater:
    """The low-water mark of a socket, Linux's ``SO_RCVLOWAT``: how many bytes make ``poll`` say that it can be read.

    One byte, as usual, for sockets that are not TCP between processes of one machine: over a network a reader that waits for a
    megabyte can hold up the sender, TLS has read some of what comes already, and Unix sockets know no mark.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock if _is_local_tcp(sock) else None
        self._level = 1

    @property
    def is_raised(self) -> bool:
        return self._level > 1

    def expect(self, size: int) -> None:
        """Before waiting for ``size`` bytes that are sure to come, whatever this side does."""
        level = min(size, _LARGEST)
        if level < _SMALLEST:
            level = 1
        if self._sock is None or level == self._level:
            return
        try:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, level)
            self._level = level
        except OSError:
            # It only saves time; and a socket that is broken says so when it is read.
            self._sock = None
            self._level = 1


def _is_local_tcp(sock: socket.socket) -> bool:
    if sys.platform != "linux" or sock.family not in (socket.AF_INET, socket.AF_INET6) or isinstance(sock, ssl.SSLSocket):
        return False
    try:
        return bool(sock.getpeername()[0] == sock.getsockname()[0])
    except OSError:
        return False
