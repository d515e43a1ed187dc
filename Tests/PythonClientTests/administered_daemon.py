"""A daemon with one data set, and what asks and steers it over its admin socket."""

from __future__ import annotations

import subprocess
import time

import pytest
from running_daemon import BASE, RunningDaemon, binary, make_records, photographs

DATASET = """
datasets:
  photos:
    {{iterator: ImageRecordIter, path_imgrec: {directory}/p.rec, data_shape: [3, 32, 32], batch_size: 2, resize: 40}}
"""


@pytest.fixture
def daemon(tmp_path):
    make_records(tmp_path / "p.rec", [path.read_bytes() for path in photographs()][:8])
    with RunningDaemon(tmp_path, BASE + DATASET) as running:
        yield running


def tool(daemon, *arguments):
    """Exit status, output and errors of a command of `headrace`."""
    done = subprocess.run(
        [binary("headrace", "HEADRACE"), *arguments, "--socket", str(daemon.admin)],
        capture_output=True, text=True, timeout=30)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def curl(daemon, *arguments):
    """Status and body of a request."""
    done = subprocess.run(
        ["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "--unix-socket", str(daemon.admin), *arguments],
        capture_output=True, text=True, timeout=30)  # fmt: skip
    assert done.returncode == 0, done.stderr
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), body


def eventually(read, is_there):
    """What `read` gives once it is as it should be: an action is answered when it has begun."""
    deadline = time.monotonic() + 20
    while not is_there(found := read()):
        assert time.monotonic() < deadline, found
    return found


def streams(daemon, is_there):
    return eventually(lambda: daemon.page("/v1/streams")["streams"], is_there)


def post(daemon, path, *arguments):
    return curl(daemon, "-X", "POST", *arguments, "http://h" + path)
