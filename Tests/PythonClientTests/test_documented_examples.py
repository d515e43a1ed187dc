"""The examples of MXNet's data loading page, with the import changed and Python 3's bytes and numbers."""

from __future__ import annotations

import numpy as np
import pytest
from multi_iter import MultiIter
from running_daemon import make_records

import headrace.mx as mx
from headrace import _png
from headrace.mx.io import DataBatch, DataDesc


def test_an_iterator_says_what_its_batches_are():
    nd_iter = mx.io.NDArrayIter(
        data={"data": mx.nd.ones((100, 10))}, label={"softmax_label": mx.nd.ones((100,))}, batch_size=25
    )
    assert nd_iter.provide_data == [DataDesc("data", (25, 10))]
    assert nd_iter.provide_label == [DataDesc("softmax_label", (25,))]
    assert str(nd_iter.provide_data) == "[DataDesc[data,(25, 10),float32,NCHW]]"
    # In the place of `Module.fit` with two epochs: a fully connected layer, fitted by what it binds to.
    shapes = dict(nd_iter.provide_data) | dict(nd_iter.provide_label)
    weights, losses = np.zeros(shapes["data"][1]), []
    for _ in range(2):
        nd_iter.reset()
        for batch in nd_iter:
            error = batch.data[0].asnumpy() @ weights - batch.label[0].asnumpy()
            weights -= 0.05 * batch.data[0].asnumpy().T @ error / shapes["softmax_label"][0]
            losses.append(float((error**2).mean()))
    assert len(losses) == 8 and losses[-1] < losses[0] / 100


def test_images_and_texts_are_read_together(client, tmp_path):
    flat = [_png.encode(np.full((8, 8, 3), value, np.uint8), 1) for value in range(6)]
    make_records(tmp_path / "image.rec", flat)
    (tmp_path / "txt.csv").write_text("".join(f"{row},{row + 0.5}\n" for row in range(6)))
    images = mx.io.ImageRecordIter(
        client=client, path_imgrec=tmp_path / "image.rec", data_shape=(3, 8, 8), batch_size=3, data_name="image"
    )
    texts = mx.io.CSVIter(client=client, data_csv=tmp_path / "txt.csv", data_shape=(2,), batch_size=3, data_name="text")
    both = MultiIter([images, texts])
    assert [(desc.name, desc.shape) for desc in both.provide_data] == [("image", (3, 3, 8, 8)), ("text", (3, 2))]
    for _ in range(2):
        for first in (0, 3):
            image, text = both.next().data
            assert image[:, 0, 4, 4].tolist() == text[:, 0].tolist() == [first, first + 1, first + 2]
        with pytest.raises(StopIteration):
            both.next()
        both.reset()


def test_an_iterator_of_ones_own_composes_like_any_other():
    def both():
        return MultiIter([mx.io.NDArrayIter(mx.nd.ones((8, 2)), batch_size=4, data_name=name) for name in "ab"])

    resized, ahead = mx.io.ResizeIter(both(), 5), mx.io.PrefetchingIter(both())
    assert resized.batch_size == ahead.batch_size == 4
    assert [[array.shape for array in batch.data] for batch in resized] == [[(4, 2), (4, 2)]] * 5
    for _ in range(2):
        assert len(list(ahead)) == 2
        ahead.reset()
    ahead.close()


@pytest.mark.parametrize(("layout", "shape"), [("TN", (7, 4)), ("TNC", (7, 4, 2))])
def test_the_batch_axis_is_where_the_layout_says(layout, shape):
    class Sequences(mx.io.DataIter):
        served = 0
        provide_label: list = []

        @property
        def provide_data(self):
            return [DataDesc(name="seq_var", shape=shape, layout=layout)]

        def next(self):
            self.served += 1
            if self.served > 2:
                raise StopIteration
            return DataBatch([mx.nd.zeros(shape)], [], pad=1, bucket_key=shape[0], provide_data=self.provide_data)

        def reset(self):
            self.served = 0

    desc = Sequences(4).provide_data[0]
    assert shape[DataDesc.get_batch_axis(desc.layout)] == 4
    assert [DataDesc.get_batch_axis(layout) for layout in ("NCHW", "NT", "CHW", None)] == [0, 0, -1, 0]
    ahead = mx.io.PrefetchingIter(Sequences(4), rename_data=[{"seq_var": "words"}])
    assert ahead.provide_data[0].layout == layout and ahead.batch_size == 4
    batch = ahead.next()
    assert (batch.bucket_key, batch.pad, batch.data[0].shape) == (7, 1, shape)
    ahead.close()
    resized = mx.io.ResizeIter(Sequences(4), 5)
    assert [batch.bucket_key for batch in resized] == [7] * 5
    assert resized.provide_data[0].layout == layout


