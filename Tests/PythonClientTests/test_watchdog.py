"""The watchdog of a service manager is fed only while the event loops and the pool of a real daemon make progress: single threads of it are
stopped, and the rest runs on."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys

import pytest
from conftest import CHECKOUT
from running_daemon import BASE, RunningDaemon, make_records, photographs, wait_until

import headrace

pytestmark = pytest.mark.skipif(not os.environ.get("HEADRACED"), reason="no daemon to test: $HEADRACED is not set")
# What the service manager would ask for. The daemon feeds three times as often.
INTERVAL_SECONDS = 0.6
CONFIGURATION = BASE + """
threads: 1
max_threads: 1
readers: 1
timeouts: {{decode_stall: 1s}}
datasets:
  photos:
    iterator: ImageRecordIter
    path_imgrec: {directory}/photos.rec
    path_imgidx: {directory}/photos.idx
    data_shape: [3, 16, 16]
    resize: 24
    batch_size: 4
"""


class ServiceManager:
    """Listens as systemd does."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(30)

    def is_fed(self):
        """Waits for the watchdog's food; a feeding that was sent before does not count."""
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recv(4096)
        while b"WATCHDOG=1" not in self.socket.recv(4096).split(b"\n"):
            pass
        return True

    def starves(self):
        """Waits until there has been no food for so long that a daemon that is well would have brought some ten times."""
        for _ in range(100):
            if not select.select([self.socket], [], [], 10 * INTERVAL_SECONDS / 3)[0]:
                return True
            self.socket.recv(4096)
        return False


@pytest.fixture
def manager(tmp_path, monkeypatch):
    manager = ServiceManager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", str(int(INTERVAL_SECONDS * 1e6)))
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with manager.socket:
        yield manager


@pytest.fixture
def daemon(tmp_path, manager):
    make_records(tmp_path / "photos.rec", [path.read_bytes() for path in photographs()])
    with RunningDaemon(tmp_path, CONFIGURATION) as running:
        assert manager.is_fed()
        yield running


class Stopped:
    """The threads of a daemon whose names begin like this stand still within the block."""

    def __init__(self, daemon, prefix):
        self.tracer = subprocess.Popen(
            [sys.executable, CHECKOUT / "Tests" / "IntegrationTests" / "stop_threads.py", str(daemon.process.pid), prefix],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip

    def __enter__(self):
        said = self.tracer.stdout.readline()
        if not said:
            errors = self.tracer.communicate()[1]
            if "PermissionError" in errors:
                pytest.skip(f"this machine does not let us stop threads: {errors.splitlines()[-1]}")
            raise AssertionError(errors)
        assert said != "stopped 0\n"

    def __exit__(self, *_):
        self.tracer.communicate()


def test_a_hung_event_loop_ends_the_feeding(daemon, manager):
    with Stopped(daemon, "NIO-ELT"):
        assert manager.starves()
    assert manager.is_fed()


@pytest.mark.parametrize("threads", ["decode-", "read-"])
def test_a_hung_pool_ends_the_feeding(daemon, manager, threads):
    with headrace.connect(daemon.url, timeout=30) as client:
        with Stopped(daemon, threads):
            # Nothing to do is no standstill.
            assert manager.is_fed()
            stream = client.open("photos")
            assert manager.starves()
            wait_until("the reason in the log", lambda: b"decode and reader threads" in daemon.log.read_bytes())
        batches = list(stream)
        assert len(batches) == len(stream)
        assert manager.is_fed()
