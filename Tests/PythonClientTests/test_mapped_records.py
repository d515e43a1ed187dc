"""MmapReader: the records of a file without copies, whoever reads them, and an error at worst when it is damaged."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import struct
import threading

import numpy as np
import pytest

from headrace import NotFoundError, recordio
from headrace.recordio import MmapReader, MXIndexedRecordIO, MXRecordIO, RecordError

MAGIC = b"\x0a\x23\xd7\xce"
RECORDS = [b"", b"abc", MAGIC, b"12345678" + MAGIC + b"xyz1" + MAGIC, b"1" + MAGIC, bytes(range(256)), b"last"]


@pytest.fixture
def files(tmp_path):
    """A RecordIO file and its index, whose keys are 100 and more."""
    with MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "w") as writer:
        for number, record in enumerate(RECORDS):
            writer.write_idx(100 + number, record)
    return tmp_path / "x.rec", tmp_path / "x.idx"


def test_records_come_by_position_and_in_order(files):
    with MmapReader(files[0]) as reader:
        assert len(reader) == len(RECORDS) and reader.keys == list(range(len(RECORDS)))
        assert [bytes(record) for record in reader] == RECORDS
        assert bytes(reader[-1]) == b"last" and bytes(reader[np.int64(5)]) == RECORDS[5]
        assert bytes(reader.read_idx(1)) == b"abc"
        for position in (len(RECORDS), -len(RECORDS) - 1):
            with pytest.raises(IndexError, match=r"x\.rec: there is no record"):
                reader[position]
        for key in (-1, len(RECORDS), "1"):
            with pytest.raises(KeyError):
                reader.read_idx(key)


def test_records_come_by_key_and_in_the_order_of_the_index(files):
    lines = files[1].read_text().splitlines()
    files[1].write_text("\n".join(reversed(lines[2:])))
    with MmapReader(*files) as reader:
        assert reader.keys == list(range(106, 101, -1))
        assert [bytes(record) for record in reader] == RECORDS[:1:-1]
        assert bytes(reader.read_idx(105)) == RECORDS[5]
        with pytest.raises(KeyError):
            reader.read_idx(100)
    with MmapReader(*files, key_type=str) as reader:
        assert bytes(reader.read_idx("106")) == b"last"


def test_a_record_in_one_part_is_the_file_itself(files):
    with MmapReader(files[0]) as reader:
        record = reader[5]
        assert record.readonly and isinstance(record, memoryview)
        with open(files[0], "r+b") as file:
            file.seek(files[0].read_bytes().index(bytes(range(256))))
            file.write(b"\xff")
        assert record[0] == 0xFF


def test_nothing_of_an_image_record_is_copied(tmp_path):
    with MXRecordIO(tmp_path / "x.rec", "w") as writer:
        writer.write(recordio.pack((0, [1.5, 2.5], 7, 0), b"picture"))
    reader = MmapReader(tmp_path / "x.rec")
    header, rest = recordio.unpack(reader[0])
    assert header.label.tolist() == [1.5, 2.5] and header.id == 7
    assert isinstance(rest, memoryview) and rest == b"picture"


def test_views_outlive_the_reader(files):
    reader = MmapReader(files[0])
    record = reader[5]
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader[5]
    del reader
    gc.collect()
    assert bytes(record) == RECORDS[5]


def test_a_reader_leaves_no_descriptor_behind(files):
    # What other tests have left to the collector may go at any time.
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        MmapReader(*files)[0].release()
        with pytest.raises(NotFoundError):
            MmapReader(files[0], files[1].with_name("none.idx"))
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_an_empty_file_has_no_records(tmp_path):
    (tmp_path / "x.rec").write_bytes(b"")
    (tmp_path / "x.idx").write_text("")
    assert list(MmapReader(tmp_path / "x.rec")) == list(MmapReader(tmp_path / "x.rec", tmp_path / "x.idx")) == []
    with pytest.raises(NotFoundError, match=r"none\.rec: no such file"):
        MmapReader(tmp_path / "none.rec")


def test_pickling_opens_the_file_again(files):
    reader = MmapReader(*files)
    copy = pickle.loads(pickle.dumps(reader))
    reader.close()
    assert bytes(copy.read_idx(105)) == RECORDS[5] and copy.keys == list(range(100, 107))
    with pytest.raises(ValueError, match="closed"):
        pickle.loads(pickle.dumps(reader))[0]
    state = pickle.dumps(copy)
    with open(files[0], "ab") as file:
        file.write(MAGIC + bytes(4))
    with pytest.raises(RecordError, match=r"x\.rec: the file had \d+ bytes when it was opened, and now"):
        pickle.loads(state)


def read_in_worker(reader, position):
    return bytes(reader[position])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_read_with_the_same_reader(files, method):
    reader = MmapReader(files[0])
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.starmap(read_in_worker, [(reader, 3), (reader, 1)]) == [RECORDS[3], RECORDS[1]]
    child = os.fork()
    if child == 0:
        os._exit(0 if [bytes(record) for record in reader] == RECORDS else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [bytes(record) for record in reader] == RECORDS


def test_threads_share_a_reader(files):
    reader = MmapReader(files[0])
    wrong = []

    def read(offset):
        for step in range(2000):
            number = (step * 3 + offset) % len(RECORDS)
            if reader[number] != RECORDS[number]:
                wrong.append(number)

    threads = [threading.Thread(target=read, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_cut_anywhere_is_named(files):
    whole = files[0].read_bytes()
    ends = [0]
    with MXRecordIO(files[0], "r") as reader:
        for _ in iter(reader.read, None):
            ends.append(reader._offset)
    for size in range(len(whole)):
        files[0].write_bytes(whole[:size])
        if size in ends:
            assert [bytes(record) for record in MmapReader(files[0])] == RECORDS[: ends.index(size)]
        else:
            number = sum(end <= size for end in ends) - 1
            with pytest.raises(RecordError, match=rf"x\.rec: record {number} at byte {ends[number]}"):
                MmapReader(files[0])


def test_with_an_index_the_records_beside_damage_can_be_read(files):
    whole = bytearray(files[0].read_bytes())
    whole[8] ^= 0xFF
    files[0].write_bytes(whole)
    reader = MmapReader(*files)
    assert bytes(reader[0]) == b"" and bytes(reader[2]) == RECORDS[2]
    with pytest.raises(RecordError, match="record at byte 8: at byte 8: no magic"):
        reader[1]


@pytest.mark.parametrize("offset", ["-1", "9999", "99999999999999999999999"])
def test_an_index_that_points_outside_the_file_is_refused(files, offset):
    files[1].write_text(f"0\t0\n7\t{offset}\n")
    with pytest.raises(RecordError, match=r"x\.idx, line 2: key 7 has the offset"):
        MmapReader(*files)


def test_a_file_cut_behind_the_readers_back_is_an_error(files):
    reader = MmapReader(files[0])
    os.truncate(files[0], 8)
    with pytest.raises(RecordError, match="has become shorter"):
        reader[5]


def test_random_damage_is_survived_and_never_invents_a_byte(files):
    """What is read is what the sequential reader reads, or both find the damage."""
    whole = files[0].read_bytes()
    generator = np.random.default_rng(6)
    for _ in range(600):
        data = bytearray(whole)
        for position in generator.integers(0, len(data), generator.integers(1, 4)):
            data[position] = generator.choice([0, 1, 0x20, 0x40, 0x60, 0xFF, int(generator.integers(0, 256))])
        if generator.random() < 0.3:
            at = int(generator.integers(0, len(data)))
            data[at:at] = MAGIC + struct.pack("<I", int(generator.integers(0, 1 << 32)))
        files[0].write_bytes(data)
        expected, damaged = [], False
        with MXRecordIO(files[0], "r") as reader:
            try:
                expected.extend(iter(reader.read, None))
            except RecordError:
                damaged = True
        try:
            assert [bytes(record) for record in MmapReader(files[0])] == expected and not damaged
        except RecordError:
            assert damaged
        try:
            for position in range(len(RECORDS)):
                MmapReader(*files)[position]
        except RecordError:
            pass
