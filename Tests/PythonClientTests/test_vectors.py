"""The frames of protocol/vectors, which the Swift tests read too."""

from __future__ import annotations

import json
import socket

import numpy as np
import pytest
from conftest import CHECKOUT

from headrace import ConnectionLostError, ProtocolError
from headrace._batch import DataDesc, SparseDesc, decode_batch, numpy_dtype
from headrace._connection import BatchFrame, Connection
from headrace._deadline import Deadline
from headrace._endpoint import Endpoint
from headrace._memory import BufferPool
from headrace._opened import count, parse_opened
from headrace._wire import FrameType, decode_json, encode_frame, encode_json
from headrace.errors import from_wire

VECTORS = CHECKOUT / "protocol" / "vectors"


def load(folder):
    entries = [
        pytest.param(vector, id=f"{path.stem}-{vector['name']}")
        for path in sorted((VECTORS / folder).glob("*.json"))
        for vector in json.loads(path.read_text())
    ]
    assert entries, f"no vectors in {VECTORS / folder}"
    return entries


@pytest.fixture
def receive(request):
    """Reads the frames of a byte string through a real connection, as far as they go."""
    sockets = []

    def run(vector):
        ours, theirs = socket.socketpair()
        sockets.extend((ours, theirs))
        ours.setblocking(False)
        connection = Connection(Endpoint("/vector", "", 0), ours, checksum=True, shared_memory=False, buffers=BufferPool(2))
        connection.max_batch = vector.get("max_frame", 1 << 32)
        connection._received = vector.get("expected_sequence", 0)
        data = bytes.fromhex(vector["hex"])
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        theirs.setblocking(False)
        frames = []
        while True:
            data = data[feed(theirs, data) :]
            if not data:
                theirs.shutdown(socket.SHUT_WR)
            try:
                frame = connection._read_frame(Deadline(0), "a frame")
            except TimeoutError:
                continue
            except ConnectionLostError:
                half_read = connection._filled or connection._header is not None
                if half_read:
                    raise
                return frames
            frames.append((connection._header, frame))
            connection.release()

    yield run
    for sock in sockets:
        sock.close()


def feed(sock, data):
    try:
        return sock.send(data) if data else 0
    except BlockingIOError:
        return 0


@pytest.mark.parametrize("vector", load("valid"))
def test_valid_frames_are_understood(vector, receive):
    header, frame = receive(vector)[-1]
    decoded = vector["decoded"]
    assert FrameType(header.type).name == decoded["type"]
    assert (header.flags, header.length, header.stream, header.sequence) == tuple(
        decoded[name] for name in ("flags", "length", "stream", "sequence")
    )
    assert header.checksum == (decoded["checksum"] if decoded["flags"] & 1 else None)
    message = decoded["message"]
    if isinstance(frame, BatchFrame):
        check_batch(frame, message)
    elif "payload_hex" in message:
        assert frame.payload.hex() == message["payload_hex"]
    else:
        fields = decode_json(frame.payload, decoded["type"])
        assert message.items() <= fields.items()
        if decoded["type"] == "OPENED":
            opened = parse_opened(fields)
            assert opened.steps == message["steps"] and opened.manifest == message["manifest"]
            for desc, expected in zip(opened.provide_data, message["provide_data"], strict=True):
                assert (desc.name, list(desc.shape), desc.layout) == (
                    expected["name"], expected["shape"], expected["layout"],
                )  # fmt: skip
        elif decoded["type"] == "ERROR":
            error = from_wire(fields)
            for name in ("code", "scope", "retryable", "message", "hint"):
                assert getattr(error, name) == message[name]


