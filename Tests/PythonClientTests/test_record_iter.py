"""RecordIter with a real daemon: whatever bytes the records are, they come back."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import headrace
from headrace import mx, recordio
from headrace.io import RecordIter

COUNT = 37
MAGIC = b"\x0a\x23\xd7\xce"


def content(number):
    """Of lengths from 0 up, some with the magic number inside, so that they are stored in several parts."""
    text = (f"record {number} " * (number % 9)).encode()
    return text + (MAGIC * 2 if number % 4 == 1 else b"")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The path of a RecordIO file without its ending: plain records in ``….rec``, image records in ``…-image.rec``."""
    base = tmp_path_factory.mktemp("records") / "r"
    plain = recordio.MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w")
    image = recordio.MXRecordIO(f"{base}-image.rec", "w")
    for number in range(COUNT):
        plain.write_idx(number, content(number))
        image.write(recordio.pack((0, [number, -number], 500 + number, 0), content(number)))
    plain.close()
    image.close()
    return base


def opened(client, files, **changes):
    return RecordIter(client=client, **({"path_rec": f"{files}.rec", "batch_size": 8} | changes))


@pytest.mark.parametrize("indexed", [False, True])
def test_the_records_come_in_order_and_once(client, files, indexed):
    iterator = opened(client, files, **({"path_idx": f"{files}.idx"} if indexed else {}))
    for _ in range(2):
        assert list(iterator.records()) == [content(number) for number in range(COUNT)]
        iterator.reset()
    room = iterator.provide_data[0].shape[1]
    assert max(map(len, map(content, range(COUNT)))) <= room == iterator.stream.parameters["max_record_bytes"]


def test_a_batch_has_rows_and_lengths(client, files):
    iterator = opened(client, files, batch_size=20, data_name="text")
    assert [(d.name, d.dtype) for d in iterator.provide_data] == [("text", np.uint8), ("length", np.int64)]
    assert iterator.provide_data[1].shape == (20,) and iterator.provide_label == []
    first, last = list(iterator)
    data, lengths = last.data
    assert first.label == last.label == [] and iterator.getlabel() is None
    assert (first.pad, last.pad) == (0, 3) and first.index.tolist() == list(range(20))
    for row in range(20):
        record = content(20 + row) if row < 17 else b""
        assert data[row].tobytes() == record.ljust(data.shape[1], b"\0") and lengths[row] == len(record)
    assert last.index[17:].tolist() == [2**64 - 1] * 3
    assert RecordIter.records_of(last) == [content(number) for number in range(20, COUNT)]


def test_the_shim_gives_ndarrays_and_the_same_records(client, files):
    parameters = {"client": client, "path_rec": f"{files}.rec", "batch_size": 8}
    assert isinstance(mx.io.RecordIter(**parameters).next().data[1], mx.nd.NDArray)
    assert list(mx.io.RecordIter(**parameters).records()) == [content(number) for number in range(COUNT)]


def test_headers_come_off_with_their_labels(client, files):
    iterator = opened(
        client, files, path_rec=f"{files}-image.rec", header="strip", label_width=2, label_name="pair", shuffle=True
    )
    assert [(d.name, d.shape) for d in iterator.provide_label] == [("pair", (8, 2))]
    seen = []
    for batch in iterator:
        for record, labels, key in zip(RecordIter.records_of(batch), batch.label[0], batch.index, strict=False):
            number = int(key) - 500
            assert record == content(number) and labels.tolist() == [number, -number]
            seen.append(number)
    assert sorted(seen) == list(range(COUNT)) != seen


@pytest.mark.parametrize("num_parts", [2, 5])
def test_parts_cover_the_records_and_share_none(client, files, num_parts):
    parts = [
        list(opened(client, files, shuffle=True, num_parts=num_parts, part_index=part).records())
        for part in range(num_parts)
    ]
    assert sorted(record for part in parts for record in part) == sorted(map(content, range(COUNT)))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_state_continues_at_the_next_batch(client, files):
    whole = opened(client, files, shuffle=True, seed=3)
    expected = [batch.index.tolist() for batch in whole]
    first = opened(client, files, shuffle=True, seed=3)
    first.next(), first.next()
    second = opened(client, files, shuffle=True, seed=3)
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    assert [batch.index.tolist() for batch in second] == expected[2:]


def test_a_record_without_room_is_a_bad_one(client, files):
    small = [content(number) for number in range(COUNT) if len(content(number)) <= 40]
    assert 0 < len(small) < COUNT
    with pytest.warns(headrace.BadRecordWarning, match="max_record_bytes is 40"):
        assert list(opened(client, files, max_record_bytes=40, on_bad_record="skip").records()) == small
    with pytest.raises(headrace.HeadraceError, match="max_record_bytes is 40"):
        list(opened(client, files, max_record_bytes=40).records())


def test_a_batch_that_would_not_be_sent_is_refused_with_the_arithmetic(client, files):
    with pytest.raises(headrace.HeadraceError, match=r"1000000 rows of \d+ \(room for the largest record\)"):
        opened(client, files, path_rec=big(files), batch_size=1_000_000)


def big(files):
    path = f"{files}-big.rec"
    writer = recordio.MXRecordIO(path, "w")
    writer.write(bytes(5000))
    writer.close()
    return path


def test_an_unknown_parameter_is_named(client, files):
    with pytest.raises(headrace.BadParameterError, match="RecordIter has no parameter 'data_shape'"):
        opened(client, files, data_shape=(3, 8, 8))