def test_descriptors_are_made_of_lists_and_compare_as_tuples():
    descs = DataDesc.get_list([("a", (2, 3)), ("b", (2,))], [("b", np.int32), ("a", np.uint8)])
    assert [(d.name, d.shape, d.dtype, d.layout) for d in descs] == [
        ("a", (2, 3), np.uint8, "NCHW"),
        ("b", (2,), np.int32, "NCHW"),
    ]
    assert DataDesc.get_list([("a", (2, 3))], None)[0].dtype is np.float32
    assert descs[0] == ("a", (2, 3)) == DataDesc("a", (2, 3), np.float64, "NT") != DataDesc("a", (3, 2))


def test_an_epoch_is_resized():
    nd_iter = mx.io.NDArrayIter(mx.nd.ones((100, 10)), batch_size=25)
    resize_iter = mx.io.ResizeIter(nd_iter, 2)
    for _ in range(3):
        assert [batch.data[0].shape for batch in resize_iter] == [(25, 10), (25, 10)]
        resize_iter.reset()


def test_two_iterators_are_prefetched_under_other_names():
    iter1 = mx.io.NDArrayIter({"data": mx.nd.ones((100, 10))}, batch_size=25)
    iter2 = mx.io.NDArrayIter({"data": mx.nd.ones((100, 10))}, batch_size=25)
    piter = mx.io.PrefetchingIter([iter1, iter2], rename_data=[{"data": "data_1"}, {"data": "data_2"}])
    assert piter.provide_data == [DataDesc("data_1", (25, 10)), DataDesc("data_2", (25, 10))]
    assert len(list(piter)) == 4


def test_shuffled_data_comes_with_its_labels_and_the_rest_is_discarded():
    data = np.arange(40).reshape((10, 2, 2))
    labels = np.ones([10, 1])
    dataiter = mx.io.NDArrayIter(data, labels, 3, True, last_batch_handle="discard")
    seen = []
    for batch in dataiter:
        assert batch.data[0].shape == (3, 2, 2)
        seen += [sample.tolist() for sample in batch.data[0].asnumpy()]
    assert len(seen) == 9 and all(sample in data.tolist() for sample in seen)
    assert len({str(sample) for sample in seen}) == 9
    assert dataiter.provide_data == [DataDesc("data", (3, 2, 2))]
    assert dataiter.provide_label == [DataDesc("softmax_label", (3, 1))]


@pytest.mark.parametrize(("handle", "batches"), [("pad", 4), ("discard", 3)])
def test_what_becomes_of_the_last_batch(handle, batches):
    data, labels = np.arange(40).reshape((10, 2, 2)), np.ones([10, 1])
    batchidx = 0
    for batch in mx.io.NDArrayIter(data, labels, 3, True, last_batch_handle=handle):
        batchidx += 1
        assert batch.pad == (2 if batchidx == 4 else 0)
    assert batchidx == batches


def test_several_inputs_and_labels():
    data = {"data1": np.zeros(shape=(10, 2, 2)), "data2": np.zeros(shape=(20, 2, 2))}
    label = {"label1": np.zeros(shape=(10, 1)), "label2": np.zeros(shape=(20, 1))}
    with pytest.warns(UserWarning, match="surplus"):
        dataiter = mx.io.NDArrayIter(data, label, 3, True, last_batch_handle="discard")
    batch = dataiter.next()
    assert [desc.name for desc in dataiter.provide_data] == ["data1", "data2"]
    assert [desc.name for desc in dataiter.provide_label] == ["label1", "label2"]
    assert [array.shape for array in batch.data + batch.label] == [(3, 2, 2), (3, 2, 2), (3, 1), (3, 1)]


