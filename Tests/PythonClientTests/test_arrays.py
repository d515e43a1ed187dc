"""Arrays that users hand over to a real daemon, by descriptor and in frames: they arrive as they are, or are refused."""

from __future__ import annotations

import json
import math

import headrace
import numpy as np
import pytest
from array_daemon import LIMIT, connected, daemon  # noqa: F401
from headrace.io import NDArrayIter
from png_file import png
from running_daemon import wait_until


# What comes over is what was handed over.


@pytest.mark.parametrize(
    "dtype", "bool u1 i1 u2 i2 u4 i4 u8 i8 f2 f4 f8 >i4 >f8".split()
)
def test_every_type_arrives_as_it_is(connected, dtype):
    array = np.random.default_rng(1).integers(0, 2**15, (11, 3)).astype(dtype)
    with connected.open(iterator="NDArrayIter", data=array, batch_size=4) as stream:
        assert stream.provide_data[0].dtype == array.dtype.newbyteorder("<")
        batches = list(stream)
    assert [batch.pad for batch in batches] == [0, 0, 1]
    got = np.concatenate([batch.data[0] for batch in batches])
    np.testing.assert_array_equal(got, np.concatenate([array, array[:1]]))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(60).reshape(10, 6)[::2, ::-1],
        np.asfortranarray(np.arange(60.0).reshape(10, 6)),
        np.broadcast_to(np.arange(6), (10, 6)),
        np.arange(1 << 20, dtype=np.float32).reshape(1 << 10, -1),
        np.empty((0, 4), np.float32),
    ],
    ids=["strided", "fortran", "broadcast", "several frames", "no rows"],
)
def test_every_shape_arrives_as_it_is(connected, array):
    with connected.open(iterator="NDArrayIter", data=array, batch_size=5) as stream:
        rows = [batch.data[0] for batch in stream]
    if len(array):
        np.testing.assert_array_equal(np.concatenate(rows)[: len(array)], array)
    else:
        assert rows == []


def test_dicts_lists_and_files_go_together(connected, daemon):
    np.save(daemon.directory / "y.npy", np.arange(8))
    data = {"b": np.arange(8.0), "a": np.arange(16).reshape(8, 2)}
    with connected.open(
        iterator="NDArrayIter", data=data, label=[daemon.directory / "y.npy", np.zeros(8)], batch_size=8
    ) as stream:
        assert [desc.name for desc in stream.provide_data] == ["a", "b"]
        assert [desc.name for desc in stream.provide_label] == ["_0_softmax_label", "_1_softmax_label"]
        batch = stream.next()
    np.testing.assert_array_equal(batch.data[0], data["a"])
    np.testing.assert_array_equal(batch.label[0], np.arange(8))


@pytest.mark.parametrize("layout", ["TNC", "TN", "NTC"])
def test_the_batch_axis_is_where_the_layout_has_it(connected, layout):
    array = np.arange(7 * 9 * 2).reshape(7, 9, 2) if len(layout) == 3 else np.arange(63).reshape(7, 9)
    axis = layout.index("N")
    with connected.open(
        iterator="NDArrayIter", data=array, batch_size=4, layout=layout, shuffle=True, seed=5
    ) as stream:
        assert stream.provide_data[0].batch_axis == axis and stream.provide_data[0].layout == layout
        for batch in stream:
            np.testing.assert_array_equal(batch.data[0], np.take(array, batch.index.astype(int), axis=axis))
        assert batch.pad == (3 if axis == 1 else 1)


def test_a_new_connection_brings_the_arrays_again(connected):
    array = np.arange(40)
    with connected.open(iterator="NDArrayIter", data=array, batch_size=4) as stream:
        first = stream.next().data[0].tolist()
        # As after a connection that was lost.
        stream._session.drop()
        rest = [batch.data[0].tolist() for batch in stream]
    assert [first, *rest] == array.reshape(10, 4).tolist()
    assert stream._session.reconnections == 1


