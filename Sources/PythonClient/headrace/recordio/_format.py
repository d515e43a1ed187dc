"""The RecordIO format: a file is a row of parts, each ``magic, flag and length, data, zero padding to 4 bytes``."""

from __future__ import annotations

import struct

from ..errors import BadDataError

MAGIC = b"\x0a\x23\xd7\xce"
PART_HEAD = struct.Struct("<4sI")
LENGTH_BITS = 29
LENGTH_MASK = (1 << LENGTH_BITS) - 1
WHOLE, FIRST, MIDDLE, LAST = range(4)


class RecordError(BadDataError, ValueError):
    """A file is not, or no longer, in RecordIO format, or a record is no image record."""


def encode_record(buf: bytes) -> bytes:
    """A record's bytes in a file.

    A magic number at a multiple of 4 bytes would look like a record's beginning to a reader that starts in mid-file, so
    the payload is cut there, the number left out, and the parts flagged.

    Raises:
        ValueError: at 2**29 bytes and more.
    """
    if isinstance(buf, str):
        raise TypeError("a record is bytes, not text")
    payload = bytes(buf)
    size = len(payload)
    if size > LENGTH_MASK:
        raise ValueError(f"a record of {size:,} bytes: RecordIO holds less than {LENGTH_MASK + 1:,}")
    out = bytearray()
    start = 0
    at = payload.find(MAGIC)
    while at >= 0:
        if at % 4 == 0:
            flag = FIRST if start == 0 else MIDDLE
            out += PART_HEAD.pack(MAGIC, flag << LENGTH_BITS | at - start)
            out += payload[start:at]
            start = at + 4
            at = payload.find(MAGIC, start)
        else:
            at = payload.find(MAGIC, at + 1)
    flag = WHOLE if start == 0 else LAST
    out += PART_HEAD.pack(MAGIC, flag << LENGTH_BITS | size - start)
    out += payload[start:]
    out += bytes(-(size - start) & 3)
    return bytes(out)
