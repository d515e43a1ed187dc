"""The vectors of the folder valid: frames that every implementation reads."""

import struct
import zlib

from batches import batch, csr
from common import ATTACH, GOAWAY, HELLO, NOTICE, OPENED, good, valid
from frames import TOKEN, compact, frame

# ---------------------------------------------------------------- valid/control.json

ERROR = {"code": "bad_parameter", "scope": "request", "retryable": False,
         "message": "ImageRecordIter has no parameter 'random_crop'; did you mean 'rand_crop'?", "hint": ""}
STATE = {"token": TOKEN, "epoch": 3, "step": 117, "steps": 391, "batches": 117, "samples": 14976, "bad_records": 2,
         "queue_depth": 4, "queue_capacity": 4, "credits": 1, "read_seconds": 0.125, "decode_seconds": 1.5,
         "augment_seconds": 0.25, "cpu_seconds": 1.875, "starved_seconds": 0, "idle_seconds": 3,
         "memory_bytes": 462432000, "cache_hits": 14336, "cache_misses": 640, "cache_bytes": 167772160}
C = "control"


def control():
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

DECODED = {
    "epoch": 3, "step": 116, "part": 0, "steps": 391, "pad": 1, "token": TOKEN,
    "tensors": [
        {"role": "data", "name": "data", "dtype": "float32", "shape": [3, 3, 2, 2], "layout": "NCHW",
         "bytes_hex": (struct.pack("<12f", *range(12)) * 3).hex()},
        {"role": "label", "name": "softmax_label", "dtype": "float32", "shape": [3], "layout": "N",
         "bytes_hex": struct.pack("<3f", 1, 0, 2).hex()},
        {"role": "index", "name": "index", "dtype": "uint64", "shape": [3], "layout": "N",
         "bytes_hex": struct.pack("<3Q", 17, 4, 2**64 - 1).hex()}]}


def batches():
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