def test_a_state_is_of_these_contents(connected):
    array = np.arange(40)
    with connected.open(iterator="NDArrayIter", data=array, batch_size=4, shuffle=True) as stream:
        [stream.next() for _ in range(3)]
        state = json.loads(json.dumps(stream.state_dict()))
        expected = stream.next().data[0].tolist()
    with connected.open(iterator="NDArrayIter", data=array.copy(), batch_size=4, shuffle=True) as stream:
        stream.load_state_dict(state)
        assert stream.next().data[0].tolist() == expected
    array[39] = 0
    with connected.open(iterator="NDArrayIter", data=array, batch_size=4, shuffle=True) as stream:
        with pytest.raises(headrace.StateMismatchError, match="manifest"):
            stream.load_state_dict(state)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array([object()]), "of object, which the server does not take"),
        (np.zeros(3, np.complex64), "complex64"),
        (np.array(["x"]), "does not take"),
        ({3: np.zeros(3)}, "the name 3 is not text"),
        (np.float32(3), "single number"),
        (None, "needs the parameter 'data'"),
    ],
)
def test_what_is_no_array_is_refused(connected, value, words):
    with pytest.raises(headrace.BadParameterError, match=words):
        connected.open(iterator="NDArrayIter", data=value)


# Limits.


def test_an_array_above_the_limit_is_refused_with_the_sum(connected, daemon):
    wait_until("all memory's return", lambda: daemon.page("/v1/status")["memory_bytes"] == 0)
    array = np.zeros(LIMIT // 8 + 1)
    words = f"takes {array.nbytes} bytes; this client has handed over 0 of its"
    with pytest.raises(headrace.LimitError, match=words) as caught:
        connected.open(iterator="NDArrayIter", data=array)
    assert "limits.max_arrays" in str(caught.value)
    # Two arrays that are small enough alone.
    half = np.zeros(LIMIT // 16 + 1)
    with pytest.raises(headrace.LimitError, match=f"handed over {half.nbytes} of its"):
        connected.open(iterator="NDArrayIter", data=[half, half])
    wait_until("all memory's return", lambda: daemon.page("/v1/status")["memory_bytes"] == 0)
    connected.open(iterator="NDArrayIter", data=np.zeros(LIMIT // 8), batch_size=100).close()


@pytest.mark.parametrize("shape", [(1, 300, 7), (5, 4, 3), (1000, 2)])
def test_fortran_order_is_turned_round(daemon, shape):
    array = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    np.save(daemon.directory / "f.npy", np.asfortranarray(array))
    with headrace.connect(daemon.url) as client:
        stream = client.open(iterator="NDArrayIter", data=str(daemon.directory / "f.npy"), batch_size=shape[0])
        assert (next(iter(stream)).data[0] == array).all()


def test_an_archive_of_too_many_arrays_is_refused(daemon):
    path = daemon.directory / "many.npz"
    np.savez(path, **{f"a{i}": np.zeros(2) for i in range(65)})
    with headrace.connect(daemon.url) as client:
        with pytest.raises(headrace.HeadraceError, match="holds 65 arrays; 64 are allowed"):
            client.open(iterator="NDArrayIter", data=str(path), batch_size=1)
        stream = client.open(iterator="NDArrayIter", data=f"{path}#a64", batch_size=1)
        assert len(stream) == 2


def test_augmenters_that_compute_too_much_are_refused(daemon):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (8, 8)).save(daemon.directory / "a.png")
    resizes = [["ForceResizeAug", [["size", [size, size]], ["interp", 4]]] for size in [8000, 7999] * 4]
    with headrace.connect(daemon.url) as client:
        stream = client.open(
            iterator="ImageIter",
            imglist=[[1.0, "a.png"]],
            path_root=str(daemon.directory),
            batch_size=1,
            data_shape=(3, 4, 4),
            aug_list=[*resizes, ["ForceResizeAug", [["size", [4, 4]]]]],
        )
        with pytest.raises(headrace.HeadraceError, match="pixels, all steps together"):
            next(iter(stream))


def long_list(daemon, count):
    """Many images in a list, all of them the same file; each takes 60 bytes of text."""
    folder = daemon.directory / "a-folder-with-a-name-of-forty-characters"
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(png(np.full((4, 5, 3), (9, 8, 7), np.uint8)))
    return [[float(i), f"{folder.name}/a.png"] for i in range(count)]


def test_a_list_of_images_may_be_longer_than_a_message(connected, daemon):
    images = long_list(daemon, 25_000)
    assert len(json.dumps(images)) > 5 << 18
    options = dict(path_root=str(daemon.directory), batch_size=100, data_shape=(3, 4, 5), aug_list=[])
    with connected.open(iterator="ImageIter", imglist=images, **options) as stream:
        assert len(stream) == 250 and stream.records == 25_000
        for step in (0, 249):
            stream.seek(0, step)
            batch = next(stream)
            assert (batch.label[0] == np.arange(100) + 100 * step).all()
            assert (batch.index == np.arange(1, 101) + 100 * step).all()
            assert (batch.data[0] == np.array([9, 8, 7])[:, None, None]).all()


def test_a_list_counts_as_what_its_client_handed_over(daemon):
    images = long_list(daemon, 70_000)
    options = dict(path_root=str(daemon.directory), batch_size=100, data_shape=(3, 4, 5), aug_list=[])

    def nothing_is_counted():
        return daemon.page("/v1/status")["memory_bytes"] == 0

    wait_until("all memory's return", nothing_is_counted)
    with headrace.connect(daemon.url) as client:
        with pytest.raises(headrace.LimitError, match="'rows of imglist' takes .* limits.max_arrays"):
            client.open(iterator="ImageIter", imglist=images, **options)
        with pytest.raises(headrace.LimitError, match="'imglist' takes .* limits.max_arrays"):
            client.open(iterator="ImageIter", imglist=images * 3, **options)
        with pytest.raises(headrace.BadParameterError, match=r"imglist\[50001\]"):
            client.open(iterator="ImageIter", imglist=[*images[:50_001], [1.0], *images[:10]], **options)
        with pytest.raises(headrace.NotFoundError, match="no array 'mine' has been handed over"):
            client.open(iterator="ImageIter", imglist="array:mine", **options)
        wait_until("all memory's return", nothing_is_counted)
        client.open(iterator="ImageIter", imglist=images[:50_000], **options).close()


# HDF5, where both sides have it.


def test_an_hdf5_dataset(daemon):
    h5py = pytest.importorskip("h5py")
    array = np.arange(460, dtype=">f4").reshape(23, 4, 5)
    path = daemon.directory / "x.h5"
    with h5py.File(path, "w") as file:
        file["group/plain"] = array
        file.create_dataset("packed", data=array, chunks=(3, 2, 5), compression="gzip")
    with headrace.connect(daemon.url) as client:
        for name in ("group/plain", "packed"):
            try:
                stream = client.open(iterator="NDArrayIter", data=f"{path}#/{name}", batch_size=4, shuffle=True)
            except headrace.BadParameterError as error:
                if "built without HDF5" in str(error):
                    pytest.skip(str(error))
                raise
            for batch in stream:
                np.testing.assert_array_equal(batch.data[0], array[batch.index.astype(int)])


# The class.


def test_the_class_is_served_when_asked(daemon):
    np.save(daemon.directory / "x.npy", np.arange(10))
    for data, options in [
        (str(daemon.directory / "x.npy"), {"url": daemon.url}),
        (daemon.directory / "x.npy", {"url": daemon.url}),
        (np.arange(10), {"url": daemon.url}),
    ]:
        iterator = NDArrayIter(data, batch_size=4, last_batch_handle="roll_over", **options)
        assert isinstance(iterator, NDArrayIter) and iterator.stream.iterator == "NDArrayIter"
        assert len(iterator) == 2 and iterator.num_data == 10
        found = []
        for _ in range(3):
            found.append([batch.data[0].tolist() for batch in iterator])
            iterator.reset()
        assert found[1][0] == [8, 9, 0, 1] and found[2] == [[0, 1, 2, 3], [4, 5, 6, 7]]
        iterator.next()
        iterator.hard_reset()
        # Epochs 4, 6, … begin with the first row.
        assert iterator.stream.epoch == 4 and iterator.next().data[0].tolist() == [0, 1, 2, 3]
        iterator.close()
    assert not hasattr(NDArrayIter(np.arange(10)), "stream")
    with pytest.raises(headrace.BadParameterError, match="only a server can use"):
        NDArrayIter("x.npy", served=False)
    with pytest.raises(TypeError, match="num_parts"):
        NDArrayIter(np.arange(10), num_parts=2)


def test_parts_of_the_class(daemon):
    rows = []
    for part in range(3):
        with headrace.connect(daemon.url) as client:
            iterator = NDArrayIter(np.arange(10), client=client, num_parts=3, part_index=part)
            rows += [batch.data[0].tolist() for batch in iterator]
    assert sorted(rows) == [[i] for i in range(10)]
