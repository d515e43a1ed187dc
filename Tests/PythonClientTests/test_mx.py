"""headrace.mx: MXNet's names, by changing the import alone."""

from __future__ import annotations

import numbers
import os
import pickle
import sys

import numpy as np
import pytest
from running_daemon import make_records, photographs

import headrace
import headrace.mx as mx
from headrace import recordio


class FaceDataset:
    """Written as face recognition trainers write it: records by index, the first one saying which are images."""

    def __init__(self, root_dir, transform=None):
        self.transform = transform
        self.imgrec = mx.recordio.MXIndexedRecordIO(
            os.path.join(root_dir, "train.idx"), os.path.join(root_dir, "train.rec"), "r"
        )
        header, _ = mx.recordio.unpack(self.imgrec.read_idx(0))
        if header.flag > 0:
            self.header0 = (int(header.label[0]), int(header.label[1]))
            self.imgidx = np.array(range(1, int(header.label[0])))
        else:
            self.imgidx = np.array(list(self.imgrec.keys))

    def __getitem__(self, index):
        header, img = mx.recordio.unpack(self.imgrec.read_idx(self.imgidx[index]))
        label = header.label
        if not isinstance(label, numbers.Number):
            label = label[0]
        sample = mx.image.imdecode(img).asnumpy()
        if self.transform is not None:
            sample = self.transform(sample)
        return sample, int(label)

    def __len__(self):
        return len(self.imgidx)


@pytest.fixture(params=["cv2", "Pillow"])
def image_library(request, monkeypatch):
    """Each library in turn; skips where it is not installed."""
    if request.param == "cv2":
        pytest.importorskip("cv2")
    else:
        pytest.importorskip("PIL")
        monkeypatch.setitem(sys.modules, "cv2", None)
    return request.param


def encode(array, suffix=".png"):
    """An RGB array as a file's bytes."""
    packed = recordio.pack_img(recordio.IRHeader(0, 0, 0, 0), np.ascontiguousarray(array[:, :, ::-1]), 1, suffix)
    return recordio.unpack(packed)[1]


def faces(count):
    return [np.random.RandomState(i).randint(0, 256, (12, 10, 3), np.uint8) for i in range(count)]


def test_a_face_dataset_with_a_header_record(tmp_path, image_library):
    images = faces(6)
    writer = recordio.MXIndexedRecordIO(tmp_path / "train.idx", tmp_path / "train.rec", "w")
    # Record 0 says that images are 1 to 6, and identities 7 to 9.
    writer.write_idx(0, recordio.pack(recordio.IRHeader(2, [7.0, 10.0], 0, 0), b""))
    for i, image in enumerate(images, start=1):
        label = float(i % 3) if i % 2 else [float(i % 3), 0.0]
        writer.write_idx(i, recordio.pack(recordio.IRHeader(0 if i % 2 else 2, label, i, 0), encode(image)))
    for i in range(7, 10):
        writer.write_idx(i, recordio.pack(recordio.IRHeader(2, [1.0, 3.0], i, 0), b""))
    writer.close()
    dataset = FaceDataset(tmp_path, transform=lambda sample: sample.transpose(2, 0, 1))
    assert (len(dataset), dataset.header0) == (6, (7, 10))
    for i in range(6):
        sample, label = dataset[i]
        assert type(sample) is np.ndarray and sample.dtype == np.uint8 and label == (i + 1) % 3
        np.testing.assert_array_equal(sample.transpose(1, 2, 0), images[i])


def test_a_face_dataset_without_a_header_record(tmp_path, image_library):
    images = faces(3)
    make_records(tmp_path / "train.rec", [encode(image) for image in images])
    dataset = FaceDataset(tmp_path)
    assert [label for _, label in (dataset[i] for i in range(len(dataset)))] == [0, 1, 2]
    np.testing.assert_array_equal(dataset[2][0], images[2])


