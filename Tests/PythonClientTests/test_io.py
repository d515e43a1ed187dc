"""MXNet's classes over a scripted server."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scripted_server import expected_batch

import headrace
from headrace.io import DataBatch, DataDesc, DataIter, ImageRecordIter, MXDataIter

SERVED = [
    "ImageRecordIter",
    "ImageRecordUInt8Iter",
    "ImageRecordInt8Iter",
    "ImageRecordIter_v1",
    "ImageRecordUInt8Iter_v1",
    "ImageDetRecordIter",
    "CSVIter",
    "MNISTIter",
]


def test_a_descriptor_is_the_tuple_of_name_and_shape():
    desc = DataDesc("data", (2, 3), np.uint8, "NC")
    assert desc == ("data", (2, 3)) == DataDesc("data", (2, 3)) and hash(desc) == hash(("data", (2, 3)))
    name, shape = desc
    assert (name, shape, len(desc), desc[0]) == ("data", (2, 3), 2, "data")
    assert repr(DataDesc("data", (2, 3))) == "DataDesc[data,(2, 3),<class 'numpy.float32'>,NCHW]"
    copy = pickle.loads(pickle.dumps(desc))
    assert (copy, copy.dtype, copy.layout) == (desc, np.uint8, "NC")


@pytest.mark.parametrize(("layout", "axis"), [(None, 0), ("NCHW", 0), ("TNC", 1), ("TC", -1), ("", -1)])
def test_the_batch_axis_is_where_the_layout_has_n(layout, axis):
    assert DataDesc.get_batch_axis(layout) == axis


def test_descriptors_from_lists():
    shapes = [("a", (1,)), ("b", (2,))]
    assert [d.dtype for d in DataDesc.get_list(shapes, [("b", np.int8), ("a", np.uint8)])] == [np.uint8, np.int8]
    assert [d.dtype for d in DataDesc.get_list(shapes, None)] == [np.float32] * 2
    with pytest.raises(KeyError):
        DataDesc.get_list(shapes, [("a", np.uint8)])


def test_a_batch_holds_lists_of_arrays():
    batch = DataBatch([np.zeros((2, 3))], [np.zeros(2)], 1, None, "key")
    assert str(batch) == "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"
    assert (batch.pad, batch.bucket_key, batch.epoch) == (1, "key", None)
    assert str(DataBatch([np.zeros(2)])) == "DataBatch: data shapes: [(2,)] label shapes: None"
    for arguments in ((np.zeros(2),), ([], np.zeros(2))):
        with pytest.raises(AssertionError):
            DataBatch(*arguments)


class Counting(DataIter):
    """An iterator written as the documentation says."""

    def __init__(self):
        super().__init__(batch_size=1)
        self.at = -1

    def iter_next(self):
        self.at += 1
        return self.at < 3

    def getdata(self):
        return [np.array([self.at])]

    def getlabel(self):
        return [np.array([-self.at])]

    def getpad(self):
        return 0

    def reset(self):
        self.at = -1


def test_an_iterator_of_ones_own_works():
    iterator = Counting()
    assert [int(batch.data[0][0]) for batch in iterator] == [0, 1, 2]
    assert list(iterator) == []
    iterator.reset()
    batch = iterator.next()
    assert (batch.label[0].tolist(), batch.pad, batch.index) == ([0], 0, None)


@pytest.mark.parametrize("name", SERVED)
def test_every_iterator_opens_under_its_name(server, name):
    iterator = getattr(headrace.io, name)(url=server.url, path_imgrec="/x.rec", data_shape=(3, 8, 8), batch_size=4)
    assert isinstance(iterator, MXDataIter) and isinstance(iterator, DataIter)
    (request,) = (message for kind, message in server.received if kind == "OPEN")
    assert request == {
        "iterator": name,
        "parameters": {"path_imgrec": "/x.rec", "data_shape": [3, 8, 8], "batch_size": 4},
    }
    assert iterator.batch_size == 4 and len(iterator) == 5


def test_epochs_as_in_mxnet(server):
    iterator = ImageRecordIter(url=server.url, data_name="image", label_name="class")
    assert iterator.provide_data == [("image", (4, 3, 8, 8))] and iterator.provide_label == [("class", (4,))]
    assert {d.layout for d in iterator.provide_data + iterator.provide_label} == {"NCHW"}
    for epoch in range(2):
        for step, batch in enumerate(iterator):
            data, label, index = expected_batch(epoch, step)
            np.testing.assert_array_equal(batch.data[0], data)
            np.testing.assert_array_equal(batch.label[0], label)
            np.testing.assert_array_equal(batch.index, index)
            assert batch.pad == 0 and batch.provide_data is None
        assert step == 4 and list(iterator) == []
        iterator.reset()


def test_the_getters_give_the_current_batch(server):
    with headrace.connect(server.url) as client:
        iterator = ImageRecordIter(client=client)
        with pytest.raises(RuntimeError, match="no current batch"):
            iterator.getdata()
        step = 0
        while iterator.iter_next():
            data, label, index = expected_batch(0, step)
            np.testing.assert_array_equal(iterator.getdata(), data)
            np.testing.assert_array_equal(iterator.getlabel(), label)
            np.testing.assert_array_equal(iterator.getindex(), index)
            assert iterator.getpad() == 0
            step += 1
        assert step == 5 and not iterator.iter_next()
        with pytest.raises(StopIteration):
            iterator.next()


def test_a_state_travels_between_iterators(server):
    first = ImageRecordIter(url=server.url)
    first.next(), first.next()
    second = ImageRecordIter(url=server.url)
    second.load_state_dict(first.state_dict())
    assert second.next().step == 2


def test_positional_arguments_are_refused(server):
    with pytest.raises(TypeError, match="ImageRecordIter can only accept keyword arguments"):
        ImageRecordIter("train.rec")
