"""The sending half of a connection: frames wait for room in the socket, and nobody waits for them."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import Any

from ._slots import Slots
from ._wire import FrameType, encode_frame, encode_json
from .errors import ConnectionLostError

_LONGEST_SEND_SECONDS = 1.0


class Sender:
    """Adds frames to what is to be sent, and sends as much of it as the socket takes."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._closed = False
        # TLS may have to read before it can go on writing.
        self._send_wants_bytes = False
        # Batches in memory that the server shares; None when they come as bytes.
        self.slots: Slots | None = None
        # Held while bytes are added to `_outgoing` or sent: slots are released from destructors, which may run on any
        # thread and inside any call, even inside one that holds it.
        self._sending = threading.Lock()
        self._send_is_torn = False
        self._outgoing = bytearray()
        self._sent = 0

    def _lost(self, awaited: str, reason: str) -> ConnectionLostError:
        """Closes the connection. The error says what was waited for and why it will not come."""
        raise NotImplementedError

    def post(self, kind: FrameType, value: dict[str, Any]) -> None:
        """Sends a control message as far as the socket takes it now; the rest goes while the next answer is awaited."""
        self._post_bytes(kind, encode_json(value))

    def post_with_next(self, kind: FrameType, value: dict[str, Any]) -> None:
        """Sends a control message with the next one, or when something is awaited: each message wakes the server."""
        self._post_bytes(kind, encode_json(value), waits=True)

    def _post_bytes(self, kind: FrameType, payload: bytes | memoryview, *, waits: bool = False) -> None:
        self._lock_sending()
        try:
            self._append(kind, payload)
            if not waits:
                self._send_pending()
        finally:
            self._sending.release()
        self._send_releases()

    def _flush(self) -> None:
        self._lock_sending()
        try:
            self._send_pending()
        finally:
            self._sending.release()
        self._send_releases()

    def _lock_sending(self) -> None:
        # Nobody waits while holding it. Only an interruption right behind its taking leaves it locked.
        if not self._sending.acquire(timeout=_LONGEST_SEND_SECONDS):
            raise self._lost("room to send", "it was interrupted at a bad moment")
        # Behind an interruption whose exception was lost in a destructor.
        if self._send_is_torn:
            self._sending.release()
            raise self._lost("room to send", "it was interrupted at a bad moment")

    def _send_releases(self) -> None:
        """Tells the server of slots that nobody looks at any more. Whoever holds the lock does it behind its own work."""
        slots = self.slots
        while slots is not None and slots.has_released and self._sending.acquire(blocking=False):
            try:
                # Nobody is to be told any more, but the memory goes.
                if self._closed or self._send_is_torn:
                    slots.collect()
                    return
                self._send_is_torn = True
                numbers = slots.collect()
                if numbers:
                    self._append(FrameType.RELEASE, encode_json({"slots": numbers}))
                self._send_is_torn = False
                self._send_pending()
            finally:
                self._sending.release()

    def _append(self, kind: FrameType, payload: bytes | memoryview) -> None:
        self._send_is_torn = True
        self._outgoing += encode_frame(kind, payload, sequence=self._sent)
        self._sent += 1
        self._send_is_torn = False

    def _send_pending(self) -> None:
        while self._outgoing:
            self._send_is_torn = True
            try:
                count = self._sock.send(self._outgoing)
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._send_is_torn = False
                return
            except ssl.SSLWantReadError:
                self._send_wants_bytes = True
                self._send_is_torn = False
                return
            except OSError:
                # The reason may be waiting to be read as an ERROR frame; reading finds that, or the end.
                self._outgoing.clear()
                self._send_is_torn = False
                return
            del self._outgoing[:count]
            self._send_is_torn = False
