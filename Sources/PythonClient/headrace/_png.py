"""PNG in pure Python and NumPy, for machines without an image library.

Follows the PNG specification (ISO/IEC 15948). All colour types, bit depths and interlacing are read; gray, BGR and BGRA
images of 8 or 16 bits are written.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _pngfilters

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_GRAY, _RGB, _PALETTE, _GRAY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {_GRAY: 1, _RGB: 3, _PALETTE: 1, _GRAY_ALPHA: 2, _RGB_ALPHA: 4}
_DEPTHS = {_GRAY: (1, 2, 4, 8, 16), _RGB: (8, 16), _PALETTE: (1, 2, 4, 8), _GRAY_ALPHA: (8, 16), _RGB_ALPHA: (8, 16)}
# First column and row of a pass, and how far apart its columns and rows are.
_WHOLE_PASS = [(0, 0, 1, 1)]
_INTERLACED_PASSES = [
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
]  # fmt: skip
# As the daemon's default. A few bytes of a file can ask for as much memory as they like.
_PIXEL_LIMIT = 64 << 20
# No byte of deflated data stands for more.
_DEFLATE_RATIO = 1032


class _Damaged(Exception):
    """The bytes are no PNG image."""


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def channels(self) -> int:
        return _CHANNELS[self.colour]

    def passes(self) -> list[tuple[slice, slice, int, int]]:
        """Rows, columns, height and width of each pass that has pixels."""
        found = []
        for x, y, dx, dy in _INTERLACED_PASSES if self.interlaced else _WHOLE_PASS:
            width, height = -(-(self.width - x) // dx), -(-(self.height - y) // dy)
            if width > 0 and height > 0:
                found.append((slice(y, None, dy), slice(x, None, dx), height, width))
        return found

    def row_bytes(self, width: int) -> int:
        return (width * self.channels * self.depth + 7) // 8


def is_png(data: bytes | memoryview) -> bool:
    """Whether the bytes begin as a PNG file does."""
    return bytes(data[: len(_SIGNATURE)]) == _SIGNATURE


def encode(image: npt.NDArray[Any], level: int) -> bytes:
    """A gray, BGR or BGRA image of ``uint8`` or ``uint16`` as PNG file.

    Args:
        level: effort of compression, 0 to 9.

    Raises:
        ValueError: it is no such image, or has no pixels.
    """
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    colour = {1: _GRAY, 3: _RGB, 4: _RGB_ALPHA}.get(pixels.shape[-1]) if pixels.ndim == 3 else None
    if colour is None or pixels.dtype not in (np.uint8, np.uint16) or pixels.size == 0:
        raise ValueError(
            f"an image of shape {np.shape(image)}, {pixels.dtype}, cannot be encoded as PNG without OpenCV or Pillow: "
            "uint8 or uint16 with 1, 3 or 4 channels can"
        )
    if not 0 <= level <= 9:
        raise ValueError(f"the compression level is {level}, it must be 0 to 9")
    if pixels.shape[2] > 1:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    height, width, channels = pixels.shape
    size = pixels.dtype.itemsize
    rows = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder(">")).view(np.uint8).reshape(height, -1)
    packed = zlib.compress(_pngfilters.apply(rows, channels * size), level)
    header = _HEADER.pack(width, height, 8 * size, colour, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def decode(data: bytes | memoryview, iscolor: int) -> npt.NDArray[Any] | None:
    """A PNG file's image in BGR order; None when the bytes are none.

    Args:
        iscolor: 1 for three channels of ``uint8``, 0 for one, -1 for the file's own: gray without alpha stays gray,
            alpha makes four channels, and 16 bits ``uint16``.
    """
    try:
        header, palette, packed = _read(bytes(data))
        samples = _samples(header, packed)
        if palette is not None:
            samples = _coloured(samples, palette)
    except (_Damaged, zlib.error):
        return None
    return _converted(samples, header, iscolor)


def _read(data: bytes) -> tuple[_Header, npt.NDArray[np.uint8] | None, bytes]:
    """The header, the palette as RGB or RGBA if there is one to use, and the packed samples."""
    if not is_png(data):
        raise _Damaged
    header: _Header | None = None
    palette: npt.NDArray[np.uint8] | None = None
    alpha = b""
    packed: list[bytes] = []
    at = len(_SIGNATURE)
    while True:
        if len(data) - at < 12:
            raise _Damaged
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(data):
            raise _Damaged
        body = data[at + 8 : end]
        critical = not name[0] & 0x20
        if critical and struct.unpack_from(">I", data, end)[0] != zlib.crc32(data[at + 4 : end]):
            raise _Damaged
        at = end + 4
        if (name == b"IHDR") != (header is None):
            raise _Damaged
        if header is None:
            header = _header(body)
        elif name == b"PLTE":
            if not 0 < length <= 768 or length % 3:
                raise _Damaged
            palette = np.frombuffer(body, np.uint8).reshape(-1, 3)
        elif name == b"tRNS":
            alpha = body
        elif name == b"IDAT":
            packed.append(body)
        elif name == b"IEND":
            break
        elif critical:
            raise _Damaged
    if header.colour != _PALETTE:
        return header, None, b"".join(packed)
    if palette is None or len(alpha) > len(palette):
        raise _Damaged
    if alpha:
        opaque = np.full(len(palette), 255, np.uint8)
        opaque[: len(alpha)] = np.frombuffer(alpha, np.uint8)
        palette = np.column_stack([palette, opaque])
    return header, palette, b"".join(packed)


def _header(body: bytes) -> _Header:
    if len(body) != _HEADER.size:
        raise _Damaged
    width, height, depth, colour, compression, filtering, interlacing = _HEADER.unpack(body)
    if width == 0 or height == 0 or width * height > _PIXEL_LIMIT or depth not in _DEPTHS.get(colour, ()):
        raise _Damaged
    if compression or filtering or interlacing > 1:
        raise _Damaged
    return _Header(width, height, depth, colour, interlacing == 1)


def _samples(header: _Header, packed: bytes) -> npt.NDArray[Any]:
    """The samples as height, width and channels, ``uint8`` or, of 16 bits, ``uint16``."""
    passes = header.passes()
    size = sum(height * (1 + header.row_bytes(width)) for _, _, height, width in passes)
    if size > _DEFLATE_RATIO * len(packed):
        raise _Damaged
    unpacker = zlib.decompressobj()
    rows = np.frombuffer(unpacker.decompress(packed, size), np.uint8)
    if rows.size < size:
        raise _Damaged
    out = np.empty((header.height, header.width, header.channels), np.uint16 if header.depth == 16 else np.uint8)
    at = 0
    for in_rows, in_columns, height, width in passes:
        row_bytes = header.row_bytes(width)
        block = rows[at : at + height * (1 + row_bytes)].reshape(height, 1 + row_bytes)
        at += block.size
        if block[:, 0].max() > 4:
            raise _Damaged
        plain = _pngfilters.undo(block[:, 1:], block[:, 0], max(1, header.channels * header.depth // 8))
        out[in_rows, in_columns] = _numbers(plain, header, width)
    return out


def _numbers(rows: npt.NDArray[np.uint8], header: _Header, width: int) -> npt.NDArray[Any]:
    if header.depth == 16:
        return rows.view(">u2").reshape(len(rows), width, header.channels)
    if header.depth < 8:
        bits = np.unpackbits(rows, axis=1).reshape(len(rows), -1, header.depth)
        weights = (1 << np.arange(header.depth - 1, -1, -1)).astype(np.uint8)
        values: npt.NDArray[np.uint8] = (bits * weights).sum(axis=2, dtype=np.uint8)[:, :width]
        if header.colour == _GRAY:
            values = values * np.uint8(255 // ((1 << header.depth) - 1))
        return values[:, :, np.newaxis]
    return rows.reshape(len(rows), width, header.channels)


def _coloured(indexes: npt.NDArray[Any], palette: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if indexes.max() >= len(palette):
        raise _Damaged
    coloured: npt.NDArray[np.uint8] = palette[indexes[:, :, 0]]
    return coloured


def _converted(samples: npt.NDArray[Any], header: _Header, iscolor: int) -> npt.NDArray[Any]:
    if iscolor >= 0 and samples.dtype == np.uint16:
        samples = (samples >> 8).astype(np.uint8)
    if header.colour in (_GRAY, _GRAY_ALPHA):
        gray, alpha = samples[:, :, :1], samples[:, :, 1:]
        if iscolor == 0 or (iscolor < 0 and header.colour == _GRAY):
            return np.ascontiguousarray(gray[:, :, 0])
        return np.concatenate([gray, gray, gray] + ([] if iscolor > 0 else [alpha]), axis=2)
    if iscolor == 0:
        # libpng's weights and rounding, which OpenCV takes.
        weighted = samples[:, :, :3].astype(np.uint32) @ np.array([9797, 19234, 3737], np.uint32)
        return (weighted >> 15).astype(np.uint8)
    order = [2, 1, 0] if iscolor > 0 else [2, 1, 0, 3][: samples.shape[2]]
    return np.ascontiguousarray(samples[:, :, order])
