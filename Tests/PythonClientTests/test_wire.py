"""`wire="uint8"`: bytes travel, and the client makes the very values of them that the server would have sent."""

from __future__ import annotations

import numpy as np
import pytest
from running_daemon import BASE, RunningDaemon, make_records, photographs

import headrace
from headrace import recordio
from headrace._normalise import FORMULAS, Normalisation
from headrace._opened import parse_opened
from headrace.errors import HeadraceError, ProtocolError
from headrace.io import ImageRecordIter, PrefetchingIter

MEAN = {"mean_r": 123.68, "mean_g": 116.779, "mean_b": 103.939}
STD = {"std_r": 58.393, "std_g": 57.12, "std_b": 57.375}
RANDOM = {"shuffle": True, "seed": 3, "rand_crop": True, "rand_mirror": True, "resize": 50}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    directory = tmp_path_factory.mktemp("wire")
    images = [path.read_bytes() for path in photographs()]
    make_records(directory / "photos.rec", images)
    writer = recordio.MXRecordIO(str(directory / "objects.rec"), "w")
    for number, image in enumerate(images):
        labels = np.array([2, 5, number, 0.25, 0.25, 0.75, 0.75], np.float32)
        writer.write(recordio.pack(recordio.IRHeader(0, labels, number, 0), image))
    writer.close()
    with RunningDaemon(directory, BASE) as running:
        yield running


@pytest.fixture(params=["memory", "socket"])
def client(daemon, request):
    return headrace.connect(f"unix:{daemon.socket}", shared_memory=request.param == "memory")


def opened(client, daemon, iterator="ImageRecordIter", data_shape=(3, 40, 36), **parameters):
    name = "objects.rec" if iterator == "ImageDetRecordIter" else "photos.rec"
    return client.open(
        iterator=iterator, path_imgrec=str(daemon.directory / name), data_shape=data_shape, batch_size=10, **parameters)


def bits(array):
    return array.view(f"u{array.dtype.itemsize}")


@pytest.mark.parametrize(
    ("iterator", "parameters"),
    [
        ("ImageRecordIter", {}),
        ("ImageRecordIter", MEAN),
        ("ImageRecordIter", {**MEAN, **STD}),
        ("ImageRecordIter", {**MEAN, **STD, "scale": 1 / 255, **RANDOM}),
        ("ImageRecordIter", {"scale": -0.017, "mean_r": 120, "mean_g": 100}),
        ("ImageRecordIter", {**STD, "mean_b": 1e-30, "scale": 1e-30}),
        ("ImageRecordIter", {**MEAN, **STD, **RANDOM, "brightness": 0.3, "contrast": 0.4, "random_h": 20, "pca_noise": 0.1}),
        ("ImageRecordIter", {**MEAN, **STD, "layout": "NHWC", **RANDOM}),
        ("ImageRecordIter", {"mean_r": 100.5, "std_r": 3.7, "data_shape": (1, 30, 20)}),
        ("ImageRecordIter", {**MEAN, **STD, "dtype": "float16", "scale": 0.3}),
        ("ImageRecordIter", {**MEAN, "dtype": "float64", "layout": "NHWC"}),
        ("ImageRecordIter", {**MEAN, "decode": "fast"}),
        ("ImageRecordIter_v1", {**MEAN, **STD, "scale": 0.4, **RANDOM}),
        ("ImageRecordIter_v1", {**MEAN, "scale": -1}),
        ("ImageDetRecordIter", {**MEAN, **STD, "scale": 0.4, "rand_mirror_prob": 0.5}),
        ("ImageDetRecordIter", {**STD, "rand_crop_prob": 0.5, "random_contrast_prob": 0.5, "max_random_contrast": 0.3}),
    ],
)
def test_the_values_are_the_servers_to_the_bit(client, daemon, iterator, parameters):
    with opened(client, daemon, iterator, **parameters) as plain:
        with opened(client, daemon, iterator, wire="uint8", **parameters) as stream:
            assert stream.provide_data == plain.provide_data
            assert [desc.dtype for desc in stream.provide_data] == [desc.dtype for desc in plain.provide_data]
            assert stream.spec == plain.spec and stream.normalisation is not None and plain.normalisation is None
            for one, other in zip(plain, stream, strict=True):
                assert other.raw[0].dtype == np.uint8
                assert other.data[0].dtype == one.data[0].dtype
                assert np.array_equal(bits(one.data[0]), bits(other.data[0]))
                assert np.array_equal(one.label[0], other.label[0]) and np.array_equal(one.index, other.index)
                assert one.pad == other.pad and other.data is other.data


def test_padding_is_zero_before_it_is_normalised(client, daemon):
    """Rows that hold no record are bytes of zero, and are told by `pad`."""
    with opened(client, daemon, wire="uint8", round_batch=False, **MEAN) as stream:
        *_, last = stream
        assert last.pad > 0
        assert not last.raw[0][-last.pad :].any()


def test_whoever_normalises_elsewhere_takes_the_bytes(client, daemon):
    with opened(client, daemon, wire="uint8", **MEAN, **STD) as stream:
        batch = stream.next()
        how = stream.normalisation
        assert how.dtype == np.float32 and how.layout == "NCHW" and how.formula == FORMULAS[0] and how.scale == 1
        assert np.array_equal(np.float32(how.mean), np.float32(list(MEAN.values())))
        assert np.array_equal(np.float32(how.std), np.float32(list(STD.values())))
        mean, std = (np.array(values, np.float32)[:, None, None] for values in (how.mean, how.std))
        assert np.allclose((batch.raw[0] - mean) / std, batch.data[0], atol=1e-6)
        assert np.array_equal(how(batch.raw[0][3:5]), batch.data[0][3:5])


