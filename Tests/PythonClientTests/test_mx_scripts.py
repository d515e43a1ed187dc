"""Data code as MXNet's users write it, with the import alone changed."""

from __future__ import annotations

import random

import numpy as np
import pytest
from running_daemon import make_records, photographs

import headrace.mx as mx
from headrace.mx import io, nd, recordio


@pytest.fixture
def decoder():
    """Skips where no image can be decoded in this process."""
    try:
        import cv2  # noqa: F401
    except ImportError:
        pytest.importorskip("PIL", reason="neither OpenCV nor Pillow is installed")


@pytest.fixture
def photos(tmp_path):
    """Ten photographs as train.rec with train.idx, label = number modulo 3."""
    return make_records(
        tmp_path / "train.rec", [path.read_bytes() for path in photographs()[:10]], label=lambda i: float(i % 3)
    )


class FaceIter(io.DataIter):
    """An iterator as face recognition trainers have them: it reads records by index and makes its batches itself."""

    def __init__(self, path_imgrec, batch_size, data_shape, rand_mirror=False, color_jittering=0.0):
        super().__init__()
        self.imgrec = recordio.MXIndexedRecordIO(path_imgrec[:-4] + ".idx", path_imgrec, "r")
        self.seq = list(self.imgrec.keys)
        self.batch_size, self.data_shape = batch_size, data_shape
        self.rand_mirror, self.color_jittering = rand_mirror, color_jittering
        self.provide_data = [("data", (batch_size, *data_shape))]
        self.provide_label = [("softmax_label", (batch_size,))]
        self.reset()

    def reset(self):
        self.cur = 0
        random.shuffle(self.seq)

    def next_sample(self):
        if self.cur >= len(self.seq):
            raise StopIteration
        self.cur += 1
        header, body = recordio.unpack(self.imgrec.read_idx(self.seq[self.cur - 1]))
        return header.label, mx.image.imdecode(body)

    def brighten(self, src):
        src *= 1.0 + random.uniform(-self.color_jittering, self.color_jittering)
        return src

    def sharpen(self, src):
        alpha = 1.0 + random.uniform(-self.color_jittering, self.color_jittering)
        gray = src * nd.array([[[0.299, 0.587, 0.114]]])
        gray = (3.0 * (1.0 - alpha) / gray.size) * nd.sum(gray)
        src *= alpha
        src += gray
        return src

    def next(self):
        batch_data = nd.empty((self.batch_size, *self.data_shape))
        batch_label = nd.empty(self.provide_label[0][1])
        row = 0
        try:
            while row < self.batch_size:
                label, picture = self.next_sample()
                picture = mx.image.center_crop(mx.image.resize_short(picture, 48), (40, 40))[0]
                if self.rand_mirror and random.random() < 0.5:
                    picture = mx.ndarray.flip(data=picture, axis=1)
                if self.color_jittering > 0:
                    picture = self.sharpen(self.brighten(picture.astype("float32")))
                batch_data[row][:] = nd.transpose(picture, axes=(2, 0, 1))
                batch_label[row] = label
                row += 1
        except StopIteration:
            if row == 0:
                raise
        return io.DataBatch([batch_data], [batch_label], self.batch_size - row)


def test_an_iterator_of_a_face_recognition_trainer(photos, decoder):
    random.seed(0)
    plain = FaceIter(str(photos), 4, (3, 40, 40))
    labels = []
    for batch in plain:
        assert batch.data[0].shape == (4, 3, 40, 40) and type(batch.data[0]) is mx.nd.NDArray
        labels += batch.label[0].asnumpy()[: 4 - batch.pad].tolist()
    assert sorted(labels) == sorted(float(i % 3) for i in range(10))
    jittered = FaceIter(str(photos), 4, (3, 40, 40), rand_mirror=True, color_jittering=0.3)
    iterator = io.PrefetchingIter(io.ResizeIter(jittered, 5))
    means = [float(batch.data[0].asnumpy().mean()) for batch in iterator]
    assert len(set(means)) == 5
    iterator.close()


def test_pictures_one_by_one(decoder):
    """Open, look, shrink, cut, augment, batch."""
    path = str(photographs()[0])
    with open(path, "rb") as file:
        picture = mx.image.imdecode(file.read())
    assert (picture.asnumpy() == mx.img.imread(path).asnumpy()).all() and picture.dtype == np.uint8
    small = mx.image.resize_short(picture, 60)
    assert min(small.shape[:2]) == 60
    cut, (x, y, width, height) = mx.image.random_crop(small, (50, 40))
    assert (cut.asnumpy() == small[y : y + height, x : x + width].asnumpy()).all() and cut.shape == (40, 50, 3)
    for augmenter in mx.image.CreateAugmenter(data_shape=(3, 32, 32), rand_crop=True, rand_mirror=True, mean=True):
        picture = augmenter(picture)
    batch = mx.nd.transpose(picture.astype("float32"), axes=(2, 0, 1)).expand_dims(0)
    assert batch.shape == (1, 3, 32, 32) and batch.context == mx.cpu()
    white = mx.image.color_normalize(mx.nd.ones((2, 2, 3)) * 255, mx.nd.array([55, 155, 205]), mx.nd.array([2, 10, 5]))
    assert white[0, 0].asnumpy().tolist() == [100, 10, 10]


