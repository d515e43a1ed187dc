"""Payloads of BATCH, right or wrong on purpose."""

import json
import struct

from frames import TOKEN


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


def csr(indptr=(0, 2, 2, 5), indices=(0, 6, 1, 3, 5, 0), columns='{"data":"7"}', **changes):
    """Three rows of seven columns, the second empty, in room for six elements."""
    members = {"data": ("F32", [6], struct.pack("<6f", 1, 2, 3, 4, 5, 0)),
               "data_indices": ("I64", [6], struct.pack("<6q", *indices)),
               "data_indptr": ("I64", [4], struct.pack("<4q", *indptr)),
               "softmax_label": ("F32", [3], struct.pack("<3f", 1, 0, 2)),
               "index": ("U64", [3], struct.pack("<3Q", 17, 4, 5)), **changes}
    return batch({"csr": columns, "pad": "0"}, tensors=[(name, *member) for name, member in members.items() if member])
