"""NDArrayIter: kinds of input, names, epochs and their ends."""

from __future__ import annotations


import numpy as np
import pytest

import headrace
from headrace.io import NDArrayIter


def rows(iterator):
    """The first number of each row, batch by batch."""
    return [batch.data[0].reshape(len(batch.data[0]), -1)[:, 0].tolist() for batch in iterator]


def epochs(count, **options):
    iterator = NDArrayIter(np.arange(10), np.arange(10), batch_size=4, **options)
    found = []
    for _ in range(count):
        found.append([(batch.data[0].tolist(), batch.pad) for batch in iterator])
        iterator.reset()
    return found


def test_the_documentation_example():
    """Ones of 100 rows, as the documentation's first example has them."""
    data, label = {"data": np.ones((100, 10))}, {"softmax_label": np.ones(100)}
    iterator = NDArrayIter(data=data, label=label, batch_size=25)
    assert iterator.provide_data == [("data", (25, 10))] and iterator.provide_label == [("softmax_label", (25,))]
    assert [iterator.provide_data[0].layout, iterator.provide_data[0].dtype] == ["NCHW", np.float64]
    assert len(iterator) == 4 and [batch.data[0].shape for batch in iterator] == [(25, 10)] * 4


def test_the_documentation_example_of_unequal_lengths():
    data = {"data1": np.zeros((10, 2, 2)), "data2": np.zeros((20, 2, 2))}
    label = {"label1": np.zeros((10, 1)), "label2": np.zeros((20, 1))}
    with pytest.warns(UserWarning) as warned:
        iterator = NDArrayIter(data, label, 3, True, last_batch_handle="discard")
    caught = [warning for warning in warned if issubclass(warning.category, UserWarning)]
    assert [str(warning.message) for warning in caught] == [
        f"{name} has 20 rows, data 'data1' has 10: the surplus is not used" for name in ("data 'data2'", "label 'label2'")
    ]
    assert caught[0].filename == __file__
    assert len(list(iterator)) == 3


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("pad", [[([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0), ([8, 9, 0, 1], 2)]] * 3),
        ("discard", [[([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)]] * 3),
        (
            "roll_over",
            [
                [([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)],
                [([8, 9, 0, 1], 0), ([2, 3, 4, 5], 0), ([6, 7, 8, 9], 0)],
                [([0, 1, 2, 3], 0), ([4, 5, 6, 7], 0)],
            ],
        ),
    ],
)
def test_ends_of_epochs(handle, expected):
    assert epochs(3, last_batch_handle=handle) == expected


def test_carried_rows_as_pad():
    found = epochs(3, last_batch_handle="roll_over", carried_as_pad=True)
    assert [[pad for _, pad in epoch] for epoch in found] == [[0, 0], [2, 0, 0], [0, 0]]


def test_carried_rows_are_kept_until_there_are_enough_for_a_batch():
    iterator = NDArrayIter(np.arange(3), batch_size=7, last_batch_handle="roll_over")
    found = []
    for _ in range(5):
        found.append(rows(iterator))
        iterator.reset()
    assert found == [[], [], [[0, 1, 2, 0, 1, 2, 0]], [], [[1, 2, 0, 1, 2, 0, 1]]]


def test_reset_is_legal_anywhere():
    for batches in range(4):
        iterator = NDArrayIter(np.arange(10), batch_size=4, last_batch_handle="roll_over")
        for _ in range(batches):
            iterator.iter_next()
        iterator.reset()
        # Only an epoch that was read to its end carries rows over.
        assert rows(iterator)[0] == ([8, 9, 0, 1] if batches == 3 else [0, 1, 2, 3])
        iterator.hard_reset()
        assert rows(iterator)[0] == [0, 1, 2, 3]


def test_an_epoch_that_is_over_stays_over():
    iterator = NDArrayIter(np.arange(4), batch_size=4)
    assert rows(iterator) == [[0, 1, 2, 3]] and rows(iterator) == [] and not iterator.iter_next()
    with pytest.raises(RuntimeError, match="no current batch"):
        iterator.getdata()
    iterator.reset()
    assert rows(iterator) == [[0, 1, 2, 3]]


@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
def test_an_empty_array_has_empty_epochs(handle):
    iterator = NDArrayIter(np.empty((0, 3)), batch_size=4, last_batch_handle=handle)
    assert rows(iterator) == [] and len(iterator) == 0
    iterator.reset()
    assert rows(iterator) == [] and iterator.provide_data == [("data", (4, 3))]


@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
def test_every_epoch_is_a_permutation(handle):
    iterator = NDArrayIter(np.arange(40), np.arange(40) * 2, batch_size=4, shuffle=True, seed=7, last_batch_handle=handle)
    orders = []
    for _ in range(3):
        batches = list(iterator)
        assert all(np.array_equal(batch.data[0] * 2, batch.label[0]) for batch in batches)
        orders.append([row for batch in batches for row in batch.data[0].tolist()])
        iterator.reset()
    assert [sorted(order) for order in orders] == [list(range(40))] * 3
    assert len({tuple(order) for order in orders}) == 3


def test_rows_that_roll_over_a_shuffle_come_once_a_pass():
    iterator = NDArrayIter(np.arange(10), batch_size=4, shuffle=True, last_batch_handle="roll_over")
    served = []
    for _ in range(4):
        served += [row for batch in rows(iterator) for row in batch]
        iterator.reset()
    assert len(served) == 40
    assert [sorted(served[start : start + 10]) for start in (0, 10, 20, 30)] == [list(range(10))] * 4


def test_the_seed_alone_decides_the_order():
    np.random.seed(1)
    first = rows(NDArrayIter(np.arange(8), batch_size=8, shuffle=True, seed=3))
    np.random.seed(2)
    before = np.random.get_state()[1].tolist()
    assert rows(NDArrayIter(np.arange(8), batch_size=8, shuffle=True, seed=3)) == first
    assert rows(NDArrayIter(np.arange(8), batch_size=8, shuffle=True, seed=4)) != first
    assert np.random.get_state()[1].tolist() == before
    # For good: a checkpoint of last year must meet the same order.
    assert first == [[1, 0, 2, 7, 5, 3, 6, 4]]


def test_names_are_sorted_as_text():
    many = NDArrayIter([np.full((2, 1), i) for i in range(11)], batch_size=2)
    assert [desc.name for desc in many.provide_data][:3] == ["_0_data", "_10_data", "_1_data"]
    assert [array[0, 0] for array in many.next().data] == [0, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    named = NDArrayIter({"z": np.zeros(2), "a": np.ones(2)}, [np.zeros(2), np.ones(2)], 2, data_name="x", label_name="y")
    assert [desc.name for desc in named.provide_data + named.provide_label] == ["a", "z", "_0_y", "_1_y"]
    single = NDArrayIter([np.zeros(2)], np.zeros(2), 2, data_name="x", label_name="y")
    assert [desc.name for desc in single.provide_data + single.provide_label] == ["x", "y"]


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float64", ">i4", "bool"])
def test_types_are_kept_unless_float32_is_asked_for(dtype):
    values = np.array([0, 1, 1, 0]).astype(dtype)
    kept = NDArrayIter(values, batch_size=4)
    assert kept.provide_data[0].dtype == kept.next().data[0].dtype == np.dtype(dtype)
    converted = NDArrayIter(values, batch_size=4, float32=True)
    assert converted.provide_data[0].dtype == converted.next().data[0].dtype == np.float32
    assert NDArrayIter(np.array([2**24 + 1]), batch_size=1).next().data[0].tolist() == [2**24 + 1]


class Other:
    """An array of another library: MXNet's NDArray, for one."""

    def asnumpy(self):
        return np.array([1, 2], np.uint8)


def test_other_arrays_keep_their_type():
    assert NDArrayIter(Other(), batch_size=2, float32=True).next().data[0].dtype == np.uint8


@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
def test_samples_along_another_axis(handle):
    data = np.arange(30).reshape(2, 5, 3)
    iterator = NDArrayIter(data, np.arange(5), batch_size=2, layout="TNC", last_batch_handle=handle)
    assert iterator.num_data == 5
    assert [desc.layout for desc in iterator.provide_data] == ["TNC"] and iterator.provide_data == [("data", (2, 2, 3))]
    for batch in iterator:
        np.testing.assert_array_equal(batch.data[0], data[:, batch.label[0]])


def test_batches_are_the_users_own():
    data = np.arange(8.0)
    iterator = NDArrayIter(data, batch_size=4)
    first = iterator.next().data[0]
    first[:] = -1
    assert data[0] == 0 and iterator.next().data[0].tolist() == [4, 5, 6, 7] and first.tolist() == [-1] * 4


class OnDisk:
    """Takes indexes as `h5py.Dataset` does: slices, or one list that increases without repetition."""

    chunks = None

    def __init__(self, array):
        self._array, self.shape, self.dtype = array, array.shape, array.dtype
        self.reads = []

    def __getitem__(self, index):
        at = index[-1]
        if isinstance(at, slice):
            self.reads.append((at.start, at.stop))
        else:
            assert len(at) and (np.diff(at) > 0).all(), "Indexing elements must be in increasing order"
            self.reads.append(at.tolist())
        return self._array[index].copy()


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
@pytest.mark.parametrize("batch_size", [1, 4, 10, 25])
def test_arrays_on_disk_give_what_arrays_in_memory_give(shuffle, handle, batch_size):
    array = np.arange(60).reshape(2, 10, 3)
    options = {"batch_size": batch_size, "shuffle": shuffle, "last_batch_handle": handle, "layout": "TNC"}
    disk, memory = NDArrayIter(OnDisk(array), np.arange(10), **options), NDArrayIter(array, np.arange(10), **options)
    for _ in range(3):
        for ours, theirs in zip(disk, memory, strict=True):
            np.testing.assert_array_equal(ours.data[0], theirs.data[0])
            np.testing.assert_array_equal(ours.label[0], theirs.label[0])
        disk.reset(), memory.reset()


def test_arrays_on_disk_are_read_batch_by_batch():
    disk = OnDisk(np.arange(10))
    iterator = NDArrayIter(disk, batch_size=4)
    assert disk.reads == []
    assert rows(iterator) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]
    assert disk.reads == [(0, 4), (4, 8), [0, 1, 8, 9]]


def test_h5py(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        dataset = file.create_dataset("x", data=np.arange(30, dtype=np.int16).reshape(10, 3))
        iterator = NDArrayIter(dataset, np.arange(10), batch_size=4, shuffle=True)
        for batch in iterator:
            np.testing.assert_array_equal(batch.data[0], np.arange(30).reshape(10, 3)[batch.label[0]])
        assert iterator.provide_data[0].dtype == np.int16


@pytest.mark.parametrize("handle", ["pad", "discard", "roll_over"])
def test_csr_rows_stay_sparse(handle):
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.arange(30.0).reshape(10, 3) % 4
    for kind in (sparse.csr_matrix, sparse.csr_array):
        iterator = NDArrayIter(kind(dense), np.arange(10), batch_size=4, shuffle=True, last_batch_handle=handle)
        for batch in iterator:
            assert isinstance(batch.data[0], kind)
            np.testing.assert_array_equal(batch.data[0].toarray(), dense[batch.label[0]])
    assert NDArrayIter(sparse.csr_matrix(dense), batch_size=2, float32=True).next().data[0].dtype == np.float32
    with pytest.raises(headrace.BadParameterError, match="CSR format"):
        NDArrayIter(sparse.csr_matrix(dense), batch_size=2, layout="CN")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": None}, "data 'data' is None"),
        ({"data": []}, "data has no array"),
        ({"data": {}}, "data has no array"),
        ({"data": 5}, "single number"),
        ({"data": [1, 2]}, "data '_0_data' is a single number"),
        ({"data": object()}, "no array of numbers"),
        ({"data": [[[1, 2], [3]]]}, "data 'data' is list, which is no array"),
        ({"data": {3: np.zeros(2)}}, "the name 3 is not text"),
        ({"label": np.zeros(5)}, "label 'softmax_label' has 5 rows, data 'data' has 6"),
        ({"label": [None]}, "label 'softmax_label' is None"),
        ({"batch_size": 0}, "batch_size is 0, it must be 1 or more"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"batch_size": 2.5}, "batch_size is 2.5, it must be an integer"),
        ({"batch_size": True}, "batch_size is True"),
        ({"seed": -1}, "seed is -1"),
        ({"last_batch_handle": "keep"}, "last_batch_handle is 'keep', it must be one of pad, discard, roll_over"),
        ({"layout": "TC"}, "the layout 'TC' has no N"),
        ({"layout": ""}, "the layout '' has no N"),
    ],
)
def test_wrong_parameters_are_named(arguments, message):
    with pytest.raises(headrace.BadParameterError, match=message):
        NDArrayIter(**({"data": np.zeros(6), "batch_size": 2} | arguments))
