"""The cache of decoded images through a real daemon: the same bytes, shared by streams, and its figures."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from running_daemon import BASE, RunningDaemon, make_records, photographs, wait_until

import headrace

CONFIGURATION = BASE + """
# With one thread no image is decoded twice at the same time, so that counts are exact.
threads: 1
max_threads: 1
limits: {{memory: 64MiB, cache: 24MiB}}
datasets:
  pets:
    iterator: ImageRecordIter
    path_imgrec: {directory}/photos.rec
    data_shape: [3, 32, 32]
    batch_size: 8
    resize: 40
    rand_crop: true
    rand_mirror: true
    shuffle: true
    seed: 7
    cache: 16MiB
"""
COUNT = 48


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cache")
    assert make_records(directory / "photos.rec", [path.read_bytes() for path in photographs()]).exists()
    with RunningDaemon(directory, CONFIGURATION) as running:
        yield running


def epochs_of(client, count=2, **parameters):
    """The batches of the first epochs of a stream, and what the daemon says of the stream then."""
    with client.open("pets", **parameters) as stream:
        batches = []
        for _ in range(count):
            batches += [(batch.data[0].copy(), batch.label[0].copy(), batch.index.copy(), batch.pad) for batch in stream]
            stream.reset()
        return batches, stream.stats()


def assert_same(first, second):
    assert len(first) == len(second)
    for left, right in zip(first, second, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def metric(daemon, name):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(daemon.admin))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: headrace\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return next(float(line.split()[1]) for line in answer.decode().splitlines() if line.startswith(name + " "))


def test_streams_of_a_data_set_share_what_one_has_decoded(daemon):
    with headrace.connect(daemon.url) as client:
        expected, figures = epochs_of(client, cache=0)
        assert figures["cache_hits"] == figures["cache_misses"] == figures["cache_bytes"] == 0
        first, figures = epochs_of(client)
        assert_same(first, expected)
        assert figures["cache_misses"] == COUNT and figures["cache_hits"] >= COUNT and figures["cache_bytes"] > 0
        again, figures = epochs_of(client, cache="8MiB")
        assert_same(again, expected)
        assert figures["cache_misses"] == 0
        small, figures = epochs_of(client, cache=20_000, resize=39)
        assert_same(small, epochs_of(client, cache=0, resize=39)[0])
        assert 0 < figures["cache_bytes"] <= 20_000 and figures["cache_misses"] > COUNT


def test_what_it_holds_is_seen_and_counted(daemon):
    with headrace.connect(daemon.url) as client, client.open("pets") as stream:
        for _ in stream:
            pass
        # Other tests' streams are gone when the daemon gets to them.
        wait_until("one stream alone", lambda: len(daemon.page("/v1/streams")["streams"]) == 1)
        (page,) = daemon.page("/v1/streams")["streams"]
        assert page["cache_hits"] + page["cache_misses"] >= COUNT
        assert 0 < page["cache_bytes"] <= metric(daemon, "headrace_cache_bytes") <= 24 << 20
        assert metric(daemon, "headrace_cache_limit_bytes") == 24 << 20
        assert daemon.page("/v1/status")["memory_bytes"] >= page["cache_bytes"] + page["memory_bytes"]


def test_more_than_there_is_for_all_is_a_warning(daemon):
    with headrace.connect(daemon.url) as client, pytest.warns(UserWarning, match="limits.cache"):
        client.open("pets", cache="1GiB").close()


@pytest.mark.parametrize("value", ["2GB of it", -1, "2 EiB"])
def test_a_size_that_is_none_is_refused(daemon, value):
    with headrace.connect(daemon.url) as client, pytest.raises(headrace.HeadraceError, match="cache"):
        client.open("pets", cache=value)
