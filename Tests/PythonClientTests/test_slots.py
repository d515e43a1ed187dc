"""Batches in memory that the server shares: the same bytes, nobody harmed, nothing stuck, nothing left over."""

from __future__ import annotations

import errno
import fcntl
import gc
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from array_peer import Peer, memory_files
from running_daemon import BASE, RunningDaemon, make_records, photographs, wait_until

import headrace
from headrace import ProtocolError, _slots
from headrace._sidechannel import SideChannel
from headrace._slots import Slots, _Slot

SEALS = 0x2 | 0x4 | 0x10  # F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE
STEPS = 12


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slots")
    make_records(folder / "a.rec", [path.read_bytes() for path in photographs()])
    with RunningDaemon(folder, BASE) as running:
        yield running


def parameters(daemon, **changes):
    return {"path_imgrec": str(daemon.directory / "a.rec"), "data_shape": (3, 48, 48), "batch_size": 4, "resize": 50,
            "rand_crop": True, "shuffle": True, "seed": 5, **changes}  # fmt: skip


def open_stream(client, daemon, **changes):
    return client.open(iterator="ImageRecordIter", **parameters(daemon, **changes))


def checksum(batch):
    return zlib.crc32(batch.label[0], zlib.crc32(batch.data[0]))


def released(daemon):
    return memory_files(daemon) == 0 and daemon.page("/v1/status")["memory_bytes"] == 0


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
    with RunningDaemon(tmp_path, BASE.replace("data.sock}}", "data.sock, shared_memory: false}}")) as daemon, headrace.connect(daemon.url) as client:
        stream = open_stream(client, daemon)
        assert len(list(stream)) == STEPS and memory_files(daemon) == 0


# Peers that do not keep to the rules.

OPEN, OPENED, CREDIT, BATCH, RELEASE, CLOSE, ERROR, SLOT = 0x02, 0x03, 0x04, 0x05, 0x06, 0x11, 0x0D, 0x15


class SlotPeer(Peer):
    def __init__(self, daemon):
        super().__init__(daemon, features=("descriptors", "slots"))

    def open(self, daemon):
        request = {"iterator": "ImageRecordIter", "parameters": parameters(daemon)}
        self.send(OPEN, json.dumps(request).encode())
        kind, opened = self.answer()
        assert kind == OPENED and opened["slots"] == opened["prefetch"] + 2
        return opened

    def batch(self):
        self.send(CREDIT, b'{"batches":1}')
        return self.answer()

    def descriptor(self):
        text, files, _, _ = socket.recv_fds(self.side, 100, 4)
        assert len(files) == 1
        return text.decode(), files[0]

    def release(self, *slots):
        self.send(RELEASE, json.dumps({"slots": slots}).encode())


def test_the_client_can_neither_write_to_a_slot_nor_change_its_size(daemon):
    with SlotPeer(daemon) as peer:
        opened = peer.open(daemon)
        kind, message = peer.batch()
        assert kind == SLOT and message["bytes"] == opened["batch_bytes"]
        text, file = peer.descriptor()
        assert text == f"slot {message['slot']}"
        assert fcntl.fcntl(file, 1034) & SEALS == SEALS
        assert os.fstat(file).st_size >= message["bytes"]
        again = os.open(f"/proc/self/fd/{file}", os.O_RDWR)
        for descriptor in (file, again):
            for attempt in (
                lambda: os.pwrite(descriptor, b"x", 0),
                lambda: os.ftruncate(descriptor, 10),
                lambda: os.ftruncate(descriptor, 1 << 30),
                lambda: mmap.mmap(descriptor, 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE),
                lambda: fcntl.fcntl(descriptor, 1033, 0x8),
            ):
                with pytest.raises(OSError) as caught:
                    attempt()
                assert caught.value.errno in (errno.EPERM, errno.EBUSY)
        os.close(again)
        os.close(file)


@pytest.mark.parametrize("wrong", ["twice", "never lent", "negative"])
def test_a_release_of_what_the_client_does_not_have_ends_the_connection(daemon, wrong):
    with SlotPeer(daemon) as peer:
        peer.open(daemon)
        slot = peer.batch()[1]["slot"]
        if wrong == "twice":
            peer.release(slot)
        peer.release({"twice": slot, "never lent": slot + 100, "negative": -1}[wrong])
        kind, error = peer.answer()
        assert kind == ERROR and (error["code"], error["scope"]) == ("bad_frame", "connection")
        assert "RELEASE of the slot" in error["message"]


def test_slots_of_a_closed_stream_may_still_be_released(daemon):
    with SlotPeer(daemon) as peer:
        peer.open(daemon)
        slot = peer.batch()[1]["slot"]
        peer.send(CLOSE, b"{}")
        assert peer.answer()[0] == CLOSE
        peer.open(daemon)
        peer.release(slot)
        kind, message = peer.batch()
        assert kind == SLOT and message["slot"] != slot


def test_a_client_that_takes_no_descriptors_gets_the_bytes(daemon):
    with SlotPeer(daemon) as peer:
        for _ in range(20_000):
            peer.open(daemon)
            peer.send(CREDIT, b'{"batches":1}')
            head = peer.socket.recv(32, socket.MSG_WAITALL)
            if head[4] == BATCH:
                break
            assert peer._rest(head)[1]["slot"] >= 0
            peer.send(CLOSE, b"{}")
            assert peer.answer()[0] == CLOSE
        else:
            pytest.fail("the side channel took 20,000 descriptors")
    wait_until("all memory's return", lambda: released(daemon))


