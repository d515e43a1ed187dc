"""A peer that hands arrays over, rightly or not: written from the protocol's text alone."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct
import zlib


class Peer:
    def __init__(self, daemon, features=("arrays", "descriptors")):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(daemon.socket))
        self.sequence = 0
        hello = {"major": 1, "minor": 1, "features": list(features), "max_frame": 1 << 30}
        self.send(0x01, json.dumps(hello).encode(), stream=0)
        data, descriptors, _, _ = socket.recv_fds(self.socket, 32, 4)
        kind, self.hello = self._rest(data)
        assert kind == 0x01, self.hello
        self.side = socket.socket(fileno=descriptors[0]) if descriptors else None
        if self.side:
            self.side.setblocking(True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        if self.side:
            self.side.close()

    def send(self, kind, payload, stream=1):
        head = b"HDRC" + struct.pack("<BBHQIII", kind, 0, 0, len(payload), stream, self.sequence, 0)
        self.sequence += 1
        self.socket.sendall(head + struct.pack("<I", zlib.crc32(head)) + payload)

    def _rest(self, head):
        while len(head) < 32:
            part = self.socket.recv(32 - len(head))
            assert part, "the server closed the connection"
            head += part
        (length,) = struct.unpack_from("<Q", head, 8)
        payload = b""
        while len(payload) < length:
            payload += self.socket.recv(length - len(payload))
        return head[4], json.loads(payload)

    def answer(self):
        return self._rest(b"")

    def attach(self, count=4, name="a", via="descriptor", **changes):
        message = {"name": name, "dtype": "int32", "shape": [count], "bytes": 4 * count, "via": via, **changes}
        self.send(0x12, json.dumps(message).encode())

    def is_well(self):
        """The connection takes an array, and opens a stream on it."""
        self.attach(2, name="well", via="frames")
        self.send(0x13, bytes(8))
        assert self.answer() == (0x14, {"name": "well"})
        self.send(0x02, json.dumps({"iterator": "NDArrayIter", "parameters": {"data": "array:well"}}).encode())
        return self.answer()[0] == 0x03


ALL = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW


def memory(count=16, seals=ALL, holes=0):
    file = os.memfd_create("test", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(file, bytes(range(count)))
    if holes:
        os.ftruncate(file, count + holes)
    fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
    return file


def memory_files(daemon):
    """Descriptors of memory files that the daemon has open."""
    folder = f"/proc/{daemon.process.pid}/fd"
    links = []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(f"{folder}/{name}"))
    return sum("memfd:" in link for link in links)


def refusal(peer, words):
    kind, error = peer.answer()
    assert kind == 0x0D and (error["code"], error["scope"]) == ("bad_request", "request"), error
    assert words in error["message"], error
    assert peer.is_well()
