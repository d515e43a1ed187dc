#!/usr/bin/env python3
"""Writes the vectors beside this file, from the protocol's text and nothing else. README.md describes them."""

import json
import struct
import zlib
from pathlib import Path

from frames import MANIFEST, SPEC, TOKEN, compact, frame

HERE = Path(__file__).resolve().parent

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


# ---------------------------------------------------------------- valid/control.json

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
ERROR = {"code": "bad_parameter", "scope": "request", "retryable": False,
         "message": "ImageRecordIter has no parameter 'random_crop'; did you mean 'rand_crop'?", "hint": ""}
STATE = {"token": TOKEN, "epoch": 3, "step": 117, "steps": 391, "batches": 117, "samples": 14976, "bad_records": 2,
         "queue_depth": 4, "queue_capacity": 4, "credits": 1, "read_seconds": 0.125, "decode_seconds": 1.5,
         "augment_seconds": 0.25, "cpu_seconds": 1.875, "starved_seconds": 0, "idle_seconds": 3,
         "memory_bytes": 462432000, "cache_hits": 14336, "cache_misses": 640, "cache_bytes": 167772160}
NOTICE = {"code": "bad_image", "message": "JPEG data ends early", "file": "train.rec", "offset": 123456, "record": 512,
          "epoch": 0, "step": 4, "action": "skip"}
GOAWAY = {"reason": "drain", "deadline_seconds": 30}
C = "control"
good(C, "hello-client", "the first frame of every connection", "client", "HELLO", HELLO)
good(C, "hello-server", "the answer to it", "server", "HELLO",
     {"major": 1, "minor": 0, "features": ["checksum"], "server": "headraced/0.1.0", "session": 7,
      "max_frame": 1048576})
good(C, "hello-unknown-members", "unknown members and features are ignored", "client", "HELLO",
     {"major": 1, "minor": 7, "features": ["checksum", "levitation"], "client": "x", "max_frame": 1048576},
     payload=compact({"major": 1, "minor": 7, "features": ["checksum", "levitation"], "client": "x",
                      "max_frame": 1048576, "colour": {"blue": [1, 2]}}), canonical=False)
good(C, "open-dataset", "a data set of the server's configuration", "client", "OPEN",
     {"dataset": "imagenet-train", "parameters": {"batch_size": 128, "num_parts": 8, "part_index": 0},
      "token": TOKEN, "label": "run-17"})
good(C, "open-iterator", "every type of parameter value", "client", "OPEN",
     {"iterator": "ImageRecordIter",
      "parameters": {"path_imgrec": "/data/zug/übung \"a\".rec", "data_shape": [3, 224, 224], "batch_size": 128,
                     "shuffle": True, "scale": 0.25, "mean_img": None, "seed": -1}})
good(C, "open-text-values", "values may be the text that MXNet would parse", "client", "OPEN",
     {"iterator": "ImageRecordIter", "parameters": {"data_shape": "(3,224,224)", "shuffle": "True"}})
good(C, "opened", "what a stream provides", "server", "OPENED", OPENED)
good(C, "credit", "two more batches", "client", "CREDIT", {"batches": 2})
good(C, "credit-most", "the largest grant", "client", "CREDIT", {"batches": 65536})
good(C, "epoch-end", "every batch of the epoch has been sent", "server", "EPOCH_END", {"epoch": 0, "steps": 391})
good(C, "reset", "go to the start of the next epoch", "client", "RESET", {})
good(C, "reset-unknown-member", "members of a later version are ignored", "client", "RESET", {},
     payload=b'{"later":1}', canonical=False)
good(C, "seek-address", "go to an address", "client", "SEEK", {"epoch": 3, "step": 117})
good(C, "seek-token", "go where a token says", "client", "SEEK", {"token": TOKEN})
good(C, "position", "the answer to RESET and SEEK", "server", "POSITION", {"epoch": 3, "step": 117, "steps": 391})
good(C, "state-question", "the client asks", "client", "STATE", {})
good(C, "state-answer", "the server answers", "server", "STATE", STATE)
good(C, "notice", "a bad record that was left out", "server", "NOTICE", NOTICE)
good(C, "error-request", "an OPEN is refused; stream 1", "server", "ERROR", ERROR, stream=1)
good(C, "error-stream", "the epoch cannot go on", "server", "ERROR",
     {"code": "bad_record", "scope": "stream", "retryable": False,
      "message": "train.rec, record 512 at byte 123456: JPEG data ends early", "hint": "set on_bad_record to skip"},
     stream=1)
