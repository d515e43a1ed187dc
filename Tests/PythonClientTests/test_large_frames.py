"""Batches of megabytes over TCP: the reader sleeps until much has come, and must never sleep for what does not come."""

from __future__ import annotations

import socket
import sys
import threading
import time

import headrace
import pytest
from headrace import _connection
from headrace._lowwater import LowWater
from scripted_server import Hangup, ScriptedServer, expected_batch, frame

SHAPE = (4, 3, 200, 250)
PAYLOAD_BYTES = 4 * 3 * 200 * 250 * 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux's sockets have a low-water mark that poll heeds")


@pytest.fixture
def tcp_server():
    with ScriptedServer(shape=SHAPE) as running:
        running.opened_changes = {"batch_bytes": 4 << 20}
        yield running


def open_stream(server, **options):
    return headrace.connect(server.url, **options).open(iterator="ImageRecordIter")


def assert_batch(batch, step):
    data, label, _ = expected_batch(0, step, SHAPE)
    assert (batch.data[0] == data).all() and (batch.label[0] == label).all()


def in_pieces(session, lengths, pause=0.02):
    """Lets the frame that is sent next go in pieces of these lengths and what is left."""

    def raw(data):
        del session.raw
        session.sent += 1
        for length in [*lengths, len(data)]:
            session.sock.sendall(data[:length])
            data = data[length:]
            time.sleep(pause)

    session.raw = raw


def in_two(session, first, between, after=lambda: True):
    """Lets the frame that is sent next go in two pieces; both conditions are waited for, and must come true."""

    def raw(data):
        del session.raw
        session.sent += 1
        session.sock.sendall(data[:first])
        assert between()
        session.sock.sendall(data[first:])
        assert after()

    session.raw = raw


def test_batches_come_whole_however_they_are_cut(tcp_server):
    last = PAYLOAD_BYTES - 5 * 1000
    cuts = [[1], [32], [32 + PAYLOAD_BYTES // 2], [10, 30, 100_000, 1], [1 << 20, 1 << 20], [last], [600_000] * 3]
    tcp_server.epoch_steps = 2 * len(cuts)
    # Every other batch; between them one in a piece.
    tcp_server.interfere(
        "BATCH", lambda session: session.step % 2 == 0 and in_pieces(session, cuts[session.step // 2]), times=1000
    )
    for step, batch in enumerate(open_stream(tcp_server)):
        assert_batch(batch, step)
    assert step == 2 * len(cuts) - 1


def test_what_stands_below_the_mark_is_read_after_a_while(tcp_server, monkeypatch):
    monkeypatch.setattr(_connection, "PATIENCE_SECONDS", 0.02)
    # As if the rest were never enough: the kernel tells of half a megabyte only when patience ends.
    rest = 1 << 19
    is_waiting, is_impatient = threading.Event(), threading.Event()
    expect = LowWater.expect

    def watched(self, size):
        expect(self, 1 << 20 if size > 1 else 1)
        assert self._level == (1 << 20 if size > 1 else 1)
        if size == rest:
            is_waiting.set()
        elif size == 1 and is_waiting.is_set():
            is_impatient.set()

    monkeypatch.setattr(LowWater, "expect", watched)
    # Nothing comes after the rest that would lift it over the mark.
    tcp_server.interfere("BATCH", lambda session: in_two(session, -rest, lambda: is_waiting.wait(20), lambda: is_impatient.wait(20)))
    for step, batch in enumerate(open_stream(tcp_server)):
        assert_batch(batch, step)
    assert step == 4 and is_impatient.is_set()


def test_a_deadline_in_a_large_frame_loses_nothing(tcp_server):
    gate = threading.Event()
    tcp_server.interfere("BATCH", lambda session: in_two(session, 700_000, lambda: gate.wait(20)))
    stream = open_stream(tcp_server)
    for _ in range(2):
        with pytest.raises(headrace.DeadlineError):
            stream.next(timeout=0.4)
    gate.set()
    for step, batch in enumerate(stream):
        assert_batch(batch, step)
    assert step == 4 and stream.stats()["client_reconnections"] == 0


def test_a_server_that_dies_in_a_large_frame_is_noticed(tcp_server):
    def die(session):
        session.sock.sendall(frame("BATCH", session.payload(), session.sent)[:900_000])
        raise Hangup

    tcp_server.interfere("BATCH", die)
    stream = open_stream(tcp_server)
    for step, batch in enumerate(stream):
        assert_batch(batch, step)
    assert step == 4 and stream.stats()["client_reconnections"] == 1


def test_only_tcp_on_one_machine_has_a_mark():
    def mark(sock):
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)

    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as local:
        water = LowWater(local)
        for size, expected in [(32, 1), (3_000_000, 1 << 20), (300_000, 300_000), (100, 1)]:
            water.expect(size)
            assert (mark(local), water.is_raised) == (expected, expected > 1)
        # 127.0.0.2 is this machine as well, but nothing says so.
        with socket.create_connection(listener.getsockname(), source_address=("127.0.0.2", 0)) as other:
            water = LowWater(other)
            water.expect(1 << 20)
            assert (mark(other), water.is_raised) == (1, False)
    left, right = socket.socketpair()
    with left, right:
        water = LowWater(left)
        water.expect(1 << 20)
        assert mark(left) == 1 and not water.is_raised
    # A socket that is gone makes no trouble here.
    water = LowWater(left)
    water.expect(1 << 20)
    assert not water.is_raised