# mx.image


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: np.frombuffer(b, np.uint8), mx.nd.array])
def test_decoding_takes_bytes_of_all_kinds(kind, image_library):
    image = faces(1)[0]
    data = encode(image)
    given = kind(np.frombuffer(data, np.uint8)) if kind is mx.nd.array else kind(data)
    decoded = mx.image.imdecode(given)
    assert isinstance(decoded, mx.nd.NDArray)
    np.testing.assert_array_equal(decoded.asnumpy(), image)


def test_channels_and_their_order(tmp_path, image_library):
    image = faces(1)[0]
    (tmp_path / "x.png").write_bytes(encode(image))
    np.testing.assert_array_equal(mx.image.imread(tmp_path / "x.png"), image)
    np.testing.assert_array_equal(mx.image.imread(str(tmp_path / "x.png"), to_rgb=False), image[:, :, ::-1])
    gray = mx.image.imread(tmp_path / "x.png", flag=0)
    assert gray.shape == (12, 10, 1)
    luma = image @ np.array([0.299, 0.587, 0.114])
    assert np.abs(gray[:, :, 0].asnumpy() - luma).max() < 1.5


def test_pictures_that_cannot_be_decoded_are_named(tmp_path, image_library):
    for data in (b"", b"no image"):
        with pytest.raises(headrace.BadDataError, match=f"{len(data)} bytes are no image"):
            mx.image.imdecode(data)
    (tmp_path / "x.png").write_bytes(b"no image")
    with pytest.raises(headrace.BadDataError, match=r"x\.png: 8 bytes are no image that can be decoded"):
        mx.image.imread(tmp_path / "x.png")
    with pytest.raises(headrace.BadParameterError, match="flag is -1"):
        mx.image.imdecode(b"", flag=-1)
    with pytest.raises(FileNotFoundError):
        mx.image.imread(tmp_path / "none.png")


@pytest.mark.parametrize("interp", [0, 1, 2, 3, 4, 9])
@pytest.mark.parametrize(("width", "height"), [(20, 24), (5, 6), (5, 24)])
@pytest.mark.parametrize("channels", [1, 3])
def test_resizing(interp, width, height, channels):
    ramp = np.broadcast_to(np.linspace(20, 200, 10).astype(np.uint8)[None, :, None], (12, 10, channels))
    resized = mx.image.imresize(mx.nd.array(ramp, dtype="uint8"), width, height, interp)
    assert resized.shape == (height, width, channels) and resized.dtype == np.uint8
    assert isinstance(resized, mx.nd.NDArray)
    assert abs(float(np.mean(resized)) - float(np.mean(ramp))) < 12
    assert (np.diff(resized.asnumpy().astype(int), axis=1) >= 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((2, 2)), 2, 2), r"src has the shape \(2, 2\)"),
        ((np.zeros((0, 2, 3)), 2, 2), "src has the shape"),
        ((np.zeros((2, 2, 3), np.uint8), 0, 2), r"the size is \(0, 2\)"),
        ((np.zeros((2, 2, 3), np.uint8), 2, 2, 5), "interp is 5"),
    ],
)
def test_resizing_refuses(arguments, message):
    with pytest.raises(headrace.BadParameterError, match=message):
        mx.image.imresize(*arguments)


# mx.nd