good(C, "error-connection", "the connection is closed behind it; stream 0", "server", "ERROR",
     {"code": "draining", "scope": "connection", "retryable": True, "message": "the server is going down",
      "hint": "connect again and open the stream at its token"}, stream=0)
good(C, "error-unknown-code", "a code of a later version is text like any other", "server", "ERROR",
     {"code": "quota", "scope": "request", "retryable": True, "message": "enough for today", "hint": ""}, stream=1)
good(C, "ping-empty", "the smallest PING", "server", "PING", {"payload_hex": ""}, payload=b"")
good(C, "ping", "any content", "client", "PING", {"payload_hex": "00ff10"}, payload=bytes.fromhex("00ff10"))
good(C, "pong-most", "64 bytes are the most", "server", "PONG", {"payload_hex": bytes(range(64)).hex()},
     payload=bytes(range(64)))
good(C, "goaway", "the server is draining", "server", "GOAWAY", GOAWAY)
good(C, "close", "end of the stream", "client", "CLOSE", {})
good(C, "hello-arrays", "the features of version 1.1", "client", "HELLO",
     {**HELLO, "minor": 1, "features": ["arrays", "checksum", "descriptors"]})
good(C, "attach-frames", "an array whose elements follow in DATA frames", "client", "ATTACH", ATTACH)
good(C, "attach-descriptor", "an array in a memory file that came over the side channel", "client", "ATTACH",
     {**ATTACH, "name": "labels.y_1-2", "dtype": "int64", "shape": [3], "via": "descriptor"})
good(C, "attach-without-order", "the order is C when nothing is said", "client", "ATTACH",
     {key: value for key, value in ATTACH.items() if key != "order"})
good(C, "attach-no-elements", "an array may be empty", "client", "ATTACH", {**ATTACH, "shape": [0, 3], "bytes": 0})
good(C, "data", "elements", "client", "DATA", {"payload_hex": bytes(range(24)).hex()}, payload=bytes(range(24)))
good(C, "attached", "the array is there", "server", "ATTACHED", {"name": "a0"})
good(C, "hello-slots", "the features of version 1.2", "client", "HELLO",
     {**HELLO, "minor": 2, "features": ["arrays", "checksum", "descriptors", "slots"]})
good(C, "hello-token", "who the client is, to a server that asks", "client", "HELLO",
     {**HELLO, "minor": 2, "token": "hrt_" + "0123456789abcdef" * 4})
good(C, "opened-slots", "a stream whose batches may lie in slots", "server", "OPENED", {**OPENED, "slots": 6})
good(C, "opened-normalise", "data that travel as bytes and that the client normalises", "server", "OPENED",
     {**OPENED, "provide_data": [{**OPENED["provide_data"][0], "dtype": "uint8"}],
      "normalise": {"dtype": "float32", "formula": "(x-mean)*(scale/std)", "mean": [123.68000030517578, 116.5, 103.25],
                    "scale": 0.5, "std": [58.25, 57.5, 1.5]}})
good(C, "slot", "a batch in memory that the client maps", "server", "SLOT", {"slot": 3, "bytes": 77072960})
good(C, "slot-checksum", "the same, with its checksum", "server", "SLOT",
     {"slot": 0, "bytes": 64, "checksum": 4294967295})
good(C, "error-forbidden", "the server asks for a token", "server", "ERROR",
     {"code": "forbidden", "scope": "connection", "retryable": False,
      "message": "this server asks for a token, and the client showed none",
      "hint": "connect with token=…, or set HEADRACE_TOKEN"}, stream=0)
good(C, "release", "two slots that may be filled anew", "client", "RELEASE", {"slots": [3, 0]})
good(C, "release-none", "nothing, which is no mistake", "client", "RELEASE", {"slots": []})
good(C, "no-checksum", "the checksum is optional", "client", "CREDIT", {"batches": 2}, flags=0, canonical=False)
good(C, "unknown-flags", "flags of a later version are ignored", "client", "CREDIT", {"batches": 2}, flags=0x83,
     canonical=False)
