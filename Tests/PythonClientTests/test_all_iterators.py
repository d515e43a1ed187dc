"""What every iterator that the server has a class for promises, through a daemon."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from running_daemon import make_records

from headrace import _png, io, recordio

COUNT, BATCH = 23, 4


def flat(number):
    return _png.encode(np.full((8, 8, 3), number, np.uint8), 1)


def images(folder):
    path = make_records(folder / "images.rec", [flat(number) for number in range(COUNT)])
    return {"path_imgrec": path, "data_shape": (3, 8, 8)}, lambda batch: batch.data[0][:, 0, 0, 0], batch_label


def batch_label(batch):
    return batch.label[0]


def objects(folder):
    with recordio.MXRecordIO(folder / "objects.rec", "w") as writer:
        for number in range(COUNT):
            labels = [2, 5, number, 0.25, 0.25, 0.75, 0.75]
            writer.write(recordio.pack((0, labels, number, 0), flat(number)))
    parameters = {"path_imgrec": folder / "objects.rec", "data_shape": (3, 8, 8), "label_pad_width": 7}
    return parameters, lambda batch: batch.data[0][:, 0, 0, 0], lambda batch: batch.label[0][:, 6]


def table(folder):
    (folder / "data.csv").write_text("".join(f"{number},1\n" for number in range(COUNT)))
    (folder / "label.csv").write_text("".join(f"{number}\n" for number in range(COUNT)))
    parameters = {"data_csv": folder / "data.csv", "label_csv": folder / "label.csv", "data_shape": (2,)}
    return parameters, lambda batch: batch.data[0][:, 0], batch_label


def digits(folder):
    pixels = np.repeat(np.arange(COUNT, dtype=np.uint8), 6)
    (folder / "i").write_bytes(struct.pack(">4I", 2051, COUNT, 2, 3) + pixels.tobytes())
    (folder / "l").write_bytes(struct.pack(">2I", 2049, COUNT) + bytes(range(COUNT)))
    parameters = {"image": folder / "i", "label": folder / "l", "last_batch_handle": "pad"}
    return parameters, lambda batch: batch.data[0][:, 0, 0, 0] * 256, batch_label


def records(folder):
    with recordio.MXRecordIO(folder / "r.rec", "w") as writer:
        for number in range(COUNT):
            writer.write(bytes([number] * (number + 1)))
    return {"path_rec": folder / "r.rec"}, lambda batch: batch.data[0][:, 0], lambda batch: batch.data[1] - 1


# The data of each class: its parameters, and what its data and its labels say which record a row is.
FIXTURES = {
    "CSVIter": table,
    "ImageDetRecordIter": objects,
    "ImageRecordInt8Iter": images,
    "ImageRecordIter": images,
    "ImageRecordIter_v1": images,
    "ImageRecordUInt8Iter": images,
    "ImageRecordUInt8Iter_v1": images,
    "MNISTIter": digits,
    "RecordIter": records,
}
SERVED = sorted(name for name in io.__all__ if hasattr(getattr(io, name), "served"))


class Opened:
    """An iterator's data and how to open it."""

    def __init__(self, name, folder, client):
        self.name = name
        self.client = client
        self.parameters, self.from_data, self.from_label = FIXTURES[name](folder)

    def open(self, **changes):
        common = {"batch_size": BATCH, "shuffle": False}
        if self.name != "MNISTIter":
            common["round_batch"] = False
        return getattr(io, self.name)(client=self.client, **(self.parameters | common | changes))

    def rows(self, batch):
        """The records of the rows that are data, checked: data, labels and index agree."""
        count = BATCH - batch.pad
        index = batch.index[:count].astype(int)
        for said in (self.from_data(batch), self.from_label(batch)):
            np.testing.assert_array_equal(np.asarray(said[:count]).astype(int), index)
        return index.tolist()

    def epoch(self, iterator):
        """The records of an epoch, as its length promises."""
        batches = list(iterator)
        assert len(batches) == len(iterator)
        return [record for batch in batches for record in self.rows(batch)]


@pytest.fixture
def opened(request, tmp_path, client):
    return Opened(request.param, tmp_path, client)


def test_every_class_has_a_fixture():
    assert sorted(FIXTURES) == SERVED


every_iterator = pytest.mark.parametrize("opened", sorted(FIXTURES), indirect=True)


@every_iterator
def test_an_epoch_has_the_batches_it_says_and_each_record_once(opened):
    iterator = opened.open()
    for _ in range(2):
        assert len(iterator) == 6
        assert opened.epoch(iterator) == list(range(COUNT))
        iterator.reset()


@every_iterator
def test_shuffled_epochs_are_permutations(opened):
    iterator = opened.open(shuffle=True, seed=7)
    orders = []
    for _ in range(3):
        orders.append(opened.epoch(iterator))
        iterator.reset()
    assert all(sorted(order) == list(range(COUNT)) for order in orders)
    assert len({tuple(order) for order in [*orders, range(COUNT)]}) == 4


@every_iterator
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_parts_are_disjoint_and_complete(opened, parts):
    seen = [opened.epoch(opened.open(shuffle=True, num_parts=parts, part_index=part)) for part in range(parts)]
    assert sorted(record for part in seen for record in part) == list(range(COUNT))
    assert max(map(len, seen)) - min(map(len, seen)) <= 1


def content(batch):
    """All that a batch says, to compare."""
    tensors = [np.asarray(array.asnumpy() if hasattr(array, "asnumpy") else array) for array in batch.data]
    return batch.epoch, batch.step, batch.index.tolist(), [tensor.tobytes() for tensor in tensors]


@every_iterator
def test_a_state_goes_on_at_the_very_next_batch(opened):
    first = opened.open(shuffle=True, seed=3)
    epochs = []
    for _ in range(2):
        epochs += map(content, first)
        first.reset()
    for stop in (0, 1, 5, 6, 8):
        reader = opened.open(shuffle=True, seed=3)
        for _ in range(stop):
            try:
                reader.next()
            except StopIteration:
                reader.reset()
                reader.next()
        state = json.loads(json.dumps(reader.state_dict()))
        again = opened.open(shuffle=True, seed=3)
        again.load_state_dict(state)
        rest = list(map(content, again))
        # At an epoch's end there is nothing left of it, and reset goes on.
        if not rest:
            again.reset()
            rest = list(map(content, again))
        assert rest == [batch for batch in epochs[stop:] if batch[0] == epochs[stop][0]]
