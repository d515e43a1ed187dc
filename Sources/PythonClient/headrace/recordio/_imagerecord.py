"""Image records: a header with labels and an id, then an encoded image or whatever else."""

from __future__ import annotations

import numbers
import struct
from collections import namedtuple
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from .. import _imagecodec
from ._format import RecordError

_IR_STRUCT = struct.Struct("<IfQQ")

HEADER = namedtuple("HEADER", ["flag", "label", "id", "id2"], module="headrace.recordio")
IRHeader = HEADER
"""The header of an image record: ``label`` is a number, or an array of ``flag`` numbers when ``flag`` is not 0."""


def pack(header: Any, s: bytes) -> bytes:
    """An image record's bytes: 24 bytes of header, the labels when they are several, then ``s``.

    The header's own flag does not count: it becomes 0 for a number and the number of labels for an array.

    Raises:
        struct.error: an id is negative or beyond 64 bits.
        ValueError: the label is not numeric.
    """
    _, label, id_, id2 = IRHeader(*header)
    # Out of float32's range means infinity, as a C cast has it.
    with np.errstate(over="ignore"):
        if isinstance(label, numbers.Number):
            return _IR_STRUCT.pack(0, float(np.float32(label)), id_, id2) + s  # type: ignore[arg-type]
        labels = np.asarray(label, dtype="<f4")
    return _IR_STRUCT.pack(labels.size, 0.0, id_, id2) + labels.tobytes() + s


@overload
def unpack(s: bytes) -> tuple[Any, bytes]: ...
@overload
def unpack(s: memoryview) -> tuple[Any, memoryview]: ...
def unpack(s: bytes | memoryview) -> tuple[Any, Any]:
    """The header and the rest of an image record; of a ``memoryview`` the rest is one too, and nothing is copied.

    Raises:
        RecordError: it is too short for a header or for the labels that the header announces.
    """
    if len(s) < _IR_STRUCT.size:
        raise RecordError(f"an image record has at least {_IR_STRUCT.size} bytes, this one {len(s)}")
    header = IRHeader(*_IR_STRUCT.unpack_from(s))
    rest = s[_IR_STRUCT.size :]
    if header.flag > 0:
        if len(rest) < header.flag * 4:
            raise RecordError(f"the header announces {header.flag} labels, {len(rest)} bytes follow it")
        header = header._replace(label=np.frombuffer(rest, "<f4", header.flag).copy())
        rest = rest[header.flag * 4 :]
    return header, rest


def pack_img(header: Any, img: npt.NDArray[Any], quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Encodes a BGR, BGRA or gray image and packs it. Needs OpenCV or Pillow for all formats but PNG.

    Args:
        quality: JPEG's quality, 1 to 100, or PNG's compression level, 0 to 9.
        img_fmt: ``.jpg``, ``.jpeg``, ``.png`` or another suffix that the library knows.

    Raises:
        ImportError: the format needs a library, and neither is installed.
        ValueError: the image or the format cannot be encoded.
    """
    return pack(header, _imagecodec.encode(img, quality, img_fmt))


def unpack_img(s: bytes | memoryview, iscolor: int = -1) -> tuple[Any, npt.NDArray[Any] | None]:
    """The header and the decoded image, in BGR order; None for an image that cannot be decoded. Needs OpenCV or Pillow
    for all formats but PNG.

    Args:
        iscolor: 1 for colour, 0 for gray, -1 for the file's own channels without applying EXIF orientation.

    Raises:
        ImportError: the format needs a library, and neither is installed.
        RecordError: as ``unpack``.
    """
    header, rest = unpack(s)
    return header, _imagecodec.decode(rest, iscolor)
