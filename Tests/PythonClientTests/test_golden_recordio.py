"""The reference cases of recordio: what MXNet 1.9.1 wrote, read, packed and unpacked."""

from __future__ import annotations

import gc
import os
import struct

import numpy as np
import pytest
from reference_set import array_difference, assert_bytes, deviation, given_bytes

from headrace import HeadraceError, recordio

ERRORS = (HeadraceError, ValueError, struct.error)


def test_recordio_cases(reference, cases, tmp_path, monkeypatch):
    monkeypatch.chdir(reference)
    passed, deviating, skipped, failures = 0, 0, [], []
    for case in cases:
        if not case["iterator"].startswith("recordio."):
            continue
        entry = deviation(case["name"])
        directory = tmp_path / case["name"]
        directory.mkdir()
        try:
            RUNNERS[case["iterator"]](case, directory, reference)
            outcome, detail = "same", ""
        except pytest.skip.Exception as skip:
            skipped.append(f"{case['name']}: {skip}")
            continue
        except ERRORS as error:
            outcome, detail = "error", repr(error)
        except AssertionError as error:
            outcome, detail = "differs", str(error).split("\n")[0]
        listed = entry and entry["outcome"]
        if outcome == "same" and not listed:
            passed += 1
        elif outcome == listed:
            deviating += 1
        else:
            failures.append(f"{case['name']}: {outcome} {detail}" + (f", listed as {listed}" if listed else ""))
    print(f"reference cases, recordio: {passed} passed, {deviating} deviate as listed, {len(failures)} failed")
    print(*skipped, sep="\n")
    assert not failures, "\n".join(failures)
    assert passed + deviating + len(skipped) == 157


def refusing(case, call):
    """Runs a call that may be expected to fail. True when it failed as expected."""
    if "error" in case["expect"]:
        with pytest.raises((*ERRORS, OSError)):
            call()
        return True
    return False


def run_write(case, directory, root):
    writer = recordio.MXRecordIO(str(directory / "x.rec"), "w")
    for spec in case["params"]["records"]:
        writer.write(given_bytes(spec))
    writer.close()
    assert_bytes((directory / "x.rec").read_bytes(), case["expect"]["rec_file"])


def run_indexed_write(case, directory, root):
    params, expect = case["params"], case["expect"]
    writer = recordio.MXIndexedRecordIO(str(directory / "x.idx"), str(directory / "x.rec"), "w")
    tells = [writer.tell()]
    for key, spec in zip(params["keys"], params["records"], strict=True):
        writer.write_idx(key, given_bytes(spec))
        tells.append(writer.tell())
    assert writer.keys == params["keys"]
    writer.close()
    assert tells == expect["tell"]
    assert_bytes((directory / "x.rec").read_bytes(), expect["rec_file"])
    assert_bytes((directory / "x.idx").read_bytes(), expect["idx_file"])


def run_read(case, directory, root):
    params, expect = case["params"], case["expect"]
    uri = params.get("uri")
    if uri is None:
        uri = str(directory / "x.rec")
        with recordio.MXRecordIO(uri, "w") as writer:
            for spec in params["records"]:
                writer.write(given_bytes(spec))
    if case["tolerance"]["class"] == "error":
        assert refusing(case, lambda: recordio.MXRecordIO(uri, "r"))
        return
    reader = recordio.MXRecordIO(uri, "r")
    for expected in expect["records"]:
        assert_bytes(reader.read(), expected)
    if not refusing(case, reader.read) and expect.get("end") == "eof":
        assert reader.read() is None
        assert reader.read() is None
    if params.get("reset"):
        reader.reset()
        first = reader.read()
        if expect.get("first_after_reset") is None:
            assert first is None
        else:
            assert_bytes(first, expect["first_after_reset"])
    reader.close()