def test_rows_of_a_csv_file(client, tmp_path):
    (tmp_path / "data.csv").write_text("1,2,3\n2,3,4\n3,4,5\n4,5,6\n")
    options = {"client": client, "data_csv": tmp_path / "data.csv", "data_shape": (3,)}
    one, two, three, four = [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]

    def passed(iterator):
        return [batch.data[0].asnumpy().tolist() for batch in iterator]

    assert passed(mx.io.CSVIter(batch_size=2, **options)) == [[one, two], [three, four]]
    rounded = mx.io.CSVIter(batch_size=3, **options)
    assert passed(rounded) == [[one, two, three], [four, one, two]]
    rounded.reset()
    assert passed(rounded) == [[three, four, one]]
    whole = mx.io.CSVIter(batch_size=3, round_batch=False, **options)
    for _ in range(2):
        batches = passed(whole)
        assert batches[0] == [one, two, three] and batches[1][0] == four
        whole.reset()
    (tmp_path / "six.csv").write_text("1,2,3,4,5,6\n")
    reshaped = mx.io.CSVIter(client=client, data_csv=tmp_path / "six.csv", data_shape=(3, 2), batch_size=1)
    assert reshaped.next().data[0].asnumpy().tolist() == [[[1, 2], [3, 4], [5, 6]]]


def test_records_are_written_read_and_reset(tmp_path):
    path = str(tmp_path / "tmp.rec")
    record = mx.recordio.MXRecordIO(path, "w")
    for i in range(5):
        record.write(b"record_%d" % i)
    record.close()
    record = mx.recordio.MXRecordIO(path, "r")
    assert [record.read() for _ in range(5)] == [b"record_%d" % i for i in range(5)]
    record.close()
    record = mx.recordio.MXRecordIO(path, "r")
    assert [record.read() for _ in range(2)] == [b"record_0", b"record_1"]
    record.reset()
    assert record.read() == b"record_0"
    record.close()


def test_records_have_keys_and_places(tmp_path):
    names = str(tmp_path / "tmp.idx"), str(tmp_path / "tmp.rec")
    record = mx.recordio.MXIndexedRecordIO(*names, "w")
    places = [record.tell()]
    for i in range(5):
        record.write_idx(i, b"record_%d" % i)
        places.append(record.tell())
    record.close()
    assert places == [0, 16, 32, 48, 64, 80]
    record = mx.recordio.MXIndexedRecordIO(*names, "r")
    assert record.read_idx(3) == b"record_3"
    record.seek(1)
    assert record.read() == b"record_1"
    record.close()


@pytest.mark.parametrize("label", [4, [1, 2, 3]])
def test_a_header_is_packed_before_the_content(tmp_path, label):
    header = mx.recordio.IRHeader(0, label, 2574, 0)
    record = mx.recordio.MXRecordIO(tmp_path / "test.rec", "w")
    record.write(mx.recordio.pack(header, b"content of a file"))
    record.close()
    found, content = mx.recordio.unpack(mx.recordio.MXRecordIO(tmp_path / "test.rec", "r").read())
    assert content == b"content of a file" and (found.id, found.id2) == (2574, 0)
    assert np.array_equal(found.label, label)
    shown, _ = mx.recordio.unpack(mx.recordio.pack(mx.recordio.IRHeader(0, 14.0, 20129312, 0), b""))
    assert repr(shown) == "HEADER(flag=0, label=14.0, id=20129312, id2=0)"


def test_an_image_is_packed_and_unpacked():
    img = np.random.default_rng(1).integers(0, 256, (8, 9, 3), np.uint8)
    packed_s = mx.recordio.pack_img(mx.recordio.IRHeader(0, 4, 2574, 0), img, quality=9, img_fmt=".png")
    header, found = mx.recordio.unpack_img(packed_s)
    assert header.id == 2574 and found.dtype == np.uint8
    np.testing.assert_array_equal(found, img)


def test_a_native_iterator_is_an_mxdataiter(client, tmp_path):
    make_records(tmp_path / "image.rec", [_png.encode(np.zeros((8, 8, 3), np.uint8), 1)] * 4)
    for name in ("ImageRecordIter", "ImageRecordUInt8Iter", "ImageRecordIter_v1", "ImageRecordUInt8Iter_v1"):
        iterator = getattr(mx.io, name)(
            client=client, path_imgrec=tmp_path / "image.rec", data_shape=(3, 8, 8), batch_size=2
        )
        assert isinstance(iterator, mx.io.MXDataIter) and isinstance(iterator, mx.io.DataIter)
        assert iterator.iter_next() and iterator.getpad() == 0
        assert iterator.getdata().shape == (2, 3, 8, 8) and iterator.getlabel().shape == (2,)
        assert iterator.getindex().tolist() == [0, 1]
