"""Batches in memory that the server shares, as users see them: the same bytes, nobody harmed, nothing stuck, nothing left over."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import zlib

import numpy as np
import pytest
from array_peer import memory_files
from running_daemon import BASE, RunningDaemon, make_records, photographs, wait_until
from slot_daemon import STEPS, checksum, daemon, open_stream, parameters, released  # noqa: F401

import headrace


@pytest.mark.parametrize("checksums", [False, True])
def test_the_bytes_are_those_that_a_socket_brings(daemon, checksums):
    found = []
    for shared in (True, False):
        with headrace.connect(daemon.url, shared_memory=shared, checksum=checksums) as client:
            stream = open_stream(client, daemon)
            epochs = [[checksum(batch) for batch in stream]]
            stream.reset()
            epochs.append([checksum(batch) for batch in stream])
            found.append(epochs)
            # What the connection before had is given back when the daemon gets to it.
            wait_until("memory files for one, none for the other", lambda: (memory_files(daemon) > 0) == shared)
            assert stream.stats()["client_copied_batches"] == 0
    assert found[0] == found[1] and len(found[0][0]) == STEPS


@pytest.mark.parametrize("prefetch", [1, 4])
def test_whoever_keeps_every_batch_gets_copies_and_never_waits_for_himself(daemon, prefetch):
    with headrace.connect(daemon.url, timeout=20) as client:
        stream = open_stream(client, daemon, prefetch_buffer=prefetch)
        expected = [checksum(batch) for batch in stream]
        stream.reset()
        stream.seek(0)
        kept = list(stream)
        assert [checksum(batch) for batch in kept] == expected
        assert stream.stats()["client_copied_batches"] == STEPS - max(2, prefetch)
        # Once they are gone, there are slots again.
        del kept
        stream.seek(0)
        assert [checksum(batch) for batch in stream] == expected
        assert stream.stats()["client_copied_batches"] == STEPS - max(2, prefetch)


def test_what_the_user_writes_harms_nobody(daemon):
    with headrace.connect(daemon.url) as client:
        stream, other = open_stream(client, daemon), open_stream(client, daemon)
        expected = [checksum(batch) for batch in stream]
        for epoch in range(3):
            stream.seek(0)
            other.seek(0)
            for step, (mine, theirs) in enumerate(zip(stream, other, strict=True)):
                assert checksum(mine) == checksum(theirs) == expected[step], (epoch, step)
                if epoch == 0:
                    mine.data[0][:] = -1
                elif epoch == 1:
                    mine.data[0][1, 2, 3, 4] = 1e9
                    mine.label[0] += 7


def test_a_batch_outlives_its_stream_its_client_and_the_daemon(tmp_path, daemon):
    make_records(tmp_path / "a.rec", [path.read_bytes() for path in photographs()])
    with RunningDaemon(tmp_path, BASE) as mortal:
        client = headrace.connect(mortal.url)
        first = open_stream(client, mortal)
        kept, checks = [next(first)], []
        checks.append(checksum(kept[0]))
        first.close()
        second = open_stream(client, mortal)
        kept.append(next(second))
        checks.append(checksum(kept[1]))
        for _ in second:
            pass
        client.close()
        assert [checksum(batch) for batch in kept] == checks
    assert [checksum(batch) for batch in kept] == checks
    kept[0].data[0][:] = 0
    assert checksum(kept[1]) == checks[1]


def test_nothing_is_written_to_the_batches_of_a_stream_that_is_closed(daemon):
    with headrace.connect(daemon.url) as client:
        for _ in range(40):
            with open_stream(client, daemon, data_shape=(3, 8, 8)) as stream:
                batches = [next(stream), next(stream), next(stream)]
                checks = [checksum(batch) for batch in batches]
            assert next(open_stream(client, daemon)).step == 0
            assert [checksum(batch) for batch in batches] == checks


def test_slots_come_back_when_arrays_go_however_they_go(daemon):
    with headrace.connect(daemon.url, timeout=20) as client:
        stream = open_stream(client, daemon, prefetch_buffer=1)
        for _ in range(STEPS):
            batch = next(stream)
            view = batch.data[0][1:, ::2].T
            knot = [view]
            knot.append(knot)
            exported = np.from_dlpack(batch.data[0])
            assert exported.ctypes.data == batch.data[0].ctypes.data
            before = exported.sum()
            del batch, view
            assert exported.sum() == before
            del exported, knot
            gc.collect()
        assert stream.stats()["client_copied_batches"] == 0


def test_an_exported_tensor_keeps_its_slot(daemon):
    with headrace.connect(daemon.url) as client:
        stream = open_stream(client, daemon)
        tensor = np.from_dlpack(next(stream).data[0])
        check = zlib.crc32(tensor)
        for _ in stream:
            pass
        assert zlib.crc32(tensor) == check


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_keeps_what_its_parent_had(daemon):
    with headrace.connect(daemon.url) as client:
        stream = open_stream(client, daemon)
        batch = next(stream)
        check = checksum(batch)
        ready, go = os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.write(ready[1], b"x")
                os.read(go[0], 1)
                status = 0 if checksum(batch) == check else 2
                del batch
                gc.collect()
            finally:
                os._exit(status)
        os.read(ready[0], 1)
        del batch
        for _ in range(2):
            for _ in stream:
                pass
            stream.reset()
        os.write(go[1], b"x")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        expected = next(open_stream(client, daemon))
        stream.seek(0)
        assert checksum(next(stream)) == checksum(expected) == check


CLIENT = """
import sys, json, headrace
client = headrace.connect(sys.argv[1])
stream = client.open(iterator="ImageRecordIter", **json.loads(sys.argv[2]))
kept = [next(stream) for _ in range(3)]
print("holding", flush=True)
sys.stdin.read()
"""


def test_the_slots_of_a_client_that_is_killed_come_back_at_once(daemon):
    wait_until("all memory's return", lambda: released(daemon))
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, daemon.url, json.dumps(parameters(daemon))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    with client:
        assert client.stdout.readline() == b"holding\n"
        assert memory_files(daemon) > 0
        client.send_signal(signal.SIGKILL)
        client.wait()
    wait_until("all memory's return", lambda: released(daemon))


@pytest.mark.filterwarnings("ignore:Exception ignored:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("checksums", [False, True])
def test_an_interruption_at_any_line_loses_no_slot_and_changes_no_batch(daemon, checksums):
    """Raises in front of every line of the package's own code in turn, destructors too, as Ctrl-C may, and goes on."""
    package = os.path.dirname(headrace.__file__)

    class Interrupted(BaseException):
        pass

    def use(stream, kept):
        for act in (None, None, stream.stats, stream.reset, lambda: stream.seek(4, 2)):
            if act is not None:
                act()
            kept.append(next(stream))
            del kept[:-2]

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

    with headrace.connect(daemon.url, checksum=checksums, timeout=10) as client:
        # Three slots: one that is lost, and two that the user holds, would leave none.
        stream = open_stream(client, daemon, prefetch_buffer=1)
        expected = {}
        for epoch in range(7):
            stream.seek(epoch)
            expected.update({(epoch, batch.step): checksum(batch) for batch in stream})
        line = 0
        while passed >= line:
            line, passed = line + 7, 0
            stream, kept = open_stream(client, daemon, prefetch_buffer=1), []
            sys.settrace(trace)
            try:
                use(stream, kept)
            except Interrupted:
                pass
            finally:
                sys.settrace(None)
            for _ in range(5):
                kept.append(next(stream))
                del kept[:-2]
                for batch in kept:
                    assert checksum(batch) == expected[batch.epoch, batch.step], line
            stream.close()
        assert line > 1500


def test_a_server_may_be_told_not_to_share(tmp_path):
    make_records(tmp_path / "a.rec", [path.read_bytes() for path in photographs()])
    with (
        RunningDaemon(tmp_path, BASE.replace("data.sock}}", "data.sock, shared_memory: false}}")) as daemon,
        headrace.connect(daemon.url) as client,
    ):
        stream = open_stream(client, daemon)
        assert len(list(stream)) == STEPS and memory_files(daemon) == 0
