"""LibSVMIter through a real daemon: what MXNet's documentation shows, sparse arrays, label files, parts, damage, resumption."""

from __future__ import annotations

import gzip
import importlib.util
import pickle

import numpy as np
import pytest

import headrace
from headrace import CSRArray, mx
from headrace.io import LibSVMIter, PrefetchingIter, ResizeIter

# From MXNet's documentation of LibSVMIter.
DATA = "1.0 0:0.5 2:1.2\n-2.0\n-3.0 0:0.6 1:2.4 2:1.2\n4 2:-1.2\n"
LABELS = "1.0\n-2.0 0:0.125\n-3.0 2:1.2\n4 1:1.0 2:-1.2\n"
DENSE = np.array([[0.5, 0, 1.2], [0, 0, 0], [0.6, 2.4, 1.2], [0, 0, -1.2]], np.float32)
DENSE_LABELS = np.array([[0, 0, 0], [0.125, 0, 0], [0, 0, 1.2], [0, 1, -1.2]], np.float32)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data" / "data.t"
    path.parent.mkdir()
    path.write_text(DATA)
    return path


@pytest.fixture
def options(client, table):
    return {"client": client, "data_libsvm": table, "data_shape": (3,)}


def test_the_example_of_the_documentation(options):
    iterator = LibSVMIter(batch_size=3, **options)
    assert iterator.provide_data == [("data", (3, 3))] and iterator.provide_label == [("softmax_label", (3,))]
    first, second = iterator
    assert isinstance(first.data[0], CSRArray)
    np.testing.assert_array_equal(first.data[0].asnumpy(), DENSE[:3])
    assert first.label[0].tolist() == [1, -2, -3] and first.pad == 0
    np.testing.assert_array_equal(second.data[0].asnumpy(), DENSE[[3, 0, 1]])
    assert second.label[0].tolist() == [4, 1, -2] and second.pad == 2
    assert second.index.tolist() == [3, 0, 1]
    iterator.reset()
    (third,) = iterator
    np.testing.assert_array_equal(third.data[0].asnumpy(), DENSE[[2, 3, 0]])
    assert third.pad == 1


def test_labels_of_a_file_are_sparse_too(options, tmp_path):
    labels = tmp_path / "label.t"
    labels.write_text(LABELS)
    iterator = LibSVMIter(label_libsvm=labels, label_shape=(3,), batch_size=3, **options)
    assert iterator.provide_label == [("softmax_label", (3, 3))]
    for batch in iterator:
        np.testing.assert_array_equal(batch.data[0].asnumpy(), DENSE[batch.index])
        np.testing.assert_array_equal(batch.label[0].asnumpy(), DENSE_LABELS[batch.index])


def test_rows_behind_the_data_are_empty(options):
    *_, last = LibSVMIter(batch_size=3, round_batch=False, **options)
    assert last.pad == 2 and last.data[0].indptr.tolist() == [0, 1, 1, 1]
    assert last.index.tolist() == [3, 2**64 - 1, 2**64 - 1] and last.label[0].tolist() == [4, 0, 0]


def test_the_arrays_of_a_batch(options):
    matrix = LibSVMIter(batch_size=4, **options).next().data[0]
    assert (matrix.shape, matrix.nnz, len(matrix), matrix.dtype) == ((4, 3), 6, 4, np.float32)
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int64
    assert matrix.data.ctypes.data % 64 == matrix.indices.ctypes.data % 64 == matrix.indptr.ctypes.data % 64 == 0
    np.testing.assert_array_equal(matrix.todense(), DENSE)
    np.testing.assert_array_equal(np.asarray(matrix, np.float64), DENSE.astype(np.float64))
    with pytest.raises(ValueError, match="copy"):
        matrix.__array__(copy=False)
    for rows in (slice(1, 3), slice(2, None), slice(-1, None), slice(3, 1), slice(None)):
        np.testing.assert_array_equal(matrix[rows].asnumpy(), DENSE[rows])
    np.testing.assert_array_equal(matrix[-2].asnumpy(), DENSE[2:3])
    with pytest.raises(IndexError):
        matrix[4]
    with pytest.raises(ValueError, match="step"):
        matrix[::2]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(matrix)).asnumpy(), DENSE)
    assert repr(matrix) == "<CSRArray 4x3 with 6 elements of float32>"
    matrix.data[0] = 7
    assert matrix.asnumpy()[0, 0] == 7


