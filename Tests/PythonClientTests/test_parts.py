"""Small parts: parameters, memory, payloads, errors."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import types

import numpy as np
import pytest
from scripted_server import safetensors

import headrace
from headrace import _batch, _wire, errors
from headrace._memory import BufferPool
from headrace._parameters import to_wire


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.rec", "/here/a.rec"),
        ("a.rec;b.rec", "/here/a.rec;/here/b.rec"),
        ("/x/a.rec;b.rec", "/x/a.rec;/here/b.rec"),
        ("dir/", "/here/dir/"),
        ("dir/part.*rec", "/here/dir/part.*rec"),
        ("../a.rec", "/here/../a.rec"),
        ("file://a.rec", "file://a.rec"),
        ("a.csv?delimiter=;&x=1#cache", "/here/a.csv?delimiter=;&x=1#cache"),
        ("a.csv#cache;b", "/here/a.csv#cache;b"),
        ("", ""),
        ("NULL", "NULL"),
        ("stdin", "stdin"),
    ],
)
@pytest.mark.parametrize("name", ["path_imgrec", "path_imgidx", "data_csv", "mean_img", "image"])
def test_paths_are_taken_from_the_clients_directory(monkeypatch, name, value, expected):
    monkeypatch.setattr(os, "getcwd", lambda: "/here")
    assert to_wire({name: value}, absolute_paths=True) == {name: expected}
    assert to_wire({name: value}, absolute_paths=False) == {name: value}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3), (True, True), (None, None), (0.5, 0.5), (2.0, "2.0"), ([2.0], [2.0]), ("x", "x"),
        ((3, 8, 8), [3, 8, 8]), (np.int32(7), 7),
        (np.float64(0.25), 0.25), (np.bool_(True), True), (np.arange(3), [0, 1, 2]), (float("inf"), "inf"),
        (np.float32("nan"), "nan"), (np.uint8, "uint8"), (np.dtype("float16"), "float16"), (float, "float64"),
        (1 << 70, 1 << 70), ({"a": 1}, "{'a': 1}"),
    ],
)  # fmt: skip
def test_values_become_json_or_the_text_that_mxnet_would_get(value, expected):
    found = to_wire({"x": value}, absolute_paths=True)["x"]
    assert found == expected and type(found) is type(expected)
    _wire.encode_json({"x": found})


def test_memory_comes_back_when_the_last_view_is_gone():
    pool = BufferPool(keep=2)
    array = pool.take(1000)
    address = array.ctypes.data
    assert address % 64 == 0 and array.flags.writeable and array.shape == (1000,)
    view = array[100:200].view(np.uint16)[::2].reshape(5, 5)
    del array
    gc.collect()
    assert pool.take(1000).ctypes.data != address
    exported = memoryview(view)
    del view
    gc.collect()
    assert len({pool.take(1000).ctypes.data, address}) == 2
    del exported
    gc.collect()
    kept = [pool.take(1000) for _ in range(3)]
    assert address in {array.ctypes.data for array in kept}


def test_no_more_memory_waits_than_was_said_and_other_sizes_are_dropped():
    pool = BufferPool(keep=2)
    arrays = [pool.take(64) for _ in range(5)]
    del arrays
    gc.collect()
    assert len(pool._free) == 2
    pool.take(128)
    assert len(pool._free) == 1 and pool._free[0].size == 128
    assert pool.take(0).size == 0


def payload_of(payload):
    array = BufferPool(1).take(len(payload))
    array[:] = np.frombuffer(payload, np.uint8)
    return array


METADATA = {"epoch": "0", "step": "0", "part": "0", "steps": "1", "pad": "0", "token": "t", "label": "[]",
            "data": '["data"]'}  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64", "uint64", "float16", "float32", "float64"])
def test_every_element_type_arrives(dtype):
    name = {"uint8": "U8", "int8": "I8", "uint64": "U64"}.get(dtype) or dtype[0].upper() + dtype.lstrip("intfloa")
    values = np.arange(-4 if dtype[0] != "u" else 0, 8).astype(dtype).reshape(-1, 2)
    desc = _batch.DataDesc("data", values.shape, _batch.numpy_dtype(dtype))
    batch = _batch.decode_batch(payload_of(safetensors([("data", name, values)], METADATA)), [desc], [])
    np.testing.assert_array_equal(batch.data[0], values)
    assert batch.data[0].dtype == np.dtype(dtype) and batch.ids is None


def test_bfloat16_is_its_bits_without_ml_dtypes_and_its_type_with_it(monkeypatch):
    bits = np.array([[0x3F80, 0x4000]], np.uint16)
    payload = safetensors([("data", "BF16", bits)], METADATA)
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    desc = _batch.DataDesc("data", (1, 2), _batch.numpy_dtype("bfloat16"))
    found = _batch.decode_batch(payload_of(payload), [desc], []).data[0]
    assert found.dtype == np.uint16 and found.tolist() == bits.tolist()
    stand_in = types.SimpleNamespace(bfloat16=np.float16)
    monkeypatch.setitem(sys.modules, "ml_dtypes", stand_in)
    desc = _batch.DataDesc("data", (1, 2), _batch.numpy_dtype("bfloat16"))
    assert _batch.decode_batch(payload_of(payload), [desc], []).data[0].dtype == np.float16


def test_no_changed_byte_of_a_table_gets_past_the_checks_unseen():
    """Whatever a table claims, arrays stay inside the payload and have the promised shape and type."""
    desc = _batch.DataDesc("data", (4, 3), np.dtype("<f4"))
    good = safetensors([("data", "F32", np.ones((4, 3), np.float32)), ("index", "U64", np.arange(4, dtype=np.uint64))],
                       METADATA)  # fmt: skip
    table = int.from_bytes(good[:8], "little") + 8
    refused = 0
    for position in range(table):
        for bits in (1, 2, 16, 255):
            damaged = bytearray(good)
            damaged[position] ^= bits
            payload = payload_of(bytes(damaged))
            try:
                batch = _batch.decode_batch(payload, [desc], [])
            except headrace.ProtocolError:
                refused += 1
                continue
            (array,) = batch.data
            start = array.ctypes.data - payload.ctypes.data
            assert array.shape == (4, 3) and array.dtype == np.float32
            assert table <= start and start + array.nbytes <= payload.size
    assert refused > table


def test_a_cut_payload_is_refused():
    desc = _batch.DataDesc("data", (4, 3), np.dtype("<f4"))
    good = safetensors([("data", "F32", np.ones((4, 3), np.float32))], METADATA)
    for size in range(len(good) - 16):
        with pytest.raises(headrace.ProtocolError):
            _batch.decode_batch(payload_of(good[:size]), [desc], [])


@pytest.mark.parametrize("depth", [1, 31, 32, 33, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_may_be_nested_32_deep(depth, opening, closing):
    text = '{"x":' + opening * (depth - 1) + "1" + closing * (depth - 1) + ', "text": "[[[[{{{{\\"["}'
    if depth <= 32:
        assert "x" in _wire.decode_json(text.encode(), "it")
    else:
        with pytest.raises(headrace.ProtocolError, match="deeper than 32"):
            _wire.decode_json(text.encode(), "it")


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, headrace.HeadraceError)]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_the_way_between_processes(kind):
    error = kind("what happened", code="c", hint="do this", scope="stream", retryable=True)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind and vars(copy) == vars(error) and str(copy) == "what happened; do this"
    assert kind("m").hint == "" and str(kind("m")) == "m"
