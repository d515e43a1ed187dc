"""CSVIter and MNISTIter through a real daemon: what MXNet's documentation shows, packed files, parts, damage, resumption."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

import headrace
from headrace.io import CSVIter, MNISTIter

ROWS = "1,2,3\n2,3,4\n3,4,5\n4,5,6\n"


def epoch(iterator):
    return [(batch.data[0].tolist(), batch.pad) for batch in iterator]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data" / "data.csv"
    path.parent.mkdir()
    path.write_text(ROWS)
    return path


def test_the_examples_of_the_documentation(client, table):
    one, two, three, four = [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]
    iterator = CSVIter(client=client, data_csv=table, data_shape=(3,), batch_size=2)
    assert epoch(iterator) == [([one, two], 0), ([three, four], 0)]
    iterator = CSVIter(client=client, data_csv=table, data_shape=(3,), batch_size=3)
    assert epoch(iterator) == [([one, two, three], 0), ([four, one, two], 2)]
    iterator.reset()
    assert epoch(iterator) == [([three, four, one], 1)]
    iterator = CSVIter(client=client, data_csv=table, data_shape=(3,), batch_size=3, round_batch=False)
    for _ in range(2):
        first, (last, pad) = epoch(iterator)
        assert first == ([one, two, three], 0) and (last[0], pad) == (four, 2)
        iterator.reset()


def test_a_directory_and_packed_files_are_read_in_the_order_of_their_names(client, table):
    (table.parent / "b.csv.gz").write_bytes(gzip.compress(b"7,8,9\n"))
    iterator = CSVIter(client=client, data_csv=str(table.parent) + "/", data_shape=(3,), batch_size=5)
    assert epoch(iterator) == [([[7, 8, 9], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]], 0)]


def test_labels_have_their_shape_and_one_number_is_no_axis(client, table, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("1,2,3\n4,5,6\n7,8,9\n10,11,12\n")
    options = {"client": client, "data_csv": table, "data_shape": (3, 1), "batch_size": 4, "dtype": "int64"}
    batch = CSVIter(label_csv=labels, label_shape=(1, 3), **options).next()
    assert batch.label[0].shape == (4, 1, 3) and batch.label[0].ravel().tolist() == list(range(1, 13))
    batch = CSVIter(label_csv="NULL", **options).next()
    assert batch.label[0].tolist() == [0] * 4 and batch.data[0].shape == (4, 3, 1)
    assert batch.data[0].dtype == batch.label[0].dtype == np.int64


def test_a_bad_row_is_named_with_file_line_and_column(client, table):
    table.write_text("1,2,3\n\n2,x,4\n3,4,5\n")
    options = {"client": client, "data_csv": table, "data_shape": 3, "batch_size": 1}
    iterator = CSVIter(**options)
    iterator.next()
    with pytest.raises(headrace.HeadraceError, match=r"data\.csv.*line 3, column 2: 'x' is not a number"):
        iterator.next()
    assert [batch.data[0][0, 0] for batch in CSVIter(on_bad_record="skip", **options) if batch.pad == 0] == [1, 3]


def test_parts_are_disjoint_and_a_state_resumes(client, table):
    table.write_text("".join(f"{row},{row * 0.1}\n" for row in range(101)))
    options = {"client": client, "data_csv": table, "data_shape": 2, "batch_size": 8, "shuffle": True, "num_parts": 3}
    seen = []
    for part in range(3):
        for batch in CSVIter(part_index=part, **options):
            seen += batch.index[: 8 - batch.pad].tolist()
            np.testing.assert_array_equal(batch.data[0][:, 1], (batch.data[0][:, 0].astype(np.float64) * 0.1).astype("f"))
    assert sorted(seen) == list(range(101))
    first = CSVIter(part_index=1, **options)
    first.next(), first.next()
    state = first.state_dict()
    second = CSVIter(part_index=1, **options)
    second.load_state_dict(state)
    assert second.next().index.tolist() == first.next().index.tolist()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_mnist_files(client, tmp_path, pack):
    pixels = np.random.default_rng(3).integers(0, 256, (10, 4, 5), np.uint8)
    (tmp_path / "i").write_bytes(pack(struct.pack(">4I", 2051, 10, 4, 5) + pixels.tobytes()))
    (tmp_path / "l").write_bytes(pack(struct.pack(">2I", 2049, 10) + bytes(range(10))))
    options = {"client": client, "image": tmp_path / "i", "label": tmp_path / "l", "batch_size": 4, "shuffle": False}
    batches = list(MNISTIter(**options))
    assert [batch.label[0].tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    np.testing.assert_array_equal(batches[1].data[0][:, 0], pixels[4:8].astype("f") / 256)
    padded = list(MNISTIter(flat=True, last_batch_handle="pad", **options))
    assert [batch.pad for batch in padded] == [0, 0, 2] and padded[2].data[0].shape == (4, 20)
    assert padded[2].index.tolist() == [8, 9, 0, 1]