def test_a_column_named_twice_is_the_sum(options, table):
    table.write_text("1 1:2 0:1 1:3\n")
    matrix = LibSVMIter(batch_size=1, **options).next().data[0]
    assert matrix.indices.tolist() == [1, 0, 1]
    assert matrix.asnumpy().tolist() == [[1, 5, 0]]


@pytest.mark.skipif(importlib.util.find_spec("scipy") is None, reason="SciPy is not installed")
def test_scipy_has_the_same_matrix(options):
    matrix = LibSVMIter(batch_size=4, **options).next().data[0]
    np.testing.assert_array_equal(matrix.asscipy().toarray(), DENSE)


def test_kept_batches_do_not_change(options, table):
    table.write_text("".join(f"{row} {row % 3}:{row}\n" for row in range(200)))
    kept = [batch.data[0] for batch in LibSVMIter(batch_size=5, **options)]
    for step, matrix in enumerate(kept):
        assert matrix.data.tolist() == list(range(5 * step, 5 * step + 5))
        assert matrix.indices.tolist() == [row % 3 for row in range(5 * step, 5 * step + 5)]


def test_it_composes_with_other_iterators(options):
    resized = ResizeIter(LibSVMIter(batch_size=2, **options), 5)
    assert [batch.data[0].nnz for batch in resized] == [2, 4, 2, 4, 2]
    both = PrefetchingIter([LibSVMIter(batch_size=2, **options), LibSVMIter(batch_size=2, **options)],
                           rename_data=[{"data": "a"}, {"data": "b"}])  # fmt: skip
    batch = both.next()
    assert [matrix.nnz for matrix in batch.data] == [2, 2]
    both.close()


def test_under_mxnets_names_members_are_ndarrays(options):
    iterator = mx.io.LibSVMIter(batch_size=4, **options)
    batch = iterator.next()
    matrix = batch.data[0]
    assert matrix.stype == "csr" and matrix.data.asnumpy().shape == (6,)
    assert matrix.indptr.asnumpy().tolist() == [0, 2, 2, 5, 6]
    np.testing.assert_array_equal(matrix.asnumpy(), DENSE)
    assert batch.label[0].asnumpy().tolist() == [1, -2, -3, 4]
    assert iterator.getdata() is matrix


def test_bad_rows_are_named_at_open(options, table):
    table.write_text("1 0:1\n\n2 0:1 3:1\n3 x\n4 1:1\n")
    with pytest.raises(headrace.BadDataError, match=r"data\.t' line 3, column 7: there is no index 3; .* 0 to 2"):
        LibSVMIter(batch_size=1, **options)
    with pytest.warns(UserWarning, match="left out") as warned:
        iterator = LibSVMIter(batch_size=1, on_bad_record="skip", **options)
    assert ["line 3" in str(warning.message) for warning in warned if issubclass(warning.category, UserWarning)] == [True, False]
    assert [batch.index.tolist() for batch in iterator] == [[0], [3]]
    with pytest.raises(headrace.BadParameterError, match="on_bad_record"):
        LibSVMIter(batch_size=1, on_bad_record="substitute", **options)


def test_files_that_count_from_one(options, table):
    table.write_text("1 1:5 3:7\n")
    assert LibSVMIter(batch_size=1, indexing_mode=1, **options).next().data[0].asnumpy().tolist() == [[5, 0, 7]]


def test_packed_files_parts_and_resumption(client, table):
    lines = "".join(f"{row} {row % 50}:{row}" + f" {50 + row % 7}:1" * (row % 3) + "\n" for row in range(101))
    (table.parent / "data.t").write_bytes(gzip.compress(lines.encode()))
    options = {
        "client": client, "data_libsvm": str(table.parent) + "/", "data_shape": 60, "batch_size": 8, "shuffle": True,
        "num_parts": 3,
    }  # fmt: skip
    seen = []
    for part in range(3):
        for batch in LibSVMIter(part_index=part, **options):
            seen += batch.index[: 8 - batch.pad].tolist()
            dense = batch.data[0].asnumpy()
            for row, number in enumerate(batch.index.tolist()):
                expected = np.zeros(60, np.float32)
                expected[number % 50] = number
                expected[50 + number % 7] += number % 3
                np.testing.assert_array_equal(dense[row], expected)
                assert batch.label[0][row] == number
    assert sorted(seen) == list(range(101))
    first = LibSVMIter(part_index=1, **options)
    first.next(), first.next()
    second = LibSVMIter(part_index=1, **options)
    second.load_state_dict(first.state_dict())
    ours, theirs = second.next(), first.next()
    assert ours.index.tolist() == theirs.index.tolist()
    assert ours.data[0].data.tobytes() == theirs.data[0].data.tobytes()
