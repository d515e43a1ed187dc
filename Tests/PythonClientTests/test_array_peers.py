"""Arrays that peers hand over to a real daemon in the raw protocol, rightly and wrongly."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct

import pytest
from array_daemon import LIMIT, daemon  # noqa: F401
from array_peer import ALL, Peer, memory, memory_files, refusal
from running_daemon import wait_until


def keeps_no_memory_file(daemon):
    """In the end: what other tests' connections leave in their sockets is received and closed on a thread, when they are long gone."""
    wait_until("all memory files' closing", lambda: memory_files(daemon) == 0)


# Peers that do not keep to the protocol.


@pytest.mark.parametrize(
    ("make", "count", "words"),
    [
        (lambda: memory(seals=0), 4, "lacks the seals F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE"),
        (lambda: memory(seals=ALL & ~fcntl.F_SEAL_WRITE), 4, "lacks the seals F_SEAL_WRITE"),
        (lambda: memory(seals=ALL & ~fcntl.F_SEAL_SHRINK), 4, "lacks the seals F_SEAL_SHRINK"),
        (lambda: memory(), 5, "has 16 bytes; 20 are needed"),
        (lambda: memory(holes=1 << 20), 4096, "a hole cannot be served"),
        (lambda: os.open("/etc/passwd", os.O_RDONLY), 4, "is no memory file"),
        (lambda: os.open("/dev/zero", os.O_RDWR), 4, "is no memory file"),
        (lambda: os.pipe()[0], 4, "is no memory file"),
    ],
    ids=["unsealed", "writable", "shrinkable", "short", "hole", "file", "device", "pipe"],
)
def test_a_descriptor_that_is_not_sealed_memory_is_refused(daemon, make, count, words):
    with Peer(daemon) as peer:
        assert set(peer.hello["features"]) == {"arrays", "descriptors"}
        file = make()
        socket.send_fds(peer.side, [b"a"], [file])
        os.close(file)
        peer.attach(count)
        refusal(peer, words)


@pytest.mark.parametrize("change", [{"dtype": "object"}, {"bytes": 17}, {"shape": [1 << 60], "bytes": 1 << 62}])
def test_the_file_of_a_refused_array_is_not_taken_for_the_next_one(daemon, change):
    with Peer(daemon) as peer:
        for size in (4, 16):
            file = memory(size)
            socket.send_fds(peer.side, [b"a"], [file])
            os.close(file)
            peer.attach(4, **(change if size == 4 else {}))
            kind, answer = peer.answer()
            assert (kind, answer.get("scope")) == ((0x0D, "request") if size == 4 else (0x14, None)), answer
        assert peer.is_well()


def test_messages_with_another_number_of_descriptors_are_refused_and_closed(daemon):
    with Peer(daemon) as peer:
        file = memory()
        for count in (0, 2, 8, 9, 100):
            if count:
                socket.send_fds(peer.side, [b"a"], [file] * count)
            else:
                peer.side.send(b"a")
            peer.attach()
            kind, error = peer.answer()
            assert kind == 0x0D and "descriptors instead of one" in error["message"], error
        for tag in (b"", b"\xff", b"x" * 65):
            socket.send_fds(peer.side, [tag or b"\0"], [file])
            peer.attach()
            assert peer.answer()[0] == 0x0D
        peer.attach()
        kind, error = peer.answer()
        assert "no descriptor has come" in error["message"], error
        socket.send_fds(peer.side, [b"b"], [file])
        peer.attach()
        kind, error = peer.answer()
        assert "is called 'b'" in error["message"], error
        os.close(file)
        assert peer.is_well()
        keeps_no_memory_file(daemon)


def test_a_flood_of_descriptors_stays_in_its_socket(daemon):
    with Peer(daemon) as peer:
        file = memory()
        peer.side.setblocking(False)
        with pytest.raises(OSError):
            for _ in range(100_000):
                socket.send_fds(peer.side, [b"a"], [file] * 200)
        os.close(file)
        keeps_no_memory_file(daemon)
        assert peer.is_well()