good(C, "sequence-last", "the number before the wrap", "client", "CREDIT", {"batches": 2}, sequence=0xFFFFFFFF)
valid[C].append(
    {"name": "skipped-type", "why": "a type of 0x80 or above is passed over, and takes a sequence number",
     "sender": "server", "canonical": False,
     "hex": (frame(0x80, b"anything", stream=9) + frame("CREDIT", compact({"batches": 2}), sequence=1)).hex(),
     "decoded": {"type": "CREDIT", "flags": 1, "length": 13, "stream": 1, "sequence": 1,
                 "checksum": zlib.crc32(b'{"batches":2}'), "message": {"batches": 2}}})
valid[C][-1]["sender"] = "client"

# ---------------------------------------------------------------- valid/batch.json


def batch(metadata=None, table=None, tensors=None, pad_to=64, header_length=None, drop=0, layout_gap=True):
    """A small batch: 3 rows of data (float32, 3×2×2), label (float32), index (uint64)."""
    data = struct.pack("<12f", *range(12)) * 3
    label = struct.pack("<3f", 1, 0, 2)
    index = struct.pack("<3Q", 17, 4, 2**64 - 1)
    body, entries, gaps = b"", {}, 0
    for name, dtype, shape, raw in tensors or [("data", "F32", [3, 3, 2, 2], data), ("softmax_label", "F32", [3], label),
                                               ("index", "U64", [3], index)]:
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
        gap = -len(body) % 64
        if gap and layout_gap:
            entries[f".gap{gaps}"] = {"dtype": "U8", "shape": [gap], "data_offsets": [len(body), len(body) + gap]}
            gaps += 1
            body += bytes(gap)
    facts = {"epoch": "3", "step": "116", "part": "0", "steps": "391", "pad": "1", "token": TOKEN,
             "data": '["data"]', "label": '["softmax_label"]',
             "layouts": '{"data":"NCHW","softmax_label":"N","index":"N"}'}
    facts.update(metadata or {})
    document = {"__metadata__": {key: value for key, value in facts.items() if value is not None}, **entries}
    if table:
        table(document)
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-(len(text) + 8) % pad_to)
    payload = struct.pack("<Q", len(text) if header_length is None else header_length) + text + body
    return payload[: len(payload) - drop]


DECODED = {
    "epoch": 3, "step": 116, "part": 0, "steps": 391, "pad": 1, "token": TOKEN,
    "tensors": [
        {"role": "data", "name": "data", "dtype": "float32", "shape": [3, 3, 2, 2], "layout": "NCHW",
         "bytes_hex": (struct.pack("<12f", *range(12)) * 3).hex()},
        {"role": "label", "name": "softmax_label", "dtype": "float32", "shape": [3], "layout": "N",
         "bytes_hex": struct.pack("<3f", 1, 0, 2).hex()},
        {"role": "index", "name": "index", "dtype": "uint64", "shape": [3], "layout": "N",
         "bytes_hex": struct.pack("<3Q", 17, 4, 2**64 - 1).hex()}]}
good("batch", "batch", "one data tensor, one label, and the index", "server", "BATCH", DECODED, payload=batch(),
     canonical=False)
good("batch", "batch-no-checksum", "without the feature 'checksum'", "server", "BATCH", DECODED, payload=batch(),
     flags=0, canonical=False)
good("batch", "batch-no-label", "an iterator without labels", "server", "BATCH",
     {**DECODED, "pad": 0, "tensors": [
         {"role": "data", "name": "pixels", "dtype": "uint8", "shape": [2, 5], "layout": "NC",
          "bytes_hex": bytes(range(10)).hex()},
         {"role": "index", "name": "index", "dtype": "uint64", "shape": [2], "layout": "N",
          "bytes_hex": struct.pack("<2Q", 0, 1).hex()}]},
     payload=batch({"pad": "0", "data": '["pixels"]', "label": "[]", "layouts": '{"pixels":"NC","index":"N"}'},
                   tensors=[("pixels", "U8", [2, 5], bytes(range(10))), ("index", "U64", [2], struct.pack("<2Q", 0, 1))]),
     canonical=False)


