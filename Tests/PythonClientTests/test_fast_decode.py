"""`decode="fast"` through a real daemon: near the exact pixels on photographs, and as true to its addresses."""

from __future__ import annotations

import numpy as np
import pytest
from running_daemon import BASE, RunningDaemon, make_records, photographs

import headrace
from headrace.errors import HeadraceError
from headrace.io import ImageRecordIter

AREA = {"random_resized_crop": True, "min_random_area": 0.2, "min_aspect_ratio": 0.75, "max_aspect_ratio": 4 / 3}
RESIZE = {"rand_crop": True, "rand_mirror": True}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    directory = tmp_path_factory.mktemp("fast")
    make_records(directory / "photos.rec", [path.read_bytes() for path in photographs()])
    with RunningDaemon(directory, BASE) as running:
        yield running


@pytest.fixture
def client(daemon):
    return headrace.connect(f"unix:{daemon.socket}")


def samples(client, daemon, side, **parameters):
    with client.open(
        iterator="ImageRecordIter", path_imgrec=str(daemon.directory / "photos.rec"), data_shape=(3, side, side), batch_size=8,
        dtype="uint8", **parameters,
    ) as stream:
        return np.concatenate([batch.data[0] for batch in stream])


@pytest.mark.parametrize(
    ("side", "parameters", "floor"),
    [
        (160, {**RESIZE, "resize": 190}, 34),
        (160, AREA, 32),
        (64, {**RESIZE, "resize": 80, "inter_method": 3}, 34),
        (64, {**RESIZE, "resize": 80}, 22),
        (32, {**AREA, "inter_method": 3}, 30),
        (20, {**RESIZE, "resize": 24, "inter_method": 9}, 30),
    ],
)
def test_it_is_near_the_exact_pixels(client, daemon, side, parameters, floor):
    exact = samples(client, daemon, side, seed=3, **parameters).astype(np.float32)
    fast = samples(client, daemon, side, seed=3, decode="fast", **parameters).astype(np.float32)
    error = np.square(exact - fast).reshape(len(exact), -1).mean(axis=1)
    assert (error > 0).all()
    decibels = 10 * np.log10(255**2 / error)
    assert np.median(decibels) > floor and decibels.min() > floor - 8


def test_it_resumes_with_the_same_batches_and_is_a_spec_of_its_own(client, daemon):
    def opened(decode):
        return client.open(
            iterator="ImageRecordIter", path_imgrec=str(daemon.directory / "photos.rec"), data_shape=(3, 32, 32), batch_size=8,
            shuffle=True, resize=40, rand_crop=True, decode=decode)

    with opened("fast") as stream, opened("exact") as exact:
        batches = [batch.data[0].copy() for batch in stream]
        stream.reset()
        assert stream.spec != exact.spec
        stream.seek(0, 2)
        state = stream.state_dict()
        with opened("fast") as other:
            other.load_state_dict(state)
            assert all(
                np.array_equal(batch.data[0], before) for batch, before in zip(other, batches[2:], strict=True))
        with pytest.raises(HeadraceError, match="spec"):
            exact.load_state_dict(state)


def test_the_class_takes_it(daemon, monkeypatch):
    monkeypatch.setenv("HEADRACE_URL", f"unix:{daemon.socket}")
    train = ImageRecordIter(
        path_imgrec=str(daemon.directory / "photos.rec"), data_shape=(3, 32, 32), batch_size=4, decode="fast")
    assert train.next().data[0].shape == (4, 3, 32, 32)


def test_another_word_and_a_cache_are_refused(client, daemon):
    with pytest.raises(HeadraceError, match="decode"):
        samples(client, daemon, 32, decode="quick")
    with pytest.raises(HeadraceError, match="decode.*cache|cache.*decode"):
        samples(client, daemon, 32, decode="fast", cache="1GiB")