def test_arrays_are_numpy_arrays_with_mxnets_methods():
    array = mx.nd.array([[1, 2], [3, 4]])
    assert isinstance(array, np.ndarray) and isinstance(array, mx.nd.NDArray) and isinstance(array, mx.ndarray.NDArray)
    assert (array.shape, array.dtype, array.size, array.ndim) == ((2, 2), np.float32, 4, 2)
    plain = array.asnumpy()
    assert type(plain) is np.ndarray
    plain[:] = 0
    assert array[1].asnumpy().tolist() == [3, 4] and array[:, 1:].asnumpy().tolist() == [[2], [4]]
    assert type(array[0:1]) is mx.nd.NDArray and type(array + 1) is mx.nd.NDArray
    assert array.astype("int32").dtype == np.int32 and type(array.astype("int32")) is mx.nd.NDArray
    assert array.T.asnumpy().tolist() == [[1, 3], [2, 4]] and array.reshape((4,)).asnumpy().tolist() == [1, 2, 3, 4]
    assert mx.nd.array([7]).asscalar() == 7
    with pytest.raises(ValueError, match="not a scalar"):
        array.asscalar()
    array.wait_to_read()
    mx.nd.waitall()
    copy = pickle.loads(pickle.dumps(array))
    assert type(copy) is mx.nd.NDArray and copy.asnumpy().tolist() == array.asnumpy().tolist()


def test_types_of_new_arrays():
    assert mx.nd.array(np.zeros(2, np.uint8)).dtype == np.float32
    assert mx.nd.array(mx.nd.array([1], dtype="uint8")).dtype == np.uint8
    assert mx.nd.array(np.zeros(2), dtype="int64").dtype == np.int64
    for made in (mx.nd.zeros((2, 3)), mx.nd.ones((2, 3)), mx.nd.full((2, 3), 5), mx.nd.empty((2, 3))):
        assert (made.shape, made.dtype, type(made)) == ((2, 3), np.float32, mx.nd.NDArray)
    assert mx.nd.ones(3, dtype="uint8").asnumpy().tolist() == [1, 1, 1] and mx.nd.zeros(2).asnumpy().tolist() == [0, 0]
    source = np.zeros(2, np.float32)
    mx.nd.array(source)[:] = 1
    assert source.tolist() == [0, 0]


def test_joining_arrays():
    one, two = mx.nd.ones((2, 3)), mx.nd.zeros((2, 3))
    assert mx.nd.concat(one, two).shape == (2, 6) and mx.nd.concat(one, two, dim=0).shape == (4, 3)
    assert mx.nd.concatenate([one, two]).shape == (4, 3) and mx.nd.concatenate([one, two], axis=1).shape == (2, 6)
    assert mx.nd.stack(one, two).shape == (2, 2, 3) and mx.nd.expand_dims(one, 0).shape == (1, 2, 3)
    assert mx.nd.transpose(mx.nd.zeros((1, 2, 3)), axes=(2, 0, 1)).shape == (3, 1, 2)
    assert one.expand_dims(1).shape == (2, 1, 3) and mx.nd.transpose(one).shape == (3, 2)
    assert all(type(made) is mx.nd.NDArray for made in (mx.nd.concat(one, two), mx.nd.stack(one, two)))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda nd, a: nd.sum(a), [21]),
        (lambda nd, a: nd.sum(a, axis=0), [5, 7, 9]),
        (lambda nd, a: nd.mean(data=a, axis=1, keepdims=True), [[2], [5]]),
        (lambda nd, a: nd.max(a), [6]),
        (lambda nd, a: nd.min(a, axis=1), [1, 4]),
        (lambda nd, a: nd.flip(data=a, axis=1), [[3, 2, 1], [6, 5, 4]]),
        (lambda nd, a: nd.clip(a, 2, 4), [[2, 2, 3], [4, 4, 4]]),
        (lambda nd, a: nd.arange(3), [0, 1, 2]),
        (lambda nd, a: nd.arange(1, 7, 2), [1, 3, 5]),
        (lambda nd, a: nd.arange(0, 2, repeat=2), [0, 0, 1, 1]),
        (lambda nd, a: nd.slice_axis(a, axis=1, begin=1, end=None), [[2, 3], [5, 6]]),
        (lambda nd, a: nd.slice_axis(a, 1, 0, -1), [[1, 2], [4, 5]]),
        (lambda nd, a: nd.tile(a, (2, 1)), [[1, 2, 3], [4, 5, 6]] * 2),
        (lambda nd, a: nd.repeat(a, 2, axis=0), [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]]),
        (lambda nd, a: nd.reshape(a, shape=(3, -1)), [[1, 2], [3, 4], [5, 6]]),
        (lambda nd, a: nd.squeeze(nd.ones((1, 2, 1))), [1, 1]),
        (lambda nd, a: nd.swapaxes(a, 0, 1), [[1, 4], [2, 5], [3, 6]]),
        (lambda nd, a: nd.dot(a, a.T), [[14, 32], [32, 77]]),
        (lambda nd, a: nd.where(a > 2, a, a * 0), [[0, 0, 3], [4, 5, 6]]),
        (lambda nd, a: nd.zeros_like(a) + nd.ones_like(a), [[1, 1, 1]] * 2),
        (lambda nd, a: nd.maximum(a, 3), [[3, 3, 3], [4, 5, 6]]),
        (lambda nd, a: nd.minimum(a, 2), [[1, 2, 2], [2, 2, 2]]),
    ],
)
def test_functions_give_what_mxnets_give(found, expected):
    array = found(mx.nd, mx.nd.array([[1, 2, 3], [4, 5, 6]]))
    assert type(array) is mx.nd.NDArray and array.dtype == np.float32
    assert array.asnumpy().tolist() == expected


