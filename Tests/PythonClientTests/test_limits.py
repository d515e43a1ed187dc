"""Every limit of the configuration: what goes beyond it is refused, in words that name the key, and the next in order is served."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import socket
import sys
import time

import numpy as np
import pytest
from conftest import CHECKOUT
from running_daemon import BASE, RunningDaemon, make_records, photographs, wait_until

import headrace

sys.path.insert(0, str(CHECKOUT / "Tests" / "Benchmarks"))

from readers import Readers  # noqa: E402  the benchmarks', found through the line above

pytestmark = pytest.mark.skipif(not os.environ.get("HEADRACED"), reason="no daemon to test: $HEADRACED is not set")
PHOTO_BYTES = max(path.stat().st_size for path in photographs())


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return make_records(tmp_path_factory.mktemp("records") / "photos.rec", [path.read_bytes() for path in photographs()])


class Limited:
    """A client of a daemon with one limit, and what keeps what it has opened."""

    def __init__(self, url, records, stack):
        self.url = url
        self.records = records
        self.stack = stack

    def connect(self):
        return self.stack.enter_context(headrace.connect(self.url, reconnect=0))

    def open(self, **changes):
        opening = dict(iterator="ImageRecordIter", path_imgrec=str(self.records), data_shape=(3, 32, 32), resize=40, batch_size=4)
        return self.connect().open(**(opening | changes))


def too_many_connections(limited):
    for _ in range(2):
        limited.connect()


def too_many_connections_a_second(limited):
    """Twenty may come at once, then one a second."""
    for _ in range(50):
        headrace.connect(limited.url, reconnect=0).close()


def too_many_streams(limited):
    first = limited.open()
    with pytest.raises(headrace.LimitError) as refusal:
        limited.open()
    first.close()

    def there_is_room():
        with contextlib.suppress(headrace.LimitError):
            return bool(limited.open().next())

    # One connection's event loop may open before another's has closed.
    wait_until("room for another stream", there_is_room)
    raise refusal.value


def a_large_batch(limited):
    limited.open(batch_size=256)


def a_large_array(limited):
    limited.connect().open(iterator="NDArrayIter", data=np.zeros((64, 1024), np.float32), batch_size=4)


def an_image(limited):
    limited.open().next()


@pytest.mark.parametrize(
    "key, limits, exceed",
    [
        ("connections", {"connections": 1}, too_many_connections),
        ("connections_per_client", {"connections_per_client": 1}, too_many_connections),
        ("connects_per_second", {"connects_per_second": 1, "connections": 20}, too_many_connections_a_second),
        ("connects_per_second_per_client", {"connects_per_second_per_client": 1, "connections_per_client": 20},
         too_many_connections_a_second),
        ("streams", {"streams": 1}, too_many_streams),
        ("streams_per_client", {"streams_per_client": 1}, too_many_streams),
        ("memory", {"memory": "1MiB"}, a_large_batch),
        ("memory_per_client", {"memory_per_client": "1MiB"}, a_large_batch),
        ("max_arrays", {"max_arrays": "100KiB"}, a_large_array),
        ("max_frame", {"max_frame": "64KiB"}, a_large_batch),
        ("max_pixels", {"max_pixels": 1000}, an_image),
        ("max_record", {"max_record": f"{PHOTO_BYTES // 4}B"}, an_image),
    ],
)  # fmt: skip
def test_what_goes_beyond_a_limit_is_told_which(tmp_path, records, key, limits, exceed):
    lines = "".join(f"  {name}: {value}\n" for name, value in limits.items())
    configuration = BASE.replace('["{directory}"]', f'["{records.parent}"]') + f"limits:\n{lines}"
    with RunningDaemon(tmp_path, configuration) as daemon, contextlib.ExitStack() as stack:
        with pytest.raises(headrace.HeadraceError) as refusal:
            exceed(Limited(daemon.url, records, stack))
        assert re.search(rf"limits\.{key}\b", str(refusal.value)), str(refusal.value)
        assert key in ("max_pixels", "max_record") or isinstance(refusal.value, headrace.LimitError)


def test_the_soft_limit_of_open_files_is_raised(tmp_path):
    """Shells and init systems set it low; what counts is the hard one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 1024:
        pytest.skip(f"this machine allows {hard} open files only")
    with RunningDaemon(tmp_path, BASE, open_files=(256, 1000)) as daemon:
        with open(f"/proc/{daemon.process.pid}/limits") as file:
            (line,) = (line for line in file if line.startswith("Max open files"))
        assert line.split()[3:5] == ["1000", "1000"]
        # A thousand are too few for the default of limits.connections, which is said.
        assert "limits.connections" in daemon.log.read_text()


def test_without_descriptors_connections_wait_and_the_processor_is_left_alone(tmp_path, records):
    # Those that say nothing for a while are not to be told so.
    configuration = BASE.replace('["{directory}"]', f'["{records.parent}"]') + "timeouts: {{handshake: 1h}}\n"
    with RunningDaemon(tmp_path, configuration, open_files=(100, 100)) as daemon, contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(120)]
        for one in sockets:
            one.connect(str(daemon.socket))
        before = cpu_seconds(daemon)
        time.sleep(1.5)
        # A thread that tries again and again takes all of it.
        assert cpu_seconds(daemon) - before < 0.4
        # Each that goes makes room for another, and all are served in the end.
        for one in sockets:
            one.settimeout(30)
            one.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b"400 Bad Request" in one.recv(4096)
            one.close()
        with headrace.connect(daemon.url, timeout=30) as client:
            assert client.open(iterator="ImageRecordIter", path_imgrec=str(records), data_shape=(3, 8, 8), batch_size=4).next()


def cpu_seconds(daemon):
    with open(f"/proc/{daemon.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_clients_share_the_decode_threads_whatever_number_of_streams_each_has(tmp_path, records):
    configuration = BASE.replace('["{directory}"]', f'["{records.parent}"]').replace(
        "  unix: ", "  tcp: {{host: 127.0.0.1, port: 0, insecure: true}}\n  unix: ")
    opening = dict(
        iterator="ImageRecordIter", path_imgrec=str(records), path_imgidx=str(records.with_suffix(".idx")), data_shape=(3, 32, 32),
        resize=40, batch_size=16)  # fmt: skip
    with RunningDaemon(tmp_path, configuration + "threads: 1\nmax_threads: 1\n") as daemon, contextlib.ExitStack() as stack:
        (tcp,) = (name for name in daemon.page("/v1/status")["listeners"] if name.startswith("tcp://"))
        # One client is this user, the other this address.
        greedy = stack.enter_context(Readers(tcp, 12, **opening))
        # Their streams have the lower numbers.
        greedy.advance(1)
        single = stack.enter_context(Readers(daemon.url, 1, **opening))
        single.advance(6)

        def used():
            streams = sorted(daemon.page("/v1/streams")["streams"], key=lambda stream: stream["id"])
            assert len(streams) == 13
            seconds = [stream["cpu_seconds"] for stream in streams]
            return sum(seconds[:12]), seconds[12]

        shares = []
        # A reader that this machine does not let read in time loses its share, so that one look in three counts.
        while len(shares) < 3 and max(shares, default=0) <= 0.25:
            before = used()
            single.advance(60)
            others, own = (after - first for after, first in zip(used(), before, strict=True))
            shares.append(own / (own + others))
    # Half, less what it loses between two batches. By the number of streams it would be a thirteenth.
    assert max(shares) > 0.25, shares
