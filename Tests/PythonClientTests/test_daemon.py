"""The client with a real daemon: streams of photographs, deaths, resumption, refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading

import numpy as np
import pytest
from conftest import FIXTURES

import headrace
from headrace import _endpoint, _private_daemon, recordio

pytestmark = pytest.mark.skipif(not os.environ.get("HEADRACED"), reason="no daemon to test: $HEADRACED is not set")
COUNT = 48


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A RecordIO file of all photographs, label = class; its path."""
    directory = tmp_path_factory.mktemp("photos")
    writer = recordio.MXIndexedRecordIO(directory / "p.idx", directory / "p.rec", "w")
    classes = sorted(path for path in (FIXTURES / "photos").iterdir() if path.is_dir())
    number = 0
    for label, folder in enumerate(classes):
        for path in sorted(folder.glob("*.jpg")):
            writer.write_idx(number, recordio.pack((0, label, number, 0), path.read_bytes()))
            number += 1
    writer.close()
    assert number == COUNT
    return directory / "p.rec"


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch):
    monkeypatch.setattr(_endpoint, "DEFAULT_SOCKET", "/nonexistent/data.sock")


@pytest.fixture
def client():
    with headrace.connect(timeout=30) as connected:
        yield connected


def opened(client, photos, **changes):
    parameters = {"path_imgrec": photos, "data_shape": (3, 32, 32), "batch_size": 8, "resize": 40, "rand_crop": True,
                  "rand_mirror": True, "shuffle": True, "seed": 7}  # fmt: skip
    return client.open(iterator="ImageRecordIter", **(parameters | changes))


def epoch_of(stream):
    return [(batch.data[0].copy(), batch.label[0].copy(), batch.index.copy(), batch.pad) for batch in stream]


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_every_record_comes_once_an_epoch_in_another_order(client, photos):
    stream = opened(client, photos)
    assert len(stream) == 6 and stream.records == COUNT
    first = epoch_of(stream)
    stream.reset()
    second = epoch_of(stream)
    for batches in (first, second):
        assert sorted(np.concatenate([batch[2] for batch in batches]).tolist()) == list(range(COUNT))
        assert all(batch[3] == 0 for batch in batches)
    assert [b[2].tolist() for b in first] != [b[2].tolist() for b in second]
    assert 0 < first[0][0].mean() < 255


@pytest.mark.parametrize("checksum", [False, True])
def test_two_streams_of_the_same_data_give_the_same_bytes(photos, checksum):
    with headrace.connect(checksum=checksum) as client:
        assert_same(epoch_of(opened(client, photos)), epoch_of(opened(client, photos)))


def test_a_state_resumes_to_the_byte(client, photos):
    stream = opened(client, photos)
    epoch_of(stream)
    stream.reset()
    stream.next(), stream.next()
    state = json.loads(json.dumps(stream.state_dict()))
    rest = epoch_of(stream)
    again = opened(client, photos)
    again.load_state_dict(state)
    assert (again.epoch, again.step) == (1, 2)
    assert_same(epoch_of(again), rest)
    with pytest.raises(headrace.StateMismatchError, match="seed: 7 in the state, 8 here"):
        opened(client, photos, seed=8).load_state_dict(state)


def test_a_killed_daemon_is_replaced_and_the_epoch_is_the_same(photos):
    with headrace.connect() as client:
        expected = epoch_of(opened(client, photos))
        for kill_at in range(0, 6, 2):
            stream = opened(client, photos)
            found = []
            for _ in range(kill_at):
                batch = stream.next()
                found.append((batch.data[0].copy(), batch.label[0].copy(), batch.index.copy(), batch.pad))
            _private_daemon._running._process.send_signal(signal.SIGKILL)
            assert_same(found + epoch_of(stream), expected)
            stream.close()