def csr(indptr=(0, 2, 2, 5), indices=(0, 6, 1, 3, 5, 0), columns='{"data":"7"}', **changes):
    """Three rows of seven columns, the second empty, in room for six elements."""
    members = {"data": ("F32", [6], struct.pack("<6f", 1, 2, 3, 4, 5, 0)),
               "data_indices": ("I64", [6], struct.pack("<6q", *indices)),
               "data_indptr": ("I64", [4], struct.pack("<4q", *indptr)),
               "softmax_label": ("F32", [3], struct.pack("<3f", 1, 0, 2)),
               "index": ("U64", [3], struct.pack("<3Q", 17, 4, 5)), **changes}
    return batch({"csr": columns, "pad": "0"}, tensors=[(name, *member) for name, member in members.items() if member])


good("batch", "batch-csr", "a sparse matrix: values, indices and row starts", "server", "BATCH",
     {**DECODED, "pad": 0, "tensors": [
         {"role": "data", "name": "data", "dtype": "float32", "shape": [6], "layout": "NCHW",
          "bytes_hex": struct.pack("<6f", 1, 2, 3, 4, 5, 0).hex()},
         DECODED["tensors"][1],
         {"role": "index", "name": "index", "dtype": "uint64", "shape": [3], "layout": "N",
          "bytes_hex": struct.pack("<3Q", 17, 4, 5).hex()}],
      "sparse": {"data": {"columns": 7, "count": 5, "indices_hex": struct.pack("<6q", 0, 6, 1, 3, 5, 0).hex(),
                          "indptr_hex": struct.pack("<4q", 0, 2, 2, 5).hex()}}},
     payload=csr(), canonical=False)

# ---------------------------------------------------------------- invalid/framing.json

F = "framing"
credit = compact({"batches": 2})
bad(F, "bad-magic", "not this protocol", "client", frame("CREDIT", credit, magic=b"HDRX"), "bad_magic")
bad(F, "magic-other-case", "the magic is exact", "client", frame("CREDIT", credit, magic=b"hdrc"), "bad_magic")
for verb in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /v1 HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.0\r\n\r\n",
             b"PUT /x HTTP/1.1\r\n\r\n"):
    bad(F, "http-" + verb.split()[0].decode().lower(), "answered with a plain HTTP 400, not with a frame", "client",
        verb + b"padding to one header", "http")
bad(F, "tls-client-hello", "a client that tries TLS", "client", bytes.fromhex("16030100c8010000c4030300") + bytes(32),
    "bad_magic")
bad(F, "bad-header-checksum", "one bit of the length is wrong", "client",
    frame("CREDIT", credit, header_checksum=0x12345678), "bad_header_checksum")
flipped = bytearray(frame("CREDIT", credit))
flipped[9] ^= 1
bad(F, "flipped-length-bit", "a header that changed on its way", "client", bytes(flipped), "bad_header_checksum")
bad(F, "reserved-not-zero", "the reserved field is for later versions", "client",
    frame("CREDIT", credit, reserved=1), "reserved_not_zero")
bad(F, "type-0", "no such message", "client", frame(0, credit), "unknown_type")
bad(F, "type-22", "no such message in version 1.2", "client", frame(0x16, credit), "unknown_type")
bad(F, "type-7f", "the last type that is not passed over", "client", frame(0x7F, credit), "unknown_type")
bad(F, "stream-2", "a connection has one stream", "client", frame("CREDIT", credit, stream=2), "bad_stream")
bad(F, "credit-stream-0", "CREDIT is about the stream", "client", frame("CREDIT", credit, stream=0), "bad_stream")
bad(F, "ping-stream-1", "PING is about the connection", "client", frame("PING", b"", stream=1), "bad_stream")
bad(F, "length-2-63", "refused before anything is allocated", "client", frame("CREDIT", credit, length=2**63), "too_long")
bad(F, "length-2-64", "the largest lie there is", "client", frame("OPEN", credit, length=2**64 - 1), "too_long")
bad(F, "control-1mib-and-1", "one byte above the limit", "client", frame("OPEN", credit, length=1048577), "too_long")
bad(F, "skipped-type-too-long", "types that are passed over have the limit too", "client",
    frame(0x80, b"", length=1048577), "too_long")
