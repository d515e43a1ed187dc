"""A server in a thread, written from protocol/SPEC.md alone and independent of the client's own code.

It serves a made-up data set whose batches are a function of their address, honours credits, and lets a test step in
before any message goes out: see `ScriptedServer.interfere`.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import zlib

import numpy as np

TYPES = {
    "HELLO": 0x01, "OPEN": 0x02, "OPENED": 0x03, "CREDIT": 0x04, "BATCH": 0x05, "EPOCH_END": 0x07, "RESET": 0x08,
    "SEEK": 0x09, "POSITION": 0x0A, "STATE": 0x0B, "NOTICE": 0x0C, "ERROR": 0x0D, "PING": 0x0E, "PONG": 0x0F,
    "GOAWAY": 0x10, "CLOSE": 0x11,
}  # fmt: skip
NAMES = {code: name for name, code in TYPES.items()}
MANIFEST = "a" * 32
SPEC = "b" * 32
HEADER = struct.Struct("<4sBBHQII")
BATCH_SIZE = 4


class Hangup(Exception):
    """Raised by a test's hook: close the connection at once, as a server that died would."""


def frame(kind, payload, sequence, *, flags=0, checksum=0, length=None, magic=b"HDRC", reserved=0, stream=None):
    code = TYPES.get(kind, kind)
    if stream is None:
        stream = 0 if kind in ("HELLO", "PING", "PONG", "GOAWAY") else 1
    head = HEADER.pack(magic, code, flags, reserved, len(payload) if length is None else length, stream, sequence)
    head += struct.pack("<I", checksum)
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def expected_batch(epoch, step, shape=(BATCH_SIZE, 3, 8, 8)):
    """Data, label and index of a batch: what a client must receive for that address."""
    generator = np.random.default_rng([epoch, step])
    data = generator.random(shape, dtype=np.float32)
    label = np.arange(shape[0], dtype=np.float32) + 100 * step
    index = np.arange(shape[0], dtype=np.uint64) + np.uint64(1000 * epoch + 10 * step)
    return data, label, index


