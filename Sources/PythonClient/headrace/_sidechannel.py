"""The side channel of a connection on this machine: open files, each with a word that says what it is for."""

from __future__ import annotations

import array
import os
import socket

from .errors import ProtocolError

_ROOM_FOR_DESCRIPTORS = 8
_LONGEST_TAG = 64


class SideChannel:
    """One end of a pair of sockets that the server made and passed with its HELLO."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)

    def send(self, descriptor: int, tag: str) -> bool:
        """Sends a descriptor, which stays open here. False when the system has no room for it now."""
        try:
            socket.send_fds(self._socket, [tag.encode()], [descriptor])
        except OSError:
            return False
        return True

    def receive(self) -> tuple[int, str] | None:
        """The next descriptor, which is the caller's to close, and its text; None when none has come.

        Raises:
            ProtocolError: the message is not one descriptor with a text.
        """
        try:
            text, descriptors, _, _ = socket.recv_fds(self._socket, _LONGEST_TAG + 1, _ROOM_FOR_DESCRIPTORS)
        except OSError:
            return None
        if len(descriptors) != 1 or not 1 <= len(text) <= _LONGEST_TAG:
            for descriptor in descriptors:
                os.close(descriptor)
            if not text and not descriptors:
                return None
            raise ProtocolError(
                f"the side channel brought {len(descriptors)} descriptors with {len(text)} bytes of text",
                scope="connection",
            )
        return descriptors[0], text.decode(errors="replace")

    def close(self) -> None:
        self._socket.close()


def receive(sock: socket.socket, view: memoryview) -> tuple[int, SideChannel | None]:
    """As ``recv_into``, and the side channel if one came with the bytes."""
    count, ancillary, _, _ = sock.recvmsg_into([view], socket.CMSG_SPACE(4 * _ROOM_FOR_DESCRIPTORS))
    descriptors: list[int] = []
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            numbers = array.array("i")
            numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
            descriptors += numbers
    for surplus in descriptors[1:]:
        os.close(surplus)
    return count, SideChannel(descriptors[0]) if descriptors else None