def test_an_array_says_what_to_use_for_the_methods_it_lacks():
    array = mx.nd.ones((2,))
    assert mx.nd.cast(array, "uint8").dtype == np.uint8
    with pytest.raises(AttributeError, match=r"NDArray has no flip; use mx\.nd\.flip\(array"):
        array.flip(axis=0)
    with pytest.raises(AttributeError, match=r"use numpy\.broadcast_to\(array"):
        _ = array.broadcast_to
    assert not hasattr(array, "attach_grad") and not hasattr(array, "toarray")


def test_contexts_have_no_effect():
    assert repr(mx.gpu(1)) == "gpu(1)" and mx.cpu() == mx.Context("cpu", 0) == mx.current_context() != mx.gpu()
    assert mx.Context(mx.gpu(2)) == mx.gpu(2) and len({mx.cpu(), mx.cpu(0), mx.gpu()}) == 2
    assert mx.num_gpus() == 0
    array = mx.nd.ones((2,), ctx=mx.gpu())
    assert array.context == array.ctx == mx.cpu() and array.as_in_context(mx.gpu()) is array
    with mx.gpu(0):
        target = mx.nd.zeros((2,))
    array.copyto(target)
    assert target.asnumpy().tolist() == [1, 1]
    copy = array.copyto(mx.cpu())
    copy[:] = 5
    assert array.asnumpy().tolist() == [1, 1]


# mx.io


def test_the_documentation_example():
    iterator = mx.io.NDArrayIter(
        data={"data": mx.nd.ones((100, 10))}, label={"softmax_label": mx.nd.ones((100,))}, batch_size=25
    )
    assert iterator.provide_data == [("data", (25, 10))] and iterator.provide_label == [("softmax_label", (25,))]
    shapes = [(batch.data[0].asnumpy().shape, batch.label[0].asnumpy().shape) for batch in iterator]
    assert shapes == [((25, 10), (25,))] * 4


def test_numpy_input_becomes_float32_and_ndarrays_keep_their_type():
    iterator = mx.io.NDArrayIter([np.arange(4), mx.nd.array([1, 2, 3, 4], dtype="uint8")], np.arange(4), 2)
    assert [desc.dtype for desc in iterator.provide_data + iterator.provide_label] == [np.float32, np.uint8, np.float32]
    batch = iterator.next()
    assert [array.asnumpy().tolist() for array in batch.data] == [[0, 1], [1, 2]]
    assert iterator.iter_next() and type(iterator.getdata()[0]) is type(iterator.getlabel()[0]) is mx.nd.NDArray