def test_a_forked_child_reads_the_same(photos):
    with headrace.connect() as client:
        stream = opened(client, photos)
        stream.next()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                total = sum(int(batch.index.sum()) for batch in stream)
                os.write(writing, str(total).encode())
                stream.close()
                _private_daemon._stop_at_exit()
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert int(os.read(reading, 40)) == sum(int(batch.index.sum()) for batch in stream)
        os.close(reading)


@pytest.mark.parametrize("parts", [1, 3, 5])
def test_parts_are_disjoint_and_complete(client, photos, parts):
    seen = []
    for part in range(parts):
        stream = opened(client, photos, num_parts=parts, part_index=part)
        for batch in stream:
            seen += batch.index[: len(batch.index) - batch.pad].tolist()
    assert sorted(seen) == list(range(COUNT))


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int8", "float16"])
def test_element_types(client, photos, dtype):
    batch = opened(client, photos, dtype=dtype).next()
    assert batch.data[0].dtype == np.dtype(dtype) and batch.data[0].shape == (8, 3, 32, 32)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"random_crop": True}, headrace.BadParameterError, "rand_crop"),
        ({"batch_size": 0}, headrace.BadParameterError, "batch_size"),
        ({"batch_size": 2.0}, headrace.BadParameterError, "batch_size"),
        ({"path_imgrec": "/nonexistent/x.rec"}, headrace.HeadraceError, "x.rec"),
    ],
)
def test_refusals_say_why(client, photos, changes, kind, words):
    with pytest.raises(kind, match=words):
        opened(client, photos, **changes)
    assert len(epoch_of(opened(client, photos))) == 6


def test_unknown_names_are_suggested(client):
    with pytest.raises(headrace.UnknownNameError, match="ImageRecordIter"):
        client.open(iterator="ImageRecordItr", batch_size=1)


def test_a_damaged_picture_is_reported_and_the_epoch_goes_on(client, photos, tmp_path):
    data = tmp_path / "bad.rec"
    with recordio.MXRecordIO(photos, "r") as reader, recordio.MXRecordIO(data, "w") as writer:
        for number, record in enumerate(iter(reader.read, None)):
            writer.write(record[:200] if number == 5 else record)
    with pytest.warns(headrace.BadRecordWarning, match=r"bad\.rec"):
        batches = epoch_of(opened(client, data, on_bad_record="skip", shuffle=False))
    assert batches
    with pytest.raises(headrace.BadDataError, match=r"bad\.rec"):
        epoch_of(opened(client, data, on_bad_record="error", shuffle=False))


def test_the_figures_of_a_stream(client, photos):
    stream = opened(client, photos)
    epoch_of(stream)
    stats = stream.stats()
    assert stats["step"] == 6 and stats["batches"] >= 6 and stats["client_batches"] == 6


def start(path):
    daemon = subprocess.Popen(
        [os.environ["HEADRACED"], "--private", "--socket", str(path), "--exit-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert daemon.stdout.readline().startswith(b"ready")
    return daemon


def test_a_daemon_that_drains_is_left_for_its_successor(photos, tmp_path):
    path = tmp_path / "d.sock"
    daemons = [start(path)]
    restart = threading.Thread(target=lambda: (daemons[0].wait(), daemons.append(start(path))))
    try:
        client = headrace.connect(f"unix:{path}")
        expected = [epoch_of(stream) for stream in (opened(client, photos), opened(client, photos))]
        stream = opened(client, photos)
        restart.start()
        daemons[0].send_signal(signal.SIGTERM)
        epochs = 0
        while stream.stats()["client_reconnections"] == 0:
            assert_same(epoch_of(stream), expected[0])
            stream.seek(0)
            epochs += 1
        assert_same(epoch_of(stream), expected[1])
        restart.join(30)
        assert daemons[0].returncode == 0 and len(daemons) == 2
    finally:
        for daemon in daemons:
            daemon.kill()
            daemon.wait()
            daemon.stdin.close()
            daemon.stdout.close()
