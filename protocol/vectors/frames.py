"""Frames to the byte, right or wrong on purpose, and the names that all vectors share."""

import json
import struct
import zlib

TYPES = {
    "HELLO": 0x01, "OPEN": 0x02, "OPENED": 0x03, "CREDIT": 0x04, "BATCH": 0x05, "RELEASE": 0x06, "EPOCH_END": 0x07,
    "RESET": 0x08, "SEEK": 0x09, "POSITION": 0x0A, "STATE": 0x0B, "NOTICE": 0x0C, "ERROR": 0x0D, "PING": 0x0E,
    "PONG": 0x0F, "GOAWAY": 0x10, "CLOSE": 0x11, "ATTACH": 0x12, "DATA": 0x13, "ATTACHED": 0x14,
    "SLOT": 0x15,
}
STREAM_0 = {"HELLO", "PING", "PONG", "GOAWAY"}
MANIFEST = "0123456789abcdef0123456789abcdef"
SPEC = "fedcba9876543210fedcba9876543210"
TOKEN = f"hr1.{MANIFEST}.{SPEC}.3.117"


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def frame(kind, payload=b"", stream=None, sequence=0, flags=1, reserved=0, length=None, checksum=None,
          magic=b"HDRC", header_checksum=None):
    code = TYPES.get(kind, kind)
    if stream is None:
        stream = 0 if kind in STREAM_0 else 1
    if checksum is None:
        checksum = zlib.crc32(payload) if flags & 1 else 0
    head = magic + struct.pack("<BBHQIII", code, flags, reserved, len(payload) if length is None else length,
                               stream, sequence, checksum)
    head += struct.pack("<I", zlib.crc32(head) if header_checksum is None else header_checksum)
    return head + payload