bad(F, "ping-65", "64 bytes are the most", "client", frame("PING", bytes(65)), "too_long")
bad(F, "batch-above-max-frame", "BATCH has the receiver's limit", "server", frame("BATCH", b"", length=4097), "too_long",
    max_frame=4096)
bad(F, "data-too-long", "DATA has the limit of control payloads", "client", frame("DATA", b"", length=1048577), "too_long")
bad(F, "attach-on-stream-0", "arrays belong to stream 1", "client", frame("ATTACH", compact(ATTACH), stream=0), "bad_stream")
bad(F, "sequence-1", "the first frame is number 0", "client", frame("CREDIT", credit, sequence=1), "bad_sequence")
bad(F, "sequence-repeated", "a frame that came twice", "client", frame("PING") + frame("PING"), "bad_sequence")
bad(F, "sequence-gap", "a frame is missing", "client", frame("PING") + frame("PING", sequence=2), "bad_sequence")
bad(F, "payload-checksum", "the payload changed on its way", "client", frame("CREDIT", credit, checksum=1),
    "bad_payload_checksum")
bad(F, "batch-payload-checksum", "the payload of a BATCH changed on its way", "server",
    frame("BATCH", batch(), checksum=1), "bad_payload_checksum")
bad(F, "truncated-header", "the connection ends inside a header", "client", frame("CREDIT", credit)[:31], "truncated")
bad(F, "truncated-payload", "the connection ends inside a payload", "client", frame("CREDIT", credit)[:-1], "truncated")
bad(F, "order-magic-first", "the magic is checked before the header's checksum", "client",
    frame("CREDIT", credit, magic=b"XXXX", header_checksum=0, reserved=1), "bad_magic")
bad(F, "order-checksum-second", "the header's checksum before its fields", "client",
    frame(0x16, credit, header_checksum=0, reserved=1, length=2**63, sequence=5), "bad_header_checksum")
bad(F, "order-type-before-length", "reserved and type before the length", "client",
    frame(0x16, credit, length=2**63, sequence=5), "unknown_type")
bad(F, "order-length-before-sequence", "the length before the sequence", "client",
    frame("CREDIT", credit, length=2**63, sequence=5), "too_long")

# ---------------------------------------------------------------- invalid/messages.json

M = "messages"


def message(name, why, sender, kind, payload, reason, **extra):
    bad(M, name, why, sender, frame(kind, payload, **extra), reason, code="bad_request",
        scope="connection" if kind == "HELLO" else "request")


message("empty-payload", "a control payload is never empty", "client", "CREDIT", b"", "not_json")
message("not-json", "no JSON at all", "client", "OPEN", b"batch_size=128", "not_json")
message("json-cut", "JSON that ends early", "client", "OPEN", b'{"dataset":"x","par', "not_json")
message("json-not-utf8", "JSON is UTF-8", "client", "OPEN", b'{"dataset":"\xff\xfe"}', "not_json")
message("json-list", "one object a message", "client", "OPEN", b"[1,2,3]", "ill_typed")
message("reset-not-object", "one object a message", "client", "RESET", b"[]", "ill_typed")
message("too-deep", "nesting of 33", "client", "OPEN",
        b'{"iterator":"x","parameters":{"a":' + b"[" * 31 + b"]" * 31 + b"}}", "too_deep")
message("much-too-deep", "nesting of 2,000", "client", "OPEN", b"[" * 2000, "too_deep")
message("hello-without-major", "the version is missing", "client", "HELLO", b'{"minor":0,"max_frame":1048576}',
        "missing_member")
message("hello-text-major", "the version is a number", "client", "HELLO", b'{"major":"1","max_frame":1048576}',
        "ill_typed")
message("hello-without-max-frame", "the limit is missing", "client", "HELLO", b'{"major":1,"minor":0}',
        "missing_member")
message("hello-token-number", "a token is text", "client", "HELLO",
        b'{"major":1,"minor":2,"max_frame":1048576,"token":12345}', "ill_typed")
message("open-parameter-object", "a parameter is no object", "client", "OPEN",
        b'{"iterator":"x","parameters":{"a":{"b":1}}}', "ill_typed")