def test_a_sealed_file_is_mapped_and_its_descriptor_closed(daemon):
    with Peer(daemon) as peer:
        wait_until("other tests' memory's return", lambda: daemon.page("/v1/status")["memory_bytes"] == 0)
        file = memory()
        socket.send_fds(peer.side, [b"a"], [file])
        os.close(file)
        peer.attach()
        assert peer.answer() == (0x14, {"name": "a"})
        keeps_no_memory_file(daemon)
        assert daemon.page("/v1/status")["memory_bytes"] == 16
        peer.attach()
        _kind, error = peer.answer()
        assert "has been handed over already" in error["message"]
    wait_until("the memory's return", lambda: daemon.page("/v1/status")["memory_bytes"] == 0)


def test_a_socket_that_lingers_holds_nobody_up(daemon):
    server, own = socket.socketpair()
    listener = socket.create_server(("127.0.0.1", 0))
    sender = socket.create_connection(listener.getsockname())
    accepted, _ = listener.accept()
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
    sender.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sender.send(bytes(1 << 16))
    with Peer(daemon) as peer:
        socket.send_fds(peer.side, [b"a"], [sender.fileno()])
        sender.close()
    # The daemon now closes the last descriptor of a socket whose data nobody takes.
    for _ in range(2 * (os.cpu_count() or 1) + 2):
        with Peer(daemon) as peer:
            assert peer.is_well()
    for each in (server, own, accepted, listener):
        each.close()


def test_an_error_about_a_long_message_is_short(daemon):
    with Peer(daemon) as peer:
        message = {"name": "a", "dtype": "uint8", "shape": [1] * 200_000, "order": "C", "bytes": 1, "via": "frames"}
        peer.send(0x12, json.dumps(message, separators=(",", ":")).encode())
        kind, error = peer.answer()
        assert kind == 0x0D and len(error["message"]) <= 4200


def test_descriptors_are_for_those_who_agreed_on_them(daemon):
    with Peer(daemon, features=["arrays"]) as peer:
        assert peer.side is None and peer.hello["features"] == ["arrays"]
        peer.attach()
        refusal(peer, "which this connection cannot pass")
    with Peer(daemon, features=[]) as peer:
        peer.attach(via="frames")
        _kind, error = peer.answer()
        assert (error["code"], error["scope"]) == ("bad_frame", "connection")


def test_a_refused_array_may_still_be_under_way(daemon):
    with Peer(daemon) as peer:
        # Sent without waiting, as the protocol allows.
        peer.attach(LIMIT // 4 + 1, via="frames")
        for _ in range(LIMIT >> 20):
            peer.send(0x13, bytes(1 << 20))
        _kind, error = peer.answer()
        assert error["code"] == "over_limit" and error["scope"] == "request"
        assert peer.is_well()


def test_a_client_that_dies_in_mid_upload_leaves_nothing(daemon):
    wait_until("other tests' memory's return", lambda: daemon.page("/v1/status")["memory_bytes"] == 0)
    for _ in range(3):
        with Peer(daemon) as peer:
            peer.attach(LIMIT // 4, via="frames")
            peer.send(0x13, bytes(1 << 20))
            wait_until("the reservation", lambda: daemon.page("/v1/status")["memory_bytes"] == LIMIT)
        wait_until("the memory's return", lambda: daemon.page("/v1/status")["memory_bytes"] == 0)


def test_256_arrays_are_the_most(daemon):
    with Peer(daemon) as peer:
        for number in range(256):
            peer.attach(0, name=f"n{number}", via="frames")
            assert peer.answer() == (0x14, {"name": f"n{number}"})
        peer.attach(0, name="more", via="frames")
        _kind, error = peer.answer()
        assert (error["code"], error["scope"]) == ("over_limit", "request")
