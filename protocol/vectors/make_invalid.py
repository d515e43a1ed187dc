"""The vectors of the folder invalid that are single mistakes: in a frame, in a message, in a batch."""

import struct

from batches import batch, csr
from common import ATTACH, OPENED, bad
from frames import compact, frame

# ---------------------------------------------------------------- invalid/framing.json

F = "framing"
credit = compact({"batches": 2})


def framing():
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


def messages():
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


def batches():
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