message("credit-text", "a number is asked for", "client", "CREDIT", b'{"batches":"2"}', "ill_typed")
message("credit-fraction", "a whole number is asked for", "client", "CREDIT", b'{"batches":2.5}', "ill_typed")
message("credit-huge", "beyond 64 bits", "client", "CREDIT", b'{"batches":1e300}', "ill_typed")
message("opened-without-steps", "a member is missing", "server", "OPENED",
        compact({key: value for key, value in OPENED.items() if key != "steps"}), "missing_member")
message("attach-without-bytes", "a member is missing", "client", "ATTACH",
        compact({key: value for key, value in ATTACH.items() if key != "bytes"}), "missing_member")
message("attach-unknown-way", "no way that elements come", "client", "ATTACH", compact({**ATTACH, "via": "pigeon"}),
        "ill_typed")
message("attach-fractional-extent", "extents are whole numbers", "client", "ATTACH",
        compact({**ATTACH, "shape": [2, 1.5]}), "ill_typed")
message("slot-without-bytes", "a member is missing", "server", "SLOT", b'{"slot":0}', "missing_member")
message("release-number", "slots come as a list", "client", "RELEASE", b'{"slots":3}', "ill_typed")
message("attached-without-name", "a member is missing", "server", "ATTACHED", b"{}", "missing_member")
message("position-negative-text", "a number is asked for", "server", "POSITION", b'{"epoch":"-1","step":0,"steps":1}',
        "ill_typed")
message("error-unknown-scope", "a scope that nobody could act on", "server", "ERROR",
        b'{"code":"x","scope":"universe","retryable":false,"message":"m","hint":""}', "ill_typed", stream=1)

# ---------------------------------------------------------------- invalid/batch.json

B = "batch"


def bad_batch(name, why, payload, reason):
    bad(B, name, why, "server", frame("BATCH", payload), reason, code="bad_frame")


def edit(name, **changes):
    def apply(document):
        document[name].update(changes)
    return apply


def drop(name):
    def apply(document):
        del document[name]
    return apply


bad_batch("empty", "no table", b"", "bad_table_length")
bad_batch("table-2-63", "a table longer than the payload", batch(header_length=2**63), "bad_table_length")
bad_batch("table-unaligned", "8 + n is not a multiple of 64", batch(pad_to=1), "bad_table_length")
bad_batch("table-not-json", "no JSON", struct.pack("<Q", 56) + b"x" * 56, "bad_table")
bad_batch("no-metadata", "the batch's facts are missing", batch(table=drop("__metadata__")), "bad_metadata")
bad_batch("no-token", "one fact is missing", batch({"token": None}), "bad_metadata")
bad_batch("pad-above-rows", "more padding than rows", batch({"pad": "4"}), "bad_metadata")
bad_batch("negative-step", "no such place", batch({"step": "-1"}), "bad_metadata")
bad_batch("epoch-not-a-number", "no such place", batch({"epoch": "three"}), "bad_metadata")
bad_batch("data-not-a-list", "a JSON array is asked for", batch({"data": "data"}), "bad_metadata")
bad_batch("listed-not-there", "a listed tensor has no entry", batch({"data": '["data","more"]'}), "unlisted")
bad_batch("there-not-listed", "an entry that is neither data nor label", batch({"label": "[]"}), "unlisted")
bad_batch("listed-twice", "one tensor, two places", batch({"data": '["data","data"]'}), "unlisted")
bad_batch("unknown-dtype", "a type nobody sends", batch(table=edit("data", dtype="F4")), "bad_entry")
bad_batch("shape-and-size-differ", "the shape asks for more than is there",
          batch(table=edit("data", shape=[3, 3, 2, 3])), "bad_entry")
bad_batch("shape-overflows", "a product beyond 64 bits",
          batch(table=edit("data", shape=[3, 2**40, 2**40])), "bad_entry")
bad_batch("shape-negative", "an extent below 1", batch(table=edit("data", shape=[3, -12])), "bad_entry")
bad_batch("rows-differ", "another batch size than the index has",
          batch(table=edit("data", shape=[2, 18])), "bad_entry")
bad_batch("index-of-float", "ids are U64", batch(table=edit("index", dtype="F64")), "bad_entry")
bad_batch("offsets-backwards", "the end before the beginning",
          batch(table=edit("data", data_offsets=[144, 0])), "bad_entry")
bad_batch("overlap", "two tensors on the same bytes",
          batch(table=edit("softmax_label", data_offsets=[128, 140])), "bad_cover")
