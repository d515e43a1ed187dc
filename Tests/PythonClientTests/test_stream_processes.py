"""Streams under interruption, fork, threads and garbage collection."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

import numpy as np
import pytest
from scripted_server import expected_batch, frame
from streams import assert_batch, open_stream

import headrace


# Interruptions, processes, memory.


@pytest.fixture
def interruptible():
    """A process that a shell has started in the background ignores Ctrl-C from the beginning."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_interrupts_a_wait_and_nothing_is_lost(server, interruptible):
    gate, waiting = threading.Event(), threading.Event()

    def stall(session):
        if session.step < 2:
            return False
        waiting.wait(20)
        payload = session.payload()
        whole = frame("BATCH", payload, session.sent)
        session.sock.sendall(whole[:700])
        os.kill(os.getpid(), signal.SIGINT)
        gate.wait(20)
        session.sock.sendall(whole[700:])
        session.sent += 1
        session.credits -= 1
        session.step += 1

    server.interfere("BATCH", stall)
    stream = open_stream(server)
    seen = [stream.next().step, stream.next().step]
    with pytest.raises(KeyboardInterrupt):
        waiting.set()
        stream.next()
    gate.set()
    seen += [batch.step for batch in stream]
    assert seen == [0, 1, 2, 3, 4]


def test_ctrl_c_at_any_moment_loses_nothing(server):
    """Signals at arbitrary moments; each batch must come once and in order, by whatever means."""
    server.epoch_steps = 400
    stream = open_stream(server)
    stop = threading.Event()
    interruptions, position = 0, 0

    def pester():
        # Less and less often: a machine that needs longer than the pause to connect again would never get on.
        while not stop.wait(0.003 * (1 + interruptions / 20)):
            os.kill(os.getpid(), signal.SIGUSR1)

    class Interrupted(Exception):
        pass

    armed = False

    def interrupt(*_):
        if armed:
            raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    thread = threading.Thread(target=pester)
    thread.start()
    try:
        while position < 400:
            batch = None
            try:
                armed = True
                batch = stream.next()
                armed = False
            except Interrupted:
                armed = False
                interruptions += 1
                # Interrupted before or after the position moved: either way the stream knows where it is.
                assert stream.step in (position, position + 1)
                position = stream.step
                continue
            assert_batch(batch, 0, position)
            position += 1
    finally:
        armed = False
        stop.set()
        thread.join()
        signal.signal(signal.SIGUSR1, before)
    assert interruptions > 0
    assert list(stream) == []


@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
def test_an_interruption_at_any_line_loses_nothing(server):
    """Raises in front of every line of the package's own code in turn, as Ctrl-C may, and goes on."""
    package = os.path.dirname(headrace.__file__)

    class Interrupted(BaseException):
        pass

    def use(stream):
        stream.next()
        stream.stats()
        stream.next()
        stream.reset()
        stream.next()
        stream.seek(4, 2)
        stream.next()

    passed = 0

    def trace(frame, event, argument):
        nonlocal passed
        if not frame.f_code.co_filename.startswith(package):
            return None
        if event == "line":
            passed += 1
            if passed == line:
                raise Interrupted
        return trace

    line = 0
    while passed >= line:
        # A prime stride keeps the test short and meets other lines in each of the calls.
        line, passed = line + 3, 0
        stream = open_stream(server)
        sys.settrace(trace)
        try:
            use(stream)
        except Interrupted:
            pass
        finally:
            sys.settrace(None)
        epoch, step = stream.epoch, stream.step
        assert (epoch, step) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (4, 2), (4, 3)], line
        for expected in range(step, 5):
            assert_batch(stream.next(), epoch, expected)
        stream.reset()
        assert_batch(stream.next(), epoch + 1, 0)
        stream.close()
    assert line > 500


def in_child(function):
    """Runs a function in a forked child; returns its exit status."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_has_a_connection_of_its_own_at_the_same_place(server):
    stream = open_stream(server)
    assert_batch(stream.next(), 0, 0)

    def child():
        for step, batch in enumerate(stream, start=1):
            assert_batch(batch, 0, step)
        stream.close()

    assert in_child(child) == 0
    for step, batch in enumerate(stream, start=1):
        assert_batch(batch, 0, step)
    assert len(server.sessions) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_that_only_ends_does_not_disturb_its_parent(server):
    stream = open_stream(server)
    assert_batch(stream.next(), 0, 0)

    def child():
        nonlocal stream
        del stream
        gc.collect()

    assert in_child(child) == 0
    assert [batch.step for batch in stream] == [1, 2, 3, 4]
    assert len(server.sessions) == 1 and not any(kind == "CLOSE" for kind, _ in server.received)


def test_batches_that_are_kept_never_change(server):
    server.epoch_steps = 30
    stream = open_stream(server)
    kept = []
    for batch in stream:
        if batch.step % 3 == 0:
            kept.append(batch)
        elif batch.step % 3 == 1:
            # A view of a view is all that is kept.
            kept.append((batch.step, batch.data[0][1:3][0, :, 2:]))
    for entry in kept:
        if isinstance(entry, tuple):
            np.testing.assert_array_equal(entry[1], expected_batch(0, entry[0])[0][1, :, 2:])
        else:
            assert_batch(entry, 0, entry.step)


def test_memory_is_used_again_only_when_nothing_refers_to_it(server):
    server.epoch_steps = 50
    stream = open_stream(server)
    addresses = [batch.data[0].ctypes.data for batch in stream]
    assert len(set(addresses)) <= 4
    stream.reset()
    batches = list(stream)
    assert len({batch.data[0].ctypes.data for batch in batches}) == 50
    assert all(batch.data[0].ctypes.data % 64 == 0 for batch in batches)


def test_arrays_are_the_callers_own(server):
    batch = open_stream(server).next()
    data = batch.data[0]
    assert data.flags.writeable and data.flags.c_contiguous and data.flags.aligned
    # Before NumPy 1.23 it had an underscore.
    exchanged = (getattr(np, "from_dlpack", None) or np._from_dlpack)(data)
    address = data.ctypes.data
    assert exchanged.ctypes.data == address
    data[:] = 7
    del batch, data
    gc.collect()
    assert (exchanged == 7).all()


def test_arrays_outlive_stream_and_client(server):
    stream = open_stream(server)
    batch = stream.next()
    stream.close()
    del stream
    gc.collect()
    assert_batch(batch, 0, 0)


def test_a_stream_that_is_dropped_closes_its_connection(server):
    stream = open_stream(server)
    stream.next()
    del stream
    gc.collect()
    server.sessions[0].join(10)
    assert not server.sessions[0].is_alive()


def test_threads_take_turns(server):
    server.epoch_steps = 100
    stream = open_stream(server)
    seen = []

    def work():
        for batch in stream:
            seen.append(batch.step)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(seen) == list(range(100))
