"""Fifty streams are read while others abuse the daemon. No time decides: what an image costs the daemon does, and that every stream goes
on, that every batch is right, and that memory, threads and descriptors stay what they were."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CHECKOUT
from running_daemon import BASE, RunningDaemon, make_records, photographs

pytestmark = pytest.mark.skipif(not os.environ.get("HEADRACED"), reason="no daemon to test: $HEADRACED is not set")
sys.path.insert(0, str(CHECKOUT / "Tests" / "Benchmarks"))

from abuse import Abuser, Target, allow_many_files  # noqa: E402  the benchmarks', found through the line above
from readers import Readers, Usage  # noqa: E402

STREAMS = 50
# Batches that every stream delivers in a measurement.
BATCHES = 12
PREFETCH = 4
MEMORY = 128 << 20
# Of a measurement without abuse. What else the machine does changes what an image costs by a fifth; a thread that spins or a search through
# all connections at every batch would change it by far more.
MOST_COST = 1.6
# The runtime keeps one for each processor and adds some when those wait; one for each connection would be a thousand.
MOST_RUNTIME_THREADS = (os.cpu_count() or 1) + 16
# The abusers are admitted, whatever they do: limits would keep most of them out, and this is not about limits.
CONFIGURATION = BASE + """
limits:
  memory: 128MiB
  cache: 0B
  connections: 4000
  connections_per_client: 4000
  connects_per_second: 1000000
  connects_per_second_per_client: 1000000
datasets:
  photos:
    iterator: ImageRecordIter
    path_imgrec: {directory}/photos.rec
    path_imgidx: {directory}/photos.idx
    data_shape: [3, 32, 32]
    resize: 40
    batch_size: 4
    shuffle: false
    prefetch_buffer: 4
"""


class Scene:
    """A daemon, its readers, and what both were like before the abuse."""

    def __init__(self, daemon: RunningDaemon, readers: Readers, target: Target, calm: dict, before: Usage) -> None:
        self.daemon = daemon
        self.readers = readers
        self.target = target
        self.calm = calm
        self.before = before

    @property
    def usage(self) -> Usage:
        return Usage.of(self.daemon.process.pid)

    def measure(self) -> dict:
        return self.readers.measure(self.daemon.process.pid, BATCHES)

    def costs_no_more(self, found: dict) -> bool:
        """Whether images cost what they did without abuse. Looks again, since whatever else this machine does costs as well."""
        for _ in range(4):
            if found["cpu_ms_per_image"] < MOST_COST * self.calm["cpu_ms_per_image"]:
                return True
            found = self.measure()
        return False

    def forget_peak(self) -> None:
        Path(f"/proc/{self.daemon.process.pid}/clear_refs").write_text("5")

    def becomes(self, is_so: Callable[[], bool], what: str, seconds: float = 20) -> None:
        """Looks again and again: what the daemon does last shows nowhere but in /proc."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"after {seconds} s it is not so that {what}: {self.usage}, before: {self.before}"
            time.sleep(0.02)

    def is_as_before(self) -> None:
        """Descriptors are back, no thread has come, no connection is left but the readers'."""
        # A stream makes its slots when it needs them: as many batches as it prepares, and two.
        most_slots = STREAMS * (PREFETCH + 2)
        self.becomes(lambda: len(self.daemon.page("/v1/clients")["clients"]) == STREAMS, "only the readers are connected")
        self.becomes(lambda: self.usage.files <= self.before.files, "the descriptors are closed")
        self.becomes(lambda: self.usage.memory_files <= most_slots, "only the readers' slots are left")
        # A thread bears the name of the one that started it until it has its own, so that this, too, is looked at again.
        self.becomes(lambda: self.usage.threads <= self.before.threads, "only the daemon's own threads are left")
        self.becomes(lambda: self.usage.runtime_threads <= MOST_RUNTIME_THREADS, "the runtime has a few threads")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("load")
    make_records(directory / "photos.rec", [path.read_bytes() for path in photographs()])
    allow_many_files()
    text = CONFIGURATION.replace("  unix: ", "  tcp: {{host: 127.0.0.1, port: 0, insecure: true}}\n  unix: ")
    with RunningDaemon(directory, text) as daemon:
        with Readers(daemon.url, STREAMS, dataset="photos") as readers:
            readers.advance(BATCHES)
            yield daemon, readers


@pytest.fixture
def scene(running):
    daemon, readers = running
    listeners = daemon.page("/v1/status")["listeners"]
    (tcp,) = (name for name in listeners if name.startswith("tcp://"))
    host, _, port = tcp.removeprefix("tcp://").rpartition(":")
    target = Target(str(daemon.socket), (host, int(port)), {"dataset": "photos"})
    calm = readers.measure(daemon.process.pid, BATCHES)
    return Scene(daemon, readers, target, calm, Usage.of(daemon.process.pid))


def test_a_thousand_idle_connections_cost_fifty_streams_nothing(scene):
    with Abuser("idle", 1000, scene.target):
        scene.becomes(lambda: len(scene.daemon.page("/v1/clients")["clients"]) == 1000 + STREAMS, "all are connected")
        assert scene.costs_no_more(scene.measure())
        grown = scene.usage.resident_bytes - scene.before.resident_bytes
    # What a connection that does nothing takes.
    assert grown < 1000 * (64 << 10)
    scene.is_as_before()


def test_ten_thousand_broken_connections_leave_nothing_behind(scene):
    scene.forget_peak()
    used = scene.usage.cpu_seconds
    images = sum(scene.readers.images)
    with Abuser("storm", 10_000, scene.target) as storm:
        scene.readers.advance(1)
        done = storm.finish()
    assert done == {"connections": 10_000, "refused": 0}
    used = scene.usage.cpu_seconds - used
    images = sum(scene.readers.images) - images
    # Connecting, greeting, perhaps opening, and cleaning up, beside the images that were delivered meanwhile.
    assert used - MOST_COST * images * scene.calm["cpu_ms_per_image"] / 1000 < 10_000 * 1e-3
    scene.measure()
    scene.is_as_before()
    assert scene.usage.peak_bytes < scene.before.resident_bytes + MEMORY


@pytest.mark.parametrize("kind", ["unread", "trickle"])
def test_clients_that_do_not_read_hold_up_nobody_but_themselves(scene, kind):
    scene.forget_peak()
    with Abuser(kind, 40, scene.target):
        assert scene.costs_no_more(scene.measure())
        streams = scene.daemon.page("/v1/streams")["streams"]
    assert len(streams) == 40 + STREAMS
    scene.is_as_before()
    assert scene.usage.peak_bytes < scene.before.resident_bytes + MEMORY


def test_clients_that_are_killed_with_credit_outstanding_leave_nothing_behind(scene):
    scene.forget_peak()
    with Abuser("deaths", 30, scene.target) as deaths:
        scene.readers.advance(1)
        assert deaths.finish() == {"deaths": 30}
    assert scene.costs_no_more(scene.measure())
    scene.is_as_before()
    assert scene.usage.peak_bytes < scene.before.resident_bytes + MEMORY
