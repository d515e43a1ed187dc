"""Frames: the 32-byte header, its checks and limits. See ``protocol/SPEC.md``, sections 1 to 3."""

from __future__ import annotations

import enum
import json
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from .errors import ProtocolError

MAGIC = b"HDRC"
HEADER_BYTES = 32
CONTROL_PAYLOAD_LIMIT = 1 << 20
PING_PAYLOAD_LIMIT = 64
JSON_DEPTH_LIMIT = 32
FLAG_CHECKSUM = 0x01
SEQUENCE_MASK = 0xFFFF_FFFF
CREDIT_LIMIT = 65_536

_FIELDS = struct.Struct("<4sBBHQIII")
_CHECKSUM = struct.Struct("<I")


class FrameType(enum.IntEnum):
    """The messages of version 1."""

    HELLO = 0x01
    OPEN = 0x02
    OPENED = 0x03
    CREDIT = 0x04
    BATCH = 0x05
    RELEASE = 0x06
    EPOCH_END = 0x07
    RESET = 0x08
    SEEK = 0x09
    POSITION = 0x0A
    STATE = 0x0B
    NOTICE = 0x0C
    ERROR = 0x0D
    PING = 0x0E
    PONG = 0x0F
    GOAWAY = 0x10
    CLOSE = 0x11
    ATTACH = 0x12
    DATA = 0x13
    ATTACHED = 0x14
    SLOT = 0x15


_ON_CONNECTION = frozenset({FrameType.HELLO, FrameType.PING, FrameType.PONG, FrameType.GOAWAY})


class Header(NamedTuple):
    """A checked frame header. ``checksum`` is None when the frame carries none."""

    type: int
    flags: int
    length: int
    stream: int
    sequence: int
    checksum: int | None


class Frame(NamedTuple):
    """A frame whose payload is in memory of its own: every type but BATCH."""

    header: Header
    payload: bytes


def encode_header(
    kind: int, payload_length: int, *, stream: int, sequence: int, checksum: int | None = None, flags: int = 0
) -> bytes:
    """The 32 bytes in front of a payload; ``checksum`` is the payload's CRC-32, or None to send none."""
    if checksum is not None:
        flags |= FLAG_CHECKSUM
    head = _FIELDS.pack(MAGIC, kind, flags, 0, payload_length, stream, sequence & SEQUENCE_MASK, checksum or 0)
    return head + _CHECKSUM.pack(zlib.crc32(head))


def encode_frame(kind: int, payload: bytes | memoryview, *, sequence: int) -> bytes:
    """A control frame with its checksum, on the stream that its type belongs to."""
    stream = 0 if kind in _ON_CONNECTION else 1
    header = encode_header(kind, len(payload), stream=stream, sequence=sequence, checksum=zlib.crc32(payload))
    return b"".join((header, payload))


def encode_json(value: dict[str, Any]) -> bytes:
    """Compact JSON with sorted members: the form that the specification's vectors are in."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def decode_header(raw: bytes | bytearray | memoryview, *, expected_sequence: int, max_batch: int) -> Header:
    """Checks a header in the order that the specification gives: magic, header checksum, reserved and type, stream,
    length, sequence.

    Args:
        max_batch: the largest BATCH payload that is acceptable, in bytes.

    Raises:
        ProtocolError: at the first check that fails; nothing of the payload may then be read.
    """
    magic, kind, flags, reserved, length, stream, sequence, checksum = _FIELDS.unpack_from(raw, 0)
    if magic != MAGIC:
        raise ProtocolError(
            f"bad frame: magic is {magic!r}, not {MAGIC!r}; whatever answers here is not headraced's data socket",
            scope="connection",
        )
    (header_checksum,) = _CHECKSUM.unpack_from(raw, 28)
    if zlib.crc32(raw[:28]) != header_checksum:
        raise ProtocolError("bad frame: header checksum does not match, the stream is damaged", scope="connection")
    if reserved != 0:
        raise ProtocolError(f"bad frame: reserved field is {reserved:#06x}, not 0", scope="connection")
    if kind < 0x80 and (kind == 0 or kind > FrameType.SLOT):
        raise ProtocolError(f"bad frame: unknown type {kind:#04x}", scope="connection")
    # ERROR may be about either; a later version's messages are about whatever they are about.
    if stream != (0 if kind in _ON_CONNECTION else 1) and kind < 0x80 and not (kind == FrameType.ERROR and stream == 0):
        raise ProtocolError(f"bad frame: {type_name(kind)} on stream {stream}", scope="connection")
    limit = max_batch if kind == FrameType.BATCH else CONTROL_PAYLOAD_LIMIT
    if kind in (FrameType.PING, FrameType.PONG):
        limit = PING_PAYLOAD_LIMIT
    if length > limit:
        raise ProtocolError(
            f"bad frame: {type_name(kind)} claims {length:,} bytes, the limit is {limit:,}",
            scope="connection",
        )
    if sequence != expected_sequence & SEQUENCE_MASK:
        raise ProtocolError(
            f"bad frame: sequence {sequence} where {expected_sequence & SEQUENCE_MASK} was due, a frame is missing",
            scope="connection",
        )
    return Header(kind, flags, length, stream, sequence, checksum if flags & FLAG_CHECKSUM else None)


def check_payload(header: Header, payload: bytes | bytearray | memoryview) -> None:
    """Raises ProtocolError when the header carries a checksum that is not the payload's."""
    if header.checksum is not None and zlib.crc32(payload) != header.checksum:
        raise ProtocolError(
            f"bad frame: checksum of {type_name(header.type)} does not match, the data was damaged on the way",
            scope="connection",
        )


def decode_json(payload: bytes, what: str, *, code: str = "bad_request") -> dict[str, Any]:
    """Parses one JSON object of bounded nesting.

    Raises:
        ProtocolError: with that code, when it is anything else.
    """
    try:
        text = payload.decode("utf-8")
        if text.count("{") + text.count("[") > JSON_DEPTH_LIMIT and _depth(text) > JSON_DEPTH_LIMIT:
            raise ValueError(f"nested deeper than {JSON_DEPTH_LIMIT}")
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"{what} is not the JSON it should be: {error}", code=code, scope="connection") from None
    if not isinstance(value, dict):
        raise ProtocolError(
            f"{what} must be a JSON object, not {type(value).__name__}",
            code="bad_request",
            scope="connection",
        )
    return value


# A whole string, so that brackets inside it do not count, or one bracket.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def _depth(text: str) -> int:
    deepest = depth = 0
    for token in _brackets(text):
        depth += 1 if token in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _brackets(text: str) -> Iterator[str]:
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if len(token) == 1:
            yield token


def type_name(kind: int) -> str:
    try:
        return FrameType(kind).name
    except ValueError:
        return f"type {kind:#04x}"