bad_batch("hole", "bytes that belong to nothing", batch(table=drop(".gap0")), "bad_cover")
bad_batch("beyond-the-end", "a tensor behind the payload", batch(drop=64), "bad_cover")
bad_batch("unaligned", "a tensor that does not start at a multiple of 64",
          batch(tensors=[("data", "F32", [3, 3, 2, 2], bytes(144)), ("softmax_label", "F32", [3], bytes(12)),
                         ("index", "U64", [3], bytes(24)), (".gap9", "U8", [12], bytes(12))], layout_gap=False),
          "bad_entry")

bad_batch("csr-first-row", "rows begin at 0", csr(indptr=(1, 2, 2, 5)), "bad_entry")
bad_batch("csr-falls", "a row that ends before it begins", csr(indptr=(0, 2, 1, 5)), "bad_entry")
bad_batch("csr-negative", "a place before the first", csr(indptr=(0, -1, 2, 5)), "bad_entry")
bad_batch("csr-beyond-room", "more elements than there is room for", csr(indptr=(0, 2, 2, 7)), "bad_entry")
bad_batch("csr-column-7", "a column that the matrix does not have", csr(indices=(0, 7, 1, 3, 5, 0)), "bad_entry")
bad_batch("csr-column-negative", "a column before the first", csr(indices=(0, -1, 1, 3, 5, 0)), "bad_entry")
bad_batch("csr-no-columns", "a matrix without columns", csr(columns='{"data":"0"}'), "bad_metadata")
bad_batch("csr-of-nothing", "columns of a tensor that is not there", csr(columns='{"data":"7","more":"7"}'), "bad_metadata")
bad_batch("csr-not-an-object", "columns come by name", csr(columns="7"), "bad_metadata")
bad_batch("csr-no-indptr", "a member is missing", csr(data_indptr=None), "unlisted")
bad_batch("csr-narrow-indices", "columns are I64", csr(data_indices=("I32", [6], bytes(24))), "bad_entry")
bad_batch("csr-indptr-of-rows", "one more than rows", csr(data_indptr=("I64", [3], bytes(24))), "bad_entry")
bad_batch("csr-fewer-indices", "a column for every element", csr(data_indices=("I64", [5], bytes(40))), "bad_entry")
bad_batch("csr-not-promised", "members of a matrix that is not listed", csr(columns="{}"), "unlisted")

# ---------------------------------------------------------------- invalid/session.json

S = "session"


def session(name, why, frames, reason, code="bad_frame", scope="connection"):
    raw = b"".join(frame(kind, payload if isinstance(payload, bytes) else compact(payload), sequence=number)
                   for number, (kind, payload) in enumerate(frames))
    bad(S, name, why, "client", raw, reason, code=code, scope=scope)


H = ("HELLO", HELLO)
session("credit-before-hello", "HELLO comes first", [("CREDIT", {"batches": 1})], "not_allowed")
session("ping-before-hello", "HELLO comes first", [("PING", b"")], "not_allowed")
session("hello-twice", "one greeting a connection", [H, H], "not_allowed")
session("other-major", "another major version", [("HELLO", {"major": 2, "spin": "up"})], "version", code="version")
session("major-0", "another major version", [("HELLO", {**HELLO, "major": 0})], "version", code="version")
session("credit-without-stream", "there is no stream", [H, ("CREDIT", {"batches": 1})], "not_allowed")
session("reset-without-stream", "there is no stream", [H, ("RESET", {})], "not_allowed")
session("seek-without-stream", "there is no stream", [H, ("SEEK", {"epoch": 0, "step": 0})], "not_allowed")
session("state-without-stream", "there is no stream", [H, ("STATE", {})], "not_allowed")
session("close-without-stream", "there is no stream", [H, ("CLOSE", {})], "not_allowed")
session("attach-without-feature", "the feature was not agreed on", [H, ("ATTACH", ATTACH)], "not_allowed")
A = ("HELLO", {**HELLO, "features": ["arrays"]})
E = bytes(24)
session("data-without-attach", "elements of nothing", [A, ("DATA", E)], "not_allowed")
session("data-too-much", "one byte more than was announced", [A, ("ATTACH", ATTACH), ("DATA", E + b"x")], "not_allowed")
session("data-behind-the-end", "the array was whole", [A, ("ATTACH", ATTACH), ("DATA", E), ("DATA", b"x")], "not_allowed")
session("data-empty", "a frame of elements has some", [A, ("ATTACH", ATTACH), ("DATA", b"")], "not_allowed")
session("open-within-array", "the array is not whole", [A, ("ATTACH", ATTACH), ("DATA", E[1:]), ("OPEN", {"dataset": "a"})],
        "not_allowed")
