"""Recordio in pure Python: what the reference cases do not show."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import struct
import sys

import numpy as np
import pytest

from headrace import NotFoundError, recordio

MAGIC = b"\x0a\x23\xd7\xce"
RECORDS = [
    b"",
    b"abc",
    MAGIC,
    b"12345678" + MAGIC + b"xyz1" + MAGIC,
    b"1" + MAGIC,
    MAGIC + MAGIC + b"a",
    bytes(range(256)),
]


def write(path, records):
    with recordio.MXRecordIO(path, "w") as writer:
        for record in records:
            writer.write(record)
    return path.read_bytes()


def read_all(path):
    with recordio.MXRecordIO(path, "r") as reader:
        return list(iter(reader.read, None))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "0a23d7ce 00000000"),
        (b"abc", "0a23d7ce 03000000 61626300"),
        (MAGIC, "0a23d7ce 00000020 0a23d7ce 00000060"),
        (
            b"12345678" + MAGIC + b"xyz1" + MAGIC,
            "0a23d7ce 08000020 3132333435363738 0a23d7ce 04000040 78797a31 0a23d7ce 00000060",
        ),
        (b"1" + MAGIC, "0a23d7ce 05000000 310a23d7 ce000000"),
        (MAGIC + MAGIC + b"a", "0a23d7ce 00000020 0a23d7ce 00000040 0a23d7ce 01000060 61000000"),
    ],
)
def test_records_are_framed_to_the_byte(tmp_path, payload, expected):
    assert write(tmp_path / "x.rec", [payload]).hex() == expected.replace(" ", "")


def test_what_is_written_is_read(tmp_path):
    generator = np.random.default_rng(1)
    records = list(RECORDS)
    for _ in range(300):
        pieces = [MAGIC if generator.random() < 0.4 else generator.bytes(generator.integers(0, 7)) for _ in range(6)]
        records.append(b"".join(pieces))
    write(tmp_path / "x.rec", records)
    assert read_all(tmp_path / "x.rec") == records


def test_a_cut_at_any_byte_is_an_error_or_a_clean_end_and_never_a_wrong_record(tmp_path):
    whole = write(tmp_path / "x.rec", RECORDS)
    ends = {0: 0}
    with recordio.MXRecordIO(tmp_path / "x.rec", "r") as reader:
        for count, _ in enumerate(iter(reader.read, None), start=1):
            ends[reader._offset] = count
    assert len(whole) in ends
    for size in range(len(whole)):
        (tmp_path / "cut.rec").write_bytes(whole[:size])
        reader = recordio.MXRecordIO(tmp_path / "cut.rec", "r")
        found = []
        try:
            found = []
            for record in iter(reader.read, None):
                found.append(record)
            assert size in ends, f"the cut at {size} was not noticed"
        except recordio.RecordError as error:
            assert size not in ends
            assert f"record {len(found)} " in str(error) and "cut.rec" in str(error)
        assert found == RECORDS[: len(found)]
        assert len(found) == max(count for end, count in ends.items() if end <= size)
        reader.close()


def test_any_changed_byte_is_survived(tmp_path):
    whole = bytearray(write(tmp_path / "x.rec", RECORDS))
    for position in range(len(whole)):
        for bits in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[position] ^= bits
            (tmp_path / "bad.rec").write_bytes(damaged)
            try:
                assert len(read_all(tmp_path / "bad.rec")) <= len(RECORDS)
            except recordio.RecordError:
                pass


def test_a_length_beyond_the_file_allocates_nothing(tmp_path):
    (tmp_path / "x.rec").write_bytes(MAGIC + struct.pack("<I", (1 << 29) - 1) + b"abcd")
    with pytest.raises(recordio.RecordError, match="claims 536870912 bytes, the file has 4 more"):
        read_all(tmp_path / "x.rec")


@pytest.mark.parametrize("flag", ["rw", "a", "", None, "rb"])
def test_other_flags_are_refused(tmp_path, flag):
    with pytest.raises(ValueError, match="Invalid flag"):
        recordio.MXRecordIO(tmp_path / "x.rec", flag)


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(NotFoundError, match="x.rec"):
        recordio.MXRecordIO(tmp_path / "x.rec", "r")
    (tmp_path / "x.rec").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="x.idx"):
        recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "r")


def test_readers_do_not_write_and_writers_do_not_read(tmp_path):
    writer = recordio.MXRecordIO(tmp_path / "x.rec", "w")
    with pytest.raises(AssertionError):
        writer.read()
    writer.close()
    writer.close()
    reader = recordio.MXRecordIO(tmp_path / "x.rec", "r")
    with pytest.raises(AssertionError):
        reader.write(b"x")
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read()


def test_reset_starts_again(tmp_path):
    write(tmp_path / "x.rec", [b"a", b"b"])
    reader = recordio.MXRecordIO(tmp_path / "x.rec", "r")
    assert [reader.read(), reader.read(), reader.read(), reader.read()] == [b"a", b"b", None, None]
    reader.reset()
    assert reader.read() == b"a"
    writer = recordio.MXRecordIO(tmp_path / "y.rec", "w")
    writer.write(b"old")
    writer.reset()
    writer.write(b"new")
    writer.close()
    assert read_all(tmp_path / "y.rec") == [b"new"]


def test_text_and_giants_are_no_records(tmp_path):
    with recordio.MXRecordIO(tmp_path / "x.rec", "w") as writer:
        with pytest.raises(TypeError):
            writer.write("text")
        writer.write(bytearray(b"bytes"))
        writer.write(memoryview(b"more"))
    assert read_all(tmp_path / "x.rec") == [b"bytes", b"more"]
    # 2**29 bytes of memory are not worth a test: the limit is.
    assert recordio._format.LENGTH_MASK == (1 << 29) - 1


def indexed(tmp_path, records):
    writer = recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "w")
    for key, record in enumerate(records):
        writer.write_idx(key, record)
    writer.close()
    return recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "r")


def test_indexed_records_come_in_any_order(tmp_path):
    reader = indexed(tmp_path, RECORDS)
    assert reader.keys == list(range(len(RECORDS)))
    for key in (5, 0, 6, 3, 3):
        assert reader.read_idx(key) == RECORDS[key]
    assert reader.read() == RECORDS[4]
    reader.seek(6)
    assert [reader.read(), reader.read()] == [RECORDS[6], None]
    assert reader.read_idx(1) == b"abc"
    with pytest.raises(KeyError):
        reader.read_idx(99)


def test_duplicate_keys_are_kept_in_order_and_the_last_wins(tmp_path):
    indexed(tmp_path, [b"a", b"b"]).close()
    (tmp_path / "x.idx").write_text("7\t0\n7\t12\n")
    reader = recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "r")
    assert reader.keys == [7, 7] and reader.read_idx(7) == b"b"


@pytest.mark.parametrize("line", ["", "x\t0", "1 0", "1", "1\tx"])
def test_a_bad_index_line_is_named(tmp_path, line):
    indexed(tmp_path, [b"a"]).close()
    (tmp_path / "x.idx").write_text(f"0\t0\n{line}\n")
    with pytest.raises(ValueError, match=r"x\.idx, line 2"):
        recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "r")


def test_pickling_a_reader_opens_it_again(tmp_path):
    reader = indexed(tmp_path, [b"a", b"b"])
    reader.read()
    copy = pickle.loads(pickle.dumps(reader))
    assert copy.read() == b"a" and copy.read_idx(1) == b"b" and copy.keys == [0, 1]
    assert reader.read() == b"b"
    reader.close()
    assert not pickle.loads(pickle.dumps(reader)).is_open


def test_pickling_a_writer_deletes_nothing(tmp_path):
    writer = recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "w")
    writer.write_idx(0, b"first")
    state = pickle.dumps(writer)
    writer.close()
    copy = pickle.loads(state)
    copy.write_idx(1, b"second")
    copy.close()
    reader = recordio.MXIndexedRecordIO(tmp_path / "x.idx", tmp_path / "x.rec", "r")
    assert [reader.read_idx(0), reader.read_idx(1)] == [b"first", b"second"]


def fork(function):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_process_may_not_share_the_position_but_may_seek(tmp_path):
    reader = indexed(tmp_path, [b"a", b"b", b"c"])
    assert reader.read() == b"a"

    def child():
        with pytest.raises(RuntimeError, match="Forbidden operation in multiple processes"):
            reader.read()
        assert reader.read_idx(2) == b"c"

    assert fork(child) == 0
    assert reader.read() == b"b"


def test_a_child_process_does_not_write_its_parents_data_again(tmp_path):
    writer = recordio.MXRecordIO(tmp_path / "x.rec", "w")
    writer.write(b"once")

    def child():
        nonlocal writer
        with pytest.raises(RuntimeError, match="Forbidden"):
            writer.write(b"twice")
        del writer
        gc.collect()

    assert fork(child) == 0
    writer.close()
    assert read_all(tmp_path / "x.rec") == [b"once"]


def read_in_worker(reader, key):
    return reader.read_idx(key)


def test_workers_of_a_pool_read_by_key(tmp_path):
    reader = indexed(tmp_path, RECORDS)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.starmap(read_in_worker, [(reader, key) for key in (3, 1)]) == [RECORDS[3], RECORDS[1]]


def test_headers_look_and_travel_like_mxnets(tmp_path):
    header = recordio.IRHeader(0, 14.0, 20129312, 0)
    assert repr(header) == "HEADER(flag=0, label=14.0, id=20129312, id2=0)"
    assert pickle.loads(pickle.dumps(header)) == header
    packed = recordio.pack(header, b"xx")
    found, rest = recordio.unpack(packed)
    assert found == header and rest == b"xx" and isinstance(found.label, float)
    assert recordio.pack((7, 3.5, 9, 2), b"xx").hex() == "000000000000604009000000000000000200000000000000" + "7878"
    several, _ = recordio.unpack(recordio.pack(recordio.IRHeader(0, [1, 2], 9, 0), b"xx"))
    assert several.flag == 2 and several.label.tolist() == [1, 2]
    several.label[0] = 5


@pytest.mark.parametrize("size", range(24))
def test_an_image_record_shorter_than_its_header_is_refused(size):
    with pytest.raises(recordio.RecordError, match=f"this one {size}"):
        recordio.unpack(bytes(size))


@pytest.fixture(params=["cv2", "PIL"])
def library(request, monkeypatch):
    """Runs the test with each image library as the only one."""
    pytest.importorskip(request.param)
    if request.param == "PIL":
        monkeypatch.setitem(sys.modules, "cv2", None)
    return request.param


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3), (20, 30, 4)])
def test_images_survive_png(library, shape):
    image = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    header, found = recordio.unpack_img(recordio.pack_img((0, 1, 2, 3), image, quality=3, img_fmt=".png"))
    assert header == (0, 1, 2, 3)
    np.testing.assert_array_equal(found, image)
    _, colour = recordio.unpack_img(recordio.pack_img((0, 1, 2, 3), image, 95, ".PNG"), iscolor=1)
    assert colour.shape == (20, 30, 3)


def test_jpeg_is_close_and_in_bgr_order(library):
    image = np.zeros((32, 32, 3), np.uint8)
    image[..., 0] = 200
    _, found = recordio.unpack_img(recordio.pack_img((0, 1, 2, 3), image))
    assert np.abs(found.astype(int) - image).max() < 8
    _, gray = recordio.unpack_img(recordio.pack_img((0, 1, 2, 3), image), iscolor=0)
    assert gray.shape == (32, 32)


def test_a_picture_that_is_none_is_none(library):
    for rest in (b"", b"no picture"):
        assert recordio.unpack_img(recordio.pack((0, 1, 2, 3), rest))[1] is None


@pytest.mark.parametrize("suffix", ["jpg", ".xyz", ""])
def test_a_format_nobody_knows_is_refused(library, suffix):
    with pytest.raises(ValueError, match="cannot|knows no"):
        recordio.pack_img((0, 1, 2, 3), np.zeros((4, 4, 3), np.uint8), 95, suffix)


def test_without_an_image_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    for call in (
        lambda: recordio.pack_img((0, 1, 2, 3), np.zeros((4, 4, 3), np.uint8)),
        lambda: recordio.unpack_img(bytes(30)),
    ):
        with pytest.raises(ImportError, match="pip install opencv-python-headless"):
            call()
