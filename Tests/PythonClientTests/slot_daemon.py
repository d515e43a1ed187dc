"""What the tests of batches in shared memory have in common: a daemon, and streams of its records."""

from __future__ import annotations

import zlib

import pytest
from array_peer import memory_files
from running_daemon import BASE, RunningDaemon, make_records, photographs

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