def run_indexed_read(case, directory, root):
    params, expect = case["params"], case["expect"]

    def open_reader():
        key_type = {"str": str, "int": int}[params.get("key_type", "int")]
        return recordio.MXIndexedRecordIO(params["idx_path"], params["uri"], "r", key_type)

    if refusing(case, open_reader):
        return
    reader = open_reader()
    assert reader.keys == expect["keys"]
    for key, expected in zip(params["read_idx"], expect["records"], strict=True):
        if expected and "where" in expected:
            with pytest.raises(KeyError if expected["type"] == "KeyError" else recordio.RecordError):
                reader.read_idx(key)
        else:
            assert_record(reader.read_idx(key), expected)
    for expected in expect.get("then_sequential", []):
        assert_record(reader.read(), expected)


def assert_record(found, expected):
    if expected is None:
        assert found is None
    else:
        assert_bytes(found, expected)


def header_of(spec):
    label = spec["label"]
    if isinstance(label, dict):
        label = np.array(label["array"], label["dtype"])
    return recordio.IRHeader(spec["flag"], label, spec["id"], spec["id2"])


def run_pack(case, directory, root):
    params = case["params"]

    def pack():
        return recordio.pack(header_of(params["header"]), given_bytes(params["s"]))

    if not refusing(case, pack):
        assert_bytes(pack(), case["expect"]["packed"])


def run_unpack(case, directory, root):
    data, expect = given_bytes(case["params"]["s"]), case["expect"]
    if refusing(case, lambda: recordio.unpack(data)):
        return
    header, rest = recordio.unpack(data)
    expected = expect["header"]
    assert (header.flag, header.id, header.id2) == (expected["flag"], expected["id"], expected["id2"])
    assert isinstance(header.label, np.ndarray) == expected["label_is_array"]
    if expected["label_is_array"]:
        assert header.label.dtype == np.float32
    labels = expected["label"] if expected["label_is_array"] else [expected["label"]]
    np.testing.assert_array_equal(np.ravel(header.label), [np.float32(float(value)) for value in labels])
    assert_bytes(rest, expect["rest"])


def run_pack_img(case, directory, root):
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV")
    params, expect = case["params"], case["expect"]
    image = np.load(root / params["img"]["npy"])

    def pack():
        return recordio.pack_img(header_of(params["header"]), image, params["quality"], params["img_fmt"])

    if "error" in expect and params["img_fmt"].startswith(".") and cv2.haveImageWriter("x" + params["img_fmt"]):
        pytest.skip(f"this OpenCV writes {params['img_fmt']}")
    if refusing(case, pack):
        return
    packed = pack()
    assert packed[:24] == (root / expect["packed"]["file"]).read_bytes()[:24] or "file" not in expect["packed"]
    _, found = recordio.unpack_img(packed)
    difference = array_difference(found, expect["unpack_img"], root, tolerance=case["tolerance"]["data"])
    assert difference is None, difference


def run_unpack_img(case, directory, root):
    pytest.importorskip("cv2", reason="needs OpenCV")
    params, expect = case["params"], case["expect"]
    _, found = recordio.unpack_img((root / params["file"]).read_bytes(), params["iscolor"])
    if expect["unpack_img"] is None:
        assert found is None
        return
    difference = array_difference(found, expect["unpack_img"], root, tolerance=case["tolerance"]["data"])
    assert difference is None, difference


RUNNERS = {
    "recordio.MXRecordIO:write": run_write,
    "recordio.MXIndexedRecordIO:write": run_indexed_write,
    "recordio.MXRecordIO:read": run_read,
    "recordio.MXIndexedRecordIO:read": run_indexed_read,
    "recordio.pack": run_pack,
    "recordio.unpack": run_unpack,
    "recordio.pack_img": run_pack_img,
    "recordio.unpack_img": run_unpack_img,
}


@pytest.fixture(autouse=True)
def no_descriptor_is_left_open():
    before = len(os.listdir("/proc/self/fd"))
    yield
    # Readers that an exception's traceback refers to are closed by the collector, at a time of its own.
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before + 1