def test_the_arrays_are_the_callers(client, daemon):
    """Writable, and never written to by the stream again."""
    with opened(client, daemon, wire="uint8", **MEAN) as stream:
        batches = list(stream)
        kept = [batch.data[0].copy() for batch in batches]
        batches[0].data[0][:] = 0
        batches[1].raw[0][:] = 0
        stream.seek(0, 0)
        again = [batch.data[0] for batch in stream]
        assert all(np.array_equal(left, right) for left, right in zip(kept, again, strict=True))
        assert all(np.array_equal(batch.data[0], left) for batch, left in zip(batches[1:], kept[1:], strict=True))


def test_a_state_is_good_for_either(client, daemon):
    with opened(client, daemon, **RANDOM, **MEAN) as plain, opened(client, daemon, wire="uint8", **RANDOM, **MEAN) as stream:
        for _ in range(3):
            plain.next()
        stream.load_state_dict(plain.state_dict())
        assert np.array_equal(stream.next().data[0], plain.next().data[0])
        plain.load_state_dict(stream.state_dict())
        assert np.array_equal(stream.next().data[0], plain.next().data[0])


def test_bytes_that_were_asked_for_are_left_alone(client, daemon):
    with opened(client, daemon, dtype="uint8", wire="uint8") as stream:
        assert stream.normalisation is None and stream.next().data[0].dtype == np.uint8


@pytest.mark.parametrize(
    "parameters",
    [{"max_random_contrast": 0.1}, {"max_random_illumination": 3}, {"mean_img": "mean.bin"}, {"dtype": "int8"},
     {"dtype": "bfloat16"}],
)
def test_what_a_client_cannot_do_is_refused_by_name(client, daemon, parameters):
    with pytest.raises(HeadraceError) as caught:
        opened(client, daemon, wire="uint8", **parameters)
    assert "wire" in str(caught.value) and next(iter(parameters)) in str(caught.value)


def test_the_class_takes_it_and_composes(daemon, monkeypatch):
    monkeypatch.setenv("HEADRACE_URL", f"unix:{daemon.socket}")

    def made(**more):
        return ImageRecordIter(
            path_imgrec=str(daemon.directory / "photos.rec"), data_shape=(3, 32, 32), batch_size=8, **MEAN, **STD, **more)

    expected = [batch.data[0] for batch in made()]
    train = made(wire="uint8")
    assert train.provide_data[0].dtype == np.float32
    assert all(np.array_equal(batch.data[0], left) for batch, left in zip(train, expected, strict=True))
    ahead = PrefetchingIter(made(wire="uint8"))
    assert all(np.array_equal(batch.data[0], left) for batch, left in zip(ahead, expected, strict=True))


def test_every_byte_in_every_formula():
    raw = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    for mean, std, scale in [(0.0, 1.0, 1.0), (128.0, 3.3, -0.1), (5.0, 1e6, 1e-38), (0.1, 1e-3, 7.7), (0.0, 1.0, 0.0)]:
        m, s, k = np.float32(mean), np.float32(std), np.float32(scale)
        x = raw.astype(np.float32)
        expected = [(x - m) * (k / s) + np.float32(0) * k / s, (x - m) * k / s, (x - m) / s * k]
        for formula, values in zip(FORMULAS, expected, strict=True):
            how = Normalisation(np.dtype(np.float32), "NCHW", (mean,), (std,), scale, formula)
            assert np.array_equal(bits(how(raw)), bits(values)), (mean, std, scale, formula)


OPENED = {
    "iterator": "ImageRecordIter", "batch_size": 2, "num_parts": 1, "part_index": 0,
    "provide_data": [{"name": "data", "shape": [2, 3, 4, 4], "dtype": "uint8", "layout": "NCHW"}], "provide_label": [],
    "records": 9, "part_records": 9, "epoch": 0, "step": 0, "steps": 5, "manifest": "m", "spec": "s", "batch_bytes": 1000,
    "normalise": {"dtype": "float32", "formula": FORMULAS[1], "mean": [1, 2.5, 3], "std": [1, 1, 2], "scale": 1},
}


def test_what_a_server_says_of_it_is_checked():
    assert parse_opened(OPENED).normalisation.std == (1, 1, 2)
    for change in (
        {"dtype": "int8"}, {"dtype": None}, {"formula": "x"}, {"formula": []}, {"mean": [1, 2]}, {"mean": [1, 2, True]},
        {"mean": [1, 2, float("nan")]}, {"std": [1, 0, 1]}, {"std": [1, "1", 1]}, {"std": None}, {"scale": None}, {"scale": 1e39},
        {"mean": [1, 2, 10**400]},
    ):
        with pytest.raises(ProtocolError, match="normalise"):
            parse_opened({**OPENED, "normalise": {**OPENED["normalise"], **change}})
    data = OPENED["provide_data"][0]
    for changed in ([], [data, {**data, "name": "x"}], [{**data, "dtype": "float32"}], [{**data, "layout": "CNHW"}],
                    [{**data, "layout": ""}], [{**data, "shape": [2, 3]}]):
        with pytest.raises(ProtocolError, match="normalise"):
            parse_opened({**OPENED, "provide_data": changed})
    with pytest.raises(ProtocolError, match="normalise"):
        parse_opened({**OPENED, "normalise": [1]})