def check_batch(frame, message):
    by_role = {role: [t for t in message["tensors"] if t["role"] == role] for role in ("data", "label", "index")}

    sparse = message.get("sparse", {})
    rows = by_role["index"][0]["shape"][0]

    def desc(name, shape, dtype, layout):
        if name in sparse:
            return SparseDesc(name, (rows, sparse[name]["columns"]), numpy_dtype(dtype), layout, shape[0])
        return DataDesc(name, tuple(shape), numpy_dtype(dtype), layout)

    def descs(role):
        return [desc(t["name"], t["shape"], t["dtype"], t["layout"]) for t in by_role[role]]

    batch = decode_batch(frame.payload, descs("data"), descs("label"))
    for name in ("epoch", "step", "part", "steps", "pad", "token"):
        assert getattr(batch, name) == message[name]
    arrays = [*batch.data, *batch.label, batch.ids]
    for array, tensor in zip(arrays, by_role["data"] + by_role["label"] + by_role["index"], strict=True):
        if tensor["name"] in sparse:
            check_matrix(array, tensor, sparse[tensor["name"]])
            continue
        assert array.tobytes().hex() == tensor["bytes_hex"]
        assert array.dtype.name == tensor["dtype"] and list(array.shape) == tensor["shape"]
        assert array.ctypes.data % 64 == 0


def check_matrix(matrix, values, members):
    assert matrix.shape[1] == members["columns"] and matrix.nnz == members["count"]
    assert matrix.data.tobytes() == bytes.fromhex(values["bytes_hex"])[: 4 * matrix.nnz]
    assert matrix.indices.tobytes() == bytes.fromhex(members["indices_hex"])[: 8 * matrix.nnz]
    assert matrix.indptr.tobytes().hex() == members["indptr_hex"]


@pytest.mark.parametrize("vector", [v for v in load("valid") if v.values[0]["canonical"]])
def test_the_client_writes_the_same_bytes(vector):
    decoded = vector["decoded"]
    message = decoded["message"]
    payload = bytes.fromhex(message["payload_hex"]) if "payload_hex" in message else encode_json(message)
    kind = FrameType[decoded["type"]]
    written = encode_frame(kind, payload, sequence=decoded["sequence"])
    if kind == FrameType.ERROR and decoded["stream"] == 0:
        pytest.skip("a client never sends ERROR about the connection")
    assert written.hex() == vector["hex"]


# What only a server can judge: whether a message may come now, and what a client's request means.
SERVER_ONLY = {"not_allowed", "version", "bad_open", "bad_attach"}
CLIENT_REQUESTS = {"hello-without-major", "hello-text-major", "hello-without-max-frame", "hello-token-number",
                   "open-parameter-object",
                   "credit-text", "credit-fraction", "credit-huge", "attach-without-bytes", "attach-unknown-way",
                   "attach-fractional-extent", "attached-without-name", "release-number"}  # fmt: skip
PROMISED = (
    [DataDesc("data", (3, 3, 2, 2), np.dtype("<f4"))],
    [DataDesc("softmax_label", (3,), np.dtype("<f4"))],
)
PROMISED_SPARSE = ([SparseDesc("data", (3, 7), np.dtype("<f4"), "NC", 6)], PROMISED[1])


@pytest.mark.parametrize(
    "vector",
    [
        v
        for v in load("invalid")
        if v.values[0]["error"]["reason"] not in SERVER_ONLY and v.values[0]["name"] not in CLIENT_REQUESTS
    ],
)
def test_invalid_frames_are_refused(vector, receive):
    with pytest.raises((ProtocolError, ConnectionLostError)) as caught:
        for header, frame in receive(vector):
            interpret(header, frame)
    if vector["error"]["reason"] == "truncated":
        assert isinstance(caught.value, ConnectionLostError)
    else:
        assert caught.value.code == vector["error"]["code"]
    assert caught.value.scope == "connection"


def interpret(header, frame):
    """What the client does with a frame of that type."""
    if isinstance(frame, BatchFrame):
        is_sparse = b'"csr"' in bytes(frame.payload)
        decode_batch(frame.payload, *(PROMISED_SPARSE if is_sparse else PROMISED))
        return
    fields = decode_json(frame.payload, "message")
    if header.type == FrameType.OPENED:
        parse_opened(fields)
    elif header.type == FrameType.POSITION:
        for name in ("epoch", "step", "steps"):
            count(fields, name, "POSITION")
    elif header.type == FrameType.SLOT:
        for name in ("slot", "bytes"):
            count(fields, name, "SLOT")
    elif header.type == FrameType.ERROR:
        error = from_wire(fields)
        if isinstance(error, ProtocolError):
            raise error