def test_csr_input_comes_dense():
    sparse = pytest.importorskip("scipy.sparse")
    iterator = mx.io.NDArrayIter(sparse.csr_matrix(np.eye(4)), batch_size=2, last_batch_handle="discard")
    assert iterator.next().data[0].asnumpy().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]


def test_compositions_pass_ndarrays_on():
    inner = [mx.io.NDArrayIter(np.arange(4), batch_size=2) for _ in range(2)]
    iterator = mx.io.PrefetchingIter([mx.io.ResizeIter(each, 3) for each in inner])
    assert [[array.asnumpy().tolist() for array in batch.data] for batch in iterator] == [
        [[0, 1], [0, 1]], [[2, 3], [2, 3]], [[0, 1], [0, 1]],
    ]  # fmt: skip


def test_every_served_iterator_is_there():
    served = [
        name
        for name in headrace.io.__all__
        if isinstance(getattr(headrace.io, name), type) and hasattr(getattr(headrace.io, name), "served")
    ]
    assert "ImageRecordIter" in served
    for name in served:
        ours = getattr(mx.io, name)
        assert issubclass(ours, getattr(headrace.io, name)) and issubclass(ours, mx.io.DataIter) and ours.__name__ == name
        assert name in mx.io.__all__


def test_served_batches_are_ndarrays(server):
    iterator = mx.io.ImageRecordIter(url=server.url)
    batch = iterator.next()
    plain = headrace.io.ImageRecordIter(url=server.url).next()
    np.testing.assert_array_equal(batch.data[0].asnumpy(), plain.data[0])
    np.testing.assert_array_equal(batch.label[0].asnumpy(), plain.label[0])
    assert iterator.iter_next() and type(iterator.getdata()) is type(iterator.getlabel()) is mx.nd.NDArray


def test_a_training_loop_through_a_daemon(client, tmp_path):
    records = make_records(tmp_path / "x.rec", [path.read_bytes() for path in photographs()[:6]])
    iterator = mx.io.ImageRecordIter(
        client=client, path_imgrec=str(records), data_shape=(3, 32, 32), batch_size=4, resize=32, round_batch=False
    )
    seen = []
    for _ in range(2):
        for batch in iterator:
            rows = batch.label[0].asnumpy()[: 4 - batch.pad]
            seen.append((batch.data[0].as_in_context(mx.gpu(0)).asnumpy().shape, rows.tolist()))
        iterator.reset()
    assert [shape for shape, _ in seen] == [(4, 3, 32, 32)] * len(seen)
    assert sorted(row for _, labels in seen for row in labels) == sorted([*range(6)] * 2)
    iterator.close()


# What is not there


@pytest.mark.parametrize(
    ("module", "name", "hint"),
    [
        (mx, "gluon", "PyTorch's DataLoader"),
        (mx, "random", "follow the iterators' `seed`"),
        (mx, "sym", "data loading API only"),
        (mx.nd, "argmax", "use numpy.argmax"),
        (mx.nd, "Convolution", "data loading API only"),
        (mx.nd, "save", "use numpy.savez"),
        (mx.io, "NoSuchIter", "there are .*ImageRecordIter.*NDArrayIter"),
        (mx.image, "RandomErasingAug", "there are Augmenter, .*imresize"),
    ],
)
def test_missing_names_say_what_to_use(module, name, hint):
    with pytest.raises(AttributeError, match=hint) as caught:
        getattr(module, name)
    assert isinstance(caught.value, headrace.HeadraceError) and isinstance(caught.value, mx.UnsupportedNameError)
    assert caught.value.code == "unsupported" and not hasattr(module, name)


def test_every_name_that_is_offered_is_there():
    for module in (mx, mx.io, mx.nd, mx.image, mx.recordio):
        assert all(hasattr(module, name) for name in module.__all__)
        with pytest.raises(AttributeError):
            _ = module.__nothing__
    assert mx.__version__ == headrace.__version__ and mx.img is mx.image
    assert mx.recordio.unpack is recordio.unpack
