#!/usr/bin/env python3
"""Clients that a daemon must bear: many that are idle, a storm of broken connections, some that do not read, some that die.

    abuse.py SCENE --count N --unix PATH --tcp HOST:PORT --open JSON [--nice N]

Written from the protocol's text, without the client library. Prints `under way` when the abuse is in place, goes on until standard
input ends, and prints what it did as one line of JSON. Connections go over the Unix socket and TCP in turn.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
import zlib
from typing import NamedTuple

HELLO, OPEN, OPENED, CREDIT, ERROR = 0x01, 0x02, 0x03, 0x04, 0x0D
_TIMEOUT_SECONDS = 30


class Target(NamedTuple):
    """Where a daemon listens, and what it can be asked to open."""

    unix: str
    tcp: tuple[str, int]
    # The members of OPEN.
    opening: dict


class Client:
    """A connection that sends what it is told to."""

    def __init__(self, target: Target, number: int) -> None:
        """Over the Unix socket when ``number`` is even, over TCP when it is odd."""
        self.is_unix = number % 2 == 0
        self.socket = socket.socket(socket.AF_UNIX if self.is_unix else socket.AF_INET)
        if not self.is_unix:
            # What the kernel holds for a client that does not read shall be little.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # Blocking: a connection that finds the queue of a Unix socket full fails otherwise.
        self.socket.connect(target.unix if self.is_unix else target.tcp)
        self.socket.settimeout(_TIMEOUT_SECONDS)
        self._sequence = 0

    def frame(self, kind: int, message: dict) -> bytes:
        payload = json.dumps(message).encode()
        head = b"HDRC" + struct.pack("<BBHQIII", kind, 0, 0, len(payload), int(kind != HELLO), self._sequence, 0)
        self._sequence += 1
        return head + struct.pack("<I", zlib.crc32(head)) + payload

    def hello(self) -> bytes:
        return self.frame(HELLO, {"major": 1, "minor": 2, "features": [], "client": "abuse", "max_frame": 1 << 30})

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> tuple[int, dict]:
        """One control frame."""
        head = self._exactly(32)
        return head[4], json.loads(self._exactly(struct.unpack_from("<Q", head, 8)[0]))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the daemon closed the connection")
            data += part
        return data

    def greet(self) -> dict:
        self.send(self.hello())
        return self._answer(HELLO)

    def open(self, target: Target) -> dict:
        self.send(self.frame(OPEN, target.opening))
        return self._answer(OPENED)

    def _answer(self, wanted: int) -> dict:
        kind, message = self.receive()
        if kind != wanted:
            raise ConnectionError(f"refused: {message}")
        return message

    def grant(self, batches: int) -> None:
        self.send(self.frame(CREDIT, {"batches": batches}))

    def reset(self) -> None:
        """Ends the connection so that the daemon sees a reset, as after a crash."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Scene:
    """What goes on until ``ended`` is set."""

    def __init__(self, target: Target, count: int, ended: threading.Event) -> None:
        self.target = target
        self.count = count
        self.ended = ended

    def prepare(self) -> None:
        """Puts the abuse in place."""

    def run(self) -> dict:
        """Goes on with it to its end. Returns what was done."""
        self.ended.wait()
        return {}


class Idle(Scene):
    """Connections that have greeted and want nothing."""

    def prepare(self) -> None:
        self.clients = [Client(self.target, number) for number in range(self.count)]
        for client in self.clients:
            client.greet()

    def run(self) -> dict:
        self.ended.wait()
        return {"connections": len(self.clients)}


