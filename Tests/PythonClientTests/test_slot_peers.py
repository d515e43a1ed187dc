"""Slots between peers that do not keep to the rules: neither side can harm the other with the memory they share."""

from __future__ import annotations

import errno
import fcntl
import gc
import json
import mmap
import os
import socket
import sys
import threading
from pathlib import Path

import pytest
from array_peer import Peer
from running_daemon import wait_until
from slot_daemon import daemon, parameters, released  # noqa: F401

from headrace import ProtocolError, _slots
from headrace._sidechannel import SideChannel
from headrace._slots import Slots, _Slot

SEALS = 0x2 | 0x4 | 0x10  # F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE

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