def safetensors(tensors, metadata):
    """`tensors`: (name, dtype name, array) in order. Gaps are filled so that each begins at a multiple of 64."""
    entries, body, gaps = {"__metadata__": metadata}, b"", 0
    for name, dtype, array in tensors:
        raw = np.ascontiguousarray(array).tobytes()
        entries[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
        gap = -len(body) % 64
        if gap:
            entries[f".gap{gaps}"] = {"dtype": "U8", "shape": [gap], "data_offsets": [len(body), len(body) + gap]}
            body += bytes(gap)
            gaps += 1
    table = json.dumps(entries).encode()
    table += b" " * (-(8 + len(table)) % 64)
    return struct.pack("<Q", len(table)) + table + body


class Session(threading.Thread):
    """One accepted connection."""

    def __init__(self, server, sock):
        super().__init__(daemon=True)
        self.server, self.sock = server, sock
        self.sent = self.received = 0
        self.checksum = False
        self.credits = self.epoch = self.step = 0
        self.ended = self.failed = False
        self.request = None
        self.log = []

    def run(self):
        try:
            self.serve()
        except (Hangup, OSError, EOFError):
            pass
        finally:
            self.sock.close()

    def serve(self):
        self.expect("HELLO")
        self.send(
            "HELLO", {"major": 1, "minor": 0, "features": self.features, "server": "scripted", "max_frame": 1 << 20}
        )
        while True:
            self.server.before(self, "READ")
            kind, message = self.read()
            handler = getattr(self, "on_" + kind.lower())
            handler(message)
            self.pump()

    # Incoming.

    def read(self):
        head = self.exactly(32)
        magic, code, flags, _, length, _, sequence = HEADER.unpack_from(head)
        checksum, head_checksum = struct.unpack_from("<II", head, 24)
        assert magic == b"HDRC" and head_checksum == zlib.crc32(head[:28])
        assert sequence == self.received, "the client left out a frame"
        self.received += 1
        payload = self.exactly(length)
        if flags & 1:
            assert checksum == zlib.crc32(payload)
        kind = NAMES[code]
        message = payload if kind in ("PING", "PONG") else json.loads(payload)
        self.log.append((kind, message))
        self.server.note(kind, message)
        return kind, message

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def expect(self, kind):
        found, message = self.read()
        assert found == kind
        self.features = [name for name in message["features"] if name == "checksum"]
        self.checksum = bool(self.features)
        return message

    def on_open(self, message):
        self.request = message
        answer = self.server.opened(message)
        if "token" in message:
            fields = message["token"].split(".")
            answer["epoch"], answer["step"] = int(fields[3]), int(fields[4])
        self.epoch, self.step = answer["epoch"], answer["step"]
        self.send("OPENED", answer)

    def on_credit(self, message):
        assert 1 <= message["batches"] <= 65536
        self.credits += message["batches"]
        self.server.most_credits = max(self.server.most_credits, self.credits)

    def on_reset(self, message):
        self.go(self.epoch + 1, 0)

    def on_seek(self, message):
        if "token" in message:
            fields = message["token"].split(".")
            if fields[1] != self.server.manifest or fields[2] != self.server.spec:
                self.error("state_mismatch", "the token is of other data")
                return
            self.go(int(fields[3]), int(fields[4]))
        elif message["step"] > self.server.steps(message["epoch"]):
            self.error("bad_position", f"epoch {message['epoch']} has {self.server.steps(message['epoch'])} batches")
        else:
            self.go(message["epoch"], message["step"])

    def go(self, epoch, step):
        self.epoch, self.step, self.credits = epoch, step, 0
        self.ended = self.failed = False
        self.send("POSITION", {"epoch": epoch, "step": step, "steps": self.server.steps(epoch)})

    def on_state(self, message):
        self.send(
            "STATE", {"token": self.token(self.step), "epoch": self.epoch, "step": self.step, "credits": self.credits}
        )

    def on_pong(self, message):
        pass

    def on_close(self, message):
        self.send("CLOSE", {})

    # Outgoing.

    def pump(self):
        if self.failed or not self.request:
            return
        steps = self.server.steps(self.epoch)
        while self.credits and self.step < steps:
            self.server.before(self, "BATCH")
            if self.failed:
                return
            self.send_batch()
            self.credits -= 1
            self.step += 1
        if self.step >= steps and not self.ended:
            self.ended = True
            self.send("EPOCH_END", {"epoch": self.epoch, "steps": steps})

    def token(self, step):
        return f"hr1.{self.server.manifest}.{self.server.spec}.{self.epoch}.{step}"

    def payload(self, **changes):
        data, label, index = expected_batch(self.epoch, self.step, self.server.shape)
        metadata = {
            "epoch": str(self.epoch), "step": str(self.step), "part": "0",
            "steps": str(self.server.steps(self.epoch)), "pad": "0", "token": self.token(self.step + 1),
            "data": '["data"]', "label": '["softmax_label"]', "layouts": '{"data":"NCHW"}',
        } | changes  # fmt: skip
        return safetensors([("data", "F32", data), ("softmax_label", "F32", label), ("index", "U64", index)], metadata)

    def send_batch(self, **changes):
        payload = self.payload(**changes)
        self.raw(frame("BATCH", payload, self.sent, flags=self.checksum, checksum=zlib.crc32(payload) * self.checksum))

    def send(self, kind, message):
        self.server.before(self, kind)
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.raw(frame(kind, payload, self.sent, flags=1, checksum=zlib.crc32(payload)))

    def raw(self, data):
        """Sends bytes as they are; they count as one frame."""
        self.sent += 1
        self.sock.sendall(data)

    def error(self, code, message, scope="request", retryable=False, hint=""):
        fields = {"code": code, "scope": scope, "retryable": retryable, "message": message, "hint": hint}
        self.send("ERROR", fields)


class ScriptedServer:
    """Listens on a Unix socket, or on TCP when it is given no path, until the `with` block ends."""

    def __init__(self, path=None, epoch_steps=5, shape=(BATCH_SIZE, 3, 8, 8)):
        self.path, self.url = path and str(path), f"unix:{path}"
        self.epoch_steps, self.shape = epoch_steps, shape
        self.manifest, self.spec = MANIFEST, SPEC
        self.hooks, self.sessions, self.received = {}, [], []
        self.most_credits = 0
        self.changed = threading.Condition()
        self.opened_changes = {}

    def __enter__(self):
        self.listen()
        return self

    def __exit__(self, *_):
        self.stop()
        for session in self.sessions:
            session.join(10)
            assert not session.is_alive()

    def listen(self):
        if self.path is None:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.path)
            self.listener.listen(16)
        self.acceptor = threading.Thread(target=self.accept, args=(self.listener,), daemon=True)
        self.acceptor.start()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            session = Session(self, sock)
            self.sessions.append(session)
            session.start()

    def stop(self):
        """Dies: the socket file goes away and every connection breaks."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.path is not None:
            os.unlink(self.path)
        self.acceptor.join(10)
        self.hang_up()

    def hang_up(self):
        for session in self.sessions:
            try:
                session.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def steps(self, epoch):
        return self.epoch_steps

    def opened(self, request):
        size = self.shape[0]
        answer = {
            "iterator": request.get("iterator", "ImageRecordIter"), "batch_size": size, "num_parts": 1, "part_index": 0,
            "provide_data": [{"name": "data", "shape": list(self.shape), "dtype": "float32", "layout": "NCHW"}],
            "provide_label": [{"name": "softmax_label", "shape": [size], "dtype": "float32", "layout": "N"}],
            "records": 20, "part_records": 20, "epoch": 0, "step": 0, "steps": self.epoch_steps,
            "manifest": self.manifest, "spec": self.spec, "batch_bytes": 1 << 20, "prefetch": 4, "parameters": {},
            "warnings": [],
        }  # fmt: skip
        return answer | self.opened_changes

    # What a test does.

    def interfere(self, kind, hook, times=1):
        """Before the next `times` messages of this kind go out, calls `hook(session)`; one that returns False was not
        meant and does not count. `READ` is before reading."""
        self.hooks[kind] = [hook, times]

    def before(self, session, kind):
        hook = self.hooks.get(kind)
        if hook and hook[1] > 0:
            hook[1] -= 1
            if hook[0](session) is False:
                hook[1] += 1

    def note(self, kind, message):
        with self.changed:
            self.received.append((kind, message))
            self.changed.notify_all()

    def wait_for(self, kind, count=1):
        """Returns when `count` messages of this kind have come."""
        with self.changed:
            assert self.changed.wait_for(lambda: sum(name == kind for name, _ in self.received) >= count, 10)