def file_of(size=4096, seals=SEALS):
    file = os.memfd_create("slot", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.ftruncate(file, size)
    fcntl.fcntl(file, 1033, seals)
    return file


@pytest.mark.parametrize(
    ("make", "tag", "size", "words"),
    [
        (lambda: file_of(seals=0x2 | 0x4), "slot 0", 64, "not sealed"),
        (lambda: file_of(seals=0x10), "slot 0", 64, "not sealed"),
        (lambda: os.open(sys.executable, os.O_RDONLY), "slot 0", 64, "no memory file"),
        (lambda: file_of(size=0), "slot 0", 64, "empty"),
        (lambda: file_of(), "slot 1", 64, "called 'slot 1'"),
        (lambda: file_of(), "slot 0", 4097, "4097 bytes of its 4096"),
        (lambda: file_of(), "slot 0", 0, "0 bytes of its 4096"),
        (None, "", 64, "no descriptor has come"),
    ],
)
def test_the_client_maps_nothing_that_could_kill_it(make, tag, size, words):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        channel = SideChannel(ours.detach())
        if make is not None:
            file = make()
            socket.send_fds(theirs, [tag.encode()], [file])
            os.close(file)
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(ProtocolError, match=words):
            Slots(channel, lambda: None).take(0, size)
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) <= before
        channel.close()


@pytest.mark.parametrize("scans", [True, False])
@pytest.mark.parametrize("touched", [None, 0, 4095, 4096, 12287, 12288])
def test_a_page_that_was_written_to_is_found_and_dropped(monkeypatch, scans, touched):
    if not scans:
        monkeypatch.setattr(_Slot, "_find_own_page", lambda *_: None)
    file = os.memfd_create("slot", os.MFD_CLOEXEC)
    os.write(file, bytes(range(256)) * 48 + b"x")
    slot = _Slot(file, 12289)
    assert not slot._has_own_pages()
    if touched is not None:
        slot.bytes[touched] ^= 0xFF
        assert slot._has_own_pages()
        # Another process's view of the file is as it was.
        assert os.pread(file, 1, touched)[0] != slot.bytes[touched]
    os.pwrite(file, b"new", 4096)
    slot.drop_own_pages()
    os.close(file)
    assert not slot._has_own_pages()
    assert bytes(slot.bytes[4096:4099]) == b"new" and slot.bytes[12288] == ord("x") and slot.bytes[0] == 0


@pytest.mark.parametrize("counts", [True, False])
def test_a_page_is_looked_for_only_when_there_were_page_faults(monkeypatch, counts):
    file = os.memfd_create("slot", os.MFD_CLOEXEC)
    os.ftruncate(file, 1 << 20)
    slot = _Slot(file, 1 << 20)
    faults = 1000
    monkeypatch.setattr(_slots, "_page_faults", lambda: faults)
    monkeypatch.setattr(_slots, "_are_faults_counted", lambda: counts)
    looks = []
    look = _Slot._has_own_pages
    monkeypatch.setattr(_Slot, "_has_own_pages", lambda slot: looks.append(look(slot)) or looks[-1])
    slot.drop_own_pages()
    slot.drop_own_pages()
    assert looks == [False] if counts else [False, False]
    slot.bytes[70000] = 1
    faults += 1
    slot.drop_own_pages()
    assert looks[-1] and slot.bytes[70000] == 0
    os.close(file)


def test_whoever_writes_to_a_slot_makes_page_faults():
    """In each page once, from any thread, and through the kernel as well."""
    assert _slots._are_faults_counted()
    file = os.memfd_create("slot", os.MFD_CLOEXEC)
    os.ftruncate(file, 1 << 16)
    slot = _Slot(file, 1 << 16)

    def receive(offset):
        ours, theirs = socket.socketpair()
        theirs.send(b"x")
        ours.recv_into(memoryview(slot.memory)[offset : offset + 1])
        ours.close()
        theirs.close()

    def write(offset):
        slot.bytes[offset] = 1

    ways = [write, receive, lambda offset: _in_a_thread(write, offset), lambda offset: _in_a_thread(receive, offset)]
    for offset, way in zip(range(0, 1 << 16, 4096), ways * 4, strict=True):
        slot.drop_own_pages()
        before = _slots._page_faults()
        way(offset)
        assert _slots._page_faults() > before
        assert slot.bytes[offset] != 0
        slot.drop_own_pages()
        assert slot.bytes[offset] == 0
    os.close(file)


def _in_a_thread(work, *arguments):
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    thread.join()


def test_a_slot_that_is_named_again_before_its_release_is_refused():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        channel = SideChannel(ours.detach())
        file = file_of()
        socket.send_fds(theirs, [b"slot 0"], [file])
        os.close(file)
        slots = Slots(channel, lambda: None)
        first = slots.take(0, 64)
        with pytest.raises(ProtocolError, match="second time"):
            slots.take(0, 64)
        assert slots.in_use == 1
        del first
        assert slots.in_use == 0 and slots.has_released
        assert slots.collect() == [0] and slots.collect() == []
        assert Path("/proc/self/pagemap").exists()
        slots.take(0, 4096)
        channel.close()