session("attach-within-array", "the array is not whole", [A, ("ATTACH", ATTACH), ("ATTACH", {**ATTACH, "name": "a1"})],
        "not_allowed")
session("data-by-descriptor", "this array's elements are in a file",
        [("HELLO", {**HELLO, "features": ["arrays", "descriptors"]}), ("ATTACH", {**ATTACH, "via": "descriptor"}),
         ("DATA", E)], "not_allowed")
for name, why, change in (
        ("attach-name", "a name of other characters", {"name": "a/0"}),
        ("attach-no-name", "a name has a character", {"name": ""}),
        ("attach-long-name", "64 bytes are the most", {"name": "a" * 65}),
        ("attach-dtype", "a type nobody serves", {"dtype": "object"}),
        ("attach-fortran", "elements are in C order", {"order": "F"}),
        ("attach-negative-extent", "no array has it", {"shape": [-2, -3]}),
        ("attach-rank-33", "32 axes are the most", {"shape": [1] * 33, "bytes": 4}),
        ("attach-overflow", "a product beyond 64 bits", {"shape": [2**40, 2**40], "bytes": 0}),
        ("attach-lying-shape", "the shape asks for more than is announced", {"shape": [2, 4]}),
        ("attach-lying-bytes", "less than the shape asks for", {"bytes": 23}),
        ("attach-descriptor-over-tcp", "there is no side channel", {"via": "descriptor"})):
    session(name, why, [A, ("ATTACH", {**ATTACH, **change})], "bad_attach", code="bad_request", scope="request")
session("release-without-feature", "the feature was not agreed on", [H, ("RELEASE", {"slots": [0]})], "not_allowed")
session("slots-without-descriptors", "there is no side channel for the slots' descriptors",
        [("HELLO", {**HELLO, "features": ["slots"]}), ("RELEASE", {"slots": []})], "not_allowed")
R = ("HELLO", {**HELLO, "features": ["descriptors", "slots"]})
session("release-of-nothing", "no slot has been lent", [R, ("RELEASE", {"slots": [0]})], "not_allowed")
session("release-negative", "slots are counted from 0", [R, ("RELEASE", {"slots": [-1]})], "not_allowed")
session("client-sends-slot", "only servers send it", [R, ("SLOT", {"slot": 0, "bytes": 64})], "not_allowed")
for kind, payload in (("OPENED", OPENED), ("EPOCH_END", {"epoch": 0, "steps": 1}), ("BATCH", b""),
                      ("POSITION", {"epoch": 0, "step": 0, "steps": 1}), ("NOTICE", NOTICE), ("GOAWAY", GOAWAY)):
    session(f"client-sends-{kind.lower().replace('_', '-')}", "only servers send it", [H, (kind, payload)], "not_allowed")
session("open-names-neither", "exactly one of dataset and iterator", [H, ("OPEN", {"parameters": {}})], "bad_open",
        code="bad_request", scope="request")
session("open-names-both", "exactly one of dataset and iterator", [H, ("OPEN", {"dataset": "a", "iterator": "b"})],
        "bad_open", code="bad_request", scope="request")
session("open-token-is-none", "not a token", [H, ("OPEN", {"dataset": "a", "token": "hr2.x"})], "bad_open",
        code="bad_request", scope="request")
session("open-long-label", "128 bytes are the most", [H, ("OPEN", {"dataset": "a", "label": "x" * 129})], "bad_open",
        code="bad_request", scope="request")

for folder, files in (("valid", valid), ("invalid", invalid)):
    for name, entries in files.items():
        assert len({entry["name"] for entry in entries}) == len(entries), name
        text = "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]\n"
        (HERE / folder).mkdir(exist_ok=True)
        (HERE / folder / f"{name}.json").write_text(text, encoding="utf-8")
