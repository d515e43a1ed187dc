"""A client that greets the daemon, waits to be told to go, and goes: drain_client.py SOCKET [--greet-only]."""

import json
import socket
import struct
import sys
import zlib

HEADER = struct.Struct("<4sBBHQIII")
HELLO, PING, PONG, GOAWAY = 0x01, 0x0E, 0x0F, 0x10


def frame(kind: int, payload: bytes, sequence: int) -> bytes:
    head = HEADER.pack(b"HDRC", kind, 0, 0, len(payload), 0, sequence, 0)
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise SystemExit(f"the daemon closed the connection after {len(data)} of {count} bytes")
        data += more
    return data


def receive(connection: socket.socket) -> tuple[int, bytes]:
    magic, kind, _, _, length, _, _, _ = HEADER.unpack(exactly(connection, HEADER.size))
    exactly(connection, 4)
    assert magic == b"HDRC", magic
    return kind, exactly(connection, length)


with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
    connection.settimeout(60)
    connection.connect(sys.argv[1])
    hello = {"major": 1, "minor": 0, "features": [], "client": "drain-client", "pid": 0, "max_frame": 1 << 30}
    connection.sendall(frame(HELLO, json.dumps(hello).encode(), 0))
    sent = 1
    while True:
        kind, payload = receive(connection)
        if kind == HELLO:
            print("greeted by", json.loads(payload)["server"], flush=True)
            if "--greet-only" in sys.argv:
                break
        elif kind == PING:
            connection.sendall(frame(PONG, payload, sent))
            sent += 1
        elif kind == GOAWAY:
            print("goaway", payload.decode(), flush=True)
            break
        else:
            raise SystemExit(f"unexpected message {kind:#x}: {payload!r}")