class Simple(mx.io.DataIter):
    """An iterator that makes its data up, as the tutorial on iterators writes it."""

    def __init__(self, names, shapes, makers, count=10):
        super().__init__()
        self._provide, self._makers, self._count = list(zip(names, shapes, strict=True)), makers, count
        self.cur = 0

    @property
    def provide_data(self):
        return self._provide

    provide_label = provide_data

    def reset(self):
        self.cur = 0

    def __next__(self):
        return self.next()

    def next(self):
        if self.cur >= self._count:
            raise StopIteration
        self.cur += 1
        arrays = [mx.nd.array(make(shape)) for (_, shape), make in zip(self._provide, self._makers, strict=True)]
        return mx.io.DataBatch(arrays, arrays)


def test_an_iterator_of_the_tutorial():
    batches = list(Simple(["data"], [(8, 5)], [lambda shape: np.random.uniform(-1, 1, shape)]))
    assert len(batches) == 10 and all(batch.data[0].dtype == np.float32 for batch in batches)
    assert str(batches[0]) == "DataBatch: data shapes: [(8, 5)] label shapes: [(8, 5)]"


def test_training_from_a_folder_of_pictures(client, tmp_path):
    lines = [f"{i}\t{i % 4}\t{path.name}\n" for i, path in enumerate(photographs()[:9])]
    for path in photographs()[:9]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "photos.lst").write_text("".join(lines))
    iterator = mx.image.ImageIter(
        batch_size=4, data_shape=(3, 32, 32), label_width=1, path_root=str(tmp_path),
        path_imglist=str(tmp_path / "photos.lst"), shuffle=True, client=client,
        aug_list=mx.image.CreateAugmenter((3, 32, 32), resize=40, rand_crop=True, rand_mirror=True, mean=True, std=True),
    )  # fmt: skip
    assert iterator.provide_data == [("data", (4, 3, 32, 32))] and iterator.provide_label == [("softmax_label", (4,))]
    for _ in range(2):
        labels = []
        for batch in iterator:
            assert np.abs(batch.data[0].asnumpy()).max() < 4
            labels += batch.label[0].asnumpy()[: 4 - batch.pad].tolist()
        assert sorted(labels) == sorted(float(i % 4) for i in range(9))
        iterator.reset()
    iterator.close()


def test_training_on_objects(client, tmp_path):
    def records(name, counts):
        """Records with that many objects each, in the packed label format."""
        writer = mx.recordio.MXIndexedRecordIO(str(tmp_path / f"{name}.idx"), str(tmp_path / f"{name}.rec"), "w")
        for i, count in enumerate(counts):
            objects = [[k, 0.1 * k, 0.2, 0.1 * k + 0.3, 0.9] for k in range(count)]
            label = [2, 5, *np.ravel(objects)]
            writer.write_idx(i, mx.recordio.pack(mx.recordio.IRHeader(0, label, i, 0), photographs()[i].read_bytes()))
        writer.close()
        return str(tmp_path / f"{name}.rec")

    def iterator(path):
        return mx.image.ImageDetIter(
            batch_size=3, data_shape=(3, 48, 48), path_imgrec=path, path_imgidx=path[:-3] + "idx", shuffle=True,
            rand_crop=0.5, rand_pad=0.5, rand_mirror=True, mean=True, client=client,
        )  # fmt: skip

    train, validation = iterator(records("train", [1, 2, 1, 3, 1, 2])), iterator(records("val", [5, 1, 1]))
    assert (train.label_shape, validation.label_shape) == ((3, 5), (5, 5))
    validation = train.sync_label_shape(validation)
    assert train.label_shape == validation.label_shape == (5, 5)
    assert train.provide_label == [("label", (3, 5, 5))]
    train.reshape(data_shape=(3, 64, 64))
    batches = list(train)
    assert [batch.data[0].shape for batch in batches] == [(3, 3, 64, 64)] * 2
    for batch in batches:
        labels = batch.label[0].asnumpy()
        present = labels[:, :, 0] >= 0
        assert present.any(axis=1).all() and (labels[~present] == -1).all()
        boxes = labels[present][:, 1:]
        assert (boxes >= 0).all() and (boxes <= 1).all() and (boxes[:, 2:] > boxes[:, :2]).all()
    train.reset()
    assert sum(1 for picture in train.draw_next(mean=True) if picture.shape == (64, 64, 3)) == 6
    train.close()
    validation.close()
