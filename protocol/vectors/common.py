"""What the parts of make.py share: the vectors so far, how one is added, and messages that several files use."""

import struct

from frames import MANIFEST, SPEC, compact, frame

valid, invalid = {}, {}


def good(file, name, why, sender, kind, message, payload=None, canonical=True, **header):
    expected = header.get("sequence", 0)
    if payload is None:
        payload = compact(message)
    raw = frame(kind, payload, **header)
    code, flags, _, length, stream, sequence, checksum = struct.unpack_from("<BBHQIII", raw, 4)
    entry = {"name": name, "why": why, "sender": sender, "hex": raw.hex(), "canonical": canonical,
             "decoded": {"type": kind, "flags": flags, "length": length, "stream": stream, "sequence": sequence,
                         "checksum": checksum, "message": message}}
    if expected:
        entry["expected_sequence"] = expected
    valid.setdefault(file, []).append(entry)


def bad(file, name, why, sender, raw, reason, code="bad_frame", scope="connection", **extra):
    invalid.setdefault(file, []).append(
        {"name": name, "why": why, "sender": sender, "hex": raw.hex(),
         "error": {"code": code, "scope": scope, "reason": reason}, **extra})


ATTACH = {"name": "a0", "dtype": "float32", "shape": [2, 3], "order": "C", "bytes": 24, "via": "frames"}
HELLO = {"major": 1, "minor": 0, "features": ["checksum"], "client": "headrace-python/0.1.0", "pid": 4711,
         "max_frame": 4294967296}
OPENED = {
    "iterator": "ImageRecordIter", "batch_size": 128, "num_parts": 1, "part_index": 0,
    "provide_data": [{"name": "data", "shape": [128, 3, 224, 224], "dtype": "float32", "layout": "NCHW"}],
    "provide_label": [{"name": "softmax_label", "shape": [128], "dtype": "float32", "layout": "N"}],
    "records": 50000, "part_records": 50000, "epoch": 0, "step": 0, "steps": 391, "manifest": MANIFEST, "spec": SPEC,
    "batch_bytes": 77072960, "prefetch": 4, "parameters": {"batch_size": 128, "shuffle": True, "mean_r": 123.5},
    "warnings": ["train.rec: 3 bytes behind the last record"]}
NOTICE = {"code": "bad_image", "message": "JPEG data ends early", "file": "train.rec", "offset": 123456, "record": 512,
          "epoch": 0, "step": 4, "action": "skip"}
GOAWAY = {"reason": "drain", "deadline_seconds": 30}