class Storm(Scene):
    """Connections that break off at every stage, one behind the other."""

    def run(self) -> dict:
        done = {"connections": 0, "refused": 0}
        while done["connections"] < self.count and not self.ended.is_set():
            number = done["connections"]
            done["connections"] += 1
            try:
                # Two connections a stage: one of each kind.
                self._break_off(Client(self.target, number), stage=number // 2 % 6)
            except (ConnectionError, BrokenPipeError):
                done["refused"] += 1
        return done

    def _break_off(self, client: Client, stage: int) -> None:
        try:
            if stage == 5:
                client.greet()
                client.send(client.frame(OPEN, self.target.opening))
                client.grant(8)
                return
            hello = client.hello()
            if stage == 1:
                client.send(hello[:20])
            elif stage == 2:
                client.send(hello)
            elif stage == 3:
                client.send(hello + client.frame(OPEN, self.target.opening)[:40])
            elif stage == 4:
                client.send(hello + client.frame(OPEN, self.target.opening))
        finally:
            client.reset()


class Unread(Scene):
    """Clients that grant credit without end and read nothing."""

    def prepare(self) -> None:
        self.clients = []
        for number in range(self.count):
            client = Client(self.target, number)
            client.greet()
            client.open(self.target)
            client.grant(10_000)
            self.clients.append(client)

    def run(self) -> dict:
        self.ended.wait()
        return {"connections": len(self.clients)}


class Trickle(Unread):
    """The same, but each takes one byte a second."""

    def run(self) -> dict:
        taken = 0
        while not self.ended.wait(1):
            for client in self.clients:
                taken += len(client.socket.recv(1))
        return {"connections": len(self.clients), "bytes": taken}


class Deaths(Scene):
    """Processes that open a stream, grant credit, and are killed, each at another moment; ten a second at most."""

    def run(self) -> dict:
        deaths = 0
        for number in range(self.count):
            if self.ended.is_set():
                break
            if os.fork() == 0:
                self._die(number)
            self.ended.wait(0.1)
            deaths += os.waitstatus_to_exitcode(os.wait()[1]) == -signal.SIGKILL
        return {"deaths": deaths}

    def _die(self, number: int) -> None:
        try:
            client = Client(self.target, number)
            client.greet()
            client.open(self.target)
            client.grant(100)
            with selectors.DefaultSelector() as first:
                first.register(client.socket, selectors.EVENT_READ)
                if number % 3:
                    first.select(_TIMEOUT_SECONDS)
            if number % 3 == 2:
                client.socket.recv(1000)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)


SCENES: dict[str, type[Scene]] = {
    "idle": Idle, "storm": Storm, "unread": Unread, "trickle": Trickle, "deaths": Deaths}


class Abuser:
    """A process that plays a scene, from the moment at which the scene is in place to the end of the block."""

    def __init__(self, scene: str, count: int, target: Target, nice: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, scene, "--count", str(count), "--unix", target.unix,
             "--tcp", f"{target.tcp[0]}:{target.tcp[1]}", "--open", json.dumps(target.opening), "--nice", str(nice)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        self.done: dict = {}

    def __enter__(self) -> Abuser:
        line = self._process.stdout.readline()
        if line != "under way\n":
            self._process.kill()
            raise AssertionError(f"the scene could not be set: {line}")
        return self

    def finish(self) -> dict:
        """Waits until a scene that ends by itself has ended. Returns what was done."""
        if not self.done:
            self.done = json.loads(self._process.stdout.readline() or '{"error": "it broke off"}')
        return self.done

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self.finish()
        self._process.wait(_TIMEOUT_SECONDS)


def allow_many_files() -> None:
    """As many open files as this process may have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene", choices=SCENES)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--unix", required=True)
    parser.add_argument("--tcp", required=True)
    parser.add_argument("--open", type=json.loads, required=True)
    parser.add_argument("--nice", type=int, default=0)
    options = parser.parse_args()
    os.nice(options.nice)
    allow_many_files()
    host, _, port = options.tcp.rpartition(":")
    ended = threading.Event()
    scene = SCENES[options.scene](Target(options.unix, (host, int(port)), options.open), options.count, ended)
    scene.prepare()
    print("under way", flush=True)

    def wait_for_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    print(json.dumps(scene.run()), flush=True)


if __name__ == "__main__":
    main()
